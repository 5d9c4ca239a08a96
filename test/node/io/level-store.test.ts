import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { LevelStore, openLevelStore } from '../../../src/node/io/level-store.ts'
import type { LanchatError } from '../../../src/node/lanchat-error.ts'
import type { Store, StoreOp } from '../../../src/node/store.ts'
import { storeContract } from '../../contract/store.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-level-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const freshDir = () => join(root, `${count++}`, 'store')

const put = (key: string, value: Uint8Array = Uint8Array.of(1)): StoreOp => ['put', key, value]
const key = (n: number) => `e${n.toString(16).padStart(8, '0')}`
const keysOf = async (store: Store) => {
  const keys: string[] = []
  for await (const [name] of store.scan({ from: '', to: '~' })) keys.push(name)
  return keys
}
/** A closed store with n entries. */
async function filled(dir: string, n: number): Promise<void> {
  const { store } = await openLevelStore(dir)
  await store.write(
    Array.from({ length: n }, (_, i) => put(key(i), new Uint8Array(1000).fill(i))),
    true,
  )
  await store.close()
}

storeContract('LevelDB', async () => (await openLevelStore(freshDir())).store)

describe('the store on disk', () => {
  it('holds after a new start what was written before', async () => {
    const dir = freshDir()
    await filled(dir, 3)
    const { store, movedAside } = await openLevelStore(dir)
    expect(movedAside).toBeUndefined()
    expect(await keysOf(store)).toEqual([key(0), key(1), key(2)])
    expect(store.get(key(2))?.[0]).toBe(2)
    await store.close()
  })

  it('keeps names of small facts as text', async () => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    await store.write([put('mplace'), put('mage')], true)
    expect(await keysOf(store)).toEqual(['mage', 'mplace'])
    await store.close()
  })

  it('commits the writes of one turn together', async () => {
    const { store } = await openLevelStore(freshDir())
    const order: string[] = []
    const a = store.write([put('e01')], true).then(() => order.push('a'))
    const b = store.write([put('e02')], false).then(() => order.push('b'))
    await new Promise((resolve) => setImmediate(resolve))
    const c = store.write([put('e03')], false).then(() => order.push('c'))
    await Promise.all([a, b, c])
    expect(order).toEqual(['a', 'b', 'c'])
    await store.close()
  })

  it('commits ten thousand small writes without a commit for each', async () => {
    const { store } = await openLevelStore(freshDir())
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => store.write([put(key(i))], i % 100 === 0)))
    expect((await keysOf(store)).length).toBe(10_000)
    await store.close()
  })

  it('rejects a malformed key alone, and goes on', async () => {
    const { store } = await openLevelStore(freshDir())
    const good = store.write([put('e01')], false)
    await expect(store.write([put('e02'), put('e0')], false)).rejects.toThrow(TypeError)
    expect(() => store.get('e0')).toThrow(TypeError)
    await good
    expect(await keysOf(store)).toEqual(['e01'])
    await store.close()
  })

  it.each([
    { page: 1, bytes: 10 },
    { page: 3, bytes: 10 },
    { page: 1000, bytes: 30_000 },
  ])(
    'gives each entry of a scan once and in order, in pages of $page entries of $bytes bytes',
    async ({ page, bytes }) => {
      const { store } = await openLevelStore(freshDir())
      const keys = Array.from({ length: 20 }, (_, n) => key(n))
      await store.write(
        keys.map((name) => put(name, new Uint8Array(bytes))),
        true,
      )
      const read: string[] = []
      for await (const [name, value] of store.scan({ from: 'e', to: 'f', page })) {
        expect(value.length).toBe(bytes)
        read.push(name)
      }
      expect(read).toEqual(keys)
      await store.close()
    },
  )

  it('closes while the page behind the one that a reader left is still being read', async () => {
    const { store } = await openLevelStore(freshDir())
    await store.write(
      Array.from({ length: 20 }, (_, n) => put(key(n))),
      true,
    )
    const read: string[] = []
    for await (const [name] of store.scan({ from: 'e', to: 'f', page: 2 })) {
      read.push(name)
      if (read.length === 5) break
    }
    await store.close()
    expect(read).toHaveLength(5)
    expect(store.isOpen).toBe(false)
  })

  it('ends a scan although others never stop writing', async () => {
    const { store } = await openLevelStore(freshDir())
    let isWriting = true
    let n = 0
    const writer = (async () => {
      while (isWriting) {
        void store.write([put(key(n++))], false)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    for (let i = 0; i < 5; i++) {
      await store.write([put(`b0${i}`)], true)
      expect((await keysOf(store)).filter((name) => name.startsWith('b'))).toHaveLength(i + 1)
    }
    isWriting = false
    await writer
    await store.close()
  })

  it('commits on closing what was written before, and takes nothing more', async () => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    const before = store.write([put('e01')], false)
    const closing = store.close()
    await expect(store.write([put('e02')], true)).rejects.toThrow()
    await Promise.all([before, closing])
    const again = await openLevelStore(dir)
    expect(await keysOf(again.store)).toEqual(['e01'])
    await again.store.close()
  })

  it('is never opened twice in one process', async () => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    await expect(openLevelStore(dir)).rejects.toThrow(TypeError)
    await expect(store.reopen()).rejects.toThrow(TypeError)
    await store.close()
    const again = await openLevelStore(dir)
    await again.store.close()
  })

  it('lets the group in flight and all that waits reject when the disk fails, tells once, and reopens whole', async () => {
    const dir = freshDir()
    const onFailure = vi.fn<(error: LanchatError) => void>()
    const { store } = await openLevelStore(dir, { onFailure })
    await store.write([put('e01')], true)
    const failing = failNextCommit()
    const writes = [store.write([put('e02')], true), store.write([put('e03')], false)]
    await failing
    writes.push(store.write([put('e04')], true))
    for (const outcome of await Promise.allSettled(writes)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FAILED' } })
    }
    await expect(store.write([put('e05')], true)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(store.get('e01')).toEqual(Uint8Array.of(1))
    expect(await keysOf(store)).toEqual(['e01'])
    expect(onFailure).toHaveBeenCalledTimes(1)
    expect(await store.reopen()).toEqual({})
    expect(await keysOf(store)).toEqual(['e01'])
    await store.write([put('e06')], true)
    await store.close()
  })

  it.each([
    ['CURRENT deleted', async (dir: string) => unlink(join(dir, 'CURRENT'))],
    ['CURRENT empty', async (dir: string) => truncate(join(dir, 'CURRENT'))],
    ['CURRENT garbage', async (dir: string) => writeFile(join(dir, 'CURRENT'), 'garbage\n')],
    ['MANIFEST deleted', async (dir: string) => unlink(await fileOf(dir, /^MANIFEST/))],
    ['MANIFEST garbage', async (dir: string) => writeFile(await fileOf(dir, /^MANIFEST/), 'x'.repeat(500))],
    ['a table deleted', async (dir: string) => unlink(await fileOf(dir, /\.ldb$/))],
    ['the whole folder deleted', async (dir: string) => rm(dir, { recursive: true })],
  ])('moves a store aside that does not open, and starts a new one: %s', async (_, damage) => {
    const dir = freshDir()
    await filled(dir, 6000)
    const { store: middle } = await openLevelStore(dir)
    await middle.close()
    const tables = (await readdir(dir)).filter((name) => name.endsWith('.ldb'))
    expect(tables.length).toBeGreaterThan(0)
    await damage(dir)
    const { store, movedAside } = await openLevelStore(dir)
    expect(movedAside).toBe(`${dir}.damaged-1`)
    expect(await keysOf(store)).toEqual([])
    await store.write([put('e01')], true)
    await store.close()
    expect((await stat(movedAside!)).isDirectory()).toBe(true)
    const later = await openLevelStore(dir)
    expect(later.movedAside).toBeUndefined()
    expect(await keysOf(later.store)).toEqual(['e01'])
    await later.store.close()
  })

  it('fails a scan over a damaged table, and starts a new store on reopening', async () => {
    const dir = freshDir()
    await filled(dir, 6000)
    const { store: middle } = await openLevelStore(dir)
    await middle.close()
    for (const name of await readdir(dir)) {
      if (name.endsWith('.ldb')) {
        const { size } = await stat(join(dir, name))
        await writeFile(join(dir, name), Buffer.alloc(1000, 0xff), { flag: 'r+' })
        expect(size).toBeGreaterThan(1000)
      }
    }
    const onFailure = vi.fn()
    const { store } = await openLevelStore(dir, { onFailure })
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(onFailure).toHaveBeenCalledTimes(1)
    const { movedAside } = await store.reopen()
    expect(movedAside).toBe(`${dir}.damaged-1`)
    expect(await keysOf(store)).toEqual([])
    await store.close()
  })

  it('leaves a store alone whose folder is a file, and says that it cannot be used', async () => {
    const dir = freshDir()
    await filled(dir, 1)
    await rm(dir, { recursive: true })
    await writeFile(dir, 'not a folder')
    await expect(openLevelStore(dir)).rejects.toMatchObject({ code: 'DATA_DIR_UNWRITABLE' })
    expect((await stat(dir)).isFile()).toBe(true)
  })

  it('closes what is still being opened', async () => {
    const dir = freshDir()
    const store = new LevelStore(dir, {})
    const opening = store.reopen()
    await store.close()
    await opening
    const again = await openLevelStore(dir)
    await again.store.close()
  })
})

async function fileOf(dir: string, pattern: RegExp): Promise<string> {
  return join(dir, (await readdir(dir)).find((name) => pattern.test(name))!)
}

/** Makes LevelDB refuse the next commit; resolves when it was tried. */
function failNextCommit(): Promise<void> {
  return new Promise((resolve) => {
    const spy = vi.spyOn(Level.prototype, 'batch').mockImplementation(() => {
      spy.mockRestore()
      resolve()
      throw Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' })
    })
  })
}
