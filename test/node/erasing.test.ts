import { describe, expect, test } from 'vitest'
import { Erasing, erasingTime, isErasable } from '../../src/node/erasing.ts'
import type { MemoryStore } from '../../src/node/memory-store.ts'
import type { Replica } from '../../src/node/replica.ts'
import { lanePeriod, type VerifiedRun } from '../../src/wire/event.ts'
import { PERIOD_MS } from '../../src/wire/limits.ts'
import { Author, NOW, ROOM, replicaOf } from './author.ts'

const DAY = 24 * 3600 * 1000
const RETENTION = 180 * DAY
const anna = new Author(1)
const texts = (n: number) => Array.from({ length: n }, (_, i) => `text ${i}`)

/** A lane of so many messages, in runs of 40. */
function fill(
  replica: Replica,
  count: number,
): { lane: VerifiedRun['events'][number]['lane']; runs: VerifiedRun[] } {
  const lane = anna.contentLane()
  const runs: VerifiedRun[] = []
  for (let at = 0; at < count; at += 40) {
    const run = anna.run(lane, texts(Math.min(40, count - at)), runs.at(-1))
    runs.push(run)
    replica.add(run)
  }
  return { lane, runs }
}

function erasingOver(replica: Replica, store: MemoryStore, isDeleted: () => boolean = () => false) {
  const erasing = new Erasing({
    replica,
    retentionMs: RETENTION,
    isDeleted,
    get: (key) => store.get(key),
    put: (op) => void store.write([op], true),
    keysErased: () => {},
    keysWanted: () => {},
    laneErased: () => {},
    done: () => {},
  })
  let now = 0
  /** Looks again, and erases until nothing more goes; returns how many events went, slice by slice. */
  const run = async (time: number | undefined): Promise<number[]> => {
    now += 60_000
    const slices: number[] = []
    for (let erased = erasing.tick(now, time); erased > 0; erased = erasing.tick(now, time)) {
      slices.push(erased)
      await store.write(replica.takeOps(), true)
    }
    await store.write(replica.takeOps(), true)
    return slices
  }
  return run
}

const expiry = (lane: VerifiedRun['events'][number]['lane']) => (lanePeriod(lane) + 1) * PERIOD_MS + RETENTION

describe('what is erased', () => {
  test('a content lane is due a week after it expired, not a moment sooner', () => {
    const lane = anna.contentLane()
    expect(isErasable(lane, expiry(lane) + 7 * DAY, RETENTION)).toBe(false)
    expect(isErasable(lane, expiry(lane) + 7 * DAY + 1, RETENTION)).toBe(true)
  })

  test('the earliest clock of all decides; with nobody to compare with nothing is due', () => {
    expect(erasingTime(1000, 1000, [])).toBeUndefined()
    expect(erasingTime(1000, 1000, [2000, 900])).toBe(900)
    expect(erasingTime(1000, 1000, [2000])).toBe(1000)
    expect(erasingTime(2000, 1000, [2000])).toBe(1000)
  })

  test('it goes in bounded slices, with its deletions, and nothing of it is left on disk', async () => {
    const { replica, store, save } = replicaOf()
    const { lane, runs } = fill(replica, 200)
    replica.delete(anna.delete(runs[1]!.events[3]!))
    const ahead = anna.run(lane, ['ahead'], runs.at(-1))
    replica.delete(anna.delete(ahead.events[0]!))
    const control = anna.run(anna.controlLane(), ['stays'])
    replica.add(control)
    await save()
    const run = erasingOver(replica, store)
    expect(await run(expiry(lane) + 6 * DAY)).toEqual([])
    expect(await run(undefined)).toEqual([])
    const slices = await run(expiry(lane) + 8 * DAY)
    expect(slices.reduce((sum, n) => sum + n, 0)).toBe(200)
    expect(Math.max(...slices)).toBeLessThanOrEqual(64)
    expect(replica.lane(ROOM, anna.person, lane)).toBeUndefined()
    const left = store.snapshot().map(([key]) => key)
    // Header, body, control mark and hint of the one control lane.
    expect(left.filter((key) => key.includes(lane))).toEqual([])
    expect(left.map((key) => key[0]).sort()).toEqual(['b', 'c', 'e', 'h'])
  })

  test('what is cut short is a lane for the next start, which erases the rest', async () => {
    const { replica, store, save } = replicaOf()
    const { lane } = fill(replica, 200)
    await save()
    replica.erase(replica.lane(ROOM, anna.person, lane)!, 64, true)
    await save()
    const { replica: next, save: saveNext } = replicaOf(undefined, store)
    await next.load()
    expect((await next.scan()).wrong).toBeLessThanOrEqual(1)
    await saveNext()
    expect(next.lane(ROOM, anna.person, lane)!.n).toBeGreaterThan(100)
    const run = erasingOver(next, store)
    await run(expiry(lane) + 8 * DAY)
    expect(store.snapshot()).toEqual([])
  })

  test('content of a deleted room goes a week after this node saw the delete, if it still counts', async () => {
    const { replica, store, save } = replicaOf()
    const { lane } = fill(replica, 10)
    await save()
    let isDeleted = true
    const run = erasingOver(replica, store, () => isDeleted)
    expect(await run(NOW)).toEqual([])
    isDeleted = false
    expect(await run(NOW + 8 * DAY)).toEqual([])
    isDeleted = true
    // Deleted again: the week begins anew.
    expect(await run(NOW + 9 * DAY)).toEqual([])
    expect(await run(NOW + 15 * DAY)).toEqual([])
    expect(replica.lane(ROOM, anna.person, lane)?.n).toBe(10)
    expect((await run(NOW + 17 * DAY)).reduce((sum, n) => sum + n, 0)).toBe(10)
    expect(store.snapshot().map(([key]) => key)).toEqual([`mdeleted/${ROOM}`])
  })

  test('a fork in a deleted room stays known, so that vectors stay equal', async () => {
    const { replica, store, save } = replicaOf(() => 0)
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1'])
    for (const run of [first, anna.run(lane, ['2'], first), anna.run(lane, ['2b'], first)]) replica.add(run)
    await save()
    const before = replica.vectors.digest(ROOM, 1)
    const run = erasingOver(replica, store, () => true)
    await run(NOW)
    await run(NOW + 8 * DAY)
    expect(replica.lane(ROOM, anna.person, lane)).toMatchObject({ n: 0, forkAt: 2 })
    expect(replica.vectors.digest(ROOM, 1)).toEqual(before)
    expect(
      store
        .snapshot()
        .map(([key]) => key[0])
        .sort(),
    ).toEqual(['f', 'h', 'm'])
  })
})
