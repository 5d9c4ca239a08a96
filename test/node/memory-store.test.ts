import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/node/memory-store.ts'
import type { StoreOp } from '../../src/node/store.ts'
import { storeContract } from '../contract/store.ts'

const put = (key: string, value = 1): StoreOp => ['put', key, Uint8Array.of(value)]
const keysOf = (store: MemoryStore) => store.snapshot().map(([key]) => key)

storeContract('the memory store', async () => new MemoryStore())

describe('the memory store', () => {
  it('loses a suffix of what was not synced', async () => {
    const store = new MemoryStore({ crashable: true })
    await store.write([put('e01')], true)
    await store.write([put('e02')], false)
    await store.write([put('e03'), ['del', 'e01']], false)
    expect(store.undoable()).toBe(2)
    store.crash({ keepWrites: 1 })
    expect(keysOf(store)).toEqual(['e01', 'e02'])
  })

  it('keeps what a later sync made durable', async () => {
    const store = new MemoryStore({ crashable: true })
    await store.write([put('e01')], false)
    await store.write([put('e02')], true)
    store.crash({ keepWrites: 0 })
    expect(keysOf(store)).toEqual(['e01', 'e02'])
  })

  it('tears a hole and keeps what was written after it', async () => {
    const store = new MemoryStore({ crashable: true })
    await store.write([put('e01')], false)
    await store.write([put('e02'), put('e01', 2)], false)
    await store.write([put('e03')], false)
    store.crash({ hole: 1 })
    expect(store.snapshot().map(([key, value]) => [key, value[0]])).toEqual([
      ['e01', 1],
      ['e03', 1],
    ])
  })

  it('loses synced writes where damage goes beyond a power loss', async () => {
    const store = new MemoryStore({ crashable: true, historyMax: 2 })
    for (const key of ['e01', 'e02', 'e03']) await store.write([put(key)], true)
    expect(store.undoable()).toBe(0)
    expect(store.undoable(true)).toBe(2)
    store.crash({ hole: 0, evenSynced: true })
    expect(keysOf(store)).toEqual(['e01', 'e03'])
  })

  it('counts a write as durable only once its commit is done', async () => {
    const commits: (() => void)[] = []
    const store = new MemoryStore({ crashable: true, commit: (done) => commits.push(done) })
    const written = store.write([put('e01')], true)
    expect(store.undoable()).toBe(1)
    commits[0]!()
    await written
    expect(store.undoable()).toBe(0)
  })

  it('rejects writes and scans while errors are injected, and changes nothing', async () => {
    const store = new MemoryStore()
    await store.write([put('e01')], false)
    store.failWrites(new Error('disk full'))
    await expect(store.write([put('e02')], true)).rejects.toThrow('disk full')
    store.failWrites(undefined)
    store.failScans(new Error('unreadable'))
    await expect(store.scan({ from: '', to: '~' }).next()).rejects.toThrow('unreadable')
    store.failScans(undefined)
    expect(keysOf(store)).toEqual(['e01'])
  })

  it('is cloned by the entries of its snapshot', async () => {
    const store = new MemoryStore()
    await store.write([put('e01')], true)
    const clone = new MemoryStore({ entries: store.snapshot() })
    await store.write([put('e02')], true)
    expect(keysOf(clone)).toEqual(['e01'])
  })
})
