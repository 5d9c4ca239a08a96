/**
 * Credit: what one person may publish (rules LV-6 to LV-8). A token bucket; what it holds is granted ahead, so that
 * an honest author never has to be refused. rate 0: bounded only by queues.
 */

export interface Bucket {
  /** Events that may still be granted; negative after a backlog was pulled. */
  tokens: number
  /** Granted and not used yet. */
  outstanding: number
  /** Granted to a session that has ended, and given back or granted again: posts under that may still be on their way. */
  late: number
  /** Until when they may be; monotonic ms. */
  lateUntil: number
  refilledAt: number
}

export interface Rate {
  /** Events a second; 0: unlimited. */
  readonly perS: number
  readonly burst: number
}

/** With rate 0 grants are topped up to this much: several full frames. */
const UNLIMITED_GRANT = 4096
/** A person may owe so many bursts. */
const DEBT_BURSTS = 10
/** What is on its way for longer never arrives: a link on which nothing was heard for this long is closed (HB-21). */
const LATE_MS = 10_000

export const openBucket = (rate: Rate, now: number): Bucket => ({
  tokens: rate.burst,
  outstanding: 0,
  late: 0,
  lateUntil: 0,
  refilledAt: now,
})

/** How many events to grant now; 0: none. now: monotonic ms. */
export function grant(bucket: Bucket, rate: Rate, now: number): number {
  if (rate.perS === 0) {
    const events = bucket.outstanding < UNLIMITED_GRANT / 2 ? UNLIMITED_GRANT - bucket.outstanding : 0
    bucket.outstanding += events
    return events
  }
  const elapsedMs = Math.max(0, now - bucket.refilledAt)
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs * rate.perS) / 1000)
  bucket.refilledAt = now
  const events = Math.max(0, Math.min(Math.floor(bucket.tokens), rate.burst - bucket.outstanding))
  bucket.tokens -= events
  bucket.outstanding += events
  return events
}

/** The author has gone: what was granted and not used is there again. */
export function giveBack(bucket: Bucket, rate: Rate, now: number): void {
  makeVoid(bucket, rate, now)
  bucket.tokens = Math.min(rate.burst, bucket.tokens + bucket.outstanding)
  bucket.outstanding = 0
}

/** True where nothing would be forgotten with it: a new one holds as much. */
export const isFull = ({ tokens, refilledAt, late, lateUntil }: Bucket, rate: Rate, now: number): boolean =>
  tokens + (Math.max(0, now - refilledAt) * rate.perS) / 1000 >= rate.burst &&
  (late === 0 || now >= lateUntil)

/** A session begins anew: what was granted and not used is void there, and granted again. Returns how much. */
export function grantAgain(bucket: Bucket, rate: Rate, now: number): number {
  makeVoid(bucket, rate, now)
  return bucket.outstanding
}

/** Bounded: who begins anew all the time gains a debt, once, and nothing more before it is paid. */
function makeVoid(bucket: Bucket, rate: Rate, now: number): void {
  if (bucket.outstanding === 0) return
  const late = now < bucket.lateUntil ? bucket.late : 0
  bucket.late = Math.min(late + bucket.outstanding, DEBT_BURSTS * Math.max(rate.burst, bucket.outstanding))
  bucket.lateUntil = now + LATE_MS
}

/**
 * The author published `events` under credit. False where the grant did not cover them. What was on its way under a
 * grant that is void by now is taken once, as debt.
 */
export function spend(bucket: Bucket, events: number, now: number): boolean {
  const late = Math.max(0, events - bucket.outstanding)
  if (late > (now < bucket.lateUntil ? bucket.late : 0)) return false
  bucket.outstanding -= events - late
  bucket.late -= late
  bucket.tokens -= late
  return true
}

/** Events of the author that were pulled rather than posted count too: the bucket goes into debt. */
export function charge(bucket: Bucket, events: number, rate: Rate): void {
  if (rate.perS > 0) bucket.tokens = Math.max(bucket.tokens - events, -DEBT_BURSTS * rate.burst)
}
