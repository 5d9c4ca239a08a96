/**
 * Hidden bodies: what a person deleted from another of their devices than the one that wrote it (rule RM-24) is hidden at
 * once, and goes from the disks when the device that wrote it signs so. That device may never come back; so a week after a
 * node saw the deletion count it takes the body from its own disk. What is shown does not depend on it, nor do vectors: the
 * event counts without its body from when the deletion was held, whether it counts or not (rule EV-19).
 *
 *   each minute: what is hidden so? -> each tick: some of them; a body is here -> noted -> (a week, still hidden) -> erased
 */
import type { Event } from '../wire/event.ts'
import type { EventId, PersonKey, RoomId } from '../wire/ids.ts'
import { ERASE_HIDDEN_AFTER_MS } from '../wire/limits.ts'
import { notedAt, noteOf } from './erasing.ts'
import { factKey } from './keys.ts'
import type { Replica } from './replica.ts'
import type { Erased } from './rooms/erased.ts'
import type { Store, StoreOp } from './store.ts'

const LOOK_EVERY_MS = 60_000
/** Events looked at in a tick: well below a millisecond. */
const SLICE_EVENTS = 64
/** What was settled is looked for again, should it have come by a way that tells nobody. */
const LOOK_AGAIN_MS = 86_400_000

export interface HiddenBodiesPorts {
  readonly replica: Pick<Replica, 'rooms' | 'find' | 'body' | 'eraseBody'>
  /** What was deleted so in this room, by words that count. */
  erased(room: RoomId): Erased
  personOf(key: PersonKey): PersonKey
  get(key: string): Uint8Array | undefined
  put(op: StoreOp): void
}

const NOTE = factKey('hidden/')
const noteKey = (id: string) => NOTE + id

export class HiddenBodies {
  readonly #ports: HiddenBodiesPorts
  /** To be looked at, and by whom each was deleted. */
  #queue: [EventId, ReadonlySet<PersonKey>][] = []
  /** Nothing of them lies here, or not by a word of their own person. */
  readonly #settled = new Set<EventId>()
  /** Their bodies are here, and are due then; each has a note in the store. Less than the views know of what was deleted so. */
  readonly #waiting = new Map<EventId, number>()
  #lookAt = Number.NEGATIVE_INFINITY
  #forgetAt = Number.NEGATIVE_INFINITY

  constructor(ports: HiddenBodiesPorts) {
    this.#ports = ports
  }

  /** Notes of runs before: those of words that do not count any more are dropped at the first look. */
  async load(store: Pick<Store, 'scan'>): Promise<void> {
    for await (const [key, note] of store.scan({ from: noteKey(''), to: noteKey('g') })) {
      // A damaged one is due at once: to be written anew, or dropped.
      const seenAt = notedAt(note) ?? Number.NEGATIVE_INFINITY
      this.#waiting.set(key.slice(NOTE.length) as EventId, seenAt + ERASE_HIDDEN_AFTER_MS)
    }
  }

  /** A body that was not here may come with a lane of somebody who was away. events: they count now and did not. */
  came(events: readonly Event[]): void {
    if (this.#settled.size === 0) return
    for (const { id } of events) this.#settled.delete(id)
  }

  /** Is there anything to do or to look for? now: monotonic ms. */
  isDue(now: number): boolean {
    return this.#queue.length > 0 || now >= this.#lookAt
  }

  /** now: monotonic ms; time: see erasingTime. Returns how many bodies went. */
  tick(now: number, time: number | undefined): number {
    if (time === undefined) return 0
    if (this.#queue.length === 0 && now >= this.#lookAt) {
      this.#lookAt = now + LOOK_EVERY_MS
      if (now >= this.#forgetAt) {
        this.#forgetAt = now + LOOK_AGAIN_MS
        this.#settled.clear()
      }
      this.#look(time)
    }
    let erased = 0
    for (const [id, by] of this.#queue.splice(0, SLICE_EVENTS)) if (this.#weigh(id, by, time)) erased++
    return erased
  }

  #look(time: number): void {
    const gone = new Set(this.#waiting.keys())
    for (const room of this.#ports.replica.rooms())
      for (const [id, by] of this.#ports.erased(room)) {
        gone.delete(id)
        if (!this.#settled.has(id) && (this.#waiting.get(id) ?? 0) < time) this.#queue.push([id, by])
      }
    // The word that deleted them counts no more: should it count again, their week begins anew.
    for (const id of gone) this.#drop(id)
  }

  /** True where the body went. */
  #weigh(id: EventId, by: ReadonlySet<PersonKey>, time: number): boolean {
    const { replica } = this.#ports
    const event = replica.find(id)
    if (!event || !this.#isTheirs(event, by) || !replica.body(event)) {
      this.#drop(id)
      this.#settled.add(id)
      return false
    }
    const seenAt = notedAt(this.#ports.get(noteKey(id)))
    if (seenAt === undefined) this.#ports.put(['put', noteKey(id), noteOf(time)])
    const due = (seenAt ?? time) + ERASE_HIDDEN_AFTER_MS
    if (due >= time) {
      this.#waiting.set(id, due)
      return false
    }
    const isGone = replica.eraseBody(event)
    if (isGone) this.#drop(id)
    this.#settled.add(id)
    return isGone
  }

  #isTheirs({ author }: Event, by: ReadonlySet<PersonKey>): boolean {
    return by.has(this.#ports.personOf(author))
  }

  #drop(id: EventId): void {
    this.#waiting.delete(id)
    if (this.#ports.get(noteKey(id))) this.#ports.put(['del', noteKey(id)])
  }
}
