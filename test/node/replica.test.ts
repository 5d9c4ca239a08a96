import { describe, expect, test } from 'vitest'
import { parseEntries } from '../../src/node/lanes.ts'
import type { Replica } from '../../src/node/replica.ts'
import type { VerifiedRun } from '../../src/wire/event.ts'
import type { LaneId } from '../../src/wire/ids.ts'
import { FUTURE_MS_MAX, PERIOD_MS } from '../../src/wire/limits.ts'
import { Author, joined, NOW, ROOM, replicaOf, verified, withBodies } from './author.ts'

const anna = new Author(1)

/** What the vector says of a lane, or undefined where it has no entry. */
function entryOf(replica: Replica, id: LaneId, author = anna) {
  const lane = replica.lane(ROOM, author.person, id)
  const packed = lane && replica.vectors.entry(lane)
  return packed && parseEntries(packed)[0]
}
const ids = (run: VerifiedRun) => run.events.map(({ id }) => id)
/** Two branches of a lane that part after a common run. */
function forked(lane = anna.contentLane()) {
  const common = anna.run(lane, ['1', '2'])
  return {
    lane,
    common,
    one: anna.run(lane, ['3', '4'], common),
    other: anna.run(lane, ['3b', '4b'], common),
  }
}

describe('adding runs', () => {
  test('a run is added once; again it is nothing new', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['a', 'b'])
    const result = replica.add(run)
    expect(result).toMatchObject({ is: 'added', events: run.events })
    expect(replica.add(run)).toEqual({ is: 'added', events: [] })
    expect(entryOf(replica, run.events[0]!.lane)).toMatchObject({ n: 2, id8: ids(run)[1]!.slice(0, 16) })
  })

  test('a run beyond a gap is not kept, and the gap is named', () => {
    const { replica } = replicaOf()
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1'])
    const second = anna.run(lane, ['2'], first)
    const third = anna.run(lane, ['3'], second)
    replica.add(first)
    expect(replica.add(third)).toEqual({ is: 'gap', after: 1 })
    expect(replica.event(ROOM, anna.person, lane, 3)).toBeUndefined()
  })

  test('what comes at the end of a lane is not looked for on disk, once that was read through', async () => {
    const { store, save } = replicaOf()
    const looked: string[] = []
    const { replica } = replicaOf(undefined, store)
    const get = store.get.bind(store)
    store.get = (key) => {
      looked.push(key)
      return get(key)
    }
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1', '2'])
    await save()
    await replica.scan()
    looked.length = 0
    replica.add(first)
    await store.write(replica.takeOps(), true)
    replica.add(anna.run(lane, ['3'], first))
    expect(looked).toEqual([])
    expect(replica.add(first)).toEqual({ is: 'added', events: [] })
  })

  test('what was written while the disk was read through is found again', async () => {
    const { replica, store, save } = replicaOf()
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1', '2'])
    replica.add(first)
    await save()
    const again = replicaOf(undefined, store).replica
    await again.load()
    const scanned = again.scan()
    const second = anna.run(lane, ['3', '4'], first)
    again.add(second)
    await scanned
    expect(again.add(joined(first, second))).toEqual({ is: 'added', events: [] })
    expect(again.event(ROOM, anna.person, lane, 4)?.id).toBe(ids(second)[1])
  })

  test('what is written between two scans that overlap is found again', async () => {
    const { replica, store, save } = replicaOf()
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1', '2'])
    replica.add(first)
    await save()
    const again = replicaOf(undefined, store).replica
    await again.load()
    const scans = [again.scan(), again.scan()]
    await scans[0]
    const second = anna.run(lane, ['3', '4'], first)
    again.add(second)
    await scans[1]
    expect(again.add(joined(first, second))).toEqual({ is: 'added', events: [] })
    expect(again.event(ROOM, anna.person, lane, 4)?.id).toBe(ids(second)[1])
  })

  test('overlapping runs are one lane', () => {
    const { replica } = replicaOf()
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1', '2'])
    const second = anna.run(lane, ['3'], first)
    replica.add(first)
    expect(replica.add(joined(first, second))).toEqual({ is: 'added', events: second.events })
    expect(replica.add(first)).toEqual({ is: 'added', events: [] })
    expect(entryOf(replica, lane)).toMatchObject({ n: 3, id8: ids(second)[0]!.slice(0, 16) })
  })

  test('SY-2: headers without bodies do not count, nor what is before them in their run', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1', '2', '3'])
    expect(replica.add(withBodies(run, (i) => i !== 1))).toEqual({ is: 'added', events: [] })
    expect(entryOf(replica, run.events[0]!.lane)).toBeUndefined()
    expect(replica.add(run)).toEqual({ is: 'added', events: run.events })
    expect(entryOf(replica, run.events[0]!.lane)).toMatchObject({ n: 3 })
  })

  test('a run is served whole, whatever n it is asked after', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1', '2', '3'])
    replica.add(run)
    const { runs, next } = replica.runs.after(replica.lane(ROOM, anna.person, run.events[0]!.lane)!, 1, 1)
    expect(next).toBeUndefined()
    expect(verified(runs[0]!).events.map(({ n }) => n)).toEqual([2, 3])
  })

  /** Runs of one event each, as somebody makes who types. */
  function typed(texts: readonly string[], lane = anna.contentLane()): VerifiedRun[] {
    const runs: VerifiedRun[] = []
    for (const text of texts) runs.push(anna.run(lane, [text], runs.at(-1)))
    return runs
  }
  const served = (replica: Replica, lane: LaneId, after = 0) =>
    replica.runs.after(replica.lane(ROOM, anna.person, lane)!, after, Number.POSITIVE_INFINITY).runs

  test('SY-11: runs that follow one another are served as one, signed by the last', () => {
    const { replica } = replicaOf()
    const runs = typed(['1', '2', '3'])
    for (const run of runs) replica.add(run)
    const [one, ...more] = served(replica, runs[0]!.events[0]!.lane, 1)
    expect(more).toEqual([])
    expect(verified(one!).events.map(({ n }) => n)).toEqual([2, 3])
    expect(one!.signature).toEqual(runs[2]!.signature)
    const other = replicaOf().replica
    other.add(runs[0]!)
    expect(other.add(verified(one!))).toMatchObject({ is: 'added', events: one && verified(one).events })
    expect(entryOf(other, runs[0]!.events[0]!.lane)).toMatchObject({ n: 3 })
  })

  test('SY-11: they are joined as far as a run may reach, in events and in bytes of bodies', () => {
    const { replica } = replicaOf()
    const many = typed(Array.from({ length: 130 }, (_, i) => `${i}`))
    const large = typed(Array.from({ length: 6 }, () => 'x'.repeat(8000)))
    for (const run of [...many, ...large]) replica.add(run)
    const counts = (run: VerifiedRun) =>
      served(replica, run.events[0]!.lane).map((each) => verified(each).events.length)
    expect(counts(many[0]!)).toEqual([64, 64, 2])
    expect(counts(large[0]!)).toEqual([4, 2])
  })

  test('SY-11: they are joined no further than to where the lane is listed', () => {
    let limit = Number.POSITIVE_INFINITY
    const { replica } = replicaOf(() => limit)
    const runs = typed(['1', '2', '3', '4'])
    for (const run of runs) replica.add(run)
    limit = 2
    const [one, ...more] = served(replica, runs[0]!.events[0]!.lane)
    expect(more).toEqual([])
    expect(verified(one!).events.map(({ n }) => n)).toEqual([1, 2])
  })
})

