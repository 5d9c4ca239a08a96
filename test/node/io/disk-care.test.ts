import { expect, it } from 'vitest'
import { DiskCare, type DiskCarePorts } from '../../../src/node/io/disk-care.ts'

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
