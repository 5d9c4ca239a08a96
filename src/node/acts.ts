/**
 * Acts: what people ask for, turned into events or answers; and what others' control events are told as. Each command
 * gets exactly one answer, in the order of asking. One concept per file in acts/; here is which command means which.
 */
import type { Event, ParsedRun } from '../wire/event.ts'
import type { EventId, PersonKey, PlaceId, RoomId } from '../wire/ids.ts'
import { AcquaintanceActs } from './acts/acquaintances.ts'
import { Answers, type Asked } from './acts/answers.ts'
import { CodeActs } from './acts/codes.ts'
import { commandFault } from './acts/command-check.ts'
import { DeliveryActs } from './acts/delivery.ts'
import { DeviceActs } from './acts/devices.ts'
import { Erasures } from './acts/erasures.ts'
import { Export } from './acts/export.ts'
import { Finding } from './acts/finding.ts'
import { Inviting } from './acts/inviting.ts'
import { KeyRings } from './acts/key-rings.ts'
import { Log } from './acts/log.ts'
import { MessageActs } from './acts/messages.ts'
import { Moderation } from './acts/moderation.ts'
import { NetworkActs } from './acts/network.ts'
import { NoticeActs } from './acts/notices.ts'
import { OwnActs } from './acts/own.ts'
import { PeopleActs } from './acts/people.ts'
import { denialOf, denialOfRun, permitOf } from './acts/permission.ts'
import { Permits } from './acts/permits.ts'
import { Posting } from './acts/posting.ts'
import { ProfileActs } from './acts/profile.ts'
import { Questions } from './acts/questions.ts'
import { RoomActs } from './acts/rooms.ts'
import { Search } from './acts/search.ts'
import { Telling } from './acts/telling.ts'
import { Which } from './acts/which.ts'
import { Writer } from './acts/writer.ts'
import type { Core } from './core.ts'
import type { Command } from './events.ts'

export class Acts {
  readonly #core: Core
  readonly #answers: Answers
  readonly #permits: Permits
  readonly #finding: Finding
  readonly #posting: Posting
  readonly #messages: MessageActs
  readonly #rooms: RoomActs
  readonly #inviting: Inviting
  readonly #moderation: Moderation
  readonly #network: NetworkActs
  readonly #codes: CodeActs
  readonly #keyRings: KeyRings
  readonly #erasures: Erasures
  readonly #devices: DeviceActs
  readonly #log: Log
  readonly #own: OwnActs
  readonly #questions: Questions
  readonly #search: Search
  readonly #export: Export
  readonly #profile: ProfileActs
  readonly #telling: Telling
  readonly #people: PeopleActs
  readonly #acquaintances: AcquaintanceActs
  readonly #notices: NoticeActs
  readonly #delivery: DeliveryActs