describe('SY-4: tombstones', () => {
  test('take the body away for good, and change the entry', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1', '2'])
    replica.add(run)
    expect(replica.delete(anna.delete(run.events[0]!))).toBe(true)
    expect(replica.delete(anna.delete(run.events[0]!))).toBe(false)
    replica.add(run)
    expect(replica.body(run.events[0]!)).toBeUndefined()
    expect(entryOf(replica, run.events[0]!.lane)).toMatchObject({ n: 2, xor8: ids(run)[0]!.slice(0, 16) })
  })

  test('before their event keep the body out', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1', '2'])
    replica.delete(anna.delete(run.events[1]!))
    expect(replica.add(run)).toEqual({ is: 'added', events: run.events })
    expect(replica.body(run.events[1]!)).toBeUndefined()
    expect(entryOf(replica, run.events[0]!.lane)).toMatchObject({ n: 2, xor8: ids(run)[1]!.slice(0, 16) })
  })

  test('stand for a body that nobody has any more', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1', '2', '3'])
    replica.add(withBodies(run, (i) => i !== 1))
    const told: unknown[] = []
    replica.delete(anna.delete(run.events[1]!), told as never)
    expect(told).toEqual(run.events)
    expect(entryOf(replica, run.events[0]!.lane)).toMatchObject({ n: 3 })
  })

  test('that name another event at their n delete nothing, before it or after it', () => {
    const { lane, common, one, other } = forked()
    for (const isEarly of [true, false]) {
      const { replica } = replicaOf()
      replica.add(common)
      const mistaken = anna.delete(other.events[0]!)
      if (isEarly) replica.delete(mistaken)
      replica.add(one)
      if (!isEarly) expect(replica.delete(mistaken)).toBe(false)
      expect(entryOf(replica, lane)).toMatchObject({ n: 4, xor8: '0'.repeat(16) })
      expect([...replica.deletionsOf(replica.lane(ROOM, anna.person, lane)!)]).toEqual([])
    }
  })

  test('of somebody else delete nothing', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1'])
    replica.add(run)
    const event = { ...run.events[0]!, author: new Author(2).person }
    expect(replica.delete(new Author(2).delete(event))).toBe(false)
    expect(replica.body(run.events[0]!)).toBeDefined()
  })
})

