/** Events are read in display order, whatever stretches of lanes their entries stand for. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ENTRIES_PAGE_MAX,
  eventsInOrder,
  type OrderRange,
  orderEntries,
  orderOf,
  SPREAD_MS_MAX,
  soleOrderKeyOf,
} from '../../src/node/display-order.ts'
import type { StoreOp } from '../../src/node/store.ts'
import type { Event, VerifiedRun } from '../../src/wire/event.ts'
import { Author, joined, NOW, ROOM, replicaOf } from './author.ts'

const anna = new Author(1)
const authors = [anna, new Author(2), new Author(3)]

/** A run with an event at each of these times, after NOW. */
function runAt(author: Author, times: readonly number[]): VerifiedRun {
  const lane = author.contentLane()
  const runs: VerifiedRun[] = []
  for (const [i, at] of times.entries()) runs.push(author.run(lane, [`${i}`], runs.at(-1), NOW + at))
  return joined(...runs)
}

async function read(from: ReturnType<typeof replicaOf>, range: OrderRange = {}): Promise<string[]> {
  const found: string[] = []
  for await (const event of eventsInOrder(from, ROOM, range)) found.push(orderOf(event))
  return found
}

const textOf = (events: readonly Event[]) => events.map(orderOf).sort()

describe('the entries of a run', () => {
  test('are one where its times lie close together, in whatever order they are', () => {
    const { events } = runAt(anna, [5, 900, 0, 300])
    expect(orderEntries(events)).toHaveLength(1)
    expect(orderEntries(events)[0]!.value).toEqual(Uint8Array.of(4, 3, 132))
  })

  test('are several where they do not', () => {
    const { events } = runAt(anna, [0, SPREAD_MS_MAX, SPREAD_MS_MAX + 1, 1e6, 5])
    expect(orderEntries(events).map(({ value }) => value[0])).toEqual([2, 1, 1, 1])
  })
})

test('events of runs that lie across each other are read in order, in both directions and every range', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 6 })
  const runs = fc.array(fc.tuple(fc.nat(2), times), { minLength: 1, maxLength: 6 })
  const bound = fc.integer({ min: -500, max: 5000 })
  await fc.assert(
    fc.asyncProperty(runs, bound, bound, fc.integer({ min: 1, max: 5 }), async (all, a, b, page) => {
      const here = replicaOf()
      const events: Event[] = []
      for (const [author, at] of all) {
        const run = runAt(authors[author]!, at)
        here.replica.add(run)
        events.push(...run.events)
      }
      await here.save()
      const sorted = textOf(events)
      expect(await read(here)).toEqual(sorted)
      expect(await read(here, { reverse: true, page })).toEqual(sorted.toReversed())
      const orderAt = (at: number) => orderOf({ ...events[0]!, t: NOW + at })
      const range = { from: orderAt(a), before: orderAt(b), page }
      const within = sorted.filter((order) => order >= range.from && order < range.before)
      expect(await read(here, range)).toEqual(within)
      expect(await read(here, { ...range, reverse: true })).toEqual(within.toReversed())
    }),
    { numRuns: 60 },
  )
})

test('many events of a few times are read in order, each once', async () => {
  const here = replicaOf()
  const events: Event[] = []
  for (let k = 0; k < 60; k++) {
    const run = runAt(
      authors[k % 3]!,
      Array.from({ length: 1 + (k % 20) }, (_, i) => (i * k) % 7),
    )
    here.replica.add(run)
    events.push(...run.events)
  }
  await here.save()
  // Each a second time, as stores have them while they are made as they are now.
  const sole = events.map((event): StoreOp => ['put', soleOrderKeyOf(event), new Uint8Array(0)])
  await here.store.write(sole, true)
  expect(await read(here)).toEqual(textOf(events))
  expect(await read(here, { reverse: true })).toEqual(textOf(events).toReversed())
})

