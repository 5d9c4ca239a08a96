/** Several devices of one person: a device asks, the person's first one accepts, and can unlink it for good. */
import { fromHex } from '../../wire/bytes.ts'
import { CODE_WORDS } from '../../wire/code-words.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { linkCodeBytes, signCounter, verifyCounter } from '../../wire/device.ts'
import { NETWORK_ROOM, type PersonKey, personKey } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { DEVICES_MAX } from '../../wire/limits.ts'
import type { Core } from '../core.ts'
import type { CommandOf, DeviceLine } from '../events.ts'
import { type Devices, withRooms } from '../rooms.ts'
import type { Answers, Asked } from './answers.ts'
import { cutting, tellLeftOut } from './cutting.ts'
import type { Finding } from './finding.ts'
import { heldLanes } from './network.ts'
import type { Writer } from './writer.ts'

const NONE = new Uint8Array(0)
const NO_COUNTER = new Uint8Array(64)
const CODE_WORDS_SHOWN = 4
const ID_DIGITS_MIN = 4

/** Four words that both screens show: 44 bits of both keys. */
export function linkCode(core: Core, person: PersonKey, device: PersonKey): string {
  const bytes = linkCodeBytes(core.options.crypto, person, device)
  const words = Array.from({ length: CODE_WORDS_SHOWN }, (_, i) => {
    const two = bytes.subarray(2 * i, 2 * i + 2)
    return CODE_WORDS[((two[0]! << 8) | two[1]!) % CODE_WORDS.length]!
  })
  return words.join(' ')
}

