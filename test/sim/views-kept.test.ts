/** Views that a node keeps between events are, after each of them, what it would make of all it holds from the beginning. */

import { expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica } from '../../src/node/replica.ts'
import { Views } from '../../src/node/views.ts'
import { NETWORK_ROOM, type PersonKey, type RoomId } from '../../src/wire/ids.ts'
import { type KindName, kindName } from '../../src/wire/kinds.ts'
import { NET, NOW } from '../node/author.ts'
import { numbersFrom } from '../seeded.ts'
import { Happening, type Piece } from './acts-orders.ts'
import { networkText, roomText } from './view-text.ts'

const RETENTION_MS = 180 * 24 * 3600 * 1000

class Holder {
  readonly views: Views
  readonly replica: Replica
  #asked = 0

  constructor(owner: PersonKey) {
    this.views = new Views({ crypto: nodeCrypto, net: NET, owner, carriesAll: () => false })
    const { limitOf } = this.views
    const store = new MemoryStore()
    this.replica = new Replica({ crypto: nodeCrypto, net: NET, store, retentionMs: RETENTION_MS, limitOf })
    this.views.attach(this.replica)
    this.replica.setNow(NOW)
  }

  /** False where something of its lane is missing. */
  take(piece: Piece): boolean {
    if ('tombstone' in piece) {
      this.replica.delete(piece.tombstone)
      return true
    }
    return this.replica.add(piece.run).is === 'added'
  }

  /** What is shown of the rooms. */
  rooms(rooms: readonly RoomId[]): string {
    return JSON.stringify(rooms.map((room) => roomText(this.views.room(room))))
  }

  text(rooms: readonly RoomId[]): string {
    const { profiles, looks, door, codes } = this.views.network()
    const people = [...profiles.keys()].sort()
    return JSON.stringify([
      networkText(this.views.network()),
      people.map((person) => [profiles.get(person), looks.get(person), door.admission(person)]),
      [codes.newest, [...codes.holders].sort()],
      rooms.map((room) => [
        roomText(this.views.room(room)),
        people.map((person) => this.views.carries(person, room, 1, false)),
        [...this.replica.lanes(room, 1)].map((lane) => [lane.lane, this.views.limitOf(lane)]),
      ]),
    ])
  }

  /** The same after all that is kept is thrown away. */
  anew(rooms: readonly RoomId[]): string {
    this.views.changed(NETWORK_ROOM)
    return this.text(rooms)
  }

  /** Most of what is kept was asked for at other times than this. */
  looksAround(rooms: readonly RoomId[]): void {
    this.views.room(rooms[this.#asked++ % rooms.length]!)
  }
}

it('whatever acts and profiles come in whatever order', () => {
  let isKept = 0
  for (let seed = 1; seed <= 60; seed++) {
    const random = numbersFrom(seed)
    const happening = new Happening(seed, 25, { isTalkative: true })
    const rooms = [NETWORK_ROOM, ...happening.rooms]
    const holder = new Holder(happening.owner)
    const twin = new Holder(happening.owner)
    const left = [...happening.before, ...happening.acts]
    for (let tries = 0; left.length > 0 && tries < 2000; tries++) {
      const [piece] = left.splice(random(Math.min(left.length, 12)), 1)
      const kept = holder.views.room(happening.rooms[0]!)
      if (!holder.take(piece!)) {
        left.push(piece!)
        continue
      }
      twin.take(piece!)
      const isOfNetwork = 'run' in piece! && piece.run.events[0]!.room === NETWORK_ROOM
      if (isOfNetwork && kept && holder.views.room(happening.rooms[0]!) === kept) isKept++
      if (random(2) === 0) holder.looksAround(rooms)
      if (random(3) > 0) continue
      expect(holder.text(rooms), `seed ${seed}`).toBe(twin.anew(rooms))
    }
    expect(left, `seed ${seed}`).toEqual([])
    expect(holder.text(rooms), `seed ${seed}`).toBe(twin.anew(rooms))
  }
  // Something is kept at all.
  expect(isKept).toBeGreaterThan(50)
}, 600_000)

/** Kinds of events of room 0 on which what a room shows can depend. */
const DECISIVE = [
  'role',
  'ban',
  'mute',
  'lift',
  'device',
  'settings',
  'newcode',
  'admit',
  'entry',
] as const satisfies KindName[]

it('whoever is let in, expelled, ranked or given a code, each of which is seen to change a room', () => {
  const changes = new Map<string, number>()
  for (let seed = 1; seed <= 60; seed++) {
    const random = numbersFrom(seed)
    const happening = new Happening(seed, 40, { isAtDoor: true })
    const { rooms } = happening
    const holder = new Holder(happening.owner)
    const twin = new Holder(happening.owner)
    for (const piece of happening.before)
      for (const each of [holder, twin]) expect(each.take(piece)).toBe(true)
    const left = [...happening.acts]
    let before = holder.rooms(rooms)
    while (left.length > 0) {
      const [piece] = left.splice(random(Math.min(left.length, 12)), 1)
      if (!holder.take(piece!)) {
        left.push(piece!)
        continue
      }
      expect(twin.take(piece!)).toBe(true)
      twin.anew(rooms)
      const after = holder.rooms(rooms)
      expect(after, `seed ${seed}`).toBe(twin.rooms(rooms))
      const event = 'run' in piece! ? piece.run.events[0]! : undefined
      const kind = event?.room === NETWORK_ROOM && kindName(event.kind)
      if (kind && after !== before) changes.set(kind, (changes.get(kind) ?? 0) + 1)
      before = after
    }
  }
  // Were one of them taken for what no room depends on, it would have been found here.
  for (const kind of DECISIVE) expect(changes.get(kind) ?? 0, kind).toBeGreaterThan(0)
}, 600_000)
