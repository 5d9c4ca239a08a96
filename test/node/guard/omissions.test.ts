/** What proves that a hub keeps something back, and what does not (rules GU-4 to GU-7). */
import { describe, expect, test } from 'vitest'
import { Omissions } from '../../../src/node/guard/omissions.ts'
import { type Lane, newLane, type VectorEntry } from '../../../src/node/lanes.ts'
import type { LaneId, PersonKey, RoomId } from '../../../src/wire/ids.ts'

const hub = 'f'.repeat(64) as PersonKey
const author = 'a'.repeat(64) as PersonKey
const room = '1'.repeat(32) as RoomId
const FOLLOWED = 1000
/** Long after the session began. */
const START = 100_000

const laneOf = (n: number): Lane => ({ ...newLane(room, author, '0'.repeat(16) as LaneId), n })
const entry = (n: number, forkAt = 0): VectorEntry => ({
  author,
  lane: '0'.repeat(16) as LaneId,
  n,
  id8: '0'.repeat(16),
  forkAt,
  xor8: '0'.repeat(16),
})

function following(): Omissions {
  const omissions = new Omissions()
  omissions.follow(hub, FOLLOWED)
  omissions.caughtUp(START)
  return omissions
}

/** One event of somebody else came from somebody else; the hub is asked, and lists up to n. Returns what is counted. */
function withheld(omissions: Omissions, now: number, listed: VectorEntry[], n = 7) {
  const lane = laneOf(n)
  omissions.gained(lane, n, 100, 0, now)
  const question = omissions.question(now + 4000)
  if (!question) return undefined
  omissions.asked(question, now + 4000)
  omissions.listed(listed, true, now + 4100)
  expect(omissions.judge(now + 5000, true)).toBeUndefined()
  return omissions.judge(now + 9200, true)
}

describe('withheld', () => {
  test('what the hub lists and does not send is an omission (GU-5)', () => {
    expect(withheld(following(), START, [entry(7)])).toBe('withheld')
  })

  test('a peer that never lets this node catch up hides it for ten minutes, and no longer (GU-5)', () => {
    const omissions = new Omissions()
    omissions.follow(hub, FOLLOWED)
    expect(withheld(omissions, FOLLOWED + 599_000, [entry(7)])).toBeUndefined()
    expect(withheld(omissions, FOLLOWED + 620_000, [entry(7)])).toBe('withheld')
  })

  test('what the hub does not have is none', () => {
    const omissions = following()
    expect(withheld(omissions, START, [entry(6)])).toBeUndefined()
    expect(withheld(omissions, START + 20_000, [])).toBeUndefined()
    expect(omissions.size).toBe(0)
  })

  test('what the hub sends in time is none: before it is asked, or behind its answer', () => {
    const omissions = following()
    const lane = laneOf(7)
    omissions.gained(lane, 7, 100, 0, START)
    omissions.given(lane, 7, true)
    expect(omissions.question(START + 4000)).toBeUndefined()
    omissions.gained(lane, 8, 100, 0, START + 5000)
    omissions.asked(omissions.question(START + 9000)!, START + 9000)
    omissions.listed([entry(8)], true, START + 9100)
    omissions.given(lane, 8, true)
    expect(omissions.judge(START + 20_000, true)).toBeUndefined()
  })

  test('what the hub sent behind a gap counts as sent', () => {
    const omissions = following()
    omissions.given(laneOf(6), 8, false)
    omissions.gained(laneOf(8), 8, 100, 0, START)
    expect(omissions.size).toBe(0)
  })

  test('what the hub pulled from here it lacked', () => {
    const omissions = following()
    omissions.gained(laneOf(7), 7, 100, 0, START)
    omissions.pulled(room, author, '0'.repeat(16) as LaneId)
    expect(omissions.size).toBe(0)
  })

  test.each([
    ['of before the session', 100_000, 0],
    ['of before the room was carried', 5000, START - 10_000],
    ['dated far ahead', -120_000, 0],
  ])('an event %s is not looked at', (_what, ageMs, carriedSince) => {
    const omissions = following()
    omissions.gained(laneOf(7), 7, ageMs, carriedSince, START)
    expect(omissions.size).toBe(0)
  })

  test.each([
    ['at once after following, from a clock that is ahead', FOLLOWED, FOLLOWED + 6, 0, -17_500],
    ['while the history is still being had', undefined, START, 0, -5000],
    ['while the history of a room that is new here is being had', START, START + 20_000, START - 10, -5000],
  ])('an event that comes %s is not looked at', (_what, caughtUpAt, now, carriedSince, ageMs) => {
    const omissions = new Omissions()
    omissions.follow(hub, FOLLOWED)
    if (caughtUpAt !== undefined) omissions.caughtUp(caughtUpAt)
    omissions.gained(laneOf(7), 7, ageMs, carriedSince, now)
    expect(omissions.size).toBe(0)
  })

  test('forked lanes are not looked at', () => {
    expect(withheld(following(), START, [entry(7, 3)])).toBeUndefined()
  })

  test('a session that begins anew, because hub or link changed or this process was away, holds nothing against it', () => {
    const omissions = following()
    omissions.gained(laneOf(7), 7, 100, 0, START)
    omissions.follow(hub, START + 1000)
    expect(omissions.size).toBe(0)
    expect(omissions.question(START + 10_000)).toBeUndefined()
  })
})

