/**
 * The code of a network with an owner: a new one where the old one got about, the invitation by it, and what follows by itself:
 * it is sealed to members who lack it, and who came in by it says so (rule RM-23).
 */
import { concat, fromHex } from '../../wire/bytes.ts'
import { type DoorKey, doorKey, doorOf, signEntry } from '../../wire/door.ts'
import type { Event } from '../../wire/event.ts'
import { NETWORK_ROOM, type PersonKey } from '../../wire/ids.ts'
import { formatInvitation } from '../../wire/invitation.ts'
import { wordsOfInvitation } from '../../wire/invitation-words.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { FORMER_CODES_MAX, PRIVATE_MEMBERS_MAX } from '../../wire/limits.ts'
import type { Core } from '../core.ts'
import type { CommandOf } from '../events.ts'
import type { Answers, Asked } from './answers.ts'
import { denialOfAct, rankOf } from './permission.ts'
import type { Writer } from './writer.ts'

const NONE = new Uint8Array(0)
/** Of several admins who are here the one of the least key seals at once, each other one so much later. */
const SEAL_AFTER_MS = 3000

export class CodeActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #writer: Writer
  /** Since when members are seen to lack the code: monotonic ms. */
  #lackingSince: number | undefined
  /** That this node came in by the code in force. */
  #entry: Event | undefined

  constructor(core: Core, answers: Answers, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#writer = writer
  }

  /** From now on whoever has only an older code gets in nowhere; members are given this one. */
  newCode(asked: Asked, { code, reason = '' }: CommandOf<'newCode'>): void {
    const { doors, me, views, options } = this.#core
    if (!doors) return this.#answers.refuse(asked, 'NOT_OWNED')
    if (this.#answers.refusesReason(asked, reason)) return
    const view = views.room(NETWORK_ROOM)
    const value: BodyValue = { ...EMPTY, door: new Uint8Array(32), made: true }
    if (!view || !code || denialOfAct(view, me, value))
      return this.#answers.refuse(asked, 'NOT_ADMIN', {
        action: 'make a new code',
        rank: 'an admin or the owner',
      })
    const door = doorOf(options.crypto, code.key)
    const { codes } = views.network()
    const replaces = [...new Set(codes.counted.filter(({ made }) => made).map((made) => doorKey(made.door)))]
    const former = doors.formerTo(door).slice(-FORMER_CODES_MAX)
    const keys = this.#memberKeys()
    const last = Math.max(0, Math.ceil(keys.length / PRIVATE_MEMBERS_MAX) - 1) * PRIVATE_MEMBERS_MAX
    // Those who get it stand before the word that it is in force.
    for (let at = 0; at < last; at += PRIVATE_MEMBERS_MAX)
      this.#seal(code.key, door, keys.slice(at, at + PRIVATE_MEMBERS_MAX))
    this.#seal(code.key, door, keys.slice(last), {
      inner: { text: code.text, former },
      replaces: replaces.filter((other) => other !== door).slice(-FORMER_CODES_MAX),
      reason,
      told: () => this.#answers.system(asked, 'newcode', null, reason === '' ? {} : { reason }),
    })
  }

  /** What lets somebody else in. */
  invitation(asked: Asked): void {
    const { doors, options } = this.#core
    if (!doors) return this.#answers.refuse(asked, 'NOT_OWNED')
    const invitation = doors.invitation()
    if (!invitation) return this.#answers.refuse(asked, 'CODE_OLD')
    const { network, owner } = invitation
    this.#answers.result(asked, {
      network,
      owner,
      text: formatInvitation(options.crypto, invitation),
      words: wordsOfInvitation(options.crypto, invitation),
    })
  }

  /** Has this node the code in force, and is let in by nothing else? Then it says so, and is in. */
  get isEntering(): boolean {
    const { doors, views, self } = this.#core
    const { door, codes } = views.network()
    return doors?.current !== undefined && codes.newest !== undefined && door.admission(self) === 'outdated'
  }

  /** Until the hub has its word for it, it gives this node nothing. */
  get isComingIn(): boolean {
    return this.isEntering || (this.#entry !== undefined && this.#core.outbox.isOpen(this.#entry))
  }

  /** At the end of a turn, and at each tick. */
  look(): void {
    const { doors, views, self, options } = this.#core
    if (!doors || views.network().codes.newest === undefined) return
    const { current } = doors
    if (!current) return
    if (this.isEntering) {
      const proof = signEntry(options.crypto, current.key, options.net, self)
      const [entry] = this.#writer.write(NETWORK_ROOM, { kind: 'entry', door: fromHex(current.door), proof })
      this.#entry = entry
    }
    this.#sealToOthers(current.key, current.door)
  }

  /** Whoever is a member without it: linked since, let in by an admin, or come in by a code that lost to this one. */
  #sealToOthers(key: Uint8Array, door: DoorKey): void {
    const { views, me, moment } = this.#core
    const { codes } = views.network()
    const view = views.room(NETWORK_ROOM)
    const lacking =
      view && rankOf(view, me) >= 4 ? this.#memberKeys().filter((each) => !codes.holders.has(each)) : []
    if (lacking.length === 0) {
      this.#lackingSince = undefined
      return
    }
    this.#lackingSince ??= moment.now
    const admins = [...this.#core.onlineKeys()].filter((person) => rankOf(view!, person) >= 4).sort()
    if (moment.now < this.#lackingSince + SEAL_AFTER_MS * admins.indexOf(me)) return
    this.#seal(key, door, lacking.slice(0, PRIVATE_MEMBERS_MAX))
  }

  /** Devices of all who are let in, and whose profile is here. */
  #memberKeys(): PersonKey[] {
    const { profiles, ownProfiles, door, devices } = this.#core.views.network()
    return [...profiles.keys()]
      .filter((person) => door.admission(person) === 'member')
      .flatMap((person) => devices.of(person))
      .filter((key) => ownProfiles.has(key))
  }

  #seal(
    key: Uint8Array,
    door: DoorKey,
    to: readonly PersonKey[],
    made?: {
      inner: { text: string; former: readonly Uint8Array[] }
      replaces: DoorKey[]
      reason: string
      told: () => void
    },
  ): void {
    const { options, self, private: secrets } = this.#core
    const salt = options.crypto.random(16)
    const place = { net: options.net, author: self, salt }
    const sealed = secrets.sealCode(place, key, to)
    if (!made && sealed.length === 0) return
    const value: BodyValue = {
      ...EMPTY,
      door: fromHex(door),
      sealed,
      ...(made && {
        made: true,
        ...secrets.codes.sealInner(place, key, made.inner),
        replaces: concat(...made.replaces.map(fromHex)),
        reason: made.reason,
      }),
    }
    this.#writer.write(NETWORK_ROOM, value, made?.told, salt)
  }
}

const EMPTY = {
  kind: 'newcode',
  made: false,
  sealed: NONE,
  text: NONE,
  former: NONE,
  replaces: NONE,
  reason: '',
} as const
