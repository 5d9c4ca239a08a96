import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { ResilientStore } from '../../../src/node/io/resilient-store.ts'
import { damagedTable } from '../../../src/node/io/table-check.ts'
import type { StoreOp } from '../../../src/node/store.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-tables-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const dir = join(root, 'store')
/** A linear congruential generator: the same bytes in each run. */
let state = 1
const roll = (sides: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * sides)
}
let table = ''

/** Values that Snappy makes smaller, and values that it does not: a flip in those is what LevelDB does not notice. */
beforeAll(async () => {
  const { store } = await openLevelStore(dir)
  const noise = () => Uint8Array.from({ length: 300 }, () => roll(256))
  const ops = Array.from({ length: 600 }, (_, i): StoreOp => {
    const key = `e${i.toString(16).padStart(4, '0')}`
    return ['put', key, i % 200 < 100 ? new TextEncoder().encode('much the same '.repeat(20)) : noise()]
  })
  await store.write(ops, true)
  await store.close()
  // Opening makes a table of what the log holds.
  await (await openLevelStore(dir)).store.close()
  table = readdirSync(dir).find((name) => name.endsWith('.ldb'))!
})

const FOOTER_BYTES = 48

it('finds nothing in what LevelDB wrote, nor in a folder that is not there', async () => {
  expect(await damagedTable(dir)).toBeUndefined()
  expect(await damagedTable(join(root, 'none'))).toBeUndefined()
})

it('finds a byte that was changed anywhere before the footer', async () => {
  const copy = join(root, 'flipped')
  cpSync(dir, copy, { recursive: true })
  const bytes = readFileSync(join(dir, table))
  expect(bytes.length).toBeGreaterThan(50_000)
  for (let at = 0; at < bytes.length - FOOTER_BYTES; at += 1 + roll(1000)) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1 << roll(8)
    writeFileSync(join(copy, table), flipped)
    expect(await damagedTable(copy), `at ${at}`).toBe(table)
  }
})

it('leaves a table alone that is still being written', async () => {
  const copy = join(root, 'begun')
  cpSync(dir, copy, { recursive: true })
  for (const size of [0, 20, 5000]) {
    writeFileSync(join(copy, table), readFileSync(join(dir, table)).subarray(0, size))
    expect(await damagedTable(copy)).toBeUndefined()
  }
})

it('has a store with a damaged table replaced, of which every key can be read', async () => {
  const copy = join(root, 'replaced')
  cpSync(dir, copy, { recursive: true })
  const bytes = readFileSync(join(copy, table))
  // In a value that lies there as it was written.
  bytes[15_000]! ^= 4
  writeFileSync(join(copy, table), bytes)
  const { store: disk } = await openLevelStore(copy)
  const replaced: (string | undefined)[] = []
  const store = new ResilientStore(disk, {
    failing: () => {},
    replaced: ({ movedAside }) => replaced.push(movedAside),
  })
  for (let i = 0; i < 600; i++) expect(store.get(`e${i.toString(16).padStart(4, '0')}`)).toBeDefined()
  await store.checkTables()
  await store.recovered()
  expect(replaced).toEqual([`${copy}.damaged-1`])
  await store.close()
})
