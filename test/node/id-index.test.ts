/** Events are found by their ids, whether they are in memory, in segments, or in a store written before there were any. */
import { describe, expect, test } from 'vitest'
import { IdIndex, SEGMENT_EVENTS } from '../../src/node/id-index.ts'
import { laneKey, placeKey } from '../../src/node/keys.ts'
import { newLane } from '../../src/node/lanes.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import type { StoreOp } from '../../src/node/store.ts'
import { readUint } from '../../src/wire/bytes.ts'
import { type Event, lastOf, type VerifiedRun } from '../../src/wire/event.ts'
import type { EventId, LaneId } from '../../src/wire/ids.ts'
import { Author, NOW, ROOM, replicaOf } from './author.ts'

const anna = new Author(1)
const bert = new Author(2)
type Here = ReturnType<typeof replicaOf>

/** Who wrote in each lane, and what last. */
const ends = new Map<LaneId, readonly [Author, VerifiedRun]>()

/** Adds so many events in runs of 64, in one lane behind `after`; returns them all. */
function fill({ replica }: Here, count: number, author = anna, after?: VerifiedRun): Event[] {
  const lane = after ? lastOf(after).lane : author.contentLane()
  const events: Event[] = []
  let last = after
  for (let k = 0; k < count; k += 64) {
    const texts = Array.from({ length: Math.min(64, count - k) }, (_, i) => `${k + i}`)
    last = author.run(lane, texts, last, NOW + k)
    replica.add(last)
    events.push(...last.events)
  }
  if (last) ends.set(lane, [author, last])
  return events
}
const missing = ({ replica }: Here, events: readonly Event[]) =>
  events.filter(({ id, n }) => replica.find(id)?.n !== n).length
const keys = (store: MemoryStore, letter: string) =>
  store.list({ from: letter, to: String.fromCharCode(letter.charCodeAt(0) + 1) }).map(([key]) => key)
async function restarted({ store }: Here): Promise<Here> {
  const next = replicaOf(undefined, store)
  await next.replica.load()
  return next
}
async function scanned(here: Here): Promise<void> {
  expect((await here.replica.scan()).wrong).toBe(0)
  await here.save()
}

/** A store with a segment and a half of events of two authors, made once. */
const made = (() => {
  const here = replicaOf()
  const events = [...fill(here, 1000, bert), ...fill(here, SEGMENT_EVENTS), ...fill(here, 1000, bert)]
  const ops = here.replica.takeOps()
  void here.store.write(ops, true)
  return { here, events, ops, ends: [...ends.values()] }
})()
async function filled() {
  const { events, ops } = made
  const store = new MemoryStore({ crashable: true })
  await store.write(ops, true)
  const here = await restarted(replicaOf(undefined, store))
  return { here, events }
}

test('an event is found as soon as it is added, from a segment, and after a start before the scan', async () => {
  expect(missing(made.here, made.events)).toBe(0)
  const { here, events } = await filled()
  expect(keys(here.store, 'j').filter((key) => key.startsWith('j00'))).toHaveLength(1)
  const next = await restarted(here)
  expect(missing(next, events)).toBe(0)
  expect(next.replica.find(`${'0'.repeat(64)}` as EventId)).toBeUndefined()
  expect(next.replica.takeOps()).toEqual([])
  await scanned(next)
  expect(next.replica.takeOps()).toEqual([])
  const more = fill(next, SEGMENT_EVENTS)
  await next.save()
  expect(missing(await restarted(next), [...events, ...more])).toBe(0)
})

test('ids that begin alike are told apart by who looks', async () => {
  const store = new MemoryStore()
  const index = new IdIndex(store)
  const lane = newLane(ROOM, anna.person, anna.contentLane())
  const id = (end: string) => `89abcdef${end.padStart(56, '0')}` as EventId
  const where = { room: lane.room, author: lane.author, lane: lane.lane }
  index.add(lane, 1, id('1'))
  index.add(lane, 2, id('2'))
  expect([...index.places(id('3'))]).toEqual([
    { ...where, n: 2 },
    { ...where, n: 1 },
  ])
  await store.write(index.flush().ops, true)
  expect(lane.indexed).toBe(2)
  expect([...index.places(id('1'))]).toHaveLength(2)
  expect([...index.places(`79abcdef${'0'.repeat(56)}` as EventId)]).toEqual([])
})

