/**
 * The core of a node: the choice of hub, sync, the hub's role, outbox, rooms and display, put together.
 * One input at a time comes in, effects go out; time and randomness are in the inputs, signatures are checked and the
 * disk is written by the shell. The simulator runs this very class.
 *
 *   links, frames, hints, ticks, commands -> step -> send, dial, verify, write, tell, wake
 *
 * A turn: the shell gives all inputs at hand, then calls endTurn once: what the turn brought is fanned out in one
 * encoding per room, and written in one batch. Acknowledgements follow when the batch is on disk.
 */
import type { Event } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import { NETWORK_ROOM, type PersonKey, type RoomId } from '../wire/ids.ts'
import { Acts } from './acts.ts'
import type { Blocks } from './blocks.ts'
import { avoidedNow } from './choice/avoid.ts'
import type { Choice } from './choice.ts'
import type { Company } from './company.ts'
import type { CoreEffect, CoreInput, CoreMoment, CoreOptions, RoomLine, Writing } from './core-io.ts'
import type { Display } from './display.ts'
import type { Doors } from './doors.ts'
import type { Answer, HubInfo, LinkInfo, NodeEvent } from './events.ts'
import type { Forgotten } from './forgotten.ts'
import { load } from './loading.ts'
import type { Markers } from './markers.ts'
import type { Namesakes } from './namesakes.ts'
import type { Notices } from './notices.ts'
import type { Outbox } from './outbox.ts'
import { type Parts, partsOf } from './parts.ts'
import type { People } from './people.ts'
import type { Place } from './places.ts'
import type { Private } from './private.ts'
import type { ReadMarks } from './read-marks.ts'
import type { Replica } from './replica.ts'
import type { Replication } from './replication.ts'
import type { RoomView } from './rooms.ts'
import type { IndexWork, SearchIndex } from './search/search-index.ts'
import type { Sync } from './sync.ts'
import { Ticking } from './ticking.ts'
import type { Which } from './timeline.ts'
import { Turn } from './turn.ts'
import type { Views } from './views.ts'

export class Core {
  readonly options: CoreOptions
  readonly self: PersonKey
  readonly replica: Replica
  readonly views: Views
  readonly people: People
  readonly sync: Sync
  readonly choice: Choice
  readonly outbox: Outbox
  readonly replication: Replication
  readonly display: Display
  readonly private: Private
  readonly blocks: Blocks
  readonly readMarks: ReadMarks
  readonly company: Company
  readonly search: SearchIndex
  readonly forgotten: Forgotten
  readonly namesakes: Namesakes
  readonly markers: Markers
  readonly notices: Notices
  /** The codes of a network with an owner. */
  readonly doors: Doors | undefined
  readonly #turn: Turn
  readonly #parts: Parts
  readonly #ticking: Ticking
  #settledTold = true

