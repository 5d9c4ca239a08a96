/** What was deleted lies in no file of the store, searched byte by byte. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  damagedStores,
  noteDamage,
  removeCopies,
  removeOldCopies,
} from '../../../src/node/io/damaged-stores.ts'
import { Erasure } from '../../../src/node/io/erasure.ts'
import { type LevelStore, openLevelStore } from '../../../src/node/io/level-store.ts'
import { bodyKey, eventKey } from '../../../src/node/keys.ts'
import { MemoryStore } from '../../../src/node/memory-store.ts'
import type { StoreOp } from '../../../src/node/store.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../../../src/wire/ids.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-erasure-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const freshDir = () => join(root, `${count++}`)

const newKey = () => bodyKey(randomBytes(32).toString('hex') as EventId)
const newRunKey = () =>
  eventKey(
    randomBytes(16).toString('hex') as RoomId,
    randomBytes(32).toString('hex') as PersonKey,
    randomBytes(8).toString('hex') as LaneId,
    16,
  )
/** Text that LevelDB cannot make smaller, so that it lies in its files as it is. */
const secretText = () => randomBytes(60).toString('base64')
const put = (key: string, text: string): StoreOp => ['put', key, new Uint8Array(Buffer.from(text))]

const filesHold = (dir: string, text: string) =>
  readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(text))

/** So much that LevelDB has tables on several levels. */
async function fill(store: LevelStore, entries: number): Promise<void> {
  for (let i = 0; i < entries; i += 100) {
    const ops = Array.from({ length: 100 }, () => put(newKey(), randomBytes(750).toString('base64')))
    await store.write(ops, false)
  }
}

async function reopened(store: LevelStore): Promise<void> {
  await store.close()
  await store.reopen()
}

describe('what was deleted lies in the files until it is erased', () => {
  const cases: [string, (store: LevelStore, between: () => Promise<void>) => Promise<void>][] = [
    ['written and deleted without a table in between', async (_, deleting) => deleting()],
    [
      'in a table of its own',
      async (store, deleting) => {
        await reopened(store)
        await deleting()
      },
    ],
    [
      'written and deleted in one table',
      async (store, deleting) => {
        await deleting()
        await reopened(store)
      },
    ],
    [
      'deep beneath others',
      async (store, deleting) => {
        await fill(store, 12_000)
        await reopened(store)
        await deleting()
        await fill(store, 3000)
      },
    ],
  ]
  it.each(cases)('%s', async (_, around) => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    const kept = [newKey(), newKey()]
    const deleted = Array.from({ length: 3 }, newKey)
    const secrets = deleted.map(secretText)
    const keptText = secretText()
    await store.write([put(kept[0]!, keptText), ...deleted.map((key, i) => put(key, secrets[i]!))], true)
    await around(store, () =>
      store.write(
        deleted.map((key) => ['del', key]),
        true,
      ),
    )
    for (const secret of secrets) expect(filesHold(dir, secret)).toBe(true)
    await store.erase(deleted)
    for (const secret of secrets) expect(filesHold(dir, secret)).toBe(false)
    expect(Buffer.from(store.get(kept[0]!)!).toString()).toBe(keptText)
    await store.close()
  })

  it.each(cases)('taken out of a stored run: %s', async (_, around) => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    const [key, secret, rest] = [newRunKey(), secretText(), secretText()]
    await store.write([put(key, rest + secret)], true)
    await around(store, () => store.write([put(key, rest)], true))
    expect(filesHold(dir, secret)).toBe(true)
    await store.erase([key])
    expect(filesHold(dir, secret)).toBe(false)
    expect(Buffer.from(store.get(key)!).toString()).toBe(rest)
    await store.close()
  })

  it('many at once', async () => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    const deleted = Array.from({ length: 100 }, newKey)
    const secrets = deleted.map(secretText)
    await store.write(
      deleted.map((key, i) => put(key, secrets[i]!)),
      true,
    )
    await store.write(
      deleted.map((key) => ['del', key]),
      true,
    )
    await store.erase(deleted)
    expect(secrets.filter((secret) => filesHold(dir, secret))).toEqual([])
    await store.close()
  })

  it('but what is there again stays', async () => {
    const dir = freshDir()
    const { store } = await openLevelStore(dir)
    const key = newKey()
    await store.write([['del', key]], true)
    await store.write([put(key, 'there again')], true)
    await store.erase([key])
    expect(Buffer.from(store.get(key)!).toString()).toBe('there again')
    await store.close()
  })
})