export class DeviceActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, finding: Finding, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#writer = writer
  }

  /** The devices of this person, and those that ask to be one. */
  list(asked: Asked): void {
    const { me, self, views, people } = this.#core
    const { devices } = views.network()
    const lines = [me, ...devices.linkedBy(me)].map(
      (key): DeviceLine => ({
        id: key,
        state: stateOf(devices, me, key),
        online: this.#core.isHere(key),
        ...(key === self && { self: true as const }),
      }),
    )
    const asking = [...requests(this.#core).keys()].map(
      (key): DeviceLine => ({
        id: key,
        name: people.nick(key),
        state: 'asks',
        code: linkCode(this.#core, me, key),
        online: this.#core.isHere(key),
      }),
    )
    this.#answers.result(asked, [...lines, ...asking])
  }

  /** On the further device: it agrees to be that person's. */
  ask(asked: Asked, { who }: CommandOf<'linkAsk'>): void {
    const { self, me, options, views, people } = this.#core
    const person = this.#finding.person(asked, who)
    if (!person) return
    const { devices } = views.network()
    if (me !== self || devices.ever(self).length > 1)
      return this.#refuse(asked, 'This one', 'can be linked to anybody else')
    if (person === me) return this.#refuse(asked, who, 'is another one than this')
    if (isFull(devices, person)) return this.#answers.refuse(asked, 'DEVICES_MAX', { max: DEVICES_MAX })
    const value: BodyValue = {
      kind: 'device',
      device: fromHex(person),
      link: false,
      counter: signCounter(options.signer, self, person),
      cuts: NONE,
    }
    const code = linkCode(this.#core, person, self)
    this.#writer.write(NETWORK_ROOM, value, () =>
      this.#answers.system(asked, 'link', null, {
        user: people.who(person),
        code,
        text: `On a device of ${people.nick(person)}, type /device accept ${people.nick(self)} where it shows these words: ${code}. From then on each of them reads what the other can, also of before.`,
      }),
    )
  }

  /** On the person's first device: from now on that key is theirs too. */
  accept(asked: Asked, { who }: CommandOf<'linkAccept'>): void {
    const { self, me, people, views } = this.#core
    if (me !== self) return this.#refuse(asked, 'This one', 'may link others: the first one does')
    if (isFull(views.network().devices, me))
      return this.#answers.refuse(asked, 'DEVICES_MAX', { max: DEVICES_MAX })
    const device = this.#asking(who)
    if (!device) return this.#refuse(asked, who, 'asks to be linked to you')
    const user = people.who(device)
    const value: BodyValue = {
      kind: 'device',
      device: fromHex(device),
      link: true,
      counter: requests(this.#core).get(device)!,
      cuts: NONE,
    }
    const extra = {
      user,
      code: linkCode(this.#core, me, device),
      text: `${user.name} is a device of yours now, and gets your keys to private rooms and talks of before.`,
    }
    this.#writer.write(NETWORK_ROOM, value, () => this.#answers.system(asked, 'link', null, extra))
  }

  /**
   * On the person's first device: that key is theirs no more, and its lanes end at what is held of them here. Also one that
   * somebody else calls theirs by now: whoever stole it would have that done first.
   */
  remove(asked: Asked, { who }: CommandOf<'unlink'>): void {
    const { self, me, views, people, replica } = this.#core
    if (me !== self) return this.#refuse(asked, 'This one', 'may unlink others: the first one does')
    const { devices } = views.network()
    const meant = devices.linkedBy(me).filter((key) => !devices.isUnlinkedBy(me, key) && isMeant(key, who))
    const [device, ...more] = meant
    if (!device || more.length > 0) return this.#refuse(asked, who, 'is linked to you')
    const cut = cutting(heldLanes(replica, device), withRooms)
    const value: BodyValue = {
      kind: 'device',
      device: fromHex(device),
      link: false,
      counter: NO_COUNTER,
      cuts: cut.own,
    }
    const extra = {
      user: people.who(me),
      device,
      text: `The device ${device.slice(0, 8)} is not yours any more.`,
    }
    for (const cuts of cut.before) this.#writer.write(NETWORK_ROOM, { kind: 'cut', cut: NONE, cuts })
    this.#writer.write(NETWORK_ROOM, value, () => {
      this.#answers.system(asked, 'unlink', null, extra)
      tellLeftOut(this.#core, me, cut)
    })
  }

  /** Who asks and goes by this name or these digits. */
  #asking(who: string): PersonKey | undefined {
    const asking = [...requests(this.#core).keys()]
    const named = asking.filter((key) => isMeant(key, who) || this.#core.people.nick(key) === who)
    return named.length === 1 ? named[0] : undefined
  }

  #refuse(asked: Asked, device: string, why: string): void {
    this.#answers.refuse(asked, 'DEVICE_UNKNOWN', { device, why })
  }
}

/** Has that person linked as many devices as count (rule DV-1)? Unlinked ones among them. */
const isFull = (devices: Devices, person: PersonKey) => devices.linkedBy(person).length >= DEVICES_MAX

function stateOf(devices: Devices, me: PersonKey, key: PersonKey): DeviceLine['state'] {
  if (key === me) return 'first'
  if (devices.isUnlinkedBy(me, key)) return 'removed'
  return devices.personOf(key) === me ? 'linked' : 'taken'
}

const isMeant = (key: PersonKey, digits: string) => digits.length >= ID_DIGITS_MIN && key.startsWith(digits)

/** Keys that have asked to be this person's, with what they signed; those of whom something was decided left out. */
export function requests(core: Core): Map<PersonKey, Uint8Array> {
  const { views, self, options } = core
  const { devices } = views.network()
  const asking = new Map<PersonKey, Uint8Array>()
  for (const { event, body } of views.controls(NETWORK_ROOM)) {
    if (body?.kind !== 'device' || body.link || personKey(body.device) !== self) continue
    const { author } = event
    const isFree =
      devices.personOf(author) === author && devices.ever(author).length === 1 && !devices.isRemoved(author)
    if (isFree && author !== self && isSigned(options.crypto, body, self, author))
      asking.set(author, body.counter)
  }
  return asking
}

/** Questions that were looked at: somebody may ask without end, and each is a signature to check. */
const looked = new WeakMap<BodyValue, boolean>()

function isSigned(
  crypto: Crypto,
  body: BodyValue & { readonly counter: Uint8Array },
  self: PersonKey,
  author: PersonKey,
): boolean {
  const known = looked.get(body) ?? verifyCounter(crypto, body.counter, self, author)
  looked.set(body, known)
  return known
}