describe('segments that the disk has damaged are made anew by the scan, and the others go', () => {
  const put = (store: MemoryStore, key: string, value: Uint8Array) => store.write([['put', key, value]], true)
  const harm: [string, (store: MemoryStore) => Promise<void>][] = [
    ['a part is lost', (store) => store.write([['del', keys(store, 'j').at(-1)!]], true)],
    [
      'all are lost',
      (store) =>
        store.write(
          [...keys(store, 'j'), 'mids'].map((key) => ['del', key]),
          true,
        ),
    ],
    ['it is not known which there are', (store) => store.write([['del', 'mids']], true)],
    ['a filter is lost', (store) => store.write([['del', keys(store, 'j')[0]!]], true)],
    ['a filter is cut short', (store) => put(store, keys(store, 'j')[0]!, new Uint8Array(5))],
    [
      'a bit of an entry is another one',
      (store) => {
        const key = keys(store, 'j').at(-1)!
        const value = store.get(key)!.slice()
        value[8]! ^= 4
        return put(store, key, value)
      },
    ],
    [
      'a key is another one',
      (store) => {
        const key = keys(store, 'j').at(-1)!
        const value = store.get(key)!
        return store.write(
          [
            ['del', key],
            ['put', key.replace(/.$/, '7'), value],
          ],
          true,
        )
      },
    ],
    [
      'a filter has a number that none can have',
      (store) => {
        const key = keys(store, 'j')[0]!
        const value = store.get(key)!
        return store.write(
          [
            ['del', key],
            ['put', 'j00ffffffff', value],
          ],
          true,
        )
      },
    ],
    [
      'a hint relies on more of them than can be',
      (store) => {
        const key = keys(store, 'h')[0]!
        return put(store, key, store.get(key)!.slice().fill(255, 80))
      },
    ],
    [
      'a hint says that more of its lane is in them than there is',
      (store) => {
        const key = keys(store, 'h').find((key) => readUint(store.get(key)!, 76, 4) > 0)!
        return put(store, key, store.get(key)!.slice().fill(255, 76, 80))
      },
    ],
  ]
  test.each(harm)('where %s', async (_what, damage) => {
    const { here, events } = await filled()
    await damage(here.store)
    const next = await restarted(here)
    await scanned(next)
    expect(missing(next, events)).toBe(0)
    const again = await restarted(next)
    expect(missing(again, events)).toBe(0)
    expect(again.replica.takeOps()).toEqual([])
    const segments = new Set(keys(here.store, 'j').map((key) => key.slice(3, 11)))
    expect(segments.size).toBe(keys(here.store, 'j').filter((key) => key.startsWith('j00')).length)
    await scanned(again)
    expect(again.replica.takeOps()).toEqual([])
    const more = made.ends.flatMap(([author, run]) => fill(again, 200, author, run))
    await again.save()
    const last = await restarted(again)
    await scanned(last)
    expect(missing(last, more)).toBe(0)
  })
})

test('a power loss that takes a segment, and not what was written behind it, is noticed', async () => {
  const here = replicaOf()
  const { store, save } = here
  const segments = () => keys(store, 'j').filter((key) => key.startsWith('j00')).length
  const events = [...fill(here, 1000), ...fill(here, 1000, bert), ...fill(here, SEGMENT_EVENTS, bert)]
  await save(false)
  const last = { events: events.slice(0, 1000) } as unknown as VerifiedRun
  events.push(...fill(here, SEGMENT_EVENTS - 2001, bert))
  await save(false)
  const lost = fill(here, 64, bert)
  await save(false)
  const later = fill(here, 64, anna, last)
  await save(false)
  expect(segments()).toBe(2)
  store.crash({ hole: 2 })
  expect(segments()).toBe(1)
  const next = await restarted(here)
  await next.replica.scan()
  await next.save()
  expect(missing(next, [...events, ...later])).toBe(0)
  expect(missing(next, lost)).toBe(64)
  expect(missing(await restarted(next), [...events, ...later])).toBe(0)
})

