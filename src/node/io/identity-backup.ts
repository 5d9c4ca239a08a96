/**
 * An identity outside its data dir: the seed, sealed with a key that scrypt makes of a passphrase. A text file:
 * one JSON object, so that a person sees whose it is and a later version what was done.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import nacl from 'tweetnacl'
import { equal, fromHex, hex, utf8 } from '../../wire/bytes.ts'
import { refusalText } from '../../wire/refusal.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import { LanchatError } from '../lanchat-error.ts'
import { PROGRAM_VERSION } from '../program-version.ts'
import { openControl } from './control.ts'
import { dataDirPath, openDataDir } from './data-dir.ts'
import { IDENTITY_FILE, identityBytes, loadIdentity, readIdentity } from './identity-file.ts'
import { writeFileSafely } from './safe-file.ts'
import { scryptKey } from './scrypt-key.ts'
import { codeOf } from './system-error.ts'

const FORM = 'lanchat identity 1'
/** With r 8 a guess takes 128 MiB and about a third of a second here. */
const COST = 2 ** 17
/** A file that asks for more than this is not ours. */
const COST_MAX = 2 ** 20
const FILE_BYTES_MAX = 16 * 1024

interface Sealed {
  readonly lanchat: typeof FORM
  /** The public key, 64 hex digits: whose this is. */
  readonly id: string
  readonly kdf: {
    readonly name: 'scrypt'
    readonly N: number
    readonly r: 8
    readonly p: 1
    readonly salt: string
  }
  readonly nonce: string
  /** nacl.secretbox of the seed. */
  readonly box: string
}

/**
 * Seals the identity of this data dir into a new file, mode 0600; one is made where there is none yet. Rejects with
 * LanchatError FILE_EXISTS, FILE_UNWRITABLE, IDENTITY_INVALID, DATA_DIR_UNWRITABLE.
 */
export async function exportIdentity(
  file: string,
  passphrase: string,
  dataDir?: string,
): Promise<{ id: string }> {
  const dir = dataDirPath(dataDir)
  await openDataDir(dir)
  const { seed } = await loadIdentity(dir)
  const id = hex(signerOf(seed).key)
  const [salt, nonce] = [
    new Uint8Array(randomBytes(16)),
    new Uint8Array(randomBytes(nacl.secretbox.nonceLength)),
  ]
  const key = await scryptKey(utf8(passphrase.normalize('NFC')), salt, COST)
  const sealed: Sealed = {
    lanchat: FORM,
    id,
    kdf: { name: 'scrypt', N: COST, r: 8, p: 1, salt: hex(salt) },
    nonce: hex(nonce),
    box: hex(nacl.secretbox(seed, nonce, key)),
  }
  try {
    await writeFileSafely(file, utf8(`${JSON.stringify(sealed, null, 2)}\n`), true)
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST')
      throw new LanchatError(
        'FILE_EXISTS',
        `${file} exists already and is left as it is. Please name another file.`,
      )
    throw failed('FILE_UNWRITABLE', file, cause)
  }
  return { id }
}

export interface Imported {
  readonly id: string
  /** It was the identity of this data dir already. */
  readonly isSame?: true
  /** Where the identity that was here lies now. */
  readonly kept?: string
}

/**
 * Makes the identity sealed in a file that of this data dir. One that is here already stays, and the call is refused,
 * unless `replace` is set: then it is moved aside, as a damaged one is in any case. Rejects with LanchatError FILE_UNREADABLE, FILE_INVALID,
 * PASSPHRASE_WRONG, IDENTITY_EXISTS, DATA_DIR_IN_USE, DATA_DIR_UNWRITABLE.
 */
