/**
 * Kinds of events and the value in each one's body: a msgpack array with named positions (rules KI-1 to KI-15).
 * The kind's top bit is its class: set for control, clear for content. Reserved numbers are never reused.
 */
import * as v from 'valibot'
import {
  ABOUT_BYTES_MAX,
  CODE_TEXT_BYTES_MAX,
  CUT_ENTRIES_MAX,
  ERASE_TARGETS_MAX,
  FORMER_CODES_MAX,
  KEYRING_MAX,
  LISTED_PERSONS_MAX,
  PICTURE_BYTES_MAX,
  PRIVATE_MEMBERS_MAX,
  REASON_BYTES_MAX,
  ROOM_NAME_BYTES_MAX,
  TEXT_BYTES_MAX,
  TOPIC_BYTES_MAX,
} from './limits.ts'
import {
  bin,
  bins,
  blob,
  bool,
  later,
  named,
  nil,
  shape,
  text,
  time,
  typeName,
  uintOf,
  type ValueOf,
} from './schema.ts'

const key = bin(32)
const id = bin(32)
/** Text in public rooms; in private ones bytes: keyId16 || secretbox of the padded text. */
const sealable = (max: number) => named(`sealable(${max})`, v.union([text(max), blob(max + 512)]))
const ids = bins(32, 256)

const definitions = {
  // content
  /** action: /me. replyTo: the event answered. */
  message: [0x01, { text: text(TEXT_BYTES_MAX), action: bool, replyTo: nil(id) }],
  edit: [0x02, { target: id, text: text(TEXT_BYTES_MAX) }],
  reaction: [0x03, { target: id, emoji: text(64), on: bool }],
  file: [0x04, { name: text(255), size: bin(6), type: text(127), hash: key, text: text(TEXT_BYTES_MAX) }],

  // control
  /** type: 0 public, 1 private, 2 talk, 3 private and made by a message to several. max: 0 none. persons: of private rooms and talks, the author included. */
  create: [
    0x81,
    {
      type: uintOf(8),
      name: sealable(ROOM_NAME_BYTES_MAX),
      topic: sealable(TOPIC_BYTES_MAX),
      max: uintOf(16),
      persons: bins(32, PRIVATE_MEMBERS_MAX),
    },
  ],
  delete: [0x82, { reason: sealable(REASON_BYTES_MAX) }],
  topic: [0x83, { topic: sealable(TOPIC_BYTES_MAX), reason: later(sealable(REASON_BYTES_MAX), '') }],
  /** rank: 4 admin, 2 moderator, 1 demotion (then with a cut). lifts: bans and demotions of the target that end. */
  role: [
    0x84,
    {
      target: key,
      rank: uintOf(8),
      cut: bins(20, CUT_ENTRIES_MAX),
      lifts: ids,
      reason: sealable(REASON_BYTES_MAX),
    },
  ],
  /**
   * kick: the target's own later join, naming this event, lifts it. cut: lane8 n4 id8 each, of the room the event
   * lies in; in room 0 the cut is `cuts`: room16 lane8 n4 id8 each, over all rooms. until: ms, zeros for ever.
   */
  ban: [
    0x85,
    {
      target: key,
      kick: bool,
      cut: bins(20, CUT_ENTRIES_MAX),
      cuts: bins(36, CUT_ENTRIES_MAX),
      until: time,
      reason: sealable(REASON_BYTES_MAX),
    },
  ],
  /** Ends bans, mutes and demotions by id. */
  lift: [0x86, { lifts: ids, reason: sealable(REASON_BYTES_MAX) }],
  /** isVoice: told as a voice, to speak, and not to come. What it allows is the same. */
  invite: [
    0x87,
    {
      persons: bins(32, PRIVATE_MEMBERS_MAX),
      reason: later(sealable(REASON_BYTES_MAX), ''),
      isVoice: later(bool, false),
    },
  ],
  /** lifts: the kicks that the joiner's own join ends. */
  join: [0x88, { lifts: ids }],
  leave: [0x89, {}],
  /** Room key sealed to each device, 80 bytes each: device32 || box48. keyId: the first 16 bytes of H("lanchat/key/1" || key). */
  key: [0x8a, { keyId: bin(16), sealed: bins(80, PRIVATE_MEMBERS_MAX) }],
  /** Lies in room 0. boxKey: X25519 key to which room keys are sealed. */
  profile: [0x8b, { nick: text(63), boxKey: key, about: text(ABOUT_BYTES_MAX) }],
  /** Lies in room 0. counter: the device's Ed25519("lanchat/device/1" || person32 || device32). Unlink: with a cut. */
  device: [0x8c, { device: key, link: bool, counter: bin(64), cuts: bins(36, CUT_ENTRIES_MAX) }],
  /** Lies in room 0, open networks only: these two ids are one place. */
  place: [0x8d, { a: bin(8), b: bin(8) }],
  /** A moderator hides (or shows again) one content event. */
  hide: [0x8e, { target: id, hidden: bool, reason: sealable(REASON_BYTES_MAX) }],
  /**
   * setting: 1 members at most, 2 read-only, 3 locked, 4 slow mode (seconds), 5 newcomers wait for a voice, 7 days
   * shown, and in room 0 6 members only; value: 0 off. persons: of 3, 5 and 6, whom it does not concern: those that its author knew.
   */
  settings: [
    0x8f,
    {
      setting: uintOf(8),
      value: uintOf(32),
      persons: bins(32, LISTED_PERSONS_MAX),
      reason: sealable(REASON_BYTES_MAX),
    },
  ],
  /**
   * Lies in room 0 of a network with an owner. door: the key made of a code. sealed: the code's key for each device, 80 bytes
   * each: device32 || box48. made: this is the network's code from now on, and those of `replaces` let nobody in any more;
   * else it is only sealed to further devices. text: the code, and former: the keys of codes before it, for who has its key.
   */
  newcode: [
    0x90,
    {
      door: key,
      made: bool,
      sealed: bins(80, PRIVATE_MEMBERS_MAX),
      text: blob(CODE_TEXT_BYTES_MAX),
      former: blob(32 * FORMER_CODES_MAX + 16),
      replaces: bins(32, FORMER_CODES_MAX),
      reason: later(text(REASON_BYTES_MAX), ''),
    },
  ],
  /** Lies in room 0 of a network with an owner: an admin lets people in. lifts: what kept them out, and ends. */
  admit: [0x91, { persons: ids, lifts: ids, reason: later(text(REASON_BYTES_MAX), '') }],
  /** A moderator puts a content event where everybody finds it, or takes it from there. */
  pin: [0x92, { target: id, pinned: bool, reason: later(sealable(REASON_BYTES_MAX), '') }],
  /** As a ban, of content alone: the target stays a member. */
  mute: [
    0x93,
    {
      target: key,
      cut: bins(20, CUT_ENTRIES_MAX),
      cuts: bins(36, CUT_ENTRIES_MAX),
      until: time,
      reason: sealable(REASON_BYTES_MAX),
    },
  ],
  /** Lies in a talk: its author takes no messages of the other any more, or takes them again. */
  block: [0x95, { on: bool }],
  /** Lies in room 0. How a person looks: part 1 colour, 3 bytes rgb; 2 picture, an image file. Empty: none. */
  look: [0x96, { part: uintOf(8), bytes: blob(PICTURE_BYTES_MAX) }],
  /** Lies in room 0. A process names an event under its own key that it did not write: whoever wrote it runs too. */
  twin: [0x97, { seen: id }],
  /** Lies in room 0 of a network with an owner: its author came in by this code. proof: as signEntry makes it. */
  entry: [0x98, { door: key, proof: bin(64) }],
  /**
   * Lies in a private room or talk: room keys, told by their ids, sealed together by one device of a person to another one of
   * theirs that has not got them.
   */
  keyring: [0x99, { device: key, keys: bins(16, KEYRING_MAX), sealed: blob(32 * KEYRING_MAX + 16) }],
  /** A person deletes, from one of their devices, what another of them wrote. */
  erase: [0x9a, { targets: bins(32, ERASE_TARGETS_MAX) }],
  /** Takes back the voice that an invite gave: they wait as newcomers do, and do not enter a locked room. */
  unvoice: [0x9b, { persons: bins(32, PRIVATE_MEMBERS_MAX), reason: sealable(REASON_BYTES_MAX) }],
  /** Lanes that the cut of the ban, mute or demotion which follows in its lane does not hold; fields as there. */
  cut: [0x9c, { cut: bins(20, CUT_ENTRIES_MAX), cuts: bins(36, CUT_ENTRIES_MAX) }],
  // reserved: 0x94 verify
} as const

