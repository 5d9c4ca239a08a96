/**
 * Keys of deleted rooms: the bodies of `key` and `keyring` events go from the disks with the content they open (rule EV-15),
 * while the lanes in which they lie stay, since these tell everybody that the room is deleted. So where a `delete` of the
 * room is held, by anybody and wherever it lies, such an event counts without its body (rule EV-18); elsewhere one that
 * comes without its body is a hole, as of any other kind, and nobody can keep a key back unseen.
 */
import type { Event, VerifiedRun } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import { kindNumber } from '../wire/kinds.ts'
import { factKey } from './keys.ts'
import type { Store } from './store.ts'

const KEY = kindNumber('key')
const KEYRING = kindNumber('keyring')
const DELETE = kindNumber('delete')
/** Rooms of which a `delete` is held, so that their lanes are known to be whole before the store was read through. */
const FACT = factKey('doomed/')
const FACT_END = factKey('doomed0')
const EMPTY = new Uint8Array(0)

export const isKeyKind = (kind: number): boolean => kind === KEY || kind === KEYRING

export class ErasedKeys {
  readonly #put: (key: string, value: Uint8Array) => void
  readonly #doomed = new Set<RoomId>()
  readonly #closed = new Set<RoomId>()

  constructor(put: (key: string, value: Uint8Array) => void) {
    this.#put = put
  }

  async load(store: Pick<Store, 'scan'>): Promise<void> {
    for await (const [key] of store.scan({ from: FACT, to: FACT_END }))
      this.#doomed.add(key.slice(FACT.length) as RoomId)
  }

  /** An event is held. True where its room's keys may be missing from now on. */
  note({ room, kind }: Pick<Event, 'room' | 'kind'>): boolean {
    if (kind !== DELETE || this.#doomed.has(room)) return false
    this.#doomed.add(room)
    this.#put(FACT + room, EMPTY)
    return true
  }

  /** Does this event count without its body? */
  mayLack({ room, kind }: Pick<Event, 'room' | 'kind'>): boolean {
    return isKeyKind(kind) && this.#doomed.has(room)
  }

  /** Keys of this room were erased here, so that none is taken in any more; or they are wanted again. */
  close(room: RoomId, isClosed: boolean): void {
    if (isClosed) this.#closed.add(room)
    else this.#closed.delete(room)
  }

  isClosed(room: RoomId): boolean {
    return this.#closed.has(room)
  }

  /** The run without the keys that are not taken in. */
  without(run: VerifiedRun): VerifiedRun {
    if (!this.#closed.has(run.events[0]!.room)) return run
    const bodies = run.bodies.map((body, i) => (isKeyKind(run.events[i]!.kind) ? null : body))
    return { ...run, bodies }
  }
}
