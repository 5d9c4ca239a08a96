/** A store that cannot be opened for want of room is read through a copy, and opened when there is room. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { unwritable } from '../../../src/node/io/data-dir.ts'
import { diskOf, type Keeping, keepingSentence, storeOf } from '../../../src/node/io/keeping.ts'
import { LevelStore, type Opened, openLevelStore } from '../../../src/node/io/level-store.ts'
import { ResilientStore } from '../../../src/node/io/resilient-store.ts'
import { openStoreView, removeLeftViews, type StoreView } from '../../../src/node/io/store-view.ts'
import type { Store, StoreOp } from '../../../src/node/store.ts'
import { damage } from './damage.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-unopened-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let dir = ''
let count = 0
beforeEach(() => {
  dir = join(root, `${count++}`)
  mkdirSync(dir)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const put = (key: string, ...bytes: number[]): StoreOp => ['put', key, Uint8Array.from(bytes)]
const keysOf = async (store: Store) => {
  const keys: string[] = []
  for await (const [key] of store.scan({ from: '', to: '~' })) keys.push(key)
  return keys
}

/** A store with e01 and e02 in it. */
async function filled(folder = join(dir, 'store')): Promise<string> {
  const { store } = await openLevelStore(folder)
  await store.write([put('e01', 1), put('e02', 2)], true)
  await store.close()
  return folder
}

/** There is no room to open any store; returns its undo. */
function noRoom(): () => void {
  const full = unwritable('there', Object.assign(new Error('full'), { code: 'ENOSPC' }))
  const spy = vi.spyOn(LevelStore.prototype, 'probe').mockRejectedValue(full)
  return () => spy.mockRestore()
}

function over(folder: string, view: StoreView | undefined) {
  const told: (string | Opened)[] = []
  const watch = {
    failing: (isFailing: boolean) => told.push(isFailing ? 'fails' : 'works'),
    replaced: (opened: Opened) => told.push(opened),
  }
  return { told, store: new ResilientStore(new LevelStore(folder, {}), watch, { view }) }
}

async function works(store: ResilientStore): Promise<void> {
  while (store.isFailing) {
    await vi.advanceTimersByTimeAsync(5000)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('shows what it holds, keeps what is written in memory, and writes it back when there is room', async () => {
  const folder = await filled()
  const temp = join(dir, 'tmp')
  mkdirSync(temp)
  const undo = noRoom()
  const { store, told } = over(folder, await openStoreView(folder, [temp]))
  expect(store.get('e02')).toEqual(Uint8Array.of(2))
  await store.write([put('e02', 3), put('e03', 3), ['del', 'e01']], true)
  expect(await keysOf(store)).toEqual(['e02', 'e03'])
  await vi.advanceTimersByTimeAsync(15_000)
  expect(store.isFailing).toBe(true)
  undo()
  await works(store)
  expect(told).toEqual(['works'])
  expect(store.get('e02')).toEqual(Uint8Array.of(3))
  await store.close()
  expect(readdirSync(temp)).toEqual([])
  const { store: again } = await openLevelStore(folder)
  expect(await keysOf(again)).toEqual(['e02', 'e03'])
  await again.close()
})

it('that was never made is made when there is room, in place of nothing', async () => {
  const undo = noRoom()
  const { store, told } = over(join(dir, 'store'), undefined)
  await store.write([put('e01', 1)], true)
  expect(await keysOf(store)).toEqual(['e01'])
  undo()
  await works(store)
  expect(told).toEqual(['works'])
  expect(await keysOf(store)).toEqual(['e01'])
  await store.close()
})

it('is read whole where it is opened while it is read through the copy', async () => {
  const folder = await filled()
  let closed = () => {}
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve
  })
  let begin = () => {}
  const isBegun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const view = {
    store: {
      async *scan() {
        yield ['e01', Uint8Array.of(1)]
        begin()
        await isClosed
        throw new Error('closed')
      },
    } as unknown as LevelStore,
    close: async () => closed(),
  }
  const { store } = over(folder, view)
  const keys = keysOf(store)
  await isBegun
  await works(store)
  expect(await keys).toEqual(['e01', 'e02'])
  await store.close()
})

it('is copied to where there is room, and what a killed process left of its copy is removed', async () => {
  const folder = await filled()
  const temp = join(dir, 'tmp')
  mkdirSync(temp)
  writeFileSync(join(dir, 'file'), '')
  const view = await openStoreView(folder, [join(dir, 'nowhere'), join(dir, 'file'), temp])
  expect(view.store.get('e01')).toEqual(Uint8Array.of(1))
  const [copy] = readdirSync(temp)
  mkdirSync(join(temp, 'lanchat-view-of-another'))
  await view.store.close()
  await removeLeftViews(folder, [temp])
  expect(existsSync(join(temp, copy!))).toBe(false)
  expect(readdirSync(temp)).toEqual(['lanchat-view-of-another'])
  await expect(openStoreView(folder, [join(dir, 'nowhere')])).rejects.toMatchObject({ code: 'ENOENT' })
})

const NET = '0123456789abcdef'
const unwritableDir = (): Keeping => ({
  dir,
  fault: unwritable(dir, Object.assign(new Error('full'), { code: 'ENOSPC' })),
  isNobody: false,
})

it('of a data dir that cannot be written is shown, and people are told so', async () => {
  await filled(await storeOf(dir, NET))
  const keeping = unwritableDir()
  const disk = await diskOf(keeping, NET)
  expect(disk!.unopened!.view!.store.get('e01')).toEqual(Uint8Array.of(1))
  await disk!.unopened!.view!.close()
  expect(keepingSentence(keeping)).toBe(
    `Nothing can be kept in the data directory ${dir}: the disk is full (ENOSPC). What was stored before is shown, and new messages stay in memory until it can be written. Free some space before lanchat ends: it goes on by itself then.`,
  )
})

it('of a data dir that holds none yet is waited for', async () => {
  const keeping = unwritableDir()
  expect(await diskOf(keeping, NET)).toMatchObject({ unopened: { view: undefined } })
  expect(keepingSentence(keeping)).toContain('Messages stay in memory until it can be written')
})

it('that cannot be read either is left alone, which is said', async () => {
  const folder = await filled(await storeOf(dir, NET))
  await damage(folder, 'CURRENT', 'deleted')
  const keeping = unwritableDir()
  expect(await diskOf(keeping, NET)).toBeUndefined()
  expect(keepingSentence(keeping)).toContain(
    'What was stored before cannot be read now either. Messages stay in memory and are forgotten at the end. Free some space',
  )
})

it('of somebody is not opened for who is nobody', async () => {
  await filled(await storeOf(dir, NET))
  expect(await diskOf({ ...unwritableDir(), isNobody: true }, NET)).toBeUndefined()
})
