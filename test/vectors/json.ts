/** The vectors' JSON: bytes are strings of hex after `0x`. */
import { readFileSync } from 'node:fs'
import { fromHex, hex } from '../../src/wire/bytes.ts'

/** The text of a file that holds this value. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? `0x${hex(v)}` : v), 1)}\n`
}

/** The value in a vector file as it stands on disk: what a client in another language reads. */
export function vectorFile<T>(name: string): T {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  return JSON.parse(text, (_, v) =>
    typeof v === 'string' && /^0x[0-9a-f]*$/.test(v) ? fromHex(v.slice(2)) : v,
  ) as T
}
