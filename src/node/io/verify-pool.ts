/**
 * Ed25519 checks: few of them at once, many on the threads of libuv, so that the event loop goes on relaying meanwhile.
 *
 * By libsodium a check takes the event loop no longer than handing it to a thread and back would, and the threads' work is
 * saved besides. More of them than a turn of the loop has room for are a backlog (catching up, a flood): node:crypto checks
 * it on all cores until none is left, and the loop is held up by none of it.
 *
 * Without libsodium only a check that comes alone after a pause is done at once: on a quiet node it takes a tenth of a
 * millisecond, and less than waking two threads for it.
 */
import { verify } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { isCanonicalSignature } from '../../wire/signature.ts'
import { nodeCrypto, publicKey } from '../crypto.ts'
import { nativeEd25519 } from './native-ed25519.ts'

export interface Check {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly key: Uint8Array
}

/**
 * Checks handed to libuv at a time: as many as its threads get through while the event loop of a busy hub goes round once, some
 * 2 ms, since only then it is fed again. A commit of the store, which takes its turn among them, waits no longer than that.
 */
const IN_FLIGHT_MAX = 32

const FORGET_AFTER = 1024

/** By libsodium, in one turn of the event loop: it takes some 2 ms, about what a turn of a busy hub takes anyway. */
const AT_ONCE_MAX = 48

/** Without it, between two checks that are done at once: so they take a fiftieth of the event loop at most. */
const PAUSE_MS = 5

interface Waiting {
  readonly check: Check
  readonly done: (isValid: boolean) => void
}
const queue: Waiting[] = []
let head = 0
let inFlight = 0
let atOnce = 0
let lastAtOnce = -Infinity

/** Is there room in this turn of the event loop to check so many at once? Counts them if so: they are to be checked. */
export const takesAtOnce = (count: number): boolean => inFlight === 0 && isForNow(count)

/** As verifyMany, in the event loop: for those that takesAtOnce has counted. */
export const verifyAtOnce = (checks: readonly Check[]): boolean[] => checks.map(verifyOne)

/**
 * Strict checks (rule SG-1) of many signatures: true where valid, in the order asked. Never rejects: whatever goes wrong is
 * false. Those asked for first are checked first.
 */
export function verifyMany(checks: readonly Check[]): Promise<boolean[]> {
  if (takesAtOnce(checks.length)) return Promise.resolve(verifyAtOnce(checks))
  return new Promise((resolve) => {
    const verdicts: boolean[] = new Array(checks.length).fill(false)
    let open = checks.length
    if (open === 0) resolve(verdicts)
    for (const [at, check] of checks.entries()) {
      const done = (isValid: boolean) => {
        verdicts[at] = isValid
        if (--open === 0) resolve(verdicts)
      }
      queue.push({ check, done })
    }
    feed()
  })
}

/** Counts them if so. */
function isForNow(count: number): boolean {
  if (nativeEd25519()) {
    if (atOnce + count > AT_ONCE_MAX) return false
    if (atOnce === 0) setImmediate(nextTurn)
    atOnce += count
    return true
  }
  const now = performance.now()
  if (count !== 1 || now - lastAtOnce < PAUSE_MS) return false
  lastAtOnce = now
  return true
}

function nextTurn(): void {
  atOnce = 0
}

function verifyOne({ message, signature, key }: Check): boolean {
  try {
    return nodeCrypto.verify(message, signature, key)
  } catch {
    return false
  }
}

function feed(): void {
  while (inFlight < IN_FLIGHT_MAX && head < queue.length) {
    const { check, done } = queue[head++]!
    start(check, done)
  }
  // What was started is dropped now and then rather than one by one: that would cost more than the checks' bookkeeping.
  if (head < queue.length && head < FORGET_AFTER) return
  queue.splice(0, head)
  head = 0
}

function start({ message, signature, key }: Check, done: (isValid: boolean) => void): void {
  try {
    const imported = isCanonicalSignature(signature) ? publicKey(key) : undefined
    if (!imported) return done(false)
    verify(null, message, imported, signature, (error, isValid) => {
      inFlight--
      done(!error && isValid)
      feed()
    })
    inFlight++
  } catch {
    done(false)
  }
}
