import { expect, test } from 'vitest'
import { parseEntries } from '../../src/node/lanes.ts'
import { Replication } from '../../src/node/replication.ts'
import type { VerifiedRun } from '../../src/wire/event.ts'
import type { FrameOf } from '../../src/wire/frames.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { Author, ROOM } from './author.ts'

const [bob, cid, dan] = ['b', 'c', 'd'].map((letter) => letter.repeat(64) as PersonKey) as [
  PersonKey,
  PersonKey,
  PersonKey,
]

function start() {
  const author = new Author(1)
  const lane = author.contentLane()
  const replication = new Replication(() => true)
  const run = (n: number) =>
    author.run(
      lane,
      Array.from({ length: n }, (_, i) => `line ${i}`),
    )
  return { author, lane, replication, run }
}

const offered = (frames: readonly FrameOf<'offer'>[]) =>
  frames.flatMap(({ entries }) => parseEntries(entries).map(({ n }) => n))

test('what two others signed for is never offered', () => {
  const { lane, replication, run } = start()
  replication.wrote(run(3), 0)
  replication.signed(bob, ROOM, lane, 3, 100)
  replication.signed(cid, ROOM, lane, 3, 200)
  expect(replication.size).toBe(0)
  expect(replication.due(60_000, 2)).toEqual([])
})

test('what one other holds is offered again, after waits that double up to five minutes', () => {
  const { lane, replication, run } = start()
  replication.wrote(run(2), 0)
  replication.signed(bob, ROOM, lane, 2, 100)
  const times: number[] = []
  for (let now = 0; now < 3_600_000; now += 1000)
    if (offered(replication.due(now, 3)).length > 0) times.push(now)
  const waits = times.slice(1).map((time, i) => time - times[i]!)
  expect(waits.slice(0, 4)).toEqual([3000, 6000, 12_000, 24_000])
  expect(Math.max(...waits)).toBe(300_000)
  expect(times.length).toBeLessThan(20)
  replication.signed(cid, ROOM, lane, 2, 3_600_000)
  expect(replication.size).toBe(0)
})

test('it is silent while fewer than two other devices are here, and begins anew when one comes', () => {
  const { replication, run } = start()
  replication.wrote(run(1), 0)
  for (let now = 0; now < 600_000; now += 1000) expect(replication.due(now, 1)).toEqual([])
  expect(replication.due(600_000, 2)).toEqual([])
  expect(offered(replication.due(603_000, 2))).toEqual([1])
})

test('it is the two highest that count, and one device twice is one', () => {
  const { lane, replication, run } = start()
  replication.wrote(run(5), 0)
  replication.signed(bob, ROOM, lane, 5, 0)
  replication.signed(bob, ROOM, lane, 5, 0)
  replication.signed(cid, ROOM, lane, 4, 0)
  expect(replication.size).toBe(1)
  replication.signed(dan, ROOM, lane, 5, 0)
  expect(replication.size).toBe(0)
})

test('a writer who is kept up with is never offered', () => {
  const { author, lane, replication } = start()
  let last: VerifiedRun | undefined
  for (let n = 1; n <= 100; n++) {
    last = author.run(lane, [`line ${n}`], last)
    replication.wrote(last, n * 1000)
    // One behind, as signatures come each 200 ms.
    for (const by of [bob, cid]) replication.signed(by, ROOM, lane, n - 1, n * 1000)
    expect(replication.due(n * 1000, 4)).toEqual([])
  }
})

test('lanes of earlier runs are offered until two signed, sixty-four in a round', () => {
  const author = new Author(1)
  const replication = new Replication(() => true)
  const lanes = Array.from({ length: 100 }, () => {
    const lane = author.contentLane()
    const [event] = author.run(lane, ['then']).events
    return { room: ROOM, author: author.person, lane, n: 1, id: event!.id, forkAt: 0 }
  })
  replication.takeUp(lanes as never, 0)
  replication.due(0, 2)
  expect(offered(replication.due(3000, 2))).toHaveLength(64)
  expect(replication.due(4000, 2)).toEqual([])
  const rest = replication.due(6000, 2).flatMap(({ entries }) => parseEntries(entries))
  expect(rest).toHaveLength(64)
  for (const { lane } of lanes) for (const by of [bob, cid]) replication.signed(by, ROOM, lane, 1, 7000)
  expect(replication.size).toBe(0)
})

test('what would not count is not offered', () => {
  const { author, lane } = start()
  let counts = false
  const replication = new Replication(() => counts)
  replication.wrote(author.run(lane, ['said']), 0)
  expect(replication.due(10_000, 2)).toEqual([])
  counts = true
  expect(offered(replication.due(20_000, 2))).toEqual([1])
})
