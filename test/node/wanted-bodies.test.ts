/** Who is asked, and how often, for bodies that may be missing but are not hidden by anything that counts (rule EV-20). */
import { describe, expect, test } from 'vitest'
import { Bare } from '../../src/node/bare.ts'
import { WantedBodies } from '../../src/node/wanted-bodies.ts'
import { packRun, type VerifiedRun } from '../../src/wire/event.ts'
import type { EventId, LaneId, PersonKey } from '../../src/wire/ids.ts'
import { Author, ROOM, replicaOf, verified } from './author.ts'

const MINUTE = 60_000
const anna = new Author(1)
const bare = (run: VerifiedRun, ids: readonly EventId[]) => {
  const bodies = run.bodies.map((body, i) => (ids.includes(run.events[i]!.id) ? null : body))
  return verified(packRun({ ...run, bodies }))
}

function started() {
  const { replica, store, save } = replicaOf()
  const lane = anna.contentLane()
  const run = anna.run(lane, ['one', 'two', 'three'])
  const ids = run.events.slice(1).map(({ id }) => id)
  replica.excuse(anna.person, ids)
  replica.add(bare(run, ids))
  const asked: string[] = []
  let peers = ['p', 'q'] as PersonKey[]
  let isWanted = true
  let behind = 1
  const bodies = new WantedBodies({
    bare: replica.bare,
    lacking: (place, id) => replica.lacking(place, id),
    isWanted: () => isWanted,
    peers: () => peers.map((key, link) => [link, key] as const),
    behind: () => behind,
    pull: (link, { n }) => asked.push(`${peers[link]} from ${n}`) > 0,
  })
  let now = 0
  /** Ticks of so many minutes. */
  const run_ = (minutes: number) => {
    for (let i = 0; i < 4 * minutes; i++, now += MINUTE / 4) bodies.tick(now)
    return asked.splice(0)
  }
  return {
    replica,
    store,
    save,
    run,
    ids,
    minutes: run_,
    setPeers: (keys: string[]) => {
      peers = keys as PersonKey[]
    },
    setBehind: (events: number) => {
      behind = events
    },
    setWanted: (is: boolean) => {
      isWanted = is
    },
  }
}

describe('bodies that are wanted', () => {
  test('are asked for from the first that is missing on, of one peer after the other, ever more seldom', () => {
    const { minutes, setPeers } = started()
    expect(minutes(1)).toEqual(['p from 2'])
    expect(minutes(2)).toEqual(['q from 2'])
    expect(minutes(4)).toEqual(['p from 2'])
    expect(minutes(24 * 60).length).toBeLessThan(12)
    expect(minutes(24 * 60).length).toBeLessThan(3)
    setPeers(['p', 'q', 'r', 's', 't'])
    expect(minutes(4 * 60).sort()).toEqual(['r from 2', 's from 2', 't from 2'])
  })

  test('are not asked for while something that counts hides them, nor once they have come', () => {
    const { replica, run, minutes, setWanted, ids } = started()
    setWanted(false)
    expect(minutes(10)).toEqual([])
    setWanted(true)
    expect(minutes(1)).toEqual(['p from 2'])
    expect(replica.add(run)).toEqual({ is: 'added', events: [] })
    expect(replica.bare.takeFilled().map(({ id }) => id)).toEqual(ids)
    for (const event of run.events) expect(replica.body(event)).toBeDefined()
    expect(minutes(10)).toEqual([])
    expect([...replica.bare.places()]).toEqual([])
    // What comes once more is no news.
    replica.add(run)
    expect(replica.bare.takeFilled()).toEqual([])
  })

  test('are asked for as soon as there is somebody to ask', () => {
    const { minutes, setPeers } = started()
    setPeers([])
    expect(minutes(10)).toEqual([])
    setPeers(['r'])
    expect(minutes(1)).toEqual(['r from 2'])
  })

  test('are asked for of one peer again the more seldom the more comes with them', () => {
    const { minutes, setPeers, setBehind } = started()
    setBehind(100_000)
    setPeers(['p', 'q'])
    expect(minutes(60)).toEqual(['p from 2'])
    // Who was not asked yet is asked all the same.
    expect(minutes(10)).toEqual(['q from 2'])
    expect(minutes(10 * 24 * 60)).toEqual([])
    expect(minutes(10 * 24 * 60).length).toBeLessThanOrEqual(2)
  })

  test('are none where their author signed that they go', () => {
    const { replica, run, minutes } = started()
    for (const event of run.events.slice(1)) replica.delete(anna.delete(event))
    expect(minutes(10)).toEqual([])
    expect([...replica.bare.places()]).toEqual([])
  })

  test('are known after a restart, and come into the store', async () => {
    const { store, save, run, ids } = started()
    await save()
    const next = replicaOf(undefined, store)
    await next.replica.load()
    next.replica.excuse(anna.person, ids)
    await next.replica.scan()
    expect([...next.replica.bare.places()].map(([id]) => id)).toEqual(ids)
    const digest = next.replica.vectors.digest(ROOM, 1)
    next.replica.add(run)
    await next.save()
    expect(store.snapshot().some(([, value]) => Buffer.from(value).includes('three'))).toBe(true)
    expect(next.replica.vectors.digest(ROOM, 1)).toEqual(digest)
  })

  test('are remembered up to a bound', () => {
    const { run } = started()
    const many = new Bare()
    for (let i = 0; i < 20_000; i++)
      many.note({ ...run.events[0]!, id: i.toString(16).padStart(64, '0') as EventId })
    expect([...many.places()]).toHaveLength(10_000)
  })

  test('are asked for in measure, however many lanes lack some, and of all of them', () => {
    const { run } = started()
    const many = new Bare()
    const lanes = 600
    const hexOf = (i: number, length: number) => i.toString(16).padStart(length, '0')
    for (let i = 0; i < lanes; i++)
      many.note({ ...run.events[0]!, id: hexOf(i, 64) as EventId, lane: hexOf(i, 16) as LaneId })
    const asked: LaneId[] = []
    const bodies = new WantedBodies({
      bare: many,
      lacking: (place, id) => ({ ...run.events[0]!, ...place, id }),
      isWanted: () => true,
      peers: () => [[1, 'p' as PersonKey]],
      behind: () => 1,
      pull: (_, { lane }) => asked.push(lane) > 0,
    })
    for (let at = 0; at < MINUTE; at += 250) bodies.tick(at)
    expect(asked.length).toBeLessThanOrEqual(4 * 60)
    for (let at = MINUTE; at < 20 * MINUTE; at += 250) bodies.tick(at)
    expect(new Set(asked).size).toBe(lanes)
  })

  test('have room to be remembered, however many were deleted by words that count', () => {
    const { run } = started()
    const many = new Bare()
    const idOf = (i: number) => i.toString(16).padStart(64, '0') as EventId
    const note = (i: number) => many.note({ ...run.events[0]!, id: idOf(i) })
    const isKnown = (i: number) => [...many.places()].some(([id]) => id === idOf(i))
    for (let i = 0; i < 10_000; i++) note(i)
    note(10_000)
    expect(isKnown(10_000)).toBe(false)
    const bodies = new WantedBodies({
      bare: many,
      lacking: (_, id) => ({ ...run.events[0]!, id }),
      isWanted: ({ id }) => id === idOf(7),
      peers: () => [],
      behind: () => 1,
      pull: () => false,
    })
    for (let at = 0; at < 10_000; at += 50) bodies.tick(at)
    for (let i = 10_000; i < 14_000; i++) note(i)
    expect([isKnown(7), isKnown(10_000), isKnown(13_999)]).toEqual([true, true, true])
  })
})