describe('forks', () => {
  test('two branches end the lane below the first difference, whichever came first', () => {
    const { lane, common, one, other } = forked()
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const { replica } = replicaOf()
      replica.add(common)
      replica.add(first)
      expect(replica.add(second)).toEqual({ is: 'added', events: [], forked: true })
      expect(entryOf(replica, lane)).toMatchObject({ n: 2, forkAt: 3, id8: ids(common)[1]!.slice(0, 16) })
    }
  })

  test('a run that begins on another branch shows it, but not where', () => {
    const { lane, common, one, other } = forked()
    const { replica } = replicaOf()
    for (const run of [common, one]) replica.add(run)
    expect(replica.add(anna.run(lane, ['5b'], other))).toEqual({ is: 'branch', n: 4 })
    expect(entryOf(replica, lane)).toMatchObject({ n: 4, forkAt: 0 })
  })

  test('what both branches share is kept, also where only headers of the other one were here', () => {
    const { lane, common, one, other } = forked()
    const { replica } = replicaOf()
    replica.add(withBodies(joined(common, one), () => false))
    expect(replica.add(joined(common, other))).toEqual({ is: 'added', events: common.events, forked: true })
    expect(entryOf(replica, lane)).toMatchObject({ n: 2, forkAt: 3 })
    const { runs } = replica.runs.after(replica.lane(ROOM, anna.person, lane)!, 0, 1)
    expect(verified(runs[0]!).events.length).toBeGreaterThan(2)
    expect(runs[0]!.bodies.slice(2).every((body) => body === null)).toBe(true)
  })

  test('a proof is taken by those who hold nothing of the lane, and listed with n = 0', () => {
    const { lane, one, other } = forked()
    const { replica } = replicaOf()
    const chain = (run: VerifiedRun) => ({
      headers: new Uint8Array([...run.events[0]!.header, ...run.events[1]!.header]),
      signature: run.signature,
    })
    expect(replica.forks.add(one.events, other.events, [chain(one), chain(other)])).toBe(true)
    expect(entryOf(replica, lane)).toMatchObject({ n: 0, forkAt: 3 })
    expect(replica.forks.proofOf(replica.lane(ROOM, anna.person, lane)!)).toEqual([chain(one), chain(other)])
    expect(replica.forks.add(one.events, other.events, [chain(one), chain(other)])).toBe(false)
  })

  test('chains that differ below already are no proof', () => {
    const { lane, one, other } = forked()
    const { replica } = replicaOf()
    const [late, lateOther] = [anna.run(lane, ['5'], one), anna.run(lane, ['5'], other)]
    const none = { headers: new Uint8Array(0), signature: new Uint8Array(64) }
    expect(replica.forks.add(late.events, lateOther.events, [none, none])).toBe(false)
    expect(replica.forks.add(one.events, one.events, [none, none])).toBe(false)
  })

  test('of several proofs the lowest stays', () => {
    const { lane, common, one, other } = forked()
    const { replica } = replicaOf()
    for (const run of [common, one, other]) replica.add(run)
    replica.add(anna.run(lane, ['2c'], common.events[0]!))
    expect(entryOf(replica, lane)).toMatchObject({ n: 1, forkAt: 2 })
    replica.add(other)
    expect(entryOf(replica, lane)).toMatchObject({ n: 1, forkAt: 2 })
  })
})

