/**
 * The key of a network's code, which takes a third of a second to derive, and its cache: a file for its owner alone.
 *
 * An entry is found by a tag of name and code. A plain hash as tag would make the code as easy to guess as if there were no
 * scrypt, so the tag is a short scrypt under a salt of this file: about 10 ms.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { concat, fromHex, hex, uint, utf8 } from '../../wire/bytes.ts'
import { tagged } from '../../wire/ids.ts'
import { nodeCrypto } from '../crypto.ts'
import { writeFileSafely } from './safe-file.ts'
import { scryptKey } from './scrypt-key.ts'

const KEY_BYTES = 32
/** Rule ID-3: N 2^17 with r 8 takes 128 MiB. */
const CODE_COST = 2 ** 17
/**
 * As much work as N 2^12 with p 1, in 256 KiB in place of 4 MiB: a freed piece of 4 MiB would have the C library keep up to 8 MiB
 * of what each thread has freed from then on, for as long as the process lives.
 *
 * Little memory makes each guess cheaper for special hardware. That is borne, since whoever reads this file has the keys
 * themselves: the tag only keeps them from the words, which people may use elsewhere too.
 */
const TAG_COST = { N: 2 ** 8, p: 16 }
/** Networks remembered, the latest first. */
const ENTRIES_MAX = 16

interface Cache {
  readonly salt: string
  readonly entries: readonly { readonly tag: string; readonly key: string }[]
}

/**
 * codeKey (rule ID-3): scrypt(code, H("lanchat/code/1" || name), N 2^17, r 8, p 1), 32 bytes; zeros without a code. Cached in
 * `<dir>/codes` where that can be written; a damaged cache is replaced.
 */
export async function codeKeyOf(dir: string, name: string, code: string | undefined): Promise<Uint8Array> {
  if (code === undefined) return new Uint8Array(KEY_BYTES)
  const file = join(dir, 'codes')
  const cache = (await readCache(file)) ?? { salt: hex(randomBytes(16)), entries: [] }
  const nameBytes = utf8(name)
  const tag = hex(
    await scryptKey(
      concat(uint(nameBytes.length, 2), nameBytes, utf8(code)),
      fromHex(cache.salt),
      TAG_COST.N,
      TAG_COST.p,
    ),
  )
  const known = cache.entries.find((entry) => entry.tag === tag)
  if (known) return fromHex(known.key)
  const key = await scryptKey(utf8(code), tagged(nodeCrypto, 'lanchat/code/1', nameBytes), CODE_COST)
  const entries = [{ tag, key: hex(key) }, ...cache.entries].slice(0, ENTRIES_MAX)
  await writeFileSafely(file, utf8(JSON.stringify({ salt: cache.salt, entries }))).catch(() => {
    // Only time is lost: the next start derives it again.
  })
  return key
}

async function readCache(file: string): Promise<Cache | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isCache(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isCache(value: unknown): value is Cache {
  if (typeof value !== 'object' || value === null || !('salt' in value) || !('entries' in value)) return false
  const isHex = (text: unknown, bytes: number) =>
    typeof text === 'string' && text.length === 2 * bytes && /^[0-9a-f]*$/.test(text)
  return (
    isHex(value.salt, 16) &&
    Array.isArray(value.entries) &&
    value.entries.every((entry) => isHex(entry?.tag, KEY_BYTES) && isHex(entry?.key, KEY_BYTES))
  )
}
