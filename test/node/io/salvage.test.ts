import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { damagedStores, noteDamage } from '../../../src/node/io/damaged-stores.ts'
import { type LevelStore, openLevelStore } from '../../../src/node/io/level-store.ts'
import { salvage } from '../../../src/node/io/salvage.ts'
import { Replica } from '../../../src/node/replica.ts'
import { type Brought, takeSalvaged } from '../../../src/node/salvage.ts'
import type { VerifiedRun } from '../../../src/wire/event.ts'
import { Author, NET, NOW, ROOM, verified } from '../author.ts'
import { damage, filesOf, type How, type Part } from './damage.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-salvage-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const whole = join(root, 'whole')
let count = 0

const authors = [1, 2, 3].map((n) => new Author(n))
const runs: VerifiedRun[] = []
/** Deleted by its author, and its body gone from the disk. */
const DELETED = 'said in anger'
let deletedId = ''
let original: Replica

const replicaOver = (store: LevelStore) => {
  const replica = new Replica({
    crypto: nodeCrypto,
    net: NET,
    store,
    retentionMs: 180 * 86_400_000,
    limitOf: () => Number.POSITIVE_INFINITY,
  })
  replica.setNow(NOW)
  return replica
}

/** Some thousand events in tables and in the log, one of them deleted. */
beforeAll(async () => {
  const { store } = await openLevelStore(whole)
  original = replicaOver(store)
  const add = async (run: VerifiedRun) => {
    runs.push(run)
    original.add(run)
    await store.write(original.takeOps(), false)
  }
  for (const author of authors) {
    await add(author.run(author.controlLane(), ['a topic', 'another']))
    let last: VerifiedRun | undefined
    const lane = author.contentLane()
    for (let i = 0; i < 12; i++) {
      const texts = Array.from({ length: 16 }, () => randomBytes(700).toString('hex'))
      if (author === authors[0] && i === 3) texts[5] = DELETED
      last = author.run(lane, texts, last)
      await add(last)
      if (author !== authors[0] || i !== 3) continue
      const event = last.events[5]!
      deletedId = event.id
      original.delete(author.delete(event))
      await store.write(original.takeOps(), true)
    }
  }
  await store.close()
  const again = await openLevelStore(whole)
  original = replicaOver(again.store)
  await original.load()
  const late = authors[1]!.run(authors[1]!.contentLane(), ['in the log', 'too'])
  runs.push(late)
  original.add(late)
  await again.store.write(original.takeOps(), true)
  for (const run of original.rooms()) expect(run).toBe(ROOM)
  await again.store.close()
  expect(filesOf(whole, 'table').length).toBeGreaterThan(0)
})

/** As a node does it: what cannot be read is moved aside, and an empty store started. */
async function start(dir: string) {
  const { store, ...opened } = await openLevelStore(dir)
  const read = async () => {
    const replica = replicaOver(store)
    await replica.load()
    await replica.scan()
    return replica
  }
  try {
    return { store, opened, replica: await read() }
  } catch (error) {
    expect(error).toMatchObject({ code: 'STORE_FAILED' })
    return { store, opened: await store.reopen(), replica: await read() }
  }
}

async function salvageInto(dir: string, replica: Replica, store: LevelStore): Promise<Brought> {
  let parts = 0
  const brought = await salvage(dir, {
    holds: ({ room, author, lane, n }) => (replica.lane(room, author, lane)?.n ?? 0) >= n,
    take: async (part) => {
      parts++
      expect(part.runs.reduce((sum, run) => sum + run.bodies.length, 0)).toBeLessThan(256)
      const taken = await new Promise<Brought>((resolve) =>
        takeSalvaged(
          {
            crypto: nodeCrypto,
            replica,
            isDeleted: () => false,
            verify: (checks, then) =>
              then(checks.every(({ message, signature, key }) => nodeCrypto.verify(message, signature, key))),
            took: (run) => {
              const result = replica.add(run)
              return result.is === 'added' ? result.events.length : 0
            },
            deleted: (tombstone) => replica.delete(tombstone),
            forked: () => {},
          },
          part,
          resolve,
        ),
      )
      await store.write(replica.takeOps(), false)
      return taken
    },
    isClosed: () => false,
    log: () => {},
  })
  expect(parts).toBeGreaterThan(0)
  return brought
}

