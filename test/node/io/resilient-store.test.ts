import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { openDataDir } from '../../../src/node/io/data-dir.ts'
import { keepIdentity, loadIdentity } from '../../../src/node/io/identity-file.ts'
import * as levelDatabase from '../../../src/node/io/level-database.ts'
import { LevelStore, type Opened, openLevelStore } from '../../../src/node/io/level-store.ts'
import { ResilientStore } from '../../../src/node/io/resilient-store.ts'
import { MemoryStore } from '../../../src/node/memory-store.ts'
import type { Store, StoreOp } from '../../../src/node/store.ts'
import { storeContract } from '../../contract/store.ts'
import { numbersFrom } from '../../seeded.ts'
import { damage } from './damage.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-resilient-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())
let count = 0
const freshDir = () => join(root, `${count++}`, 'store')
const put = (key: string, ...bytes: number[]): StoreOp => ['put', key, Uint8Array.from(bytes)]
const keysOf = async (store: Store) => {
  const keys: string[] = []
  for await (const [key] of store.scan({ from: '', to: '~' })) keys.push(key)
  return keys
}

async function started(dir = freshDir()) {
  const { store: disk } = await openLevelStore(dir)
  const told: (string | Opened)[] = []
  const store = new ResilientStore(disk, {
    failing: (isFailing) => told.push(isFailing ? 'fails' : 'works'),
    replaced: (opened) => told.push(opened),
  })
  return { dir, store, told }
}

/** Every commit fails from now on, as on a full disk; returns its undo. */
function failCommits(): () => void {
  const spy = vi.spyOn(Level.prototype, 'batch').mockImplementation(() => {
    throw Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' })
  })
  return () => spy.mockRestore()
}

storeContract('a store that outlives its disk', async () => (await started()).store)
storeContract(
  'a store without a disk',
  async () => new ResilientStore(undefined, { failing: () => {}, replaced: () => {} }),
)

describe('what is in memory only', () => {
  const MAX = 10_000
  const store = (disk?: LevelStore) => {
    const told: string[] = []
    const failing = (isFailing: boolean) => void told.push(isFailing ? 'fails' : 'works')
    const watch = { failing, replaced: () => {}, full: () => void told.push('full') }
    return { told, store: new ResilientStore(disk, watch, undefined, MAX) }
  }
  /** Writes without a pause, each once the one before is said to be written; how many were, when no more is for a while. */
  async function flatOut(store: Store, told: readonly string[]) {
    let count = 0
    const loop = async () => {
      for (;;) {
        await store.write([put(`e${String(count).padStart(6, '0')}`, ...Array(100).fill(7))], false)
        count++
      }
    }
    const ended = loop().catch((error: unknown) => error)
    while (!told.includes('full')) await new Promise((resolve) => setImmediate(resolve))
    return { said: () => count, ended }
  }

  it('is bounded: who writes on waits, is told so once, and what is there is read', async () => {
    const { told, store: kept } = store()
    const { said, ended } = await flatOut(kept, told)
    expect(said()).toBeGreaterThan(10)
    expect(said()).toBeLessThan(MAX / 100)
    expect(told).toEqual(['full'])
    expect(await keysOf(kept)).toHaveLength(said() + 1)
    await kept.close()
    expect(await ended).toBeInstanceOf(Error)
  })

  it('goes to the disk once it works, and who waited goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { store: disk } = await openLevelStore(freshDir())
    const { told, store: kept } = store(disk)
    const undo = failCommits()
    const { said } = await flatOut(kept, told)
    const before = said()
    expect(told).toEqual(['fails', 'full'])
    undo()
    vi.advanceTimersByTime(5000)
    vi.useRealTimers()
    while (said() < before * 3) await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual(['fails', 'full', 'works'])
    await kept.close()
  })

  it('hides no more of the disk from a scan than was asked for, which reads no more either', async () => {
    const { store: disk } = await openLevelStore(freshDir())
    const keys = Array.from({ length: 500 }, (_, k) => `e${String(k).padStart(4, '0')}`)
    await disk.write(
      keys.map((key) => put(key, 1)),
      true,
    )
    const { store: kept } = store(disk)
    const undo = failCommits()
    await kept.write([put('e000000', 2), ['del', 'e0001']], false)
    undo()
    const pages: (number | undefined)[] = []
    const { scan } = LevelStore.prototype
    vi.spyOn(LevelStore.prototype, 'scan').mockImplementation(function (this: LevelStore, range) {
      pages.push(range.page)
      return scan.call(this, range)
    })
    const found: string[] = []
    for await (const [key] of kept.scan({ from: 'e', to: 'f', limit: 3 })) found.push(key)
    expect(found).toEqual(['e0000', 'e000000', 'e0002'])
    expect(pages).toEqual([4])
    await kept.close()
  })
})

