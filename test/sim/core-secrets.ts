/**
 * Private rooms and talks in random runs of whole nodes: what is written there is sealed to exactly those who are in them as
 * far as its author knows (INV-25), nobody else can open it or its room's key, and it lies on no disk in plain.
 */
import type { RoomView } from '../../src/node/rooms.ts'
import { SALT_BYTES } from '../../src/wire/codec.ts'
import { type EventId, type PersonKey, personKey, type RoomId } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import type { SimNode, World } from './core-world.ts'

const KEY = kindNumber('key')
const KEY_ID_BYTES = 16
const KEY_ENTRY_BYTES = 80

interface Secret {
  readonly room: RoomId
  readonly by: SimNode
  readonly body: Uint8Array
  /** Devices to whom it is sealed. */
  readonly readers: ReadonlySet<PersonKey>
}

export class Secrets {
  readonly #world: World
  readonly #told = new Map<EventId, Secret>()
  /** Who was in a private room or talk, in anybody's eyes. */
  readonly #insiders = new Map<RoomId, Set<PersonKey>>()

  constructor(world: World) {
    this.#world = world
    const tell = world.onEvent
    world.onEvent = (node, event) => {
      tell(node, event)
      if (event.type === 'sent') this.#sent(node, event.id as EventId)
    }
  }

  #sent(node: SimNode, id: EventId): void {
    const event = node.core.replica.find(id)
    const view = event && node.core.views.room(event.room)
    const body = event && node.core.replica.body(event)
    if (!view?.persons || !body) return
    this.#inside(event.room, view.persons)
    this.#told.set(id, { room: event.room, by: node, body, readers: readersOf(node, view) })
  }

  /** It was written for others, and this device may read it by a key that it was given later: for it that is the past. */
  isPast({ key }: SimNode, id: EventId): boolean {
    const secret = this.#told.get(id)
    return secret !== undefined && !secret.readers.has(key)
  }

  /** It was sealed before this device was in the room, or its person's. */
  isClosed({ core, key }: SimNode, id: EventId): boolean {
    const event = core.replica.find(id)
    const body = event && core.replica.body(event)
    if (!body || !core.views.room(event.room)?.persons || core.private.open(event, body)) return false
    return !this.#told.get(id)?.readers.has(key)
  }

  #inside(room: RoomId, persons: Iterable<PersonKey>): void {
    const insiders = this.#insiders.get(room) ?? new Set()
    this.#insiders.set(room, insiders)
    for (const person of persons) insiders.add(person)
  }

  /** How far this node's own lanes of private rooms reach: before it does what somebody types. */
  reach(node: SimNode): ReadonlyMap<string, number> {
    const reach = new Map<string, number>()
    for (const { room, lane, n } of this.#ownLanes(node)) reach.set(room + lane, n)
    return reach
  }

  *#ownLanes(node: SimNode) {
    const { views, replica, self } = node.core
    for (const room of views.ids())
      if (views.room(room)?.persons)
        for (const { lane, n } of replica.lanes(room, 1, self)) yield { room, lane, n }
  }

  /** What it has written since goes to nobody who is not in the room as far as it knows. */
  wrote(node: SimNode, before: ReadonlyMap<string, number>): void {
    const { views, replica, self } = node.core
    // Whom it takes for a device of somebody there is given the keys, though an earlier link makes it nobody's later (DV-1).
    for (const room of views.ids()) {
      const view = views.room(room)
      if (view?.persons) this.#inside(room, readersOf(node, view))
    }
    for (const { room, lane, n } of this.#ownLanes(node)) {
      if (n === before.get(room + lane)) continue
      const event = replica.event(room, self, lane, n)
      const body = event && replica.body(event)
      const view = views.room(room)
      if (!body || !view?.persons) continue
      const readers = readersOf(node, view)
      const keyId = Buffer.from(body.subarray(SALT_BYTES, SALT_BYTES + KEY_ID_BYTES))
      for (const { event: by, body: key } of views.controls(room)) {
        if (by.kind !== KEY || key?.kind !== 'key' || !keyId.equals(key.keyId) || !view.counted.has(by.id))
          continue
        for (let at = 0; at < key.sealed.length; at += KEY_ENTRY_BYTES) {
          const reader = personKey(key.sealed, at)
          if (!readers.has(reader))
            this.#bad(`${node.name} writes to ${reader.slice(0, 8)}, who is not in the room (INV-25)`)
        }
      }
    }
  }

  #bad(what: string): void {
    this.#world.violations.push(`${Math.round(this.#world.now)} ${what}`)
  }

  /** Once all is quiet: whoever was never in a room opens nothing of it, though they be given it. */
  check(up: readonly SimNode[], bad: (what: string) => void): void {
    for (const node of up)
      for (const room of node.core.views.ids()) {
        const view = node.core.views.room(room)
        this.#inside(room, view?.persons ?? [])
      }
    for (const [id, { room, by, body }] of this.#told) {
      const event = by.core.replica.find(id)
      if (!event) continue
      for (const node of up) {
        const insiders = this.#insiders.get(room)
        if (insiders?.has(node.key) || insiders?.has(node.core.views.personOf(node.key))) continue
        if (node.core.private.open(event, body))
          bad(`${node.name}, who was never in the room, can read ${id.slice(0, 8)} of ${by.name} (INV-25)`)
      }
    }
  }

  /** It was written in a private room or talk. */
  has(id: EventId): boolean {
    return this.#told.has(id)
  }
}

/** The devices of those who are in a private room or talk, as this node knows. */
function readersOf({ core }: SimNode, view: RoomView): Set<PersonKey> {
  const { devices } = core.views.network()
  const members = (view.type === 'talk' && view.persons) || view.members
  return new Set([...members].flatMap((member) => devices.of(member)))
}
