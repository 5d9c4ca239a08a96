/** What another device of its author deleted goes from the disk a week later, and its lane stays whole (RM-24, EV-19). */
import { describe, expect, test } from 'vitest'
import { HiddenBodies } from '../../src/node/hidden-bodies.ts'
import type { MemoryStore } from '../../src/node/memory-store.ts'
import type { Replica } from '../../src/node/replica.ts'
import { packRun, type VerifiedRun } from '../../src/wire/event.ts'
import type { EventId, PersonKey, RoomId } from '../../src/wire/ids.ts'
import { Author, NOW, ROOM, replicaOf, verified } from './author.ts'

const HOUR = 3600 * 1000
const DAY = 24 * HOUR
const anna = new Author(1)
const ben = new Author(2)

function over(replica: Replica, store: MemoryStore) {
  const erased = new Map<EventId, ReadonlySet<PersonKey>>()
  const bodies = new HiddenBodies({
    replica,
    erased: (room: RoomId) => (room === ROOM ? erased : new Map()),
    personOf: (key) => key,
    get: (key) => store.get(key),
    put: (op) => void store.write([op], true),
  })
  let now = 0
  /** Looks at all there is; a minute later each time. */
  const look = async (time: number, after = 60_000): Promise<number> => {
    now += after
    let count = 0
    for (let k = 0; k < 20; k++) count += bodies.tick(now, time)
    await store.write(replica.takeOps(), true)
    return count
  }
  return { bodies, erased, look }
}

/** A lane of anna's, of a stored run and one event alone; the second and the last event are deleted by her phone. */
async function started() {
  const { replica, store, save } = replicaOf()
  const lane = anna.contentLane()
  const first = anna.run(lane, ['one', 'secret two', 'three'])
  const second = anna.run(lane, ['secret four'], first)
  for (const run of [first, second]) replica.add(run)
  await save()
  const gone = [first.events[1]!, second.events[0]!]
  return { replica, store, save, lane, runs: [first, second], gone, ids: gone.map(({ id }) => id) }
}

const holds = (store: MemoryStore, text: string) =>
  store.snapshot().some(([, value]) => Buffer.from(value).includes(text))
const bare = (run: VerifiedRun, ids: readonly EventId[]) => {
  const bodies = run.bodies.map((body, i) => (ids.includes(run.events[i]!.id) ? null : body))
  return verified(packRun({ ...run, bodies }))
}

describe('a body that another device of its author deleted', () => {
  test('goes a week after the deletion was seen, alone or out of a run, and its lane is listed as before', async () => {
    const { replica, store, ids, gone, runs } = await started()
    const { erased, look } = over(replica, store)
    const digest = replica.vectors.digest(ROOM, 1)
    replica.excuse(anna.person, ids)
    for (const id of ids) erased.set(id, new Set([anna.person]))
    expect(await look(NOW)).toBe(0)
    expect(await look(NOW + 6 * DAY)).toBe(0)
    expect(holds(store, 'secret')).toBe(true)
    expect(await look(NOW + 7 * DAY + 1)).toBe(2)
    for (const event of gone) expect(replica.body(event)).toBeUndefined()
    expect(holds(store, 'secret')).toBe(false)
    expect(holds(store, 'three')).toBe(true)
    expect(replica.takeErased().length).toBeGreaterThan(1)
    expect(replica.vectors.digest(ROOM, 1)).toEqual(digest)
    expect(store.snapshot().filter(([key]) => key.startsWith('mhidden'))).toEqual([])
    // Not before a day is over, and then there is nothing.
    expect(await look(NOW + 8 * DAY)).toBe(0)
    expect(await look(NOW + 9 * DAY, DAY)).toBe(0)
    // Its author signs late: nothing else changes.
    replica.delete(anna.delete(runs[0]!.events[1]!))
    expect(replica.lane(ROOM, anna.person, gone[0]!.lane)!.n).toBe(4)
  })

  test('counts its week over restarts, whose lanes are whole without it', async () => {
    const { replica, store, ids } = await started()
    replica.excuse(anna.person, ids)
    const before = over(replica, store)
    for (const id of ids) before.erased.set(id, new Set([anna.person]))
    await before.look(NOW)
    const next = replicaOf(undefined, store).replica
    await next.load()
    next.excuse(anna.person, ids)
    await next.scan()
    const after = over(next, store)
    for (const id of ids) after.erased.set(id, new Set([anna.person]))
    expect(await after.look(NOW + 8 * DAY)).toBe(2)
    const last = replicaOf(undefined, store).replica
    await last.load()
    last.excuse(anna.person, ids)
    expect(await last.scan()).toMatchObject({ wrong: 0 })
    expect(last.vectors.digest(ROOM, 1)).toEqual(replica.vectors.digest(ROOM, 1))
  })

  test('stays where the word counts no more within the week, which begins anew should it count again', async () => {
    const { replica, store, ids } = await started()
    const { erased, look } = over(replica, store)
    replica.excuse(anna.person, ids)
    erased.set(ids[0]!, new Set([anna.person]))
    await look(NOW)
    erased.clear()
    await look(NOW + 6 * DAY)
    expect(await look(NOW + 8 * DAY)).toBe(0)
    erased.set(ids[0]!, new Set([anna.person]))
    expect(await look(NOW + 9 * DAY)).toBe(0)
    expect(await look(NOW + 15 * DAY)).toBe(0)
    expect(await look(NOW + 17 * DAY)).toBe(1)
  })

  test('has no note left over from a run before in which its word counted', async () => {
    const { replica, store, ids } = await started()
    replica.excuse(anna.person, ids)
    const before = over(replica, store)
    before.erased.set(ids[0]!, new Set([anna.person]))
    await before.look(NOW)
    expect(store.snapshot().filter(([key]) => key.startsWith('mhidden'))).toHaveLength(1)
    const after = over(replica, store)
    await after.bodies.load(store)
    await after.look(NOW + DAY)
    expect(store.snapshot().filter(([key]) => key.startsWith('mhidden'))).toEqual([])
    after.erased.set(ids[0]!, new Set([anna.person]))
    expect(await after.look(NOW + 8 * DAY)).toBe(0)
  })

  test('stays where somebody else said so, and where no time is known', async () => {
    const { replica, store, ids } = await started()
    const { erased, look } = over(replica, store)
    replica.excuse(anna.person, ids)
    erased.set(ids[0]!, new Set([ben.person]))
    await look(NOW)
    expect(await look(NOW + 30 * DAY)).toBe(0)
    expect(holds(store, 'secret two')).toBe(true)
  })

  test('goes too where it comes later, with a lane of somebody who was away', async () => {
    const { replica, store, ids, runs, lane } = await started()
    const late = replicaOf()
    const { erased, look } = over(late.replica, late.store)
    late.replica.excuse(anna.person, ids)
    for (const id of ids) erased.set(id, new Set([anna.person]))
    await look(NOW)
    for (const run of runs) late.replica.add(run)
    await late.save()
    await look(NOW + DAY, DAY)
    expect(await look(NOW + 9 * DAY)).toBe(2)
    expect(holds(late.store, 'secret')).toBe(false)
    expect(late.replica.vectors.digest(ROOM, 1)).toEqual(replica.vectors.digest(ROOM, 1))
    expect(store.snapshot().length).toBeGreaterThan(0)
    expect(late.replica.lane(ROOM, anna.person, lane)!.n).toBe(4)
  })
})

