import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { repairApart } from '../../../src/node/io/repair-apart.ts'
import type { StoreOp } from '../../../src/node/store.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-repair-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const noise = (seed: number) => {
  let state = seed
  return Uint8Array.from({ length: 300 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}
const keyOf = (part: number, i: number) => `e${part}${i.toString(16).padStart(5, '0')}`

/** A store of two tables, the keys of one behind those of the other. */
async function stored(name: string): Promise<string> {
  const dir = join(root, name)
  for (const part of [1, 2]) {
    const { store } = await openLevelStore(dir)
    const ops = Array.from(
      { length: 300 },
      (_, i): StoreOp => ['put', keyOf(part, i), noise(part * 1000 + i)],
    )
    await store.write(ops, true)
    await store.close()
  }
  await (await openLevelStore(dir)).store.close()
  expect(tablesOf(dir)).toHaveLength(2)
  return dir
}
const tablesOf = (dir: string) => readdirSync(dir).filter((name) => name.endsWith('.ldb'))

/** The key that the last block begins with stands before all others: merging such a table ends the process. */
function disorder(dir: string): string {
  const table = tablesOf(dir).sort()[1]!
  const path = join(dir, table)
  const bytes = readFileSync(path)
  const key = Buffer.from([0x65, 0x20, 0x01])
  const at = bytes.lastIndexOf(key, bytes.length - 3000)
  expect(at).toBeGreaterThan(0)
  bytes[at] = 0x01
  writeFileSync(path, bytes)
  return table
}

async function keysIn(dir: string): Promise<string[]> {
  const { store } = await openLevelStore(dir)
  const keys: string[] = []
  for await (const [key] of store.scan({ from: 'e', to: 'f' })) keys.push(key)
  await store.close()
  return keys
}

it('repairs what can be repaired, and sets aside the table over which LevelDB ends the process', async () => {
  const dir = await stored('disordered')
  const table = disorder(dir)
  expect(await repairApart(dir)).toEqual([table])
  expect(await keysIn(dir)).toEqual(Array.from({ length: 300 }, (_, i) => keyOf(1, i)))
})

it('keeps everything of a folder that only lacks what names its tables', async () => {
  const dir = await stored('nameless')
  rmSync(join(dir, 'CURRENT'))
  expect(await repairApart(dir)).toEqual([])
  expect(await keysIn(dir)).toHaveLength(600)
})

it('has a store checked before it is opened where the process before ended unchecked', async () => {
  const dir = await stored('unchecked')
  disorder(dir)
  const { store, movedAside } = await openLevelStore(dir)
  // Nobody knows yet.
  expect(movedAside).toBeUndefined()
  expect(existsSync(`${dir}.unchecked`)).toBe(true)
  await store.close()
  expect(existsSync(`${dir}.unchecked`)).toBe(false)
  writeFileSync(`${dir}.unchecked`, '')
  const again = await openLevelStore(dir)
  expect(again).toMatchObject({ movedAside: `${dir}.damaged-1`, why: 'checksum', isFresh: true })
  await again.store.checkTables()
  expect(existsSync(`${dir}.unchecked`)).toBe(false)
  await again.store.close()
})
