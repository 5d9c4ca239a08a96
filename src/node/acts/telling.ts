/** Telling: what others' control events are told as, and the hub's refusals of own events. */
import { decodeBody, SALT_BYTES } from '../../wire/codec.ts'
import type { Event } from '../../wire/event.ts'
import {
  type EventId,
  NETWORK_ROOM,
  type PersonKey,
  personKey,
  type RoomId,
  talkRoom,
} from '../../wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../../wire/kinds.ts'
import type { Core } from '../core.ts'
import { ACT_KINDS, type ControlEvent, displayOrder, readIds, readPersons } from '../rooms.ts'
import { actOf, isNoAct } from './act-told.ts'
import { DeletedMeanwhile } from './deleted-meanwhile.ts'
import { errorTold } from './denial-told.ts'
import { linkCode, requests } from './devices.ts'
import { type LateStep, Steps } from './steps.ts'

const BLOCK = kindNumber('block')
const CREATE = kindNumber('create')
const DEVICE = kindNumber('device')
/** One code of refusal is told at most this often. */
const REFUSAL_MS = 10_000
const REFUSALS_MAX = 64
/** A question of one key to be this person's device is told at most this often, and of so many keys: all are in the list of devices. */
const ASKING_MS = 60_000
const ASKING_MAX = 8

export class Telling {
  readonly #core: Core
  /** Refusals by the hub that people were told lately, by code, and when. */
  readonly #toldRefusals = new Map<string, number>()
  /** Who asked to be a device of this person lately, and when. */
  readonly #asking = new Map<PersonKey, number>()
  /** Comings and goings by person and room, names by person. */
  readonly #steps = new Steps()
  readonly #meanwhile: DeletedMeanwhile