describe('a lane from which such bodies were erased', () => {
  test('is taken in whole, whether the word that deleted them came before it, with it or after it', async () => {
    const { replica, ids, runs, lane } = await started()
    const orders: (readonly ('word' | 0 | 1)[])[] = [
      ['word', 0, 1],
      [0, 'word', 1],
      [0, 1, 'word', 1],
      [0, 1, 'word', 1, 0],
    ]
    for (const order of orders) {
      const late = replicaOf().replica
      const told: string[] = []
      for (const step of order) {
        if (step === 'word') late.excuse(anna.person, ids)
        else {
          const result = late.add(bare(runs[step]!, ids))
          if (result.is === 'added') told.push(...result.events.map(({ id }) => id))
        }
        told.push(...late.takeFreed().map(({ id }) => id))
      }
      expect(late.vectors.digest(ROOM, 1)).toEqual(replica.vectors.digest(ROOM, 1))
      expect(late.lane(ROOM, anna.person, lane)).toMatchObject({ n: 4, told: 4 })
      // Each event once.
      expect(told.sort()).toEqual(runs.flatMap(({ events }) => events.map(({ id }) => id)).sort())
    }
  })

  test.each([[['secret']], [['secret', 'two']]])(
    'is told of where it comes again with a lane that was erased (EV-19), %j',
    (texts) => {
      const { replica } = replicaOf()
      const run = anna.run(anna.contentLane(), texts)
      const { id, room, author, lane } = run.events[0]!
      replica.excuse(anna.person, [id])
      replica.add(bare(run, [id]))
      expect([...replica.bare.places()]).toHaveLength(1)
      replica.erase(replica.lane(room, author, lane)!, 9, true)
      replica.add(run)
      expect(replica.bare.takeFilled()).toEqual([run.events[0]])
      expect([...replica.bare.places()]).toEqual([])
    },
  )

  test('is one with a hole for whoever does not hold the word', async () => {
    const { ids, runs, lane } = await started()
    const { replica } = replicaOf()
    replica.add(bare(runs[0]!, ids))
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
    const other = replicaOf()
    other.replica.excuse(anna.person, [runs[0]!.events[0]!.id])
    other.replica.add(bare(runs[0]!, ids))
    expect(other.replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
  })

  test('is one with a hole where the word is of somebody else, until they turn out to be one person', async () => {
    const { ids, runs, lane } = await started()
    for (const changed of [anna, ben]) {
      const { replica } = replicaOf()
      replica.excuse(ben.person, ids)
      replica.add(bare(runs[0]!, ids))
      expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
      replica.areKin = () => true
      replica.kinChanged([changed.person])
      expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(3)
    }
  })

  test('is not looked for by words about other events, nor when others become kin', async () => {
    const { ids, runs, lane } = await started()
    const { replica, store } = replicaOf()
    replica.add(bare(runs[0]!, ids))
    void store.write(replica.takeOps(), false)
    let reads = 0
    const get = store.get.bind(store)
    store.get = (key) => {
      reads++
      return get(key)
    }
    for (let k = 0; k < 100; k++) replica.excuse(ben.person, [k.toString(16).padStart(64, '0') as EventId])
    replica.kinChanged([ben.person])
    expect(reads).toBe(0)
    replica.excuse(anna.person, ids)
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(3)
  })
})