type Definitions = typeof definitions
export type KindName = keyof Definitions
export type BodyOf<K extends KindName> = Readonly<
  Definitions[K][1] extends Record<string, v.GenericSchema>
    ? ValueOf<Definitions[K][1]>
    : Record<never, never>
>
/** A body's value told apart by `kind`. */
export type BodyValue = { [K in KindName]: { readonly kind: K } & BodyOf<K> }[KindName]

interface Definition {
  readonly name: KindName
  readonly number: number
  readonly shape: ReturnType<typeof shape>
}
const byName = new Map<string, Definition>()
const byNumber = new Map<number, Definition>()
for (const [name, [number, fields]] of Object.entries(definitions)) {
  const definition = {
    name: name as KindName,
    number,
    shape: shape(fields as Record<string, v.GenericSchema>),
  }
  byName.set(name, definition)
  byNumber.set(number, definition)
}

export const kindNumber = (name: KindName): number => byName.get(name)!.number
/** The name of a known kind; undefined for one of a later version: stored and passed on, never shown. */
export const kindName = (number: number): KindName | undefined => byNumber.get(number)?.name

/** The array that msgpack writes after the salt. */
export function packBody(value: BodyValue): unknown[] {
  return byName.get(value.kind)!.shape.pack(value as never)
}

/** The value in an unpacked body of this kind, or null where it does not fit: such an event is kept, never counted. */
export function parseBody(kind: number, array: unknown): BodyValue | null {
  const definition = byNumber.get(kind)
  if (!definition || !Array.isArray(array)) return null
  const fields = definition.shape.parse(array)
  return fields ? ({ kind: definition.name, ...fields } as unknown as BodyValue) : null
}

/** Number, field names and their types of every kind: for documents and tests. */
export const kindTable = [...byName.values()].map(({ name, number }) => ({
  name,
  number,
  fields: Object.keys(definitions[name][1]),
  types: Object.values<v.GenericSchema>(definitions[name][1]).map(typeName),
}))