describe('ignored', () => {
  const own = laneOf(9)
  /** Asked at `now`; the hub lists up to n. */
  function answer(omissions: Omissions, now: number, n: number): void {
    omissions.unconfirmed([{ lane: own, n: 9 }], now)
    const question = omissions.question(now)
    if (!question) return
    omissions.asked(question, now)
    omissions.listed([entry(n)], true, now + 50)
  }

  test('an own event that the hub was given, and does not list, twice, is an omission (GU-6)', () => {
    const omissions = following()
    answer(omissions, START, 5)
    expect(omissions.judge(START + 9000, true)).toBeUndefined()
    answer(omissions, START + 10_100, 5)
    expect(omissions.judge(START + 16_000, true)).toBe('ignored')
  })

  test('a hub that is slow and goes on is none', () => {
    const omissions = following()
    for (let i = 0; i < 10; i++) {
      answer(omissions, START + i * 10_100, Math.min(8, i))
      if (i < 8) expect(omissions.judge(START + i * 10_100 + 6000, true)).toBeUndefined()
    }
  })

  test('a hub that lists it, whose disk is slow, is asked once and is none', () => {
    const omissions = following()
    answer(omissions, START, 9)
    expect(omissions.size).toBe(0)
    omissions.unconfirmed([{ lane: own, n: 9 }], START + 60_000)
    expect(omissions.size).toBe(0)
  })

  test('what has been signed for by then is forgotten', () => {
    const omissions = following()
    answer(omissions, START, 5)
    omissions.unconfirmed([], START + 5000)
    expect(omissions.size).toBe(0)
  })
})

test('a hub whose heartbeats come, and that does not answer, has omitted (GU-7); one that is silent is only lost', () => {
  for (const isAlive of [true, false]) {
    const omissions = following()
    omissions.gained(laneOf(7), 7, 100, 0, START)
    omissions.asked(omissions.question(START + 4000)!, START + 4000)
    expect(omissions.judge(START + 18_000, isAlive)).toBeUndefined()
    expect(omissions.judge(START + 19_100, isAlive)).toBe(isAlive ? 'silent' : undefined)
  }
})

test('three omissions, each of something that came after the last one was counted, and the hub is avoided (GU-4)', () => {
  const omissions = following()
  for (let i = 0; i < 3; i++) {
    expect(omissions.takeAvoid()).toBeUndefined()
    expect(withheld(omissions, START + i * 30_000, [entry(7 + i)], 7 + i)).toBe('withheld')
  }
  expect(omissions.takeAvoid()).toBe(hub)
  expect(omissions.takeAvoid()).toBeUndefined()
})

test('many events of one moment are one omission', () => {
  const omissions = following()
  for (let n = 1; n <= 20; n++) omissions.gained(laneOf(20), n, 100, 0, START)
  omissions.asked(omissions.question(START + 4000)!, START + 4000)
  omissions.listed([entry(20)], true, START + 4100)
  expect(omissions.judge(START + 9200, true)).toBe('withheld')
  for (let now = START + 9300; now < START + 60_000; now += 1000)
    expect(omissions.judge(now, true)).toBeUndefined()
  expect(omissions.total).toBe(1)
})

test('omissions of half an hour ago are forgotten', () => {
  const omissions = following()
  for (let i = 0; i < 4; i++)
    expect(withheld(omissions, START + i * 1_000_000, [entry(7 + i)], 7 + i)).toBe('withheld')
  expect(omissions.takeAvoid()).toBeUndefined()
})

test('nothing grows without end', () => {
  const omissions = following()
  for (let n = 1; n <= 5000; n++) omissions.gained(laneOf(5000), n, 100, 0, START)
  expect(omissions.size).toBeLessThanOrEqual(512)
})