export async function importIdentity(
  file: string,
  passphrase: string,
  options: { readonly dataDir?: string | undefined; readonly replace?: boolean } = {},
): Promise<Imported> {
  const seed = await unseal(await readSealed(file), passphrase, file)
  const key = signerOf(seed).key
  const id = hex(key)
  const dir = dataDirPath(options.dataDir)
  await openDataDir(dir)
  const claimed = await openControl(dir, {
    version: PROGRAM_VERSION,
    onConnection: (stream) => stream.destroy(),
  })
  if ('inUse' in claimed)
    throw new LanchatError(
      'DATA_DIR_IN_USE',
      `lanchat is running on ${dir} (process ${claimed.inUse}). Please end it first.`,
    )
  try {
    const path = join(dir, IDENTITY_FILE)
    let kept: string | undefined
    const here = await readIdentity(path).catch(async (fault: unknown) => {
      kept = await keepDamaged(path, fault)
    })
    if (here && equal(here, seed)) return { id, isSame: true }
    if (here) {
      const hereId = hex(signerOf(here).key)
      if (!options.replace)
        throw new LanchatError(
          'IDENTITY_EXISTS',
          `This data directory is ${hereId.slice(0, 8)} already, and the file holds ${id.slice(0, 8)}. ` +
            'Use another --data-dir, or --replace to keep the present one beside it.',
        )
      kept = join(dir, `${IDENTITY_FILE}.${hereId.slice(0, 8)}`)
      await writeFileSafely(kept, identityBytes(here))
    }
    await writeFileSafely(path, identityBytes(seed), !here && kept === undefined)
    return { id, ...(kept !== undefined && { kept }) }
  } finally {
    await claimed.control.close()
  }
}

/** A copy beside the damaged file, which somebody may still make something of. Rejects with its fault where it cannot be read at all. */
async function keepDamaged(path: string, fault: unknown): Promise<string> {
  const bytes = await readFile(path).catch(() => {
    throw fault
  })
  const kept = `${path}.damaged-${hex(nodeCrypto.hash(bytes), 0, 4)}`
  await writeFileSafely(kept, bytes)
  return kept
}

function failed(code: 'FILE_UNREADABLE' | 'FILE_UNWRITABLE', file: string, cause: unknown): LanchatError {
  return new LanchatError(code, refusalText(code, { file, why: codeOf(cause) ?? String(cause) }), { cause })
}

async function readSealed(file: string): Promise<Sealed> {
  let text: string
  try {
    // A device in its place may never end: one byte too many is enough.
    const chunks = await createReadStream(file, { end: FILE_BYTES_MAX }).toArray()
    text = Buffer.concat(chunks).toString()
  } catch (cause) {
    throw failed('FILE_UNREADABLE', file, cause)
  }
  let value: unknown
  try {
    value = text.length > FILE_BYTES_MAX ? undefined : JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isSealed(value)) return value
  throw new LanchatError('FILE_INVALID', `${file} is not an identity that lanchat exported.`)
}

function isSealed(value: unknown): value is Sealed {
  const sealed = value as Partial<Sealed> | null | undefined
  const isHex = (text: unknown, bytes: number) =>
    typeof text === 'string' && text.length === 2 * bytes && /^[0-9a-f]*$/.test(text)
  const kdf = sealed?.kdf
  return (
    sealed?.lanchat === FORM &&
    isHex(sealed.id, 32) &&
    kdf?.name === 'scrypt' &&
    kdf.r === 8 &&
    kdf.p === 1 &&
    Number.isInteger(Math.log2(kdf.N)) &&
    kdf.N >= 2 &&
    kdf.N <= COST_MAX &&
    isHex(kdf.salt, 16) &&
    isHex(sealed.nonce, nacl.secretbox.nonceLength) &&
    isHex(sealed.box, 32 + nacl.secretbox.overheadLength)
  )
}

async function unseal(
  { id, kdf, nonce, box }: Sealed,
  passphrase: string,
  file: string,
): Promise<Uint8Array> {
  const key = await scryptKey(utf8(passphrase.normalize('NFC')), fromHex(kdf.salt), kdf.N)
  const seed = nacl.secretbox.open(fromHex(box), fromHex(nonce), key)
  if (!seed)
    throw new LanchatError(
      'PASSPHRASE_WRONG',
      `This is not the passphrase of ${file}, or the file was changed.`,
    )
  if (hex(signerOf(seed).key) !== id)
    throw new LanchatError('FILE_INVALID', `${file} does not hold the identity it names.`)
  return seed
}
