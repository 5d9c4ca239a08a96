/**
 * Keys of deleted rooms: the bodies of `key` and `keyring` events go from the disks with the content they open (rule EV-15),
 * while the lanes in which they lie stay, since these tell everybody that the room is deleted. So where a `delete` is held,
 * wherever it lies, of somebody who may ever have deleted the room, such an event counts without its body (rule EV-18);
 * elsewhere one that comes without its body is a hole, as of any other kind, and nobody can keep a key back unseen.
 */
import type { Crypto } from '../wire/crypto.ts'
import type { Event, VerifiedRun } from '../wire/event.ts'
import { madeRoom, NETWORK_ROOM, type PersonKey, type RoomId } from '../wire/ids.ts'
import { kindNumber } from '../wire/kinds.ts'
import { factKey } from './keys.ts'
import type { Store } from './store.ts'

const KEY = kindNumber('key')
const KEYRING = kindNumber('keyring')
const CREATE = kindNumber('create')
const DELETE = kindNumber('delete')
const SALT_BYTES = 16
/** Rooms of which such a `delete` is held, so that their lanes are known to be whole before the store was read through. */
const FACT = factKey('doomed/')
const FACT_END = factKey('doomed0')
const EMPTY = new Uint8Array(0)

export const isKeyKind = (kind: number): boolean => kind === KEY || kind === KEYRING

/** Does an event of this kind say something about whether keys of its room may be missing? */
export const concernsKeys = (kind: number): boolean => kind === DELETE || kind === CREATE

export interface ErasedKeysPorts {
  readonly crypto: Crypto
  put(key: string, value: Uint8Array): void
  /** May `by` ever have deleted a room that `maker` made? Once true it stays so. */
  mayDelete(by: PersonKey, maker: PersonKey): boolean
}

export class ErasedKeys {
  readonly #ports: ErasedKeysPorts
  readonly #doomed = new Set<RoomId>()
  readonly #closed = new Set<RoomId>()
  readonly #makers = new Map<RoomId, PersonKey>()
  /** Who wrote a `delete`, of rooms that are not doomed by it. */
  readonly #deleters = new Map<RoomId, Set<PersonKey>>()
  /** The same by who wrote it, and rooms by who made them. */
  readonly #deletes = new Map<PersonKey, Set<RoomId>>()
  readonly #made = new Map<PersonKey, Set<RoomId>>()

  constructor(ports: ErasedKeysPorts) {
    this.#ports = ports
  }

  async load(store: Pick<Store, 'scan'>): Promise<void> {
    for await (const [key] of store.scan({ from: FACT, to: FACT_END }))
      this.#doomed.add(key.slice(FACT.length) as RoomId)
  }

  /** An event that concerns keys is held, counted or not. True where the keys of its room may be missing from now on. */
  note({ room, kind, net, author }: Event, body: Uint8Array | null | undefined): boolean {
    if (room === NETWORK_ROOM || this.#doomed.has(room)) return false
    if (kind === DELETE) {
      put(this.#deleters, room, author)
      put(this.#deletes, author, room)
      return this.#weigh(room, author)
    }
    const salt = this.#makers.has(room) ? undefined : body?.slice(0, SALT_BYTES)
    // The id of a room says by which key it was made.
    if (!salt || madeRoom(this.#ports.crypto, net, author, salt) !== room) return false
    this.#makers.set(room, author)
    put(this.#made, author, room)
    return this.#weighAll(room)
  }

  /** What mayDelete says of these may be another thing now: rooms whose keys may be missing from now on. */
  changed(keys: Iterable<PersonKey>): RoomId[] {
    const doomed: RoomId[] = []
    for (const key of keys) {
      for (const room of this.#deletes.get(key) ?? []) if (this.#weigh(room, key)) doomed.push(room)
      for (const room of this.#made.get(key) ?? []) if (this.#weighAll(room)) doomed.push(room)
    }
    return doomed
  }

  #weighAll(room: RoomId): boolean {
    for (const by of this.#deleters.get(room) ?? []) if (this.#weigh(room, by)) return true
    return false
  }

  #weigh(room: RoomId, by: PersonKey): boolean {
    // Talks and general, which nothing deletes (RM-5), have no maker.
    const maker = this.#makers.get(room)
    if (maker === undefined || this.#doomed.has(room) || !this.#ports.mayDelete(by, maker)) return false
    this.#doomed.add(room)
    for (const each of this.#deleters.get(room) ?? []) this.#deletes.get(each)?.delete(room)
    this.#deleters.delete(room)
    this.#made.get(maker)?.delete(room)
    this.#ports.put(FACT + room, EMPTY)
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

function put<K, V>(into: Map<K, Set<V>>, key: K, value: V): void {
  const values = into.get(key)
  if (values) values.add(value)
  else into.set(key, new Set([value]))
}
