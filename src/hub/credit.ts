/**
 * Credit: what one person may publish (rules LV-6 to LV-8). A token bucket; what it holds is granted ahead, so that
 * an honest author never has to be refused. rate 0: bounded only by queues.
 *
 * A person has one bucket. Each of their sessions has a share: what was granted to it. One that is idle keeps its share
 * and takes no more, so that another one of the same key (a copied data dir) does not wait for it.
 */

import type { Event } from '../wire/event.ts'
import { CONTROL_BURST, CONTROL_PER_S, RATE_BURST, RATE_PER_S } from '../wire/limits.ts'

export interface Bucket {
  /** Events that may still be granted; negative after a backlog was pulled. */
  tokens: number
  /** Granted to a session that has ended, and given back or granted again: posts under that may still be on their way. */
  late: number
  /** Until when they may be; monotonic ms. */
  lateUntil: number
  refilledAt: number
  /** Control events that this person may still post, and that may still be pulled of them. */
  readonly posted: Allowance
  readonly pulled: Allowance
}

/** Of control events, which are kept for ever (rule LV-16). */
export interface Allowance {
  /** Negative after a backlog. */
  left: number
  at: number
}

/** Of one session. */
export interface Share {
  readonly bucket: Bucket
  /** Granted and not used yet. */
  outstanding: number
}

export interface Rate {
  /** Events a second; 0: unlimited. */
  readonly perS: number
  readonly burst: number
}

/** What a grant can say. */
const BURST_MAX = 2 ** 16 - 1

/** messagesPerS: as people choose it, any number from 0 on. */
export const rateOf = (messagesPerS = RATE_PER_S): Rate => ({
  perS: messagesPerS,
  burst: Math.min(BURST_MAX, Math.max(RATE_BURST, Math.floor(4 * messagesPerS))),
})

/** With rate 0 grants are topped up to this much: several full frames. */
const UNLIMITED_GRANT = 4096
/** A person may owe so many bursts. */
const DEBT_BURSTS = 10
/** What is on its way for longer never arrives: a link on which nothing was heard for this long is closed (HB-21). */
const LATE_MS = 10_000

export const openBucket = (rate: Rate, now: number): Bucket => ({
  tokens: rate.burst,
  late: 0,
  lateUntil: 0,
  refilledAt: now,
  posted: { left: CONTROL_BURST, at: now },
  pulled: { left: CONTROL_BURST, at: now },
})

/** How many events to grant now; 0: none. now: monotonic ms; most: what its machine may be granted. */
export function grant(share: Share, rate: Rate, now: number, most = Number.POSITIVE_INFINITY): number {
  if (rate.perS === 0) {
    const events = share.outstanding < UNLIMITED_GRANT / 2 ? UNLIMITED_GRANT - share.outstanding : 0
    share.outstanding += events
    return events
  }
  const { bucket } = share
  const elapsedMs = Math.max(0, now - bucket.refilledAt)
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs * rate.perS) / 1000)
  bucket.refilledAt = now
  const free = Math.floor(Math.min(bucket.tokens, most))
  const events = Math.max(0, Math.min(free, rate.burst - share.outstanding))
  bucket.tokens -= events
  share.outstanding += events
  return events
}

/** This session has ended: what was granted to it and not used is there again. */
export function giveBack(share: Share, rate: Rate, now: number): void {
  makeVoid(share, rate, now)
  share.bucket.tokens = Math.min(rate.burst, share.bucket.tokens + share.outstanding)
  share.outstanding = 0
}

/** True where nothing would be forgotten with it: a new one holds as much. */
export const isFull = (
  { tokens, refilledAt, late, lateUntil, posted, pulled }: Bucket,
  rate: Rate,
  now: number,
): boolean =>
  tokens + (Math.max(0, now - refilledAt) * rate.perS) / 1000 >= rate.burst &&
  (late === 0 || now >= lateUntil) &&
  [posted, pulled].every(({ left, at }) => left + refilled(now - at) >= CONTROL_BURST)

/**
 * A session begins anew: what was granted to it and not used is void, and granted again. So is what its former ones hold:
 * others of the same person, whose links may only seem to live. Returns how much.
 */
export function grantAgain(share: Share, former: Iterable<Share>, rate: Rate, now: number): number {
  makeVoid(share, rate, now)
  for (const other of former) {
    makeVoid(other, rate, now)
    share.outstanding += other.outstanding
    other.outstanding = 0
  }
  const most = rate.perS === 0 ? UNLIMITED_GRANT : rate.burst
  const over = Math.max(0, share.outstanding - most)
  share.outstanding -= over
  share.bucket.tokens = Math.min(rate.burst, share.bucket.tokens + over)
  return share.outstanding
}

/** Bounded: who begins anew all the time gains a debt, once, and nothing more before it is paid. */
function makeVoid({ bucket, outstanding }: Share, rate: Rate, now: number): void {
  if (outstanding === 0) return
  const late = now < bucket.lateUntil ? bucket.late : 0
  bucket.late = Math.min(late + outstanding, DEBT_BURSTS * Math.max(rate.burst, outstanding))
  bucket.lateUntil = now + LATE_MS
}

/**
 * The author published `events` under credit. False where the grant did not cover them. What was on its way under a
 * grant that is void by now is taken once, as debt.
 */
export function spend(share: Share, events: number, now: number): boolean {
  const { bucket } = share
  const late = Math.max(0, events - share.outstanding)
  if (late > (now < bucket.lateUntil ? bucket.late : 0)) return false
  share.outstanding -= events - late
  bucket.late -= late
  bucket.tokens -= late
  return true
}

/** Events of the author that were pulled rather than posted count too: the bucket goes into debt. */
export function charge(bucket: Bucket, events: number, rate: Rate): void {
  if (rate.perS > 0) bucket.tokens = Math.max(bucket.tokens - events, -DEBT_BURSTS * rate.burst)
}

/** May control events be taken now? What is over the allowance waits; texts do not (rule LV-16). */
export function mayControl(allowance: Allowance, rate: Rate, now: number): boolean {
  if (rate.perS === 0) return true
  allowance.left = Math.min(CONTROL_BURST, allowance.left + refilled(now - allowance.at))
  allowance.at = now
  return allowance.left >= 1
}

/** These were taken. What was pulled at once is paid for in the time that follows, down to as much as the allowance. */
export function chargeControl(allowance: Allowance, events: readonly Pick<Event, 'bodyLen'>[]): void {
  let weight = 0
  for (const { bodyLen } of events) weight += Math.max(1, Math.ceil(bodyLen / CONTROL_BYTES))
  allowance.left = Math.max(allowance.left - weight, -CONTROL_BURST)
}

/** What is kept for ever is weighed: an event with a body of so many bytes counts as one, a picture as sixteen. */
const CONTROL_BYTES = 1024

const refilled = (ms: number): number => (Math.max(0, ms) * CONTROL_PER_S) / 1000
