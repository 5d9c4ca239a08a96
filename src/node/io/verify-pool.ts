/**
 * Ed25519 checks on the threads of libuv, so that the event loop goes on relaying meanwhile. A check that comes alone after a
 * pause is done at once: on a quiet node it takes a tenth of a millisecond, and less than waking two threads for it.
 */
import { verify } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { isCanonicalSignature } from '../../wire/signature.ts'
import { nodeCrypto, publicKey } from '../crypto.ts'

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

/** Between two checks that are done at once: so they take a fiftieth of the event loop at most. */
const PAUSE_MS = 5

interface Waiting {
  readonly check: Check
  readonly done: (isValid: boolean) => void
}
const queue: Waiting[] = []
let head = 0
let inFlight = 0
let lastAtOnce = -Infinity

/**
 * Strict checks (rule SG-1) of many signatures: true where valid, in the order asked. Never rejects: whatever goes wrong is
 * false. Those asked for first are checked first.
 */
export function verifyMany(checks: readonly Check[]): Promise<boolean[]> {
  const [only] = checks
  if (only && checks.length === 1 && inFlight === 0) {
    const now = performance.now()
    if (now - lastAtOnce >= PAUSE_MS) {
      lastAtOnce = now
      return Promise.resolve([verifyAtOnce(only)])
    }
  }
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

function verifyAtOnce({ message, signature, key }: Check): boolean {
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
