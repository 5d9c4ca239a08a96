/**
 * The identity: 64 bytes, the seed and the public key it gives, so that damage is seen. Written once, never again: a lost
 * database, a full disk or a damaged file never makes anybody somebody else.
 */
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { concat, equal } from '../../wire/bytes.ts'
import { refusalText } from '../../wire/refusal.ts'
import { signerOf } from '../crypto.ts'
import { LanchatError } from '../lanchat-error.ts'
import { openDataDir, unwritable } from './data-dir.ts'
import { writeFileSafely } from './safe-file.ts'
import { codeOf } from './system-error.ts'

const SEED_BYTES = 32
export const IDENTITY_FILE = 'identity'

/**
 * The 32-byte seed of this data dir, made at the first start. Rejects with LanchatError IDENTITY_INVALID where the file is
 * damaged, unreadable, or missing beside a store; DATA_DIR_UNWRITABLE where a new one cannot be kept.
 */
export async function loadIdentity(
  dir: string,
): Promise<{ readonly seed: Uint8Array; readonly isNew: boolean }> {
  const file = join(dir, IDENTITY_FILE)
  const found = await readKeptIdentity(dir)
  if (found) return { seed: found, isNew: false }
  const seed = new Uint8Array(randomBytes(SEED_BYTES))
  try {
    await writeFileSafely(file, identityBytes(seed), true)
    return { seed, isNew: true }
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw unwritable(dir, cause)
    const first = await readIdentity(file)
    if (!first) throw invalid(file, 'it came and went')
    return { seed: first, isNew: false }
  }
}

/** Puts the identity back where somebody has deleted it beneath this process. Never rejects, never replaces one. */
export async function keepIdentity(dir: string, seed: Uint8Array): Promise<void> {
  try {
    await openDataDir(dir)
    await writeFileSafely(join(dir, IDENTITY_FILE), identityBytes(seed), true)
  } catch {
    // It is there, or cannot be written now: the next time.
  }
}

/** The seed that lies in this data dir; undefined: none ever did. Rejects with LanchatError IDENTITY_INVALID. */
export async function readKeptIdentity(dir: string): Promise<Uint8Array | undefined> {
  const file = join(dir, IDENTITY_FILE)
  const found = await readIdentity(file)
  if (!found && (await hasStore(dir))) throw invalid(file, 'it is missing')
  return found
}

/** A store's marker says that there has been one, so there has been an identity too. */
async function hasStore(dir: string): Promise<boolean> {
  const isFolder = (name: string) => /^store(-[0-9a-f]{12})?$/.test(name)
  const names = await readdir(dir).catch(() => [])
  const inside = await Promise.all(
    names.filter(isFolder).map((name) => readdir(join(dir, name)).catch(() => [])),
  )
  return [...names, ...inside.flat()].some((name) => name.endsWith('.made'))
}

/** What the file of this seed holds. */
export const identityBytes = (seed: Uint8Array): Uint8Array => concat(seed, signerOf(seed).key)

/** The seed in an identity file; undefined where there is none. Rejects with LanchatError IDENTITY_INVALID. */
export async function readIdentity(file: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await readFile(file))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw invalid(file, codeOf(error) ?? 'unreadable', error)
  }
  if (bytes.length !== 2 * SEED_BYTES)
    throw invalid(file, `${bytes.length} bytes instead of ${2 * SEED_BYTES}`)
  const seed = bytes.slice(0, SEED_BYTES)
  if (!equal(signerOf(seed).key, bytes.subarray(SEED_BYTES))) throw invalid(file, 'its two halves do not fit')
  return seed
}

const invalid = (file: string, why: string, cause?: unknown) =>
  new LanchatError('IDENTITY_INVALID', refusalText('IDENTITY_INVALID', { file, why }), { cause })
