/**
 * What the clients of a run saw, as data. It follows Jepsen: a client invokes, and the outcome is ok (with how safe it is),
 * fail (it certainly did not happen) or info (nobody knows). Times are milliseconds of one monotonic clock.
 *
 * A client is one person on one device; it may be started many times. Texts are unique in a run, so that a text names one
 * invocation. Rooms are names; a talk is `@` and its two clients in alphabetical order: `@ann+bob`.
 */

export type Level = 'stored' | 'replicated' | 'delivered'

/** A message as a client was shown it, live or in a history. */
export interface Shown {
  readonly id: string
  readonly text: string
  readonly room: string
  /** The client that wrote it; the bare key where it is nobody's. */
  readonly from: string
  /** Sorts as the messages are displayed. */
  readonly order: string
  /** When it was written, by its author's corrected wall clock. */
  readonly ts: number
}

export type Entry = { readonly atMs: number } & (
  | /** A process of this client begins. */
  { readonly what: 'start' }
  /** It has said that it is ready, at this time of the wall clock that is right: its past is over. */
  | { readonly what: 'ready'; readonly wallMs: number }
  /** And ends, however. */
  | { readonly what: 'end' }
  /** What its disk held is gone for good; no process runs. */
  | { readonly what: 'lost' }
  /** What it writes from now on is in memory only (true), or on disk again (false). */
  | { readonly what: 'memory'; readonly only: boolean }
  | { readonly what: 'invoke'; readonly text: string; readonly room: string }
  /** On the own disk. */
  | { readonly what: 'sent'; readonly text: string; readonly id: string }
  | {
      readonly what: 'ok'
      readonly id: string
      readonly level: Level
      readonly copies: number
      readonly alone: boolean
    }
  | { readonly what: 'fail'; readonly text: string; readonly code: string }
  /** The process ended before it answered. */
  | { readonly what: 'info'; readonly text: string }
  | { readonly what: 'shown'; readonly message: Shown }
)

export interface History {
  readonly client: string
  /** In order of time. */
  readonly entries: readonly Entry[]
}

/** All that one client holds of one room, in the order it displays. */
export interface Read {
  readonly client: string
  readonly room: string
  readonly messages: readonly Shown[]
}

/** Everything healed and quiet: what each client that is a member of a room reads there, and whom it follows. */
export interface Checkpoint {
  readonly atMs: number
  readonly reads: readonly Read[]
  /** Client to hub; undefined: none. */
  readonly hubs: ReadonlyMap<string, string | undefined>
}

export interface Run {
  readonly histories: readonly History[]
  /** In order of time; the last one is the end. */
  readonly checkpoints: readonly Checkpoint[]
}

export type AnomalyKind =
  /** Promised, or on the disk of a device that lives, and not everywhere it should be (INV-5). */
  | 'lost'
  /** Read, but never shown by a process that ran when it was written. */
  | 'unseen'
  /** Shown twice by one process, or one text as two messages (INV-4). */
  | 'duplicate'
  /** Two places in the order, or a history that is not in order (INV-2). */
  | 'reordered'
  /** Two clients read a room differently (INV-1). */
  | 'diverged'
  /** An answer ordered before what its author had been shown (INV-3). */
  | 'early'
  /** Nobody sent it, or its sending failed. */
  | 'phantom'
  /** Another author, room or text than it was sent with. */
  | 'altered'
  /** An acknowledgement that goes back, comes twice, or before `sent` (INV-7). */
  | 'regressed'
  /** An acknowledgement that contradicts itself. */
  | 'overstated'
  /** Not one hub for all (INV-9). */
  | 'divided'

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly atMs: number
  readonly about: string
}
