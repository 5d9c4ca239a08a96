/** Exit codes, and which one an error or the end of input means. */
import type { Node } from '../node/index.ts'

export const EXIT = { ok: 0, failure: 1, usage: 2, nobody: 3, refused: 4, later: 75 } as const

export const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
export type SignalName = keyof typeof SIGNALS

/** Behind a signal: a terminal takes what is left for it at once, or is stopped. */
export const FLUSH_MS_MAX = 1000

/** What a shell calls an end by signal: 128 + its number. */
export const signalCode = (name: SignalName): number => 128 + SIGNALS[name]

const BY_CODE: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  COMMAND_USAGE: EXIT.usage,
  SEARCH_INVALID: EXIT.usage,
  NETWORK_INVALID: EXIT.usage,
  INVITATION_INVALID: EXIT.refused,
  NICK_INVALID: EXIT.usage,
  TIMEOUT: EXIT.nobody,
  NOBODY_FOUND: EXIT.nobody,
  CODE_WRONG: EXIT.refused,
  CODE_OLD: EXIT.refused,
  AUTH_FAILED: EXIT.refused,
  BANNED: EXIT.refused,
  NOT_ADMITTED: EXIT.refused,
  EXPELLED: EXIT.refused,
  DEVICE_REMOVED: EXIT.refused,
  IDENTITY_INVALID: EXIT.refused,
  KEY_WEAK: EXIT.refused,
  PASSPHRASE_WRONG: EXIT.refused,
  OFFLINE: EXIT.later,
  INTERRUPTED: 130,
}

/** The exit code of an error's stable code; of anything unknown: failure. */
export const exitCodeOf = (code: string | undefined): number => (code && BY_CODE[code]) || EXIT.failure

/** An error as people and scripts are told it. */
export function toldOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    message: typeof message === 'string' ? message : String(error),
  }
}

/** Resolves true when the promise does within ms, false afterwards or when it rejects. */
export async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  const done = promise.then(
    () => true,
    () => false,
  )
  return Promise.race([done, late]).finally(() => clearTimeout(timer))
}

/**
 * After the end of input: waits until everything is stored, at most timeoutMs. Alone as hub the own disk counts.
 * Returns the exit code; what is not stored then stays in the outbox for the next start.
 */
export async function afterEndOfInput(node: Node, timeoutMs: number): Promise<number> {
  const giveUp = new AbortController()
  const settled = node.ready.then(() => node.settle(giveUp.signal))
  if (await within(settled, timeoutMs)) return EXIT.ok
  giveUp.abort()
  return node.metAnyone ? EXIT.later : EXIT.nobody
}