/** Nothing but what was there, no fork, and the deleted body stays away. */
function isPartOfOriginal(replica: Replica): number {
  let events = 0
  for (const cls of [0, 1] as const)
    for (const lane of replica.lanes(ROOM, cls)) {
      expect(lane.forkAt).toBe(0)
      const known = runs.flatMap((run) => run.events).filter((event) => event.lane === lane.lane)
      expect(lane.n).toBeLessThanOrEqual(known.length)
      if (lane.n > 0) expect(lane.id).toBe(known[lane.n - 1]!.id)
      for (const event of known) {
        const body = replica.body(event)
        if (event.id === deletedId) expect(body).toBeUndefined()
      }
      events += lane.n
    }
  return events
}

const EVENTS = 3 * (2 + 12 * 16) + 2
const cases: [part: Part, how: How, kept: number][] = [
  ['CURRENT', 'deleted', EVENTS],
  ['CURRENT', 'emptied', EVENTS],
  ['CURRENT', 'garbage', EVENTS],
  ['MANIFEST', 'deleted', EVENTS],
  ['MANIFEST', 'emptied', EVENTS],
  ['MANIFEST', 'truncated', EVENTS],
  ['MANIFEST', 'flipped', EVENTS],
  ['MANIFEST', 'garbage', EVENTS],
  ['log', 'deleted', EVENTS - 2],
  ['log', 'emptied', EVENTS - 2],
  ['log', 'truncated', EVENTS - 2],
  ['log', 'flipped', EVENTS - 2],
  ['log', 'garbage', EVENTS - 2],
  ['table', 'deleted', 0],
  ['table', 'emptied', 0],
  ['table', 'truncated', 0],
  ['table', 'flipped', 0],
  ['table', 'garbage', 0],
  ['LOCK', 'deleted', EVENTS],
  ['LOCK', 'emptied', EVENTS],
]

describe('a store whose files the disk has damaged', () => {
  it.each(cases)(
    '%s %s: opens, keeps or salvages what is left, makes no fork, heals',
    async (part, how, kept) => {
      const dir = join(root, `${count++}`, 'store')
      cpSync(whole, dir, { recursive: true })
      await damage(dir, part, how)
      const { store, opened, replica } = await start(dir)
      if (opened.movedAside !== undefined) {
        const [copy] = await damagedStores(dir)
        expect(copy).toMatchObject({ folder: opened.movedAside, state: 'waiting', tries: 0 })
        expect(Date.now() - copy!.since).toBeLessThan(60_000)
        const brought = await salvageInto(dir, replica, store)
        expect((await damagedStores(dir))[0]).toMatchObject({ state: 'salvaged', ...brought })
        // Once is enough.
        expect(await salvage(dir, {} as never)).toEqual({ events: 0, tombstones: 0 })
      }
      expect(isPartOfOriginal(replica)).toBeGreaterThanOrEqual(kept)

      // The others send what they have: then all is as it was.
      const deleted = runs.flatMap((run) => run.events).find(({ id }) => id === deletedId)!
      replica.delete(authors[0]!.delete(deleted))
      for (const run of runs)
        expect(replica.add(verified({ ...packed(run), bodies: bodiesWithoutDeleted(run) })).is).toBe('added')
      await store.write(replica.takeOps(), true)
      expect(isPartOfOriginal(replica)).toBe(EVENTS)
      for (const cls of [0, 1] as const)
        expect(replica.vectors.digest(ROOM, cls)).toEqual(original.vectors.digest(ROOM, cls))
      await store.close()

      const next = await start(dir)
      expect(next.opened.movedAside).toBeUndefined()
      expect(isPartOfOriginal(next.replica)).toBe(EVENTS)
      await next.store.close()
    },
  )

  it('is left alone after three tries that came to no end', async () => {
    const dir = join(root, `${count++}`, 'store')
    cpSync(whole, dir, { recursive: true })
    await damage(dir, 'CURRENT', 'garbage')
    const { store } = await start(dir)
    const [copy] = await damagedStores(dir)
    await noteDamage(copy!.folder, { ...copy!, tries: 3 })
    expect(await salvage(dir, { isClosed: () => false } as never)).toEqual({ events: 0, tombstones: 0 })
    expect((await damagedStores(dir))[0]).toMatchObject({ state: 'left', tries: 3 })
    await store.close()
  })
})

const packed = (run: VerifiedRun) => ({
  headers: Buffer.concat(run.events.map(({ header }) => header)),
  signature: run.signature,
})
const bodiesWithoutDeleted = (run: VerifiedRun) =>
  run.bodies.map((body, i) => (run.events[i]!.id === deletedId ? null : body))