  constructor(core: Core) {
    this.#core = core
    this.#answers = new Answers(core)
    this.#permits = new Permits(core, this.#answers)
    this.#finding = new Finding(core, this.#answers)
    const writer = new Writer(core)
    this.#posting = new Posting(core, this.#answers, this.#finding, writer)
    const which = new Which(core, this.#answers, this.#finding)
    this.#messages = new MessageActs(core, this.#answers, this.#posting, which, writer)
    this.#moderation = new Moderation(core, this.#answers, this.#finding, which, writer)
    this.#network = new NetworkActs(core, this.#answers, this.#finding, writer)
    this.#keyRings = new KeyRings(core, writer)
    this.#erasures = new Erasures(core)
    this.#codes = new CodeActs(core, this.#answers, writer)
    this.#devices = new DeviceActs(core, this.#answers, this.#finding, writer)
    this.#log = new Log(core, this.#answers, this.#finding)
    this.#own = new OwnActs(core, this.#answers, this.#finding, writer)
    this.#rooms = new RoomActs(core, this.#answers, this.#finding, writer, this.#permits)
    this.#inviting = new Inviting(core, this.#answers, this.#finding, writer)
    this.#export = new Export(core, this.#answers, this.#finding)
    this.#search = new Search(core, this.#answers, this.#finding)
    this.#profile = new ProfileActs(core, this.#answers, writer)
    this.#people = new PeopleActs(core, this.#answers, this.#finding, this.#profile, writer)
    this.#delivery = new DeliveryActs(core, this.#answers, which)
    this.#notices = new NoticeActs(core, this.#answers, this.#finding)
    this.#acquaintances = new AcquaintanceActs(core, this.#answers, this.#finding, this.#people)
    this.#questions = new Questions(core, this.#answers, this.#finding, this.#people)
    this.#telling = new Telling(core)
  }

  /** Commands that have no answer yet. */
  get waiting(): number {
    return this.#answers.waiting + this.#permits.waiting + this.#posting.waiting + this.#delivery.waiting
  }

  execute(command: Command, ref: unknown, slot: number): void {
    const why = commandFault(command)
    const word = why === undefined ? wordOf(command) : `/${typeof command?.do === 'string' ? command.do : ''}`
    this.#answers.take(slot, ref, word, (asked) => {
      if (why === undefined) this.#carryOut(asked, command)
      else this.#answers.refuse(asked, 'COMMAND_INVALID', { why })
    })
  }

  /** Carries out what waits for room among the commands. */
  goOn(): void {
    this.#answers.goOn()
  }

  /** This node ends. */
  finish(): void {
    this.#answers.finish()
  }

  /** What was told is with those who asked. Do commands wait for that? */
  left(): boolean {
    return this.#answers.left()
  }

  #carryOut(asked: Asked, command: Command): void {
    if (ACTIVE.has(command.do)) this.#core.company.own.active(this.#core.moment.now)
    switch (command.do) {
      case 'say':
        return this.#posting.say(asked, command.room, command.text, command.action ?? false)
      case 'msg':
        return this.#posting.message(asked, command.to, command.text)
      case 'create':
        return this.#rooms.create(asked, command)
      case 'join':
        return this.#rooms.join(asked, command.room)
      case 'leave':
        return this.#rooms.leave(asked, command.room)
      case 'delete':
        return this.#rooms.delete(asked, command)
      case 'invite':
      case 'voice':
        return this.#inviting.invite(asked, command)
      case 'unvoice':
        return this.#inviting.unvoice(asked, command)
      case 'decline':
        return this.#rooms.decline(asked, command.room)
      case 'rooms':
        return this.#questions.rooms(asked, command.part ?? '')
      case 'who':
        return this.#questions.who(asked, command.room)
      case 'hub':
        return this.#questions.hub(asked)
      case 'drain':
        this.#core.drain()
        return this.#questions.hub(asked)
      case 'status':
        return this.#questions.status(asked)
      case 'history':
        return this.#questions.history(asked, command.room, command.count, command.before)
      case 'search':
        return this.#search.search(asked, command)
      case 'export':
        return this.#export.page(asked, command)
      case 'seal':
        return this.#export.seal(asked, command)
      case 'nick':
        return this.#profile.nick(asked, command.name)
      case 'reply':
        return this.#messages.reply(asked, command)
      case 'edit':
        return this.#messages.edit(asked, command)
      case 'erase':
        return this.#messages.erase(asked, command)
      case 'react':
        return this.#messages.react(asked, command)
      case 'details':
        return this.#messages.details(asked, command)
      case 'kick':
      case 'ban':
      case 'mute':
        return this.#moderation.bind(asked, command)
      case 'unban':
      case 'unmute':
        return this.#moderation.free(asked, command)
      case 'role':
        return this.#moderation.role(asked, command)
      case 'roles':
        return this.#moderation.roles(asked, command.room)
      case 'hide':
        return this.#moderation.hide(asked, command)
      case 'pin':
        return this.#moderation.pin(asked, command)
      case 'set':
        return this.#moderation.set(asked, command)
      case 'lock':
        return this.#moderation.lock(asked, command)
      case 'topic':
        return this.#moderation.topic(asked, command)
      case 'log':
        return this.#log.show(asked, command.room, command.count)
      case 'networkLog':
        return this.#log.showNetwork(asked, command.count)
      case 'devices':
        return this.#devices.list(asked)
      case 'linkAsk':
        return this.#devices.ask(asked, command)
      case 'linkAccept':
        return this.#devices.accept(asked, command)
      case 'unlink':
        return this.#devices.remove(asked, command)
      case 'members':
        return this.#network.members(asked)
      case 'admit':
        return this.#network.admit(asked, command)
      case 'expel':
        return this.#network.expel(asked, command)
      case 'admin':
        return this.#network.admin(asked, command)
      case 'newCode':
        return this.#codes.newCode(asked, command)
      case 'invitation':
        return this.#codes.invitation(asked)
      case 'membersOnly':
        return this.#network.membersOnly(asked, command)
      case 'pins':
        return this.#own.pins(asked, command.room)
      case 'block':
      case 'unblock':
        return this.#own.block(asked, command.who, command.do === 'block')
      case 'blocked':
        return this.#own.blocked(asked)
      case 'forget':
        return this.#own.forget(asked, command.room)
      case 'read':
        return this.#own.read(asked, command.room)
      case 'unread':
        return this.#own.unread(asked)
      case 'presence':
        return this.#people.presence(asked, command)
      case 'autoAway':
        return this.#people.autoAway(asked, command.minutes)
      case 'telling':
        return this.#people.telling(asked, command.what, command.on)
      case 'typing':
        return this.#people.typing(asked, command)
      case 'active':
        this.#core.company.say()
        return this.#answers.result(asked, null)
      case 'profile':
        return this.#people.profile(asked, command)
      case 'whois':
        return this.#people.whois(asked, command.who)
      case 'picture':
        return this.#people.picture(asked, command.who)
      case 'delivery':
        return this.#delivery.delivery(asked, command)
      case 'notify':
        return this.#notices.notify(asked, command)
      case 'quiet':
        return this.#notices.quiet(asked, command.quiet)
      case 'contact':
        return this.#acquaintances.contact(asked, command)
      case 'uncontact':
        return this.#acquaintances.uncontact(asked, command.who)
      case 'contacts':
        return this.#acquaintances.contacts(asked)
      case 'verify':
        return this.#acquaintances.verify(asked, command)
      case 'people':
        return this.#people.search(asked, command.part)
      default:
        // No Command; a program without types may give anything.
        throw new TypeError(`there is no command ${String((command as Command).do)}`)
    }
  }

  /** True where this has to wait for the event's own `sent`. */
  holds(id: EventId, tell: () => void): boolean {
    return this.#posting.holds(id, tell)
  }

  /** Rooms and talks that this person is in. */
  joinedRooms(): RoomId[] {
    return this.#finding.joined()
  }

  /** Writes the own profile where it is missing or says something else. */
  announceSelf(): void {
    this.#profile.announceSelf()
  }

  /** What counts in a room has changed. */
  roomChanged(room: RoomId): void {
    this.#keyRings.changed(room)
    this.#erasures.changed(room)
  }

  /** Two ids are one place from now on, for all who hold this event. */
  aliasPlaces(pair: readonly [PlaceId, PlaceId]): void {
    this.#profile.aliasPlaces(pair)
  }

  /** Why what an author writes in a room, or just this run, would not count: a refusal code; undefined: it would. */
  denial(author: PersonKey, room: RoomId, cls: 0 | 1, run?: ParsedRun): string | undefined {
    const { views, replica } = this.#core
    return denialOf(views, author, room, cls) ?? (run && denialOfRun(views, replica, run))
  }

  /** The hub's answer to "may I": a refusal code; undefined: yes. */
  permit(
    person: PersonKey,
    action: 'create' | 'join',
    room: RoomId,
    name: string,
    expected: readonly PersonKey[],
  ): string | undefined {
    return permitOf(this.#core.views, person, action, room, name, this.#core.netNow, expected)
  }

  /** Another device of this person has read this room further. */
  readElsewhere(room: RoomId): void {
    this.#own.readElsewhere(room)
  }

  /** Somebody has said how far they hold what this person wrote. */
  marked(): void {
    this.#delivery.look()
  }

  permitted(ref: number, code: string): void {
    this.#permits.answered(ref, code)
  }

  /** When a question to the hub is given up, monotonic ms. */
  dueAt(): number {
    return Math.min(this.#permits.dueAt(), this.#delivery.dueAt())
  }

  /** The store was read. */
  loaded(): void {
    this.#telling.loaded()
  }

  tick(): void {
    this.#permits.tick()
    this.#telling.tick()
    this.#keyRings.tick()
    this.#erasures.tick()
    this.#delivery.look()
    if (this.#core.isReady)
      for (const namesake of this.#core.namesakes.take()) this.#acquaintances.warn(namesake)
  }

  /** Does this node come into the network by its code just now? */
  get isEntering(): boolean {
    return this.#codes.isEntering
  }

  get isComingIn(): boolean {
    return this.#codes.isComingIn
  }

  /** Something in room 0 has changed, or time went on. */
  lookAtCodes(): void {
    this.#codes.look()
  }

  /** The hub will not relay an own event. */
  refused(id: EventId, code: string): void {
    this.#telling.refused(id, code)
  }

  /** What this person said, and nobody else is known to hold, does not count as things are. */
  withdrawn(event: Event): void {
    this.#telling.withdrawn(event)
  }

  /** A control event has come into a counted prefix. */
  counted(event: Event): void {
    this.#telling.counted(event)
  }
}

/** The command as answers name it. */
function wordOf(command: Command): string {
  switch (command.do) {
    case 'erase':
      return '/delete-message'
    case 'set':
      return `/${command.setting}`
    case 'presence':
      return '/status'
    case 'telling':
      return command.what === 'read' ? '/receipts' : '/typing'
    case 'networkLog':
      return '/log'
    case 'membersOnly':
      return '/membersonly'
    case 'newCode':
      return '/newcode'
    case 'devices':
    case 'linkAsk':
    case 'linkAccept':
    case 'unlink':
      return '/device'
    case 'admin':
      return '/role'
    case 'react':
    case 'hide':
    case 'pin':
    case 'lock':
      return `/${command.on ? '' : 'un'}${command.do}`
  }
  return command.do === 'say' ? (command.action ? '/me' : '/group_msg') : `/${command.do}`
}

/** What only somebody at their keyboard does. */
const ACTIVE: ReadonlySet<Command['do']> = new Set<Command['do']>([
  'say',
  'msg',
  'reply',
  'edit',
  'react',
  'typing',
  'active',
  'presence',
])