  constructor(core: Core) {
    this.#core = core
    this.#meanwhile = new DeletedMeanwhile({
      rooms: () => core.views.ids(),
      view: (room) => core.views.room(room),
      isMember: (view) => core.isMember(view),
      tell: (event) => this.#tellDeleted(event),
    })
  }

  /** The store was read. */
  loaded(): void {
    this.#meanwhile.loaded()
  }

  tick(): void {
    if (this.#core.isReady) this.#meanwhile.ready()
    for (const late of this.#steps.takeDue(this.#core.moment.now)) this.#stepped(late)
  }

  #tellDeleted(event: Event): void {
    const view = this.#core.views.room(event.room)
    const read = this.#read(event)
    if (view && read) this.#core.tell(actOf(this.#core, view, event, read.body, read.salt))
  }

  #read(event: Event): { readonly body: BodyValue; readonly salt: Uint8Array } | undefined {
    const bytes = this.#core.replica.body(event)
    const body = bytes && decodeBody(event.kind, bytes)
    return body ? { body, salt: bytes.subarray(0, SALT_BYTES) } : undefined
  }

  /**
   * The hub will not relay an own event: people are told, once in a while, unless this node sees the same reason and
   * said so already. The event stays in the outbox while it may still count.
   */
  refused(id: EventId, code: string): void {
    const event = this.#core.replica.find(id)
    // Content follows by itself within moments.
    if (!event || (code === 'RATE_LIMITED' && event.kind < 0x80)) return
    const { now } = this.#core.moment
    const view = this.#core.views.room(event.room)
    if (view?.deleted || now - (this.#toldRefusals.get(code) ?? Number.NEGATIVE_INFINITY) < REFUSAL_MS) return
    this.#toldRefusals.set(code, now)
    if (this.#toldRefusals.size > REFUSALS_MAX)
      this.#toldRefusals.delete(this.#toldRefusals.keys().next().value!)
    this.#core.tell(errorTold(this.#core, code, id.slice(0, 8), view, event.t))
  }

  /** What this person said, and nobody else is known to hold, does not count as things are: the error names it. */
  withdrawn({ id, room, t }: Event): void {
    const core = this.#core
    const code = core.denial(room) ?? 'NOT_MEMBER'
    core.tell({ ...errorTold(core, code, id.slice(0, 8), core.views.room(room), t), id })
  }

  /** A name may have come to somebody else. */
  #noteNamesake(person: PersonKey): void {
    const { people, namesakes, views } = this.#core
    const nick = views.network().profiles.get(person)?.nick
    if (nick === undefined) return
    const { sealed } = people.acquaintances.of(person)
    if (sealed !== undefined && sealed !== nick) namesakes.note({ person, known: person, nick })
    const known = people.keeperBefore(person)
    if (known !== undefined && known !== person) namesakes.note({ person, known, nick })
  }

  /** A device that asks is told to the one it asks; what was decided, to the devices of that person, and to who loses it by that. */
  #device(event: Event, body: BodyOf<'device'>): void {
    const core = this.#core
    const { people, views, me, self } = core
    const device = personKey(body.device)
    if (device === self && requests(core).has(event.author)) {
      if (!this.#mayAsk(event.author)) return
      const user = people.who(event.author)
      const code = linkCode(core, self, event.author)
      const text = `${user.name} asks to be a device of yours. Is it? Then it shows these words: ${code}. Type: /device accept ${user.name}`
      return core.tell({ type: 'system', event: 'link', room: null, user, code, device: event.author, text })
    }
    const { counted, devices } = views.network()
    const isTaken = devices.linkedBy(self).includes(device) && !devices.isUnlinkedBy(self, device)
    if (isTaken && views.personOf(device) === event.author && event.author !== self) {
      const user = people.who(event.author)
      const id = device.slice(0, 8)
      const text = `Your device ${id} is a device of ${user.name} by now: whoever has its key agreed. Was it stolen? Then type: /device remove ${id}`
      return core.tell({ type: 'system', event: 'link', room: null, user, device, text })
    }
    if (!counted.has(event.id) || views.personOf(device) !== me) return
    const user = people.labelled(me)
    const text = body.link
      ? `This is a device of ${user.name} now.`
      : `The device ${device.slice(0, 8)} of yours was unlinked.`
    const what = body.link ? 'link' : 'unlink'
    core.tell({ type: 'system', event: what, room: null, user, device, text })
  }

  /** Is this question told? Whoever asks without end, under whatever keys, does not fill the screen. */
  #mayAsk(author: PersonKey): boolean {
    const { blocks, moment } = this.#core
    for (const [key, at] of this.#asking) if (moment.now - at >= ASKING_MS) this.#asking.delete(key)
    if (blocks.has(author) || this.#asking.has(author) || this.#asking.size >= ASKING_MAX) return false
    this.#asking.set(author, moment.now)
    return true
  }

  /** What was not told at its time: is it news still? */
  #stepped({ event, was }: LateStep): void {
    const { views } = this.#core
    if (event.room === NETWORK_ROOM) return this.#named(event, was)
    const body = this.#read(event)?.body
    const view = views.room(event.room)
    if (body?.kind === was || !view || view.deleted) return
    // Whoever was put out since is not here again.
    if (view.members.has(views.personOf(event.author)) === (body?.kind === 'join')) this.#tellOf(event)
  }

  /** Somebody goes by another name. was: what people were told before. */
  #named(event: Event, was: string): void {
    const { people, views, blocks, moment } = this.#core
    const author = views.personOf(event.author)
    if (blocks.has(author)) return
    const user = people.labelled(event.author)
    const label = user.label ?? user.name
    if (label === was || !this.#steps.may(author, event, label, moment.now)) return
    this.#core.tell({ type: 'system', event: 'nick', room: null, user, was })
  }

  /** Whom another device of this person blocks, or takes back, is blocked here too, or not any more. */
  #blockedElsewhere(room: RoomId): void {
    const { views, me, self, blocks, people, isReady, startedAt } = this.#core
    const view = views.room(room)
    if (view?.type !== 'talk') return
    const other = [...(view.persons ?? [])].find((person) => person !== me)
    if (!other) return
    const said = this.#saidOf(other)
    // What this device said of it itself was heeded when it was said.
    if (said?.body?.kind !== 'block' || said.event.author === self) return
    if (!blocks.set(other, said.body.on)) return
    this.#core.saveMarks()
    if (!isReady || said.event.at < startedAt) return
    const user = people.labelled(other)
    this.#core.tell({ type: 'system', event: said.body.on ? 'block' : 'unblock', room: null, user })
  }

  /** The last that this person said of hearing that other one: a device has talks of its own from before it was linked. */
  #saidOf(other: PersonKey): ControlEvent | undefined {
    const { views, me, options } = this.#core
    const { devices } = views.network()
    const talks = devices
      .ever(me)
      .flatMap((mine) =>
        devices.ever(other).map((theirs) => talkRoom(options.crypto, options.net, mine, theirs)),
      )
    return talks
      .flatMap((talk) => {
        const counted = views.room(talk)?.counted
        return [...views.controls(talk)].filter(({ event }) => counted?.has(event.id))
      })
      .filter(({ event, body }) => body?.kind === 'block' && views.personOf(event.author) === me)
      .sort(displayOrder)
      .at(-1)
  }

  /** Deleted by another device of whoever wrote them. */
  #erased(by: PersonKey, targets: Uint8Array): void {
    for (const id of readIds(targets)) {
      const told = this.#core.display.deleted(id, Math.round(this.#core.netNow), by)
      if (told) this.#core.tell(told)
    }
  }

  /** A control event has come into a counted prefix: told once ready, when it happened after this process's start. */
  counted(event: Event): void {
    const { people, me: self, views } = this.#core
    const was = people.met(event.author)
    const author = views.personOf(event.author)
    if (event.room === NETWORK_ROOM && author !== self) this.#noteNamesake(author)
    const isNews = this.#core.isReady && event.at >= this.#core.startedAt
    if (event.author !== this.#core.self) this.#meanwhile.heard(event, isNews)
    // The talk's create says between whom it is, and the link whose word it is: both may come behind the block.
    const isElsewhere = event.author !== this.#core.self
    if (event.kind === CREATE || (event.kind === BLOCK && author === self && isElsewhere))
      this.#blockedElsewhere(event.room)
    if (event.kind === DEVICE && author === self) for (const room of views.ids()) this.#blockedElsewhere(room)
    if (!isNews || event.author === this.#core.self) return
    if (event.room !== NETWORK_ROOM) return this.#tellOf(event)
    const view = views.room(event.room)
    const read = this.#read(event)
    const body = read?.body
    if (body?.kind === 'device') return this.#device(event, body)
    if (read && view?.counted.has(event.id) && ACT_KINDS.has(read.body.kind) && !isNoAct(read.body))
      this.#core.tell(actOf(this.#core, view, event, read.body, read.salt))
    if (body?.kind === 'profile' && was !== undefined) this.#named(event, was)
  }

  /** What somebody else has done in a room or to it. */
  #tellOf(event: Event): void {
    const { people, me: self, views, blocks, moment } = this.#core
    const author = views.personOf(event.author)
    const view = views.room(event.room)
    const read = this.#read(event)
    const body = read?.body
    const isBlocked = blocks.has(author)
    if (body?.kind === 'erase' && view?.counted.has(event.id)) return this.#erased(author, body.targets)
    if (!read || !body || !TOLD.has(body.kind) || isNoAct(body) || !view || view.type === 'talk') return
    if (!view.counted.has(event.id) && body.kind !== 'delete') return
    const isOfAll = view.type === 'public' && (body.kind === 'create' || body.kind === 'delete')
    const invited = body.kind === 'invite' ? readPersons(body.persons) : []
    const told = actOf(this.#core, view, event, body, read.salt)
    const concernsMe = told.user.id === self || invited.includes(self) || (view.persons?.has(self) ?? false)
    if (!isOfAll && !this.#core.isMember(view) && !concernsMe) return
    if (body.kind === 'join' && isUnmuting(this.#core, event.room, body.lifts)) return
    // Whom this person has blocked can invite them to nothing, nor talk by the names of rooms, or by coming and going.
    if (isBlocked && (invited.length > 0 || OWN_STEPS.has(body.kind))) return
    const isStep = body.kind === 'join' || body.kind === 'leave'
    if (isStep && !this.#steps.may(author + event.room, event, body.kind, moment.now)) return
    if (invited.length < 2) return this.#core.tell(told)
    // One line each: whoever is invited finds themselves in it.
    const { more: _, ...one } = told
    for (const person of invited) this.#core.tell({ ...one, user: people.labelled(person) })
  }
}

/** A join that only ends mutes: its author was in the room all the time. */
function isUnmuting({ views }: Core, room: RoomId, lifts: Uint8Array): boolean {
  const lifted = readIds(lifts).map((id) => views.control(room, id)?.body?.kind)
  return lifted.length > 0 && lifted.every((kind) => kind === 'mute')
}

/** What decides nothing about anybody else. */
const OWN_STEPS: ReadonlySet<BodyValue['kind']> = new Set<BodyValue['kind']>(['create', 'join', 'leave'])

/** Control events that people are told of. */
const TOLD: ReadonlySet<BodyValue['kind']> = new Set<BodyValue['kind']>([
  ...ACT_KINDS,
  'create',
  'join',
  'leave',
])
