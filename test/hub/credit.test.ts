import { expect, test } from 'vitest'
import {
  chargeControl,
  giveBack,
  grant,
  grantAgain,
  isFull,
  mayControl,
  openBucket,
  rateOf,
  type Share,
  spend,
} from '../../src/hub/credit.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { CONTROL_BURST, CONTROL_PER_S } from '../../src/wire/limits.ts'

const RATE = { perS: 10, burst: 40 }

/** A session to which all is granted, at 0. */
function granted(): Share {
  const share = { bucket: openBucket(RATE, 0), outstanding: 0 }
  expect(grant(share, RATE, 0)).toBe(40)
  return share
}

test('what is granted is taken, and not one more', () => {
  const share = granted()
  expect(spend(share, 40, 1)).toBe(true)
  expect(spend(share, 1, 1)).toBe(false)
  expect(grant(share, RATE, 1000)).toBe(10)
})

test('posts under the grants of several sessions that each began anew are taken, as debt', () => {
  const share = granted()
  expect(grantAgain(share, [], RATE, 10)).toBe(40)
  expect(grantAgain(share, [], RATE, 20)).toBe(40)
  for (let i = 0; i < 3; i++) expect(spend(share, 40, 30)).toBe(true)
  expect(spend(share, 1, 30)).toBe(false)
  expect(grant(share, RATE, 8000)).toBe(0)
  expect(grant(share, RATE, 12_000)).toBe(40)
})

test('posts that were on their way when their session ended are taken in the next one', () => {
  const share = granted()
  giveBack(share, RATE, 10)
  expect(isFull(share.bucket, RATE, 9_999)).toBe(false)
  expect(spend(share, 40, 9_999)).toBe(true)
  expect(grant(share, RATE, 9_999)).toBe(40)
  expect(spend(share, 41, 9_999)).toBe(false)
})

test('after 10 s nothing is on its way any more', () => {
  const share = granted()
  giveBack(share, RATE, 10)
  expect(isFull(share.bucket, RATE, 10_010)).toBe(true)
  expect(spend(share, 1, 10_010)).toBe(false)
})

test('who begins anew all the time gains no more than a debt of ten bursts, which is paid first', () => {
  const share = granted()
  for (let at = 250; at <= 10_000; at += 250) grantAgain(share, [], RATE, at)
  let taken = 0
  while (spend(share, 10, 10_000)) taken += 10
  expect(taken).toBe(440)
  expect(grant(share, RATE, 39_999)).toBe(0)
})

test('two sessions of one person share the rate: one that is idle keeps nothing from the other', () => {
  const idle = granted()
  const busy: Share = { bucket: idle.bucket, outstanding: 0 }
  let taken = 0
  for (let at = 0; at <= 60_000; at += 1000) {
    for (const share of [idle, busy]) grant(share, RATE, at)
    while (spend(busy, 1, at)) taken++
  }
  expect(taken).toBe(600)
  expect(spend(idle, 40, 60_000)).toBe(true)
})

test('a session on another link takes over what a former one holds, whose posts are taken for a while as debt', () => {
  const former = granted()
  const next: Share = { bucket: former.bucket, outstanding: 0 }
  expect(grantAgain(next, [former], RATE, 10)).toBe(40)
  expect(spend(next, 40, 20)).toBe(true)
  expect(spend(former, 40, 20)).toBe(true)
  expect(spend(former, 1, 20)).toBe(false)
  giveBack(former, RATE, 30)
  expect(grant(next, RATE, 1000)).toBe(0)
})

test('of control events nobody publishes more than the allowance and what grows back (LV-16)', () => {
  const bucket = openBucket(RATE, 0)
  const day = 86_400_000
  let taken = 0
  // Ten a second, as credit alone would let them.
  for (let at = 0; at < day; at += 100)
    if (mayControl(bucket.posted, RATE, at)) {
      chargeControl(bucket.posted, [{ bodyLen: 100 }])
      taken++
    }
  expect(taken).toBeLessThanOrEqual(CONTROL_BURST + day * (CONTROL_PER_S / 1000))
  expect(taken).toBeGreaterThan(CONTROL_BURST)
})

test('a control event takes as much of it as its body weighs, in KiB (LV-16)', () => {
  const { posted } = openBucket(RATE, 0)
  let pictures = 0
  for (; mayControl(posted, RATE, 0); pictures++) chargeControl(posted, [{ bodyLen: 16_384 }])
  expect(pictures).toBe(CONTROL_BURST / 16)
})

test('a backlog of control events that was pulled at once is paid for, down to as much as the allowance', () => {
  const bucket = openBucket(RATE, 0)
  chargeControl(bucket.pulled, Array(100_000).fill({ bodyLen: 16_384 }))
  const owed = (CONTROL_BURST / CONTROL_PER_S) * 1000
  expect(mayControl(bucket.pulled, RATE, owed)).toBe(false)
  // What they write now is no part of it: a hub with an empty disk pulls years of somebody who did nothing wrong.
  expect(mayControl(bucket.posted, RATE, 0)).toBe(true)
  expect(mayControl(bucket.pulled, RATE, owed + 10_000)).toBe(true)
  // Not even by going away: the bucket is kept as long as a new one would hold more.
  expect(isFull(bucket, RATE, owed)).toBe(false)
  expect(isFull(bucket, RATE, 2 * owed)).toBe(true)
  expect(mayControl({ left: -1, at: 0 }, { perS: 0, burst: 40 }, 0)).toBe(true)
})

test('whatever rate a hub is given, its members can read what it grants (LV-6)', () => {
  for (const messages of [0.3, 10, 12.3, 16_384, 1e9]) {
    const rate = rateOf(messages)
    const share = { bucket: openBucket(rate, 0), outstanding: 0 }
    for (let at = 0; at < 3000; at += 130) {
      const events = grant(share, rate, at)
      expect(decodeFrame(encodeFrame({ type: 'credit', events }))).toEqual({ type: 'credit', events })
      spend(share, Math.min(7, share.outstanding), at)
    }
  }
})