/** Others get their turn before each entry that is read, as with a disk. */
function slowly(store: MemoryStore, begins: (letter: string) => void = () => {}): void {
  const scan = store.scan.bind(store)
  store.scan = async function* (range) {
    begins(range.from[0]!)
    for await (const entry of scan(range)) {
      await new Promise((resolve) => setImmediate(resolve))
      yield entry
    }
  }
}
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

describe('a start that ended while they were made anew', () => {
  const harm: [string, (key: string) => boolean][] = [
    ['all were lost', () => true],
    ['the first one was lost', (key) => key !== 'mids' && key.slice(3, 11) === '00000000'],
  ]
  test.each(harm)('is followed by one that makes all of them, where %s', async (_what, isLost) => {
    const { here, events: some } = await filled()
    const events = [...some, ...fill(here, SEGMENT_EVENTS, bert)]
    await here.save()
    const lost = [...keys(here.store, 'j'), 'mids'].filter(isLost)
    await here.store.write(
      lost.map((key) => ['del', key]),
      true,
    )
    const before = new Set(keys(here.store, 'j'))
    slowly(here.store)
    const first = await restarted(here)
    const scan = first.replica.scan()
    let ops: StoreOp[] = []
    await until(() => {
      ops.push(...first.replica.takeOps())
      return ops.some(([, key]) => key.startsWith('j00') && !before.has(key))
    })
    const left = new MemoryStore({ entries: here.store.snapshot() })
    await left.write(ops, true)
    ops = []
    await scan
    const next = await restarted(replicaOf(undefined, left))
    await scanned(next)
    expect(missing(next, events)).toBe(0)
    const again = await restarted(next)
    expect(missing(again, events)).toBe(0)
    await scanned(again)
    expect(again.replica.takeOps()).toEqual([])
  })
})

test('of a lane that grew while a store of before was read through, what comes later is in segments too', async () => {
  const here = replicaOf()
  const before = fill(here, 200)
  // More than a start reads.
  fill(here, 2 * SEGMENT_EVENTS, bert)
  await here.save()
  for (const key of keys(here.store, 'h'))
    await here.store.write([['put', key, here.store.get(key)!.slice(0, 76)]], true)
  const begun = new Set<string>()
  slowly(here.store, (letter) => begun.add(letter))
  const next = await restarted(here)
  const scan = next.replica.scan()
  await until(() => begun.has('e'))
  const { lane, author } = before[0]!
  const more = fill(next, 10, anna, { events: before } as unknown as VerifiedRun)
  await scan
  fill(next, SEGMENT_EVENTS, anna, { events: more } as unknown as VerifiedRun)
  const held = next.replica.lane(ROOM, author, lane)!
  expect(held.n).toBe(210 + SEGMENT_EVENTS)
  expect(held.indexed).toBeGreaterThan(210)
})

test('what was added while they are made anew is found, then and after the next start', async () => {
  const { here, events } = await filled()
  await here.store.write([['del', 'mids']], true)
  const next = await restarted(here)
  const lane = next.replica.lane(ROOM, anna.person, events[2000]!.lane)!
  const last = {
    events: [next.replica.event(ROOM, anna.person, lane.lane, lane.n)!],
  } as unknown as VerifiedRun
  const scan = next.replica.scan()
  const more = fill(next, 100, anna, last)
  await next.save()
  await scan
  await next.save()
  expect(lane.indexed).toBe(lane.n)
  expect(missing(next, [...events, ...more])).toBe(0)
  expect(missing(await restarted(next), [...events, ...more])).toBe(0)
})