describe('a store that outlives its disk', () => {
  it('says so while nothing can be read between two handles, and when it can be read again', async () => {
    const { store } = await started()
    await store.write([put('e01', 1)], true)
    const undo = failCommits()
    const written = store.write([put('e02', 2)], true)
    while (!store.isBlind) await new Promise((resolve) => setImmediate(resolve))
    expect(store.get('e01')).toBeUndefined()
    expect(store.unread).toBe(1)
    undo()
    await store.sees()
    expect(store.isBlind).toBe(false)
    expect(store.get('e01')).toEqual(Uint8Array.of(1))
    expect(store.get('e09')).toBeUndefined()
    expect(store.unread).toBe(1)
    await written
    await store.close()
  })

  it('opens the database anew after an error that was none of long, and nobody hears of it', async () => {
    const { store, told } = await started()
    const undo = failCommits()
    const writes = [store.write([put('e01', 1)], true), store.write([put('e01', 2), put('e02', 2)], false)]
    await new Promise((resolve) => setImmediate(resolve))
    undo()
    await Promise.all(writes)
    expect(store.get('e01')).toEqual(Uint8Array.of(2))
    expect(await keysOf(store)).toEqual(['e01', 'e02'])
    expect(told).toEqual([])
    await store.close()
  })

  it('goes on in memory while the disk refuses, reads what lies there, and writes all of it back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { dir, store, told } = await started()
      await store.write([put('e01', 1), put('e02', 2)], true)
      const undo = failCommits()
      await store.write([put('e02', 3), put('e03', 3)], true)
      expect(told).toEqual(['fails'])
      expect(store.isFailing).toBe(true)
      await store.write([['del', 'e01'], put('e04', 4)], true)
      expect(await keysOf(store)).toEqual(['e02', 'e03', 'e04'])
      expect(store.get('e02')).toEqual(Uint8Array.of(3))
      await vi.advanceTimersByTimeAsync(5000)
      undo()
      for (const by = performance.now() + 10_000; store.isFailing && performance.now() < by; ) {
        await vi.advanceTimersByTimeAsync(5000)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(told).toEqual(['fails', 'works'])
      await store.close()
      const { store: again } = await started(dir)
      expect(await keysOf(again)).toEqual(['e02', 'e03', 'e04'])
      await again.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('is read whole where the disk is opened anew while it is read, though writing has failed before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { store } = await started()
      const keys = Array.from({ length: 2000 }, (_, i) => `e${i.toString(16).padStart(8, '0')}`)
      await store.write(
        keys.map((key) => put(key, 1)),
        true,
      )
      const undo = failCommits()
      await store.write([put('f01', 1)], true)
      undo()
      const { scan } = LevelStore.prototype
      vi.spyOn(LevelStore.prototype, 'scan').mockImplementationOnce(async function* (
        this: LevelStore,
        range,
      ) {
        for await (const entry of scan.call(this, range)) {
          yield entry
          while (store.isFailing) {
            await vi.advanceTimersByTimeAsync(5000)
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
      })
      expect(await keysOf(store)).toEqual([...keys, 'f01'])
      await store.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('reads a page of a range without the rest of it while writing fails', async () => {
    const { store } = await started()
    const keys = Array.from({ length: 2000 }, (_, i) => `e${i.toString(16).padStart(8, '0')}`)
    await store.write(
      keys.map((key) => put(key, 1)),
      true,
    )
    failCommits()
    await store.write([['del', keys[0]!], put(keys[1]!, 2), put('f01', 2), ['del', keys[1999]!]], true)
    expect(store.isFailing).toBe(true)
    let drawn = 0
    const { scan } = LevelStore.prototype
    vi.spyOn(LevelStore.prototype, 'scan').mockImplementation(async function* (this: LevelStore, range) {
      for await (const entry of scan.call(this, range)) {
        drawn++
        yield entry
      }
    })
    const page = async (reverse: boolean) => {
      const entries: (readonly [string, Uint8Array])[] = []
      for await (const entry of store.scan({ from: '', to: '~', limit: 2, reverse })) entries.push(entry)
      return entries
    }
    expect(await page(false)).toEqual([
      [keys[1], Uint8Array.of(2)],
      [keys[2], Uint8Array.of(1)],
    ])
    expect(await page(true)).toEqual([
      ['f01', Uint8Array.of(2)],
      [keys[1998], Uint8Array.of(1)],
    ])
    expect(drawn).toBeLessThan(10)
    await store.close()
  })

  it.each([1, 2, 3, 4, 5])(
    'shows what is in memory over the disk as one store, whatever both hold (seed %i)',
    async (seed) => {
      const below = numbersFrom(seed)
      const key = () => `e${below(40).toString(16).padStart(2, '0')}`
      const ops = (count: number) =>
        Array.from(
          { length: count },
          (): StoreOp => (below(3) === 0 ? ['del', key()] : put(key(), below(256))),
        )
      const { store } = await started()
      const model = new MemoryStore()
      const [early, late] = [ops(60), ops(30)]
      await store.write(early, true)
      failCommits()
      await store.write(late, true)
      expect(store.isFailing).toBe(true)
      await model.write([...early, ...late], true)
      for (let i = 0; i < 40; i++) {
        const range = {
          from: key(),
          to: key(),
          reverse: below(2) === 0,
          limit: below(12),
          page: 1 + below(5),
        }
        const entries: unknown[] = []
        for await (const entry of store.scan(range)) entries.push(entry)
        expect(entries).toEqual(model.list(range))
      }
      await store.close()
    },
  )

  it.each(
    ['opened anew', 'written to again'].flatMap((how) => [0, 1, 2, 3].map((turns) => [how, turns] as const)),
  )('loses nothing that is written just as the disk is %s, %i turns later', async (how, turns) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { dir, store } = await started()
      const undo = failCommits()
      const first = store.write([put('e01', 1)], true)
      if (how === 'opened anew') await new Promise((resolve) => setImmediate(resolve))
      else await first
      undo()
      let second: Promise<void> | undefined
      const { write } = LevelStore.prototype
      vi.spyOn(LevelStore.prototype, 'write').mockImplementationOnce(function (this: LevelStore, ops, sync) {
        const written = write.call(this, ops, sync)
        void written.then(async () => {
          for (let turn = 0; turn < turns; turn++) await undefined
          second = store.write([put('e02', 1)], true)
        })
        return written
      })
      while (store.isFailing || !second) {
        await vi.advanceTimersByTimeAsync(5000)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all([first, second])
      expect(store.get('e02')).toEqual(Uint8Array.of(1))
      await store.close()
      const { store: again } = await started(dir)
      expect(await keysOf(again)).toEqual(['e01', 'e02'])
      await again.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('tells before any waiting write is done that an empty database took the place of a damaged one', async () => {
    const dir = freshDir()
    {
      const { store } = await started(dir)
      await store.write(
        Array.from({ length: 4000 }, (_, i) =>
          put(`e${i.toString(16).padStart(8, '0')}`, ...Array(200).fill(i)),
        ),
        true,
      )
      await store.close()
      const again = await started(dir)
      await again.store.close()
      await damage(dir, 'table', 'garbage')
    }
    const { store: disk } = await openLevelStore(dir).catch(() => openLevelStore(dir))
    const told: string[] = []
    const store = new ResilientStore(disk, {
      failing: () => told.push('fails'),
      replaced: ({ movedAside }) => told.push(`replaced ${movedAside}`),
    })
    await keysOf(store).catch(() => {})
    const written = store.write([put('e01', 1)], true).then(() => told.push('written'))
    await written
    expect(told).toEqual([`replaced ${dir}.damaged-1`, 'written'])
    expect(await keysOf(store)).toEqual(['e01'])
    await store.close()
  })

  it('notices that its files were deleted, and starts new ones once the identity is back', async () => {
    const data = join(root, `${count++}`)
    await openDataDir(data)
    const { seed } = await loadIdentity(data)
    const { store, told } = await started(join(data, 'store', 'net'))
    await store.write([put('e01', 1)], true)
    const before = vi.fn(() => keepIdentity(data, seed))
    await store.lookAfter(before)
    expect(before).not.toHaveBeenCalled()
    rmSync(data, { recursive: true })
    await store.lookAfter(before)
    await store.write([put('e02', 2)], true)
    expect(told).toEqual([{ isFresh: true }])
    expect(await keysOf(store)).toEqual(['e02'])
    expect((await loadIdentity(data)).seed).toEqual(seed)
    await store.close()
  })

  it('rejects a malformed key alone, and goes on with the disk', async () => {
    const { store, told } = await started()
    await expect(store.write([put('e0')], true)).rejects.toThrow(TypeError)
    expect(() => store.get('e0')).toThrow(TypeError)
    await store.write([put('e01', 1)], true)
    expect(told).toEqual([])
    await store.close()
  })
})

it('is gone where its folder has no CURRENT file', async () => {
  expect(await levelDatabase.isGone(root)).toBe(true)
})
