import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CoreInput } from '../../../src/node/core-io.ts'
import { damagedStores } from '../../../src/node/io/damaged-stores.ts'
import { DiskCare, type DiskCarePorts } from '../../../src/node/io/disk-care.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import type { StoreOp } from '../../../src/node/store.ts'

/** Care of a store with so many lanes, and what it did so far. */
function careOf(laneCount: number) {
  const done: string[] = []
  let scanned = () => {}
  const isScanned = new Promise<void>((resolve) => {
    scanned = resolve
  })
  const store = {
    checkTables: async () => void done.push('checked'),
    recovered: async () => {},
  }
  const replica = {
    laneCount,
    scan: async () => {
      done.push('scanned')
      scanned()
      return { lanes: laneCount, wrong: 0, rooms: new Set(), events: [] }
    },
  }
  const care = new DiskCare({
    ...{ dir: '', folder: '', seed: new Uint8Array(32), store, replica },
    ...{ give: () => {}, log: () => {}, warn: () => {}, fail: () => {} },
  } as unknown as DiskCarePorts)
  return { care, done, isScanned }
}

it('reads a small store through at once', async () => {
  const { care, done, isScanned } = careOf(10)
  care.begin({}, new Promise(() => {}))
  await isScanned
  expect(done).toEqual(['checked', 'scanned'])
  care.close()
})

it('lets people see their rooms first where a store is large', async () => {
  const { care, done, isScanned } = careOf(50_000)
  let ready = () => {}
  const isReady = new Promise<void>((resolve) => {
    ready = resolve
  })
  care.begin({}, isReady)
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toEqual([])
  ready()
  await isScanned
  expect(done).toEqual(['checked', 'scanned'])
  care.close()
})

it('needs a damaged copy until what came from it is on the disk, synced', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lanchat-care-'))
  const folder = join(dir, 'net')
  const { store: copy } = await openLevelStore(`${folder}.damaged-1`)
  await copy.write([['put', 'd01', new Uint8Array(1)]], true)
  await copy.close()
  const written: boolean[] = []
  let tried = () => {}
  const store = {
    isFailing: false,
    fails: true,
    get: () => undefined,
    lookAfter: async () => {},
    write: async (ops: readonly StoreOp[], sync: boolean) => {
      written.push(sync && ops.length > 0)
      if (store.fails) store.isFailing = true
    },
  }
  const care: DiskCare = new DiskCare({
    ...{ dir, folder, seed: new Uint8Array(32), store, replica: { lane: () => undefined } },
    ...{ log: () => tried(), warn: () => {}, fail: () => {}, isCaughtUp: () => true },
    give: (input: CoreInput) => input.in === 'salvage' && care.salvaged({ events: 1, tombstones: 0 }),
  } as unknown as DiskCarePorts)
  const salvageAt = async (now: number) => {
    const isTried = new Promise<void>((resolve) => {
      tried = resolve
    })
    care.beat(now)
    await isTried
    return (await damagedStores(folder)).flatMap(({ state, tries }) => [state, tries])
  }
  care.beat(0)
  expect(await salvageAt(2000)).toEqual(['waiting', 0])
  await new Promise((resolve) => setImmediate(resolve))
  care.beat(4000)
  store.fails = store.isFailing = false
  expect(await salvageAt(6000)).toEqual(['salvaged', 1])
  expect(written.at(-1)).toBe(true)
  care.close()
  rmSync(dir, { recursive: true })
})