test('a store of before: its events are found before the scan, after it, and at the next start; what they had goes', async () => {
  const { here, events } = await filled()
  const ops: StoreOp[] = [...keys(here.store, 'j'), 'mids'].map((key) => ['del', key])
  for (const { id, header } of events) ops.push(['put', placeKey(id), header.slice(9, 69)])
  for (const key of keys(here.store, 'h')) ops.push(['put', key, here.store.get(key)!.slice(0, 76)])
  await here.store.write(ops, true)
  const next = await restarted(here)
  expect(missing(next, events)).toBe(0)
  await scanned(next)
  expect(keys(here.store, 'i')).toEqual([])
  expect(missing(next, events)).toBe(0)
  const again = await restarted(next)
  expect(missing(again, events)).toBe(0)
  await scanned(again)
  expect(again.replica.takeOps()).toEqual([])
})

test('what is erased is found no more, and what others have written in its place is', async () => {
  const { here } = await filled()
  const { replica, save, store } = here
  const lane = anna.contentLane()
  const runs: VerifiedRun[] = []
  for (const text of ['one', 'two', 'three']) runs.push(anna.run(lane, [text], runs.at(-1)))
  for (const run of runs) replica.add(run)
  fill(here, SEGMENT_EVENTS, bert)
  await save()
  expect(store.get(laneKey(ROOM, anna.person, lane))!.at(79)).toBe(3)
  replica.erase(replica.lane(ROOM, anna.person, lane)!, 2, false)
  await save()
  expect(runs.map((run) => replica.find(lastOf(run).id)?.n)).toEqual([1, undefined, undefined])
  const others = [anna.run(lane, ['2'], runs[0]!)]
  others.push(anna.run(lane, ['3'], others[0]!))
  for (const run of others) replica.add(run)
  await save()
  const next = await restarted(here)
  expect(others.map((run) => next.replica.find(lastOf(run).id)?.n)).toEqual([2, 3])
})

test('segments of many erased events are made anew', async () => {
  const here = replicaOf()
  const { replica, save, store } = here
  const stays = fill(here, 10, bert)
  for (let k = 0; k < 7; k++) {
    const lane: LaneId = fill(here, SEGMENT_EVENTS)[0]!.lane
    for (let isDone = false; !isDone; )
      isDone = replica.erase(replica.lane(ROOM, anna.person, lane)!, 5000, true).isDone
    await save()
  }
  expect(keys(store, 'j').filter((key) => key.startsWith('j00')).length).toBeGreaterThan(6)
  const next = await restarted(here)
  await scanned(next)
  expect(keys(store, 'j').filter((key) => key.startsWith('j00'))).toHaveLength(1)
  expect(missing(next, stays)).toBe(0)
  expect(missing(await restarted(next), stays)).toBe(0)
})

test('where the disk was emptied beneath a node that runs, what comes again is found, also after a start', async () => {
  const here = replicaOf()
  const runs = [bert, anna].map((author) => {
    const lane = author.contentLane()
    const all: VerifiedRun[] = []
    for (let k = 0; k < 50; k++)
      all.push(
        author.run(
          lane,
          Array.from({ length: 64 }, (_, i) => `${i}`),
          all.at(-1),
        ),
      )
    return all
  })
  for (const run of runs.flat()) here.replica.add(run)
  await here.save()
  const all = here.store.snapshot().map(([key]): StoreOp => ['del', key])
  await here.store.write(all, true)
  await here.replica.scan()
  await here.save()
  const events = runs.flat().flatMap((run) => run.events)
  expect(missing(here, events)).toBe(events.length)
  for (const run of runs.flat()) here.replica.add(run)
  await here.save()
  expect(missing(here, events)).toBe(0)
  const next = await restarted(here)
  await scanned(next)
  expect(missing(next, events)).toBe(0)
  expect(next.replica.takeOps()).toEqual([])
})