  constructor(options: CoreOptions, moment: CoreMoment) {
    this.options = options
    this.#turn = new Turn(moment)
    const parts = partsOf(options, this.#turn, () => new Acts(this))
    this.#parts = parts
    this.#ticking = new Ticking(parts)
    this.self = parts.self
    this.replica = parts.replica
    this.views = parts.views
    this.people = parts.people
    this.sync = parts.sync
    this.choice = parts.choice
    this.outbox = parts.outbox
    this.replication = parts.replication
    this.display = parts.display
    this.private = parts.private
    this.blocks = parts.facts.blocks
    this.readMarks = parts.facts.readMarks
    this.company = parts.company
    this.search = parts.search
    this.forgotten = parts.forgotten
    this.namesakes = parts.facts.namesakes
    this.markers = parts.markers
    this.notices = parts.facts.notices
    this.doors = parts.doors
  }

  /** Reads the store: hints at once; the caller runs replica.scan() behind and gives `scanned`. */
  load(): Promise<void> {
    return load(this.#parts)
  }

  // --- what others ask --------------------------------------------------------------------------------------------

  get moment(): CoreMoment {
    return this.#turn.moment
  }
  /** netNow, ms. */
  get netNow(): number {
    return this.#parts.time.at(this.#turn.moment.now)
  }
  /** The start of this process in the network's time, ms. */
  get startedAt(): number {
    return this.#parts.time.startedAt
  }
  get isHub(): boolean {
    return this.#parts.reign.isHub
  }
  get isOffline(): boolean {
    return this.#parts.reign.isSeeking
  }
  get isReady(): boolean {
    return this.#parts.readiness.isReady
  }
  get metAnyone(): boolean {
    return this.#parts.linkLife.hasMet
  }
  get epoch(): number {
    return this.#parts.reign.epoch
  }
  get place(): Place | undefined {
    return this.#parts.placeKeeper.place
  }
  get line(): readonly PersonKey[] {
    return this.#parts.reign.line
  }
  /** Events taken in by this process, own ones too. */
  get taken(): number {
    return this.#parts.counting.taken
  }
  get settled(): boolean {
    return this.outbox.unstored === 0 && this.#parts.writes.isIdle
  }
  /** The person whose device this is. */
  get me(): PersonKey {
    return this.views.personOf(this.self)
  }
  /** With any of their devices. Who hides is not seen. */
  isOnline(person: PersonKey): boolean {
    return this.#parts.online.has(person)
  }
  /** Is this very device here? */
  isHere(key: PersonKey): boolean {
    return this.#parts.online.hasDevice(key)
  }
  /** Persons who are here, this one first. */
  onlineKeys(): Iterable<PersonKey> {
    return this.#parts.online.persons()
  }

  /** What has to be empty once nothing is under way: for tests of growth. */
  sizes(): Record<string, number> {
    const { verification, writes, history, openings, confirming, reign, acts, guard, relaying } = this.#parts
    return {
      queued: verification.queued,
      verifying: verification.size,
      writing: writes.underWay,
      reading: history.size,
      opening: openings.size,
      receipts: confirming.size,
      hub: reign.hub?.waiting ?? 0,
      outbox: this.outbox.queued,
      commands: acts.waiting,
      suspects: guard.size,
      circuits: relaying.size,
      typing: this.company.doing.size,
    }
  }
  isMember(view: RoomView): boolean {
    return this.#parts.rooms.isMember(view)
  }

  /** The name people know a room by; null for a talk. */
  roomName(view: RoomView): string | null {
    return this.#parts.rooms.nameOf(view)
  }

  /** Has the hub, where there is one, given all it holds? */
  get isCaughtUp(): boolean {
    return this.#parts.lag.isCaughtUp
  }

  /** Is some of what this node should hold on its way: from its hub, or out of what was damaged here? */
  get isStillComing(): boolean {
    const { isHub, followed } = this.#parts.reign
    return this.options.isMending?.() === true || ((isHub || followed !== undefined) && !this.isCaughtUp)
  }

  /** Runs that came by numbers which stand for nothing here (LV-17): for tests. */
  get unreadRuns(): number {
    return this.#parts.liveRuns.unread
  }

  /** Omissions of hubs that this process has counted. */
  get omissions(): number {
    return this.#parts.guard.omissions
  }

  /** Hubs that are not followed now, because of what they kept back. */
  avoided(): readonly PersonKey[] {
    return avoidedNow(this.choice, this.#turn.moment.now)
  }

  /** The links that are up, for `status`. */
  linksUp(): Iterable<LinkInfo> {
    return this.#parts.hubTold.linksUp()
  }

  hubInfo(): HubInfo | undefined {
    return this.#parts.hubTold.info()
  }

  /** The hub followed, or this node; undefined: none. */
  get hubKey(): PersonKey | undefined {
    return this.#parts.reign.hubKey
  }

  // --- what people's acts need ------------------------------------------------------------------------------------

  /** The own join is written: what is older in this room is its history. */
  joined(join: Event): void {
    this.#parts.openings.joined(join, this.#turn.moment.now)
  }

  /** Writes own events of one class and room: on disk first, then out. Returns them; then: once on disk. */
  write(
    room: RoomId,
    writings: readonly Writing[],
    then: (events: readonly Event[]) => void,
  ): readonly Event[] {
    return this.#parts.publishing.write(room, writings, then)
  }

  /** Hub no more, unless nobody else can be: a maintenance is ahead. For this process. */
  drain(): void {
    this.#parts.steering.choose({ in: 'facts', facts: { drained: true } })
  }

  /** Deletes the bodies of own content events of one room: on disk first, then out. then: once on disk. */
  deleteOwn(events: readonly Event[], then: () => void): void {
    this.#parts.publishing.deleteOwn(events, then)
  }

  /** The last lines of rooms from the disk; what is not written yet is written first. fault: why some could not be read. */
  lines(
    rooms: readonly RoomId[],
    count: number,
    then: (lines: readonly RoomLine[], fault?: string) => void,
    which: Which = {},
  ): void {
    this.#parts.history.ask(rooms, count, then, which)
  }

  /** Carries out a `lines` effect: the one thing that reads the disk by scanning. */
  readLines(rooms: readonly RoomId[], count: number, which: Which | IndexWork = {}): Promise<RoomLine[]> {
    return this.#parts.history.read(rooms, count, which)
  }

  /** What this device alone knows: written with the turn. */
  saveMarks(): void {
    this.#parts.saveMarks()
  }

  permitSelf(action: 'create' | 'join', room: RoomId, name: string): string | undefined {
    return this.#parts.reign.hub?.permitSelf(action, room, name)
  }

  /** Sends a question to the hub; false where there is none to ask. */
  askHub(frame: Frame): boolean {
    return this.#parts.outgoing.toHub(frame)
  }

  // --- steps ------------------------------------------------------------------------------------------------------

  /** Is there something for the end of a turn? Not after heartbeats that changed nothing: a hub gets two a second of each. */
  get hasTurn(): boolean {
    return this.#turn.hasChanged || this.#turn.hasEffects || this.#parts.wakes.isSooner
  }

  /** Takes one input. Effects are collected until `takeEffects`. */
  step(moment: CoreMoment, input: CoreInput): void {
    this.#turn.moment = moment
    // What a link or a member more changes for a hub says itself that it does.
    if (input.in !== 'frame' && !(input.in === 'linkUp' && this.isHub)) this.#turn.hasChanged = true
    this.#parts.reign.hub?.setNow(moment.now)
    // Of what peers bring as much as comes in one turn is taken in together.
    if (input.in !== 'verified' && input.in !== 'frame') this.#parts.counting.settle()
    this.#take(input)
    this.#parts.relaying.settle()
  }

  #take(input: CoreInput): void {
    const { moment } = this
    switch (input.in) {
      case 'linkUp':
        return this.#parts.linkLife.up(input)
      case 'linkDown':
        return this.#parts.linkLife.down(input)
      case 'relayStalled':
        return this.#parts.relaying.stalled(input.link, input.key)
      case 'frame':
        return this.#parts.receiving.frame(input.link, input.frame)
      case 'verified':
        return this.#parts.verification.answered(input.ticket, input.ok)
      case 'written':
        return this.#written(input.ticket)
      case 'pump':
        return this.sync.pump(input.link)
      case 'command':
        this.#parts.readiness.drop()
        return this.#parts.acts.execute(input.command, input.ref, input.slot)
      case 'lines':
        return this.#parts.history.answered(input.ticket, input.lines, input.fault)
      case 'scanned':
        return this.#parts.storeState.scanned(input)
      case 'audience':
        this.#turn.isHeard = input.isThere
        return
      case 'clockJumped':
        this.#parts.readiness.drop()
        this.#parts.publishing.closeLanes()
        return this.#ticking.tick()
      case 'storeFailing':
        return this.#parts.storeState.failing(input)
      case 'storeReplaced':
        return this.#parts.storeState.replaced()
      case 'salvage':
        return this.#parts.storeState.salvaged(input)
      case 'start':
        this.#parts.placeKeeper.start(moment.now)
        // What a former process wrote may still be in a cache: acknowledged is only what a synced write stands behind.
        this.#parts.writes.needSync()
        this.#parts.steering.choose({ in: 'facts', facts: { ready: this.#parts.storeState.isScanned } })
        this.#parts.admissions.changed()
        this.#parts.acts.roomChanged(NETWORK_ROOM)
        this.#parts.acts.announceSelf()
        this.#parts.steering.choose(input)
        return this.#parts.readiness.begin()
      case 'tick':
        if (this.#parts.wakes.isTick(moment.now)) this.#ticking.tick()
        return this.#parts.steering.choose(input)
      case 'quit':
        this.#parts.acts.finish()
        return this.#parts.steering.choose(input)
      case 'away':
        if (input.ms > 2000) this.#parts.publishing.closeLanes()
        this.#parts.heals.met(this.#turn.moment.now)
        // What came meanwhile waits in an order of its own: nothing is held against the hub.
        if (this.#parts.reign.followed !== undefined) this.#parts.guard.session(this.hubKey, moment.now)
        return this.#parts.steering.choose(input)
      default:
        return this.#parts.steering.choose(input)
    }
  }

  /** The turn of the event loop is over: fan out, write, say when to wake. */
  endTurn(): void {
    if (!this.#turn.hasChanged) return this.#endShortTurn()
    const { counting, acts, reign, ownConfirmations, publishing, confirming, indexPace, history, wakes } =
      this.#parts
    this.#turn.hasChanged = false
    counting.settle()
    acts.goOn()
    counting.takeFreed()
    counting.takeFilled()
    counting.settle()
    reign.hub?.endTurn()
    // Behind the fan-out: line[0] has the events by then and says when they are on its disk.
    ownConfirmations.endTurn()
    publishing.endTurn()
    if (this.#turn.areCodesDue) acts.lookAtCodes()
    this.#turn.areCodesDue = false
    confirming.sayWitness()
    const slice = indexPace.endTurn(this.taken, this.#turn.isHeard, this.#turn.moment.now)
    if (slice > 0) this.search.work(slice)
    // Last: what is handed over to be written is neither here nor in the store until the shell has taken it.
    this.#flushWrites()
    for (const effect of history.takeDue()) this.#turn.effect(effect)
    this.#tellSettled()
    const fanoutAt = reign.hub?.dueAt ?? Number.POSITIVE_INFINITY
    const indexAt = this.search.isBehind ? indexPace.dueAt(this.#turn.moment.now) : Number.POSITIVE_INFINITY
    this.#turn.effect({
      do: 'wake',
      at: wakes.tell(this.#ticking.dueAt(), Math.min(fanoutAt, indexAt)),
    })
  }

  /** One that brought links and members: of them a hub gets thousands within seconds. */
  #endShortTurn(): void {
    const { reign, ownConfirmations, online, wakes } = this.#parts
    reign.hub?.endTurn()
    ownConfirmations.endTurn()
    const arrivalsAt = online.isWaiting ? wakes.nextAt(true) : Number.POSITIVE_INFINITY
    const at = wakes.tellSooner(arrivalsAt, reign.hub?.dueAt ?? Number.POSITIVE_INFINITY)
    if (at !== undefined) this.#turn.effect({ do: 'wake', at })
  }

  takeEffects(): CoreEffect[] {
    const effects = this.#turn.takeEffects()
    if (this.#parts.acts.left()) this.#turn.hasChanged = true
    return effects
  }

  #flushWrites(): void {
    this.#parts.writes.needSync(this.#parts.confirming.size > 0)
    const write = this.#parts.writes.flush(
      this.#turn.newTicket(),
      this.replica.takeOps(),
      this.replica.takeErased(),
    )
    if (write) this.#turn.effect(write)
  }

  #written(ticket: number): void {
    const { lanes, then } = this.#parts.writes.written(ticket)
    this.#parts.confirming.written(lanes)
    for (const each of then) each()
  }

  tell(event: NodeEvent): void {
    this.#turn.tell(event)
  }

  answer(slot: number, answer: Answer): void {
    this.#turn.effect({ do: 'answer', slot, answer })
  }

  /** Why what this person writes in a room would not count: a refusal code; undefined: it would. */
  denial(room: RoomId): string | undefined {
    return this.#parts.acts.denial(this.self, room, 1)
  }

  #tellSettled(): void {
    const settled = this.settled
    if (settled && !this.#settledTold) this.#turn.effect({ do: 'settled' })
    this.#settledTold = settled
  }
}