describe('SY-2: what is listed', () => {
  test('of a cut content lane: up to the cut, even inside a run, and bodies only up to there', () => {
    let limit = 2
    const { replica } = replicaOf(() => limit)
    const run = anna.run(anna.contentLane(), ['1', '2', '3'])
    replica.add(run)
    const lane = run.events[0]!.lane
    expect(entryOf(replica, lane)).toMatchObject({ n: 2, id8: ids(run)[1]!.slice(0, 16) })
    const { runs } = replica.runs.after(replica.lane(ROOM, anna.person, lane)!, 0, 1)
    expect(runs[0]!.bodies.map((body) => body !== null)).toEqual([true, true, false])
    limit = 0
    replica.vectors.limitsChanged(ROOM)
    expect(entryOf(replica, lane)).toBeUndefined()
  })

  test('of control lanes all, whatever the limits of content', () => {
    const { replica } = replicaOf(() => 0)
    const run = anna.run(anna.controlLane(), ['1', '2'])
    replica.add(run)
    expect(entryOf(replica, run.events[0]!.lane)).toMatchObject({ n: 2 })
  })

  test('nothing of lanes whose period is over or far ahead, until the clock says otherwise', () => {
    const { replica } = replicaOf()
    const run = anna.run(anna.contentLane(), ['1'])
    replica.add(run)
    const lane = run.events[0]!.lane
    const digest = replica.vectors.digest(ROOM, 1)
    const end = Math.floor(NOW / PERIOD_MS + 1) * PERIOD_MS + 180 * 24 * 3600 * 1000
    for (const now of [end + 1, Math.floor(NOW / PERIOD_MS) * PERIOD_MS - FUTURE_MS_MAX - 1]) {
      replica.setNow(now)
      expect(entryOf(replica, lane)).toBeUndefined()
      expect(replica.vectors.isEmpty(ROOM, 1)).toBe(true)
    }
    replica.setNow(end)
    expect(replica.vectors.digest(ROOM, 1)).toEqual(digest)
  })
})

describe('SY-5: digests', () => {
  test('are equal for equal sets, however they came', () => {
    const { common, one } = forked()
    const [a, b] = [replicaOf().replica, replicaOf().replica]
    for (const run of [common, one]) a.add(run)
    b.add(joined(common, one))
    expect(a.vectors.digest(ROOM, 1)).toEqual(b.vectors.digest(ROOM, 1))
    expect(a.vectors.buckets(ROOM, 1)).toEqual(b.vectors.buckets(ROOM, 1))
  })

  test('change with every event, tombstone and fork, in one bucket', () => {
    const { common, one, other } = forked()
    const { replica } = replicaOf()
    const seen = new Set<string>()
    const steps = [
      () => replica.add(common),
      () => replica.add(one),
      () => replica.delete(anna.delete(common.events[0]!)),
      () => replica.add(other),
    ]
    for (const step of steps) {
      const before = replica.vectors.buckets(ROOM, 1).slice()
      step()
      const after = replica.vectors.buckets(ROOM, 1)
      const differing = Array.from({ length: 256 }, (_, i) => i).filter(
        (i) => String(before.slice(16 * i, 16 * i + 16)) !== String(after.slice(16 * i, 16 * i + 16)),
      )
      expect(differing).toEqual([Number.parseInt(anna.person.slice(0, 2), 16)])
      seen.add(String(replica.vectors.digest(ROOM, 1)))
    }
    expect(seen.size).toBe(steps.length)
  })

  test('of a room nobody wrote in make no room', () => {
    const { replica } = replicaOf()
    replica.vectors.digest(ROOM, 0)
    replica.vectors.buckets(ROOM, 1)
    expect([...replica.rooms()]).toEqual([])
  })
})

