/** LevelDB's log with zeros ahead of what is written: nothing is lost by it, whatever a kill or a power loss leaves. */
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type LevelStore, openLevelStore } from '../../../src/node/io/level-store.ts'
import { LogRoom } from '../../../src/node/io/log-room.ts'
import type { StoreOp } from '../../../src/node/store.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-room-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const freshDir = () => join(root, `${count++}`)

const PAGE_BYTES = 4096
const ROOM_BYTES = 512 * 1024
/** Groups with sync from which on there is room. */
const WORTH = 8

const key = (n: number) => `e${n.toString(16).padStart(8, '0')}`
/** Bytes that cannot be made smaller, the same for each n. */
const bytesOf = (n: number, length: number) =>
  new Uint8Array(createHash('shake256', { outputLength: length }).update(`${n}`).digest())
const put = (n: number, length = 100): StoreOp => ['put', key(n), bytesOf(n, length)]

function newestLog(dir: string): string {
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'))
  return join(dir, logs.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1)!)
}
const logBytes = (dir: string) => statSync(newestLog(dir)).size

/** A store of groups 0 to n-1, each synced: the last of them is written once there is room. */
async function withRoom(dir: string, n = WORTH + 1): Promise<LevelStore> {
  const { store } = await openLevelStore(dir)
  for (let i = 0; i < n; i++) await store.write([put(i)], true)
  return store
}

/**
 * What this folder would be after a kill of the process that has it open. LevelDB may be about to replace a log by a table: as
 * long as files come or go meanwhile, the copy is none of one moment.
 */
