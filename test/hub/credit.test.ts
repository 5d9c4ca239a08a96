import { expect, test } from 'vitest'
import { giveBack, grant, grantAgain, isFull, openBucket, spend } from '../../src/hub/credit.ts'

const RATE = { perS: 10, burst: 40 }

/** A bucket from which all is granted, at 0. */
function granted() {
  const bucket = openBucket(RATE, 0)
  expect(grant(bucket, RATE, 0)).toBe(40)
  return bucket
}

test('what is granted is taken, and not one more', () => {
  const bucket = granted()
  expect(spend(bucket, 40, 1)).toBe(true)
  expect(spend(bucket, 1, 1)).toBe(false)
  expect(grant(bucket, RATE, 1000)).toBe(10)
})

test('posts under the grants of several sessions that each began anew are taken, as debt', () => {
  const bucket = granted()
  expect(grantAgain(bucket, RATE, 10)).toBe(40)
  expect(grantAgain(bucket, RATE, 20)).toBe(40)
  for (let i = 0; i < 3; i++) expect(spend(bucket, 40, 30)).toBe(true)
  expect(spend(bucket, 1, 30)).toBe(false)
  expect(grant(bucket, RATE, 8000)).toBe(0)
  expect(grant(bucket, RATE, 12_000)).toBe(40)
})

test('posts that were on their way when their session ended are taken in the next one', () => {
  const bucket = granted()
  giveBack(bucket, RATE, 10)
  expect(isFull(bucket, RATE, 9_999)).toBe(false)
  expect(spend(bucket, 40, 9_999)).toBe(true)
  expect(grant(bucket, RATE, 9_999)).toBe(40)
  expect(spend(bucket, 41, 9_999)).toBe(false)
})

test('after 10 s nothing is on its way any more', () => {
  const bucket = granted()
  giveBack(bucket, RATE, 10)
  expect(isFull(bucket, RATE, 10_010)).toBe(true)
  expect(spend(bucket, 1, 10_010)).toBe(false)
})

test('who begins anew all the time gains no more than a debt of ten bursts, which is paid first', () => {
  const bucket = granted()
  for (let at = 250; at <= 10_000; at += 250) grantAgain(bucket, RATE, at)
  let taken = 0
  while (spend(bucket, 10, 10_000)) taken += 10
  expect(taken).toBe(440)
  expect(grant(bucket, RATE, 39_999)).toBe(0)
})
