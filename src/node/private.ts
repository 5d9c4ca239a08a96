/**
 * Private rooms and talks as this device sees them: the room keys it can open, what it seals with, what it reads
 * (rules SE-*). The mechanism is in sealing.ts; here it meets the views.
 */
import nacl from 'tweetnacl'
import { hex } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import type { DoorKey } from '../wire/door.ts'
import type { Event } from '../wire/event.ts'
import { type EventId, type PersonKey, personKey, type RoomId } from '../wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../wire/kinds.ts'
import { PRIVATE_MEMBERS_MAX } from '../wire/limits.ts'
import type { People } from './people.ts'
import { type ControlEvent, displayOrder, type NetworkView, type RoomView } from './rooms.ts'
import {
  type BoxKeyPair,
  boxKeyPairOf,
  type CodePlace,
  devicesOf,
  type InnerCode,
  type KeyEvent,
  type KeyId,
  type KeyPlace,
  keyBody,
  keyIdsIn,
  keyringBody,
  newRoomKey,
  openCodeKey,
  openInner,
  openKey,
  openKeyring,
  openText,
  openValue,
  pickKey,
  type RoomKey,
  type SealedField,
  SharedKeys,
  sealable,
  sealCodeKey,
  sealInner,
  sealText,
  sealValue,
} from './sealing.ts'
import type { Views } from './views.ts'

const KEY = kindNumber('key')
const KEYRING = kindNumber('keyring')

/** Profiles come before all else: whose has not come within this has none, as after a fork of what said it. */
const PROFILE_MS = 10_000
/** People without a profile that are remembered: private rooms have some hundred members. */
const UNKNOWN_MAX = 1024

/** Codes of a network sealed to devices, and opened. */
export interface CodeBox {
  /** The key of a code; undefined where it is not for this device, or its author's profile is not here. */
  open(
    place: CodePlace,
    sealed: { readonly door: DoorKey; readonly sealed: Uint8Array },
  ): Uint8Array | undefined
  openInner(place: CodePlace, key: Uint8Array, body: Pick<BodyOf<'newcode'>, 'text' | 'former'>): InnerCode
  sealInner(place: CodePlace, key: Uint8Array, inner: InnerCode): Pick<BodyOf<'newcode'>, 'text' | 'former'>
}

/** Room keys that were opened, of the events in `of` when these were so many, by box keys of `network`. */
interface Ring {
  readonly keys: Map<KeyId, RoomKey>
  readonly tried: Set<string>
  of: ReadonlyMap<EventId, ControlEvent> | undefined
  size: number
  network: NetworkView | undefined
}

export class Private {
  readonly boxKeys: BoxKeyPair
  readonly #crypto: Crypto
  readonly #self: PersonKey
  readonly #views: Views
  readonly #people: People
  readonly #shared: SharedKeys
  readonly #rings = new Map<RoomId, Ring>()
  readonly #now: () => number
  /** Members to whom no key could be sealed for want of a profile, and since when. */
  readonly #unknown = new Map<PersonKey, number>()

  /** now: monotonic ms. */
  constructor(
    crypto: Crypto,
    seed: Uint8Array,
    self: PersonKey,
    views: Views,
    people: People,
    now: () => number,
  ) {
    this.#now = now
    this.#crypto = crypto
    this.#self = self
    this.#views = views
    this.#people = people
    this.boxKeys = boxKeyPairOf(crypto, seed)
    this.#shared = new SharedKeys(this.boxKeys.secretKey)
  }

