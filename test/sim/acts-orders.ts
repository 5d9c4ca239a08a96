/**
 * Moderation, deletion, key, code, device and role changes at once: signed acts of owner, admins, moderators and others, given to
 * nodes in whatever order. A node is the real replica with the real views over it; what it shows may depend on the set of
 * events and on nothing else (INV-1, rules RM-1, DV-1, RM-21).
 */

import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica } from '../../src/node/replica.ts'
import { cutParts, type HeldLane, SETTING, withoutRooms, withRooms } from '../../src/node/rooms.ts'
import { isVisible, visibilityOf } from '../../src/node/timeline.ts'
import { Views } from '../../src/node/views.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import type { Crypto } from '../../src/wire/crypto.ts'
import { signCounter } from '../../src/wire/device.ts'
import { doorOf, signEntry } from '../../src/wire/door.ts'
import {
  type Event,
  LANE_START,
  newContentLane,
  newControlLane,
  signRun,
  signTombstone,
  type Tombstone,
  type VerifiedRun,
} from '../../src/wire/event.ts'
import { madeRoom, NETWORK_ROOM, type PersonKey, personKey, type RoomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { NET, NOW } from '../node/author.ts'
import { numbersFrom } from '../seeded.ts'

const DAY_MS = 24 * 3600 * 1000
const NONE = new Uint8Array(0)
const NAMES = ['olga', 'max', 'ben', 'phone'] as const
const SEVERAL = 256
/** Codes that admins make. */
const CODES = [1, 2, 3].map((byte) => {
  const key = new Uint8Array(32).fill(byte)
  return { key, door: fromHex(doorOf(nodeCrypto, key)) }
})

/** Which acts: ranks, bans, lifts, members only, admit, devices, codes and entries. */
const AT_DOOR = [0, 1, 2, 3, 4, 4, 8, 8, 10, 10, 11, 12, 17, 17, 18, 18, 18]

interface Cuts {
  readonly cut: Uint8Array
  readonly cuts: Uint8Array
}

/** One thing that a node may get. */
export type Piece = { readonly run: VerifiedRun } | { readonly tombstone: Tombstone }

/** Mistakes that such tests have to find: a node that decides something when it arrives. */
export type Mistake =
  | 'refuses what would not count now'
  | 'forgets content beyond a cut'
  | 'deletes only what it holds'

/** What happens: `before` everybody has, `acts` arrive in any order. */
export class Happening {
  readonly before: Piece[] = []
  readonly acts: Piece[] = []
  readonly content: Event[] = []
  readonly rooms: RoomId[] = []
  readonly #random: (below: number) => number
  readonly #count: number
  readonly #isAtDoor: boolean
  /** Of which lanes, salts and keys come from the seed too. */
  readonly #crypto: Crypto
  readonly #signers = NAMES.map((_, i) => signerOf(new Uint8Array(32).fill(i + 1)))
  readonly keys: readonly PersonKey[] = this.#signers.map(({ key }) => personKey(key))
  #made: Event[] = []
  #time = NOW
  /** Of each person the lane in which they say of themselves what they like, as far as it is. */
  readonly #selves = new Map<number, VerifiedRun>()

  /**
   * isTalkative: between the acts people say something of themselves, each in one lane. isAtDoor: most acts are about who is
   * let into the network.
   */
  constructor(seed: number, count: number, { isTalkative = false, isAtDoor = false } = {}) {
    this.#random = numbersFrom(seed)
    this.#count = count
    this.#isAtDoor = isAtDoor
    this.#crypto = { ...nodeCrypto, random: (n) => Uint8Array.from({ length: n }, () => this.#random(256)) }
    for (const by of this.keys.keys())
      this.before.push(
        this.#write(by, NETWORK_ROOM, {
          kind: 'profile',
          nick: NAMES[by]!,
          boxKey: fromHex(this.keys[by]!),
          about: '',
        }),
      )
    this.#create(1, 0)
    this.#create(2, 1)
    for (const by of [1, 2, 3]) this.before.push(this.#say(by))
    while (this.acts.length < count) {
      this.acts.push(this.#act())
      if (isTalkative) this.acts.push(this.#ofThemselves(this.#random(4)))
    }
  }

  get owner(): PersonKey {
    return this.keys[0]!
  }

  #create(by: number, type: 0 | 1): void {
    const salt = nodeCrypto.hash(uint(by, 6)).slice(0, 16)
    const room = madeRoom(nodeCrypto, NET, this.keys[by]!, salt)
    this.rooms.push(room)
    const persons = type === 1 ? concat(...this.keys.slice(0, 3).map(fromHex)) : NONE
    const name = type === 1 ? new Uint8Array(80) : 'lab'
    this.before.push(this.#write(by, room, { kind: 'create', type, name, topic: '', max: 0, persons }, salt))
  }

  #say(by: number): Piece {
    const room = this.rooms[this.#random(2)]!
    const piece = this.#write(by, room, { kind: 'message', text: 'hi', action: false, replyTo: null })
    this.content.push(piece.run.events[0]!)
    return piece
  }

  /** Each in a lane of its own: its author may have started anew each time. after: what stands before it in its lane. */
  #write(
    by: number,
    room: RoomId,
    value: BodyValue,
    salt = this.#crypto.random(16),
    after?: Event,
  ): { run: VerifiedRun } {
    const kind = kindNumber(value.kind)
    // Some say the same time: then authors and ids decide.
    const t = this.#time + this.#random(3)
    this.#time += this.#random(2)
    const lane =
      after?.lane ?? (kind >= 0x80 ? newControlLane(this.#crypto) : newContentLane(this.#crypto, t))
    const start = { net: NET, room, lane, n: after?.n ?? 0, prev: after?.id ?? LANE_START }
    const run = signRun(nodeCrypto, this.#signers[by]!, start, [
      { kind, at: t, t, body: encodeBody(salt, value) },
    ])
    this.#made.push(...run.events)
    return { run }
  }

  #ofThemselves(by: number): { run: VerifiedRun } {
    const before = this.#selves.get(by)?.events.at(-1)
    const t = this.#time
    const value: BodyValue =
      this.#random(2) === 0
        ? { kind: 'look', part: 1, bytes: this.#crypto.random(3) }
        : {
            kind: 'profile',
            nick: `${NAMES[by]!}${this.#random(9)}`,
            boxKey: fromHex(this.keys[by]!),
            about: '',
          }
    const run = signRun(
      nodeCrypto,
      this.#signers[by]!,
      {
        net: NET,
        room: NETWORK_ROOM,
        lane: before?.lane ?? newControlLane(this.#crypto),
        n: before?.n ?? 0,
        prev: before?.id ?? LANE_START,
      },
      [{ kind: kindNumber(value.kind), at: t, t, body: encodeBody(this.#crypto.random(16), value) }],
    )
    this.#selves.set(by, run)
    this.#made.push(...run.events)
    return { run }
  }

  /** Lanes of a key as somebody holds them who has heard of some of what was written. */
  #held(key: PersonKey): HeldLane[] {
    return this.#made
      .filter(({ author }) => author === key && this.#random(3) > 0)
      .map(({ room, lane, n, id, t }) => ({ room, lane, n, id, t }))
  }

  /** An act with its cut, as often as not in parts of one lane each: these come before it in its lane, and are acts too. */
  #bind(by: number, room: RoomId, held: readonly HeldLane[], act: (cut: Cuts) => BodyValue): Piece {
    const isOfAll = room === NETWORK_ROOM && act({ cut: NONE, cuts: NONE }).kind !== 'role'
    const here = room === NETWORK_ROOM ? held : held.filter((lane) => lane.room === room)
    const inParts = { max: 1, parts: Math.min(3, this.#count - this.acts.length) }
    const [own, ...more] = cutParts(
      here,
      isOfAll ? withRooms : withoutRooms,
      this.#random(2) === 0 ? inParts : {},
    ).map((bytes) => (isOfAll ? { cut: NONE, cuts: bytes } : { cut: bytes, cuts: NONE }))
    let before: Event | undefined
    for (const part of more) {
      const piece = this.#write(by, room, { kind: 'cut', ...part }, undefined, before)
      this.acts.push(piece)
      before = piece.run.events[0]
    }
    return this.#write(by, room, act(own!), undefined, before)
  }

  #act(): Piece {
    const random = this.#random
    const isAtDoor = this.#isAtDoor && random(4) > 0
    const by = isAtDoor && random(2) === 0 ? 0 : random(4)
    const key = this.keys[random(4)]!
    const target = fromHex(key)
    const room = this.rooms[random(2)]!
    const network = isAtDoor || random(2) === 0
    const where = network ? NETWORK_ROOM : room
    const lifts = fromHex(this.#made[random(this.#made.length)]!.id)
    const held = this.#held(key)
    const bound = { target, until: new Uint8Array(6), reason: '' }
    const about = fromHex(this.content[random(this.content.length)]!.id)
    switch (isAtDoor ? AT_DOOR[random(AT_DOOR.length)]! : random(21)) {
      case 0:
        return this.#write(by, where, {
          kind: 'role',
          target,
          rank: network ? 4 : 2,
          cut: NONE,
          lifts,
          reason: '',
        })
      case 1:
        return this.#bind(by, where, held, ({ cut }) => ({
          kind: 'role',
          target,
          rank: 1,
          cut,
          lifts: NONE,
          reason: '',
        }))
      case 2: {
        const kick = random(2) === 0
        return this.#bind(by, where, held, (cut) => ({ kind: 'ban', kick, ...bound, ...cut }))
      }
      case 3:
        return this.#bind(by, where, held, (cut) => ({ kind: 'mute', ...bound, ...cut }))
      case 4:
        return this.#write(by, where, { kind: 'lift', lifts, reason: '' })
      case 5:
        return this.#write(by, room, { kind: 'hide', target: about, hidden: random(3) > 0, reason: '' })
      case 6:
        return this.#write(by, room, { kind: 'pin', target: about, pinned: true, reason: '' })
      case 7:
        return this.#write(by, room, { kind: 'topic', topic: `topic ${random(SEVERAL)}`, reason: '' })
      case 8:
        return this.#write(by, network ? NETWORK_ROOM : room, {
          kind: 'settings',
          setting: network ? SETTING.membersOnly : 1 + random(5),
          value: random(2),
          persons: target,
          reason: '',
        })
      case 9:
        return this.#write(by, room, { kind: 'delete', reason: '' })
      case 10:
        return this.#write(by, NETWORK_ROOM, { kind: 'admit', persons: target, lifts, reason: '' })
      case 11: {
        const device = this.#signers[3]!
        const counter = signCounter(device, this.keys[3]!, this.keys[by]!)
        return this.#write(by, NETWORK_ROOM, {
          kind: 'device',
          device: device.key,
          link: true,
          counter,
          cuts: NONE,
        })
      }
      case 12: {
        const counter = new Uint8Array(64)
        const device = fromHex(this.keys[3]!)
        return this.#bind(by, NETWORK_ROOM, this.#held(this.keys[3]!), ({ cuts }) => ({
          kind: 'device',
          device,
          link: false,
          counter,
          cuts,
        }))
      }
      case 13:
        return this.#write(by, room, random(2) === 0 ? { kind: 'join', lifts } : { kind: 'leave' })
      case 14: {
        const event = this.content[random(this.content.length)]!
        const author = this.keys.indexOf(event.author)
        return { tombstone: signTombstone(this.#signers[author]!, event) }
      }
      case 15: {
        const own = this.content.filter(({ author }) => author === this.keys[by] || by === 3)
        const event = own[random(own.length)]
        const targets = event ? fromHex(event.id) : about
        return this.#write(by, event?.room ?? room, { kind: 'erase', targets })
      }
      case 16:
        return this.#write(by, room, {
          kind: 'keyring',
          device: target,
          keys: this.#crypto.random(16),
          sealed: NONE,
        })
      case 17: {
        const code = CODES[random(CODES.length)]!
        const replaces = concat(...CODES.slice(0, random(3)).map(({ door }) => door))
        const sealed = concat(target, new Uint8Array(48))
        const made = random(3) > 0
        const body = { door: code.door, made, sealed, text: NONE, former: NONE, replaces, reason: '' }
        return this.#write(by, NETWORK_ROOM, { kind: 'newcode', ...body })
      }
      case 18: {
        const { key, door } = CODES[random(CODES.length)]!
        const proof = signEntry(nodeCrypto, key, NET, this.keys[by]!)
        return this.#write(by, NETWORK_ROOM, { kind: 'entry', door, proof })
      }
      case 19: {
        const value = { persons: target, reason: '' }
        return this.#write(
          by,
          room,
          random(2) === 0 ? { kind: 'invite', ...value, isVoice: false } : { kind: 'unvoice', ...value },
        )
      }
      default:
        return random(2) === 0
          ? this.#say(by)
          : this.#write(by, room, { kind: 'key', keyId: this.#crypto.random(16), sealed: NONE })
    }
  }
}