test('however much is wanted, or to be mended, few runs are unpacked in one turn', async () => {
  const here = replicaOf()
  const { store, replica } = here
  replica.add(runAt(anna, [0, 1, 2]))
  await here.save()
  const pages = new Map<string, number | undefined>()
  const scan = store.scan.bind(store)
  store.scan = (range) => {
    pages.set(range.from[0]!, range.page)
    return scan(range)
  }
  for (const page of [undefined, 5, 1000]) {
    await read(here, page === undefined ? {} : { page })
    expect(pages.get('o')).toBeLessThanOrEqual(ENTRIES_PAGE_MAX)
  }
  for (const [key] of store.list({ from: 'o', to: 'p' })) await store.write([['del', key]], true)
  await replica.scan()
  for (const letter of 'eoc') expect(pages.get(letter)).toBeLessThanOrEqual(ENTRIES_PAGE_MAX)
})

test('a reader who wants no more stops', async () => {
  const here = replicaOf()
  here.replica.add(runAt(anna, [0, 1, 2]))
  await here.save()
  for await (const event of eventsInOrder(here, ROOM, { reverse: true })) {
    expect(event.t).toBe(NOW + 2)
    break
  }
})

test('a run that is taken apart keeps its place, and what is deleted of it in the middle', async () => {
  const here = replicaOf()
  const { replica, save } = here
  const run = runAt(anna, [0, 10, 20, 30])
  replica.add(run)
  await save()
  const lane = replica.lane(ROOM, anna.person, run.events[0]!.lane)!
  replica.delete(anna.delete(run.events[1]!))
  await save()
  expect(await read(here)).toEqual(textOf(run.events))
  replica.erase(lane, 2, true)
  await save()
  expect(await read(here)).toEqual(textOf(run.events.slice(0, 2)))
  const next = replicaOf(undefined, here.store)
  await next.replica.load()
  expect((await next.replica.scan()).wrong).toBeLessThanOrEqual(1)
  await next.save()
  expect(await read(next)).toEqual(textOf(run.events.slice(0, 2)))
})

describe('a store as it was before', () => {
  /** Two runs, the entries of the first as they were. */
  async function earlier() {
    const here = replicaOf()
    const runs = [runAt(anna, [0, 400]), runAt(authors[1]!, [200, 300])]
    for (const run of runs) here.replica.add(run)
    await here.save()
    const sole = runs[0]!.events.map((event): StoreOp => ['put', soleOrderKeyOf(event), new Uint8Array(0)])
    const gone = orderEntries(runs[0]!.events).map(({ key }): StoreOp => ['del', key])
    await here.store.write([...sole, ...gone], true)
    const next = replicaOf(undefined, here.store)
    await next.replica.load()
    return { ...next, gone, events: runs.flatMap(({ events }) => events) }
  }
  const keys = (store: ReturnType<typeof replicaOf>['store']) =>
    store.list({ from: 'o', to: 'p' }).map(([key]) => key)

  test('is read in order', async () => {
    const here = await earlier()
    expect(await read(here)).toEqual(textOf(here.events))
    expect(await read(here, { reverse: true })).toEqual(textOf(here.events).toReversed())
  })

  test('is read once where entries of both kinds stand', async () => {
    const here = await earlier()
    const run = here.events.slice(0, 2)
    await here.store.write(
      orderEntries(run).map(({ key, value }): StoreOp => ['put', key, value]),
      true,
    )
    expect(await read(here)).toEqual(textOf(here.events))
    expect(await read(here, { reverse: true })).toEqual(textOf(here.events).toReversed())
  })

  test('has entries as they are now once it was read through, and nothing was wrong with it', async () => {
    const here = await earlier()
    expect((await here.replica.scan()).wrong).toBe(0)
    await here.save()
    expect(keys(here.store)).toHaveLength(2)
    expect(keys(here.store)).toContain(here.gone[0]![1])
    expect(await read(here)).toEqual(textOf(here.events))
    expect((await here.replica.scan()).wrong).toBe(0)
    expect(here.replica.takeOps()).toEqual([])
  })
})