describe('erasing', () => {
  function started(store = new MemoryStore()) {
    const erased: string[][] = []
    const copies: string[] = []
    let failure: Error | undefined
    let meanwhile = () => {}
    const erasure = new Erasure({
      store: {
        isFailing: false,
        get: (key) => store.get(key),
        write: (ops, sync) => store.write(ops, sync),
        erase: async (keys) => {
          if (failure) throw failure
          meanwhile()
          erased.push([...keys])
        },
      },
      removeCopies: async () => void copies.push('removed'),
      log: () => {},
    })
    const beat = async (now: number) => {
      erasure.beat(now)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const fail = (error: Error | undefined) => {
      failure = error
    }
    const during = (then: () => void) => {
      meanwhile = then
    }
    return { store, erasure, erased, copies, beat, fail, during }
  }

  it('waits for 10 s without another deletion, but no longer than 5 minutes', async () => {
    const { erasure, erased, copies, beat } = started()
    const keys = Array.from({ length: 40 }, newKey)
    for (const [i, key] of keys.entries()) {
      erasure.deleted([key])
      await beat(1000 + i * 9000)
    }
    expect(erased.length).toBe(1)
    expect(erased[0]!.length).toBeGreaterThan(30)
    await beat(1000 + 39 * 9000 + 60_000)
    expect(erased.flat().sort()).toEqual([...keys].sort())
    expect(copies).toEqual(['removed', 'removed'])
  })

  it('takes a slice a minute where much was deleted', async () => {
    const { erasure, erased, beat } = started()
    erasure.deleted(Array.from({ length: 600 }, newKey))
    await beat(0)
    for (let now = 10_000; now <= 200_000; now += 1000) await beat(now)
    expect(erased.map(({ length }) => length)).toEqual([256, 256, 88])
  })

  it('is gone on with after a restart, and noted no more when it is done', async () => {
    const first = started()
    const keys = [newKey(), newRunKey(), newKey()]
    first.erasure.deleted(keys)
    await first.beat(0)
    const second = started(first.store)
    await second.beat(0)
    await second.beat(10_000)
    expect(second.erased.map((each) => each.sort())).toEqual([keys.sort()])
    expect(second.store.list({ from: 'm', to: 'n' })).toEqual([])
  })

  it('is done once more of a key under which more was deleted meanwhile', async () => {
    const { erasure, erased, beat, during } = started()
    const key = newRunKey()
    erasure.deleted([key, newKey()])
    await beat(0)
    during(() => erasure.deleted([key]))
    await beat(10_000)
    during(() => {})
    for (let now = 11_000; now <= 80_000; now += 1000) await beat(now)
    expect(erased.slice(1)).toEqual([[key]])
  })

  it('is tried again where the disk refuses', async () => {
    const { erasure, erased, beat, fail } = started()
    fail(new Error('full'))
    erasure.deleted([newKey()])
    await beat(0)
    await beat(10_000)
    expect(erased).toEqual([])
    fail(undefined)
    await beat(11_000)
    expect(erased).toEqual([])
    await beat(70_000)
    expect(erased).toHaveLength(1)
  })
})

describe('damaged copies', () => {
  const DAY = 86_400_000
  const states = ['salvaged', 'left', 'waiting'] as const

  async function copies(): Promise<string> {
    const store = join(freshDir(), 'store')
    for (const [i, state] of states.entries()) {
      const folder = `${store}.damaged-${i + 1}`
      mkdirSync(folder, { recursive: true })
      await noteDamage(folder, { since: 1000, why: 'x', state, tries: 1, events: 0, tombstones: 0 })
    }
    return store
  }
  const left = async (store: string) => (await damagedStores(store)).map(({ state }) => state)

  it('are removed 7 days after they were salvaged, 30 days where they could not be', async () => {
    const store = await copies()
    await removeOldCopies(store, 1000 + 7 * DAY)
    expect(await left(store)).toEqual(['salvaged', 'left', 'waiting'])
    await removeOldCopies(store, 1001 + 7 * DAY)
    expect(await left(store)).toEqual(['left', 'waiting'])
    expect(existsSync(`${store}.damaged-1.json`)).toBe(false)
    await removeOldCopies(store, 1001 + 30 * DAY)
    expect(await left(store)).toEqual(['waiting'])
    await removeOldCopies(store, 1001 + 3000 * DAY)
    expect(await left(store)).toEqual(['waiting'])
  })

  it('are removed at once where something is erased, once they are salvaged', async () => {
    const store = await copies()
    await removeCopies(store)
    expect(await left(store)).toEqual(['left', 'waiting'])
  })
})