function killed(dir: string): string {
  for (;;) {
    const copy = freshDir()
    const before = readdirSync(dir).join()
    try {
      cpSync(dir, copy, { recursive: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
    if (readdirSync(dir).join() === before) return copy
    rmSync(copy, { recursive: true, force: true })
  }
}

async function held(dir: string): Promise<Map<string, Uint8Array>> {
  const { store, movedAside } = await openLevelStore(dir)
  expect(movedAside).toBeUndefined()
  const entries = new Map<string, Uint8Array>()
  for await (const [name, value] of store.scan({ from: '', to: '~' })) entries.set(name, value)
  await store.close()
  return entries
}

const isLinux = process.platform === 'linux'
const isExt = isLinux && statfsSync(root).type === 0xef53

describe.runIf(isExt)('room in the log', () => {
  it('is made once it is worth it, and written over', async () => {
    const dir = freshDir()
    const store = await withRoom(dir, WORTH - 1)
    expect(logBytes(dir)).toBeLessThan(PAGE_BYTES)
    for (let n = WORTH - 1; n <= WORTH; n++) await store.write([put(n)], true)
    const bytes = logBytes(dir)
    expect(bytes).toBeGreaterThan(ROOM_BYTES)
    for (let n = WORTH + 1; n < 40; n++) await store.write([put(n)], true)
    expect(logBytes(dir)).toBe(bytes)
    const entries = await held(killed(dir))
    expect([...entries.keys()]).toEqual(Array.from({ length: 40 }, (_, n) => key(n)))
    for (let n = 0; n < 40; n++) expect(entries.get(key(n))).toEqual(bytesOf(n, 100))
    await store.close()
  })

  it('is made in the log that LevelDB has gone on to', async () => {
    const dir = freshDir()
    const store = await withRoom(dir)
    const first = newestLog(dir)
    for (let n = 100; n < 108; n++) await store.write([put(n, 1 << 20)], false)
    expect(newestLog(dir)).not.toBe(first)
    await store.write([put(200)], true)
    const before = logBytes(dir)
    await store.write([put(201)], true)
    expect(logBytes(dir)).toBe(before + ROOM_BYTES)
    const entries = await held(killed(dir))
    expect(entries.size).toBe(WORTH + 1 + 8 + 2)
    expect(Buffer.from(entries.get(key(107))!).equals(bytesOf(107, 1 << 20))).toBe(true)
    expect(entries.get(key(201))).toEqual(bytesOf(201, 100))
    await store.close()
  })

  it('takes nothing from what is written at once, in groups of all sizes, through many logs', async () => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    const lengths = new Map<string, [n: number, length: number]>()
    let n = 0
    for (let turn = 0; turn < 60; turn++) {
      const turns: Promise<void>[] = []
      for (let i = 0; i < 8; i++) {
        const length = [1, 90, 3000, 33_000, 120_000][(turn * 7 + i * 3) % 5]!
        lengths.set(key(n), [n, length])
        turns.push(store.write([put(n++, length)], (turn + i) % 4 !== 0))
        if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all(turns)
      if (turn % 20 === 10) {
        await store.close()
        await store.reopen()
      }
    }
    const entries = await held(killed(dir))
    expect([...entries.keys()]).toEqual([...lengths.keys()])
    for (const [name, [each, length]] of lengths)
      expect(Buffer.from(entries.get(name)!).equals(bytesOf(each, length))).toBe(true)
    await store.close()
  })

  it('keeps nothing of what was deleted', async () => {
    const dir = freshDir()
    const store = await withRoom(dir)
    const secret = Buffer.from(bytesOf(500, 100))
    const isInFiles = () => readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(secret))
    await store.write([put(500)], true)
    await store.write([['del', key(500)]], true)
    expect(isInFiles()).toBe(true)
    await store.erase([key(500)])
    expect(isInFiles()).toBe(false)
    await store.close()
  })

  it('is no reason to lose what was synced where a power loss tears what was not', async () => {
    const dir = freshDir()
    const store = await withRoom(dir, WORTH + 10)
    const synced = readFileSync(newestLog(dir))
    // Through several blocks of LevelDB's log, the next one in the last of them.
    const many = Array.from({ length: 20 }, (_, i) => put(100 + i, 4000))
    await store.write(many, false)
    await store.write([put(200), put(201)], false)
    const folder = killed(dir)
    await store.close()
    const log = newestLog(folder)
    const whole = readFileSync(log)
    const from = whole.findIndex((byte, at) => byte !== synced[at])
    const to = whole.findLastIndex((byte) => byte !== 0) + 1
    expect(to - from).toBeGreaterThan(80_000)
    const pages = Array.from({ length: Math.ceil((to - from) / PAGE_BYTES) }, (_, i) => from + i * PAGE_BYTES)
    const torn = [
      ...[0, 1, 4, 6, 7, 8, 20, 40].map((more) => [from + more, to] as const),
      ...pages.map((at) => [at, to] as const),
      ...pages.map((at) => [at, Math.min(at + PAGE_BYTES, to)] as const),
    ]
    for (const [lostFrom, lostTo] of torn) {
      const copy = killed(folder)
      writeFileSync(newestLog(copy), Buffer.from(whole).fill(0, lostFrom, lostTo))
      const entries = await held(copy)
      for (let n = 0; n < WORTH + 10; n++) expect(entries.get(key(n))).toEqual(bytesOf(n, 100))
      // All or nothing.
      expect([0, many.length]).toContain(many.filter(([, name]) => entries.has(name)).length)
      expect(entries.has(key(200))).toBe(entries.has(key(201)))
      rmSync(copy, { recursive: true })
    }
    expect((await held(folder)).size).toBe(WORTH + 10 + many.length + 2)
  })
})

it.runIf(isExt)('is never made over what another process writes there meanwhile', async () => {
  const dir = freshDir()
  mkdirSync(dir)
  const log = join(dir, '000003.log')
  const record = bytesOf(1, 64)
  let written = 0
  const append = () => {
    appendFileSync(log, record)
    written += record.length
  }
  append()
  const room = new LogRoom(dir)
  for (let turn = 0; turn < 10; turn++) {
    for (let i = 0; i < WORTH; i++) room.written(ROOM_BYTES, true)
    expect(room.making).toBeDefined()
    while (room.making) {
      append()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  expect(statSync(log).size).toBe(written + 10 * ROOM_BYTES)
})

it('without a folder to make it in, nothing else happens', async () => {
  const room = new LogRoom(join(root, 'nowhere'))
  for (let i = 0; i < WORTH; i++) room.written(100, true)
  expect(room.making !== undefined).toBe(isLinux)
  await room.making
  expect(room.making).toBeUndefined()
})

it('without a sync there is none: it is the sync that it makes cheaper', () => {
  const room = new LogRoom(root)
  for (let i = 0; i < 100; i++) room.written(100_000, false)
  expect(room.making).toBeUndefined()
})
