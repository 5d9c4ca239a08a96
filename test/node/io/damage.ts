/** What a disk may do to the files of a store, for tests. */
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export type Part = 'CURRENT' | 'MANIFEST' | 'log' | 'table' | 'LOCK'
export type How = 'deleted' | 'emptied' | 'truncated' | 'flipped' | 'garbage'

const PATTERNS: Readonly<Record<Part, RegExp>> = {
  CURRENT: /^CURRENT$/,
  MANIFEST: /^MANIFEST-/,
  log: /\.log$/,
  table: /\.ldb$/,
  LOCK: /^LOCK$/,
}

export const filesOf = (store: string, part: Part): string[] =>
  readdirSync(store)
    .filter((name) => PATTERNS[part].test(name))
    .map((name) => join(store, name))

/** Damages the largest file of this kind. Throws where there is none with anything in it. */
export async function damage(store: string, part: Part, how: How): Promise<void> {
  const sizes = filesOf(store, part).map((file) => [statSync(file).size, file] as const)
  const [size, file] = sizes.sort(([a], [b]) => b - a)[0] ?? [0, '']
  if (file === '' || (size === 0 && part !== 'LOCK')) throw new Error(`${store} has no ${part}`)
  if (how === 'deleted') rmSync(file)
  else if (how === 'emptied') truncateSync(file, 0)
  else if (how === 'truncated') truncateSync(file, Math.floor(size / 2))
  else if (how === 'garbage')
    writeFileSync(
      file,
      new Uint8Array(size).map((_, i) => (i * 37) % 251),
    )
  else await flip(file, Math.floor(size / 3))
}

async function flip(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+')
  const byte = new Uint8Array(1)
  await handle.read(byte, 0, 1, at)
  byte[0]! ^= 0x10
  await handle.write(byte, 0, 1, at)
  await handle.close()
}