  /** Room keys that this device can open, from the key events held. */
  #ring(room: RoomId): Map<KeyId, RoomKey> {
    let ring = this.#rings.get(room)
    if (!ring) {
      ring = { keys: new Map(), tried: new Set(), of: undefined, size: 0, network: undefined }
      this.#rings.set(room, ring)
    }
    const controls = this.#views.controlsById(room)
    const network = this.#views.network()
    // Asked for each message that is opened: gone through when there may be another key, or another box key to open one with.
    if (ring.of === controls && ring.size === controls.size && ring.network === network) return ring.keys
    Object.assign(ring, { of: controls, size: controls.size, network })
    for (const { event, body, salt } of controls.values()) {
      if ((event.kind !== KEY && event.kind !== KEYRING) || ring.tried.has(event.id)) continue
      if (body?.kind !== 'key' && body?.kind !== 'keyring') continue
      const authorKey =
        event.author === this.#self ? this.boxKeys.publicKey : this.#people.boxKey(event.author)
      if (!authorKey) continue
      ring.tried.add(event.id)
      const place = { room, author: event.author, salt }
      if (body.kind === 'keyring') {
        for (const key of this.#openKeyring(place, body, authorKey)) ring.keys.set(key.id, key)
        continue
      }
      const opened = openKey(this.#crypto, place, body, this.#self, authorKey, this.#shared)
      if (opened) ring.keys.set(opened.id, opened)
    }
    return ring.keys
  }

  /** The keys of a deleted room were erased: none stays in memory. */
  forget(room: RoomId): void {
    for (const { key } of this.#rings.get(room)?.keys.values() ?? []) key.fill(0)
    this.#rings.delete(room)
  }

  #openKeyring(place: KeyPlace, body: BodyOf<'keyring'>, authorKey: Uint8Array): RoomKey[] {
    const shared = hex(body.device) === this.#self ? this.#shared.with(authorKey) : null
    return shared ? openKeyring(this.#crypto, place, body, this.#self, shared) : []
  }

  /** Keys of a private room that this device can open, and that were never sealed to that one. */
  lackedBy(room: RoomId, device: PersonKey): RoomKey[] {
    const has = new Set<KeyId>()
    for (const { author, keys, sealedTo } of this.#keyEvents(room))
      if (author === device || sealedTo.includes(device)) for (const id of keys) has.add(id)
    return [...this.#ring(room).values()].filter(({ id }) => !has.has(id))
  }

  /** The body of a keyring for another device of this person; undefined while its box key is not here, or is weak. */
  keyringBody(
    room: RoomId,
    salt: Uint8Array,
    device: PersonKey,
    keys: readonly RoomKey[],
  ): BodyValue | undefined {
    const boxKey = this.#boxKeyOf(device)
    const shared = boxKey && this.#shared.with(boxKey)
    const place = { room, author: this.#self, salt }
    return shared ? keyringBody(this.#crypto, place, device, keys, shared) : undefined
  }

  /** What counts in a room about who has which key, in display order. */
  #keyEvents(room: RoomId, unlinkedT = Number.NEGATIVE_INFINITY): KeyEvent[] {
    const view = this.#views.room(room)
    return [...this.#views.controls(room)]
      .filter(({ event }) => view?.counted.has(event.id) ?? false)
      .sort(displayOrder)
      .flatMap(({ event: { author, t }, body }) => {
        if (body?.kind === 'key')
          return [
            { author, keys: keyIdsIn(body.keyId), sealedTo: devicesOf(body), mayBePicked: t > unlinkedT },
          ]
        if (body?.kind !== 'keyring') return []
        const sealedTo = [personKey(body.device)]
        return [{ author, keys: keyIdsIn(body.keys), sealedTo, mayBePicked: false }]
      })
  }

  /** A content body of a private room; null where it cannot be opened (yet). */
  open(event: Event, body: Uint8Array): BodyValue | null {
    const value = openValue(this.#crypto, this.#ring(event.room), event, body)
    return typeof value === 'string' ? null : value
  }

  seal(room: RoomId, key: RoomKey, t: number, value: BodyValue): Uint8Array {
    return sealValue(this.#crypto, key, { room, author: this.#self, t }, this.#crypto.random(16), value)
  }

  sealText(
    room: RoomId,
    key: RoomKey,
    t: number,
    salt: Uint8Array,
    field: SealedField,
    text: string,
  ): Uint8Array {
    return sealText(this.#crypto, key, { room, author: this.#self, t }, salt, field, text)
  }

  /** The sealed name of a private room, as its create says it. */
  openName(view: RoomView): string | undefined {
    if (typeof view.name === 'string') return view.name
    for (const { event, body, salt } of this.#views.controlsById(view.id).values()) {
      if (
        body?.kind !== 'create' ||
        this.#views.personOf(event.author) !== view.createdBy ||
        body.name !== view.name
      )
        continue
      const opened = openText(this.#crypto, this.#ring(view.id), event, salt, 'name', view.name)
      if (typeof opened !== 'string') return opened.text
    }
    return undefined
  }

  /** The topic that counts; undefined where it cannot be opened. */
  openTopic(view: RoomView): string | undefined {
    if (typeof view.topic === 'string') return view.topic
    for (const { event, body, salt } of this.#views.controlsById(view.id).values()) {
      if ((body?.kind !== 'create' && body?.kind !== 'topic') || body.topic !== view.topic) continue
      const opened = this.openField(event, salt, 'topic', view.topic)
      if (opened !== undefined) return opened
    }
    return undefined
  }

  /** A text of a control event's body, sealed or not; undefined where it cannot be opened. */
  openField(
    event: Event,
    salt: Uint8Array,
    field: SealedField,
    value: string | Uint8Array,
  ): string | undefined {
    if (typeof value === 'string') return value
    const opened = openText(this.#crypto, this.#ring(event.room), event, salt, field, value)
    return typeof opened === 'string' ? undefined : opened.text
  }

  /** For another device of this person alone; undefined while its box key is not here. */
  sealTo(device: PersonKey, bytes: Uint8Array): { nonce: Uint8Array; box: Uint8Array } | undefined {
    const boxKey = this.#boxKeyOf(device)
    const shared = boxKey && this.#shared.with(boxKey)
    const nonce = this.#crypto.random(24)
    return shared ? { nonce, box: nacl.box.after(bytes, nonce, shared) } : undefined
  }

  openFrom(device: PersonKey, nonce: Uint8Array, box: Uint8Array): Uint8Array | undefined {
    const boxKey = this.#boxKeyOf(device)
    const shared = boxKey && this.#shared.with(boxKey)
    return (shared && nacl.box.open.after(box, nonce, shared)) || undefined
  }

  /** Of the network's codes, for this device. */
  get codes(): CodeBox {
    return {
      open: (place, sealed) => {
        const boxKey = this.#boxKeyOf(place.author)
        return boxKey && openCodeKey(this.#crypto, place, sealed, this.#self, boxKey, this.#shared)
      },
      openInner: (place, key, body) => openInner(this.#crypto, place, key, body),
      sealInner: (place, key, inner) => sealInner(this.#crypto, place, key, inner),
    }
  }

  /** A code's key for these devices, as a `newcode` holds it: those whose box key is not here, or weak, are left out. */
  sealCode(place: CodePlace, key: Uint8Array, devices: Iterable<PersonKey>): Uint8Array {
    return sealCodeKey(this.#crypto, place, key, this.#sealable(devices), this.#shared)
  }

  newKey(): RoomKey {
    return newRoomKey(this.#crypto)
  }

  /**
   * The body of a key event that seals the key to these members. A key whose box key is weak is left out, as `present`
   * leaves it out, and so is a further device without a profile: its person's others hand the room's keys on to it. undefined
   * while the profile of one of the members is not here, but may come.
   */
  keyBody(room: RoomId, salt: Uint8Array, key: RoomKey, members: Iterable<PersonKey>): BodyValue | undefined {
    const persons = new Set(members)
    // Nobody writes to themselves alone where somebody else is meant.
    const me = this.#views.personOf(this.#self)
    const others = [...persons].filter((person) => person !== me)
    if (others.length > 0 && !others.some((person) => this.#boxKeyOf(person))) return undefined
    const wanted = this.#devicesOf(persons).filter(
      (key) => this.#boxKeyOf(key) || (persons.has(key) && this.#mayCome(key)),
    )
    if (wanted.length > PRIVATE_MEMBERS_MAX || wanted.some((member) => !this.#boxKeyOf(member)))
      return undefined
    const place = { room, author: this.#self, salt }
    return keyBody(this.#crypto, place, key, this.#sealable(wanted), this.#shared)
  }

  /** May the profile of this member just be on its way? Whoever never had one, or has one no more, keeps nobody from writing. */
  #mayCome(member: PersonKey): boolean {
    const now = this.#now()
    const since = this.#unknown.get(member) ?? now
    this.#unknown.set(member, since)
    if (this.#unknown.size > UNKNOWN_MAX) this.#unknown.delete(this.#unknown.keys().next().value!)
    return now - since < PROFILE_MS
  }

  /** The key to post with now: the newest that is sealed to exactly those of these members to whom a key can be sealed. */
  present(room: RoomId, members: Iterable<PersonKey>): RoomKey | undefined {
    const ring = this.#ring(room)
    const { devices } = this.#views.network()
    // What was made before may have been handed on to the device that is gone.
    let unlinkedT = Number.NEGATIVE_INFINITY
    for (const member of members) unlinkedT = Math.max(unlinkedT, devices.lastUnlinkedT(member))
    const events = this.#keyEvents(room, unlinkedT)
    const id = pickKey(events, this.#sealable(this.#devicesOf(members)).keys(), (key) => ring.has(key))
    return id && ring.get(id)
  }

  /** The key that the room's name is sealed with: who is invited gets it, to read where they are invited to. */
  nameKey(view: RoomView): RoomKey | undefined {
    if (typeof view.name === 'string') return undefined
    return this.#ring(view.id).get(hex(view.name, 0, 16) as KeyId)
  }

  /** The keys that read for these persons. */
  #devicesOf(members: Iterable<PersonKey>): PersonKey[] {
    const { devices } = this.#views.network()
    return [...members].flatMap((member) => devices.of(member))
  }

  #sealable(members: Iterable<PersonKey>): Map<PersonKey, Uint8Array> {
    return sealable(members, (member) => this.#boxKeyOf(member), this.#shared)
  }

  #boxKeyOf(member: PersonKey): Uint8Array | undefined {
    return member === this.#self ? this.boxKeys.publicKey : this.#people.boxKey(member)
  }
}