/**
 * All that a node shows after it has got these pieces in this order, as one text. isScanned: it knows that its disk was empty,
 * and looks for nothing there, which is most of the work; a node that has not read through its disk yet looks.
 */
export async function shown(
  happening: Happening,
  pieces: readonly Piece[],
  { mistake, isScanned = true }: { mistake?: Mistake | undefined; isScanned?: boolean } = {},
): Promise<string> {
  const { keys, rooms, content, owner } = happening
  const views = new Views({ crypto: nodeCrypto, net: NET, owner, carriesAll: () => false })
  const store = new MemoryStore()
  const retentionMs = 180 * DAY_MS
  const replica = new Replica({ crypto: nodeCrypto, net: NET, store, retentionMs, limitOf: views.limitOf })
  views.attach(replica)
  if (isScanned) await replica.scan()
  replica.setNow(NOW)
  /** Beyond a gap in their lane: pulled again once that is filled. */
  let beyond: VerifiedRun[] = []
  for (const piece of pieces) take(piece)

  function take(piece: Piece): void {
    if ('tombstone' in piece) {
      const { room, author, lane } = piece.tombstone
      if (mistake === 'deletes only what it holds' && !replica.lane(room, author, lane)) return
      replica.delete(piece.tombstone)
      return
    }
    const [event] = piece.run.events
    const { room, author } = event!
    if (mistake && isLost(room, author, event!.kind)) return
    add(piece.run)
    views.changed(room)
  }

  function isLost(room: RoomId, author: PersonKey, kind: number): boolean {
    const isOut = views.room(room)?.bans.some(({ target }) => target === views.personOf(author)) ?? false
    if (mistake === 'forgets content beyond a cut') return isOut && kind < 0x80
    return mistake === 'refuses what would not count now' && isOut
  }

  function add(run: VerifiedRun): void {
    if (replica.add(run).is === 'gap') return void beyond.push(run)
    const waiting = beyond
    beyond = []
    for (const each of waiting) add(each)
  }

  const { devices, door, codes, ranks, counted, profiles } = views.network()
  const told = rooms.map((room) => {
    const view = views.room(room)
    if (!view) return null
    const by = visibilityOf(replica, view)
    return [
      [...view.members].sort(),
      view.persons && [...view.persons].sort(),
      [...view.ranks].sort(),
      [...view.counted].sort(),
      [...view.hidden].sort(),
      [view.pins, view.topic, view.settings, view.deleted],
      content.filter((event) => event.room === room && isVisible(event, by)).map(({ id }) => id),
      [...replica.lanes(room, 1)].map((lane) => `${lane.lane} ${replica.vectors.counted(lane)}`).sort(),
    ]
  })
  const persons = keys.map((key) => [
    devices.personOf(key),
    door.admission(key),
    ranks.get(key),
    profiles.get(key)?.nick,
  ])
  return JSON.stringify([persons, codes.newest, [...codes.holders].sort(), [...counted].sort(), told])
}