describe('after a start', () => {
  /** A new process over the store. */
  async function restarted(store: ReturnType<typeof replicaOf>['store']) {
    const next = replicaOf(undefined, store)
    await next.replica.load()
    return next.replica
  }

  test('hints are the vector at once, and a scan finds them right', async () => {
    const { common, one, other } = forked()
    const { replica, store, save } = replicaOf()
    for (const run of [common, one, other]) replica.add(run)
    replica.delete(anna.delete(common.events[0]!))
    await save()
    const next = await restarted(store)
    expect(next.vectors.digest(ROOM, 1)).toEqual(replica.vectors.digest(ROOM, 1))
    expect(await next.scan()).toMatchObject({ lanes: 1, wrong: 0 })
    expect(next.vectors.digest(ROOM, 1)).toEqual(replica.vectors.digest(ROOM, 1))
  })

  test('a lost end is no hint any more', async () => {
    const { common, one } = forked()
    const { replica, store, save } = replicaOf()
    replica.add(common)
    await save()
    replica.add(one)
    void save(false)
    store.crash({ keepWrites: 0 })
    const next = await restarted(store)
    expect(entryOf(next, common.events[0]!.lane)).toMatchObject({ n: 2 })
  })

  test('a hole is found by the scan, and filled again by the run it takes', async () => {
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1', '2'])
    const second = anna.run(lane, ['3'], first)
    const third = anna.run(lane, ['4', '5'], second)
    const { replica, store, save } = replicaOf()
    for (const run of [first, second, third]) {
      replica.add(run)
      void save(false)
    }
    store.crash({ hole: 1 })
    const next = await restarted(store)
    expect(entryOf(next, lane)).toMatchObject({ n: 5 })
    const { wrong, rooms } = await next.scan()
    expect([wrong, [...rooms]]).toEqual([1, [ROOM]])
    expect(entryOf(next, lane)).toMatchObject({ n: 2 })
    const result = next.add(second)
    expect(result).toEqual({ is: 'added', events: [...second.events, ...third.events] })
    expect(entryOf(next, lane)).toMatchObject({ n: 5 })
  })

  test('a header from above a hole gives way to the branch that is here', async () => {
    const { lane, common, one, other } = forked()
    const { replica, store, save } = replicaOf()
    const above = anna.run(lane, ['5'], one)
    for (const run of [common, one, above]) {
      replica.add(run)
      void save(false)
    }
    store.crash({ hole: 1 })
    const next = await restarted(store)
    await next.scan()
    const aboveOther = anna.run(lane, ['5b'], other)
    for (const run of [other, aboveOther]) expect(next.add(run)).toEqual({ is: 'added', events: run.events })
    expect(entryOf(next, lane)).toMatchObject({ n: 5, forkAt: 0 })
    expect(verified(next.runs.after(next.lane(ROOM, anna.person, lane)!, 4, 1).runs[0]!).events).toHaveLength(
      1,
    )
  })

  test('a hint of a fork without its proof is none', async () => {
    const { lane, common, one, other } = forked()
    const { replica, store, save } = replicaOf()
    for (const run of [common, one, other]) replica.add(run)
    await save()
    const proof = store.list({ from: 'f', to: 'g' })[0]![0]
    await store.write([['del', proof]], true)
    const next = await restarted(store)
    expect(entryOf(next, lane)).toMatchObject({ n: 4, forkAt: 0 })
    next.add(other)
    expect(entryOf(next, lane)).toMatchObject({ n: 2, forkAt: 3 })
  })

  test('what no signature covers any more must come again', async () => {
    const run = anna.run(anna.contentLane(), ['1', '2', '3'])
    const { replica, store, save } = replicaOf()
    replica.add(run)
    await save()
    const last = store.list({ from: 'e', to: 'f' }).at(-1)![0]
    await store.write([['del', last]], true)
    const next = await restarted(store)
    await next.scan()
    expect(entryOf(next, run.events[0]!.lane)).toBeUndefined()
    expect(next.lane(ROOM, anna.person, run.events[0]!.lane)!.n).toBe(0)
    next.add(run)
    expect(entryOf(next, run.events[0]!.lane)).toMatchObject({ n: 3 })
  })
})
