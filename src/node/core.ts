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
import { Hosts } from '../hub/index.ts'
import type { Event } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import { type EventId, NETWORK_ROOM, type PersonKey, personKey, type RoomId } from '../wire/ids.ts'
import { FUTURE_MS_MAX, HOST_AWAY_BURST, HOST_PERSONS, TIME_MAX } from '../wire/limits.ts'
import { Acts } from './acts.ts'
import { Admissions } from './admissions.ts'
import { isWithoutDisk } from './alone.ts'
import type { Blocks } from './blocks.ts'
import { Carriage } from './carriage.ts'
import { avoidedNow } from './choice/avoid.ts'
import { acknowledges, type Choice, type ChoiceEvent, createChoice, mediansOf, standingOf } from './choice.ts'
import { Clearing } from './clearing.ts'
import { Company } from './company.ts'
import { Comparing } from './comparing.ts'
import { Confirming } from './confirming.ts'
import type { CoreEffect, CoreInput, CoreMoment, CoreOptions, RoomLine, Writing } from './core-io.ts'
import { Counting } from './counting.ts'
import { DeviceFacts } from './device-facts.ts'
import { Display, HISTORY_LINES } from './display.ts'
import { Doors } from './doors.ts'
import { Durable } from './durable.ts'
import type { Answer, HubInfo, LinkInfo, NodeEvent } from './events.ts'
import { Forgotten } from './forgotten.ts'
import { Guard } from './guard/guard.ts'
import { type Heal, Heals, healText } from './heals.ts'
import { HistoryLines } from './history-lines.ts'
import { HubTold } from './hub-told.ts'
import { time12 } from './keys.ts'
import { Lag } from './lag.ts'
import { classOf } from './lanes.ts'
import { LinkLife } from './link-life.ts'
import { Links } from './links.ts'
import { LiveRuns } from './live-runs.ts'
import { Markers } from './markers.ts'
import { Measure } from './measure.ts'
import { MyRooms } from './my-rooms.ts'
import type { Namesakes } from './namesakes.ts'
import { NetworkTime } from './network-time.ts'
import { minuteOfDay, type Notices } from './notices.ts'
import { Online } from './online.ts'
import { Openings } from './openings.ts'
import { Outbox, type Told } from './outbox.ts'
import { Outgoing } from './outgoing.ts'
import { OwnConfirmations } from './own-confirmations.ts'
import { OwnDevices } from './own-devices.ts'
import { ownHub } from './own-hub.ts'
import { People } from './people.ts'
import { PlaceKeeper } from './place-keeper.ts'
import type { Place } from './places.ts'
import { Private } from './private.ts'
import { Publishing } from './publishing.ts'
import type { ReadMarks } from './read-marks.ts'
import { Readiness } from './readiness.ts'
import { Receiving } from './receiving.ts'
import { Reign } from './reign.ts'
import { Relaying } from './relaying.ts'
import { Replica } from './replica.ts'
import { Replication } from './replication.ts'
import { RoomChanges } from './room-changes.ts'
import type { RoomView } from './rooms.ts'
import type { SalvagePorts } from './salvage.ts'
import { aboutMark } from './search/marks.ts'
import { IndexPace } from './search/pace.ts'
import { readableHere } from './search/readable.ts'
import { type IndexWork, SearchIndex } from './search/search-index.ts'
import { Steering } from './steering.ts'
import type { StoreOp } from './store.ts'
import { StoreState } from './store-state.ts'
import { type Check, type LinkId, Sync } from './sync.ts'
import { Taking } from './taking.ts'
import { isHeld, type Which } from './timeline.ts'
import { Turn } from './turn.ts'
import { TWIN_WARNING } from './twin-watch.ts'
import { type Act, Verification } from './verification.ts'
import { Views } from './views.ts'
import { Wakes } from './wakes.ts'
import { isBodyWanted, WantedBodies } from './wanted-bodies.ts'
import { Writes } from './writes.ts'

/** Whose last event is looked for at the same time: most of it is waiting for another thread. */
const ROOMS_AT_ONCE = 16
/** Stands for the own disk where a link is asked for; no link has it. */
const SALVAGE: LinkId = -2

export class Core {
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
  readonly #facts: DeviceFacts
  readonly #rooms: MyRooms
  readonly blocks: Blocks
  readonly readMarks: ReadMarks
  readonly #ownDevices: OwnDevices
  readonly company: Company
  readonly search: SearchIndex
  readonly forgotten: Forgotten
  readonly namesakes: Namesakes
  readonly markers: Markers
  readonly notices: Notices
  readonly options: CoreOptions
  /** The codes of a network with an owner. */
  readonly doors: Doors | undefined
  readonly #admissions: Admissions
  readonly #counting: Counting
  readonly #taking: Taking
  readonly #publishing: Publishing
  readonly #durable: Durable
  readonly #clearing: Clearing
  readonly #wantedBodies: WantedBodies
  readonly #confirming: Confirming
  readonly #ownConfirmations: OwnConfirmations
  readonly #acts: Acts
  readonly #links = new Links()
  readonly #outgoing: Outgoing
  readonly #comparing: Comparing
  readonly #carriage: Carriage
  readonly #guard: Guard
  readonly #relaying: Relaying
  readonly #linkLife: LinkLife
  readonly #reign: Reign
  readonly #steering: Steering
  readonly #receiving: Receiving
  readonly #hubTold: HubTold
  readonly #lag: Lag
  readonly #readiness: Readiness
  readonly #placeKeeper: PlaceKeeper
  readonly #online: Online
  readonly #heals = new Heals()
  readonly #turn: Turn
  readonly #time: NetworkTime
  readonly #writes: Writes
  readonly #liveRuns: LiveRuns
  readonly #storeState: StoreState
  readonly #verification = new Verification((link, ticket, checks) =>
    // Who is read more slowly for them is the peer that carries.
    this.#turn.effect({ do: 'verify', link: this.#relaying.carrierOf(link) ?? link, ticket, checks }),
  )
  readonly #history: HistoryLines
  readonly #wakes: Wakes
  #settledTold = true
  readonly #openings: Openings
  readonly #roomChanges: RoomChanges
  readonly #indexPace = new IndexPace()

  constructor(options: CoreOptions, moment: CoreMoment) {
    const { crypto, signer, net, store } = options
    this.options = options
    this.#turn = new Turn(moment)
    this.#wakes = new Wakes(moment.now)
    this.#time = new NetworkTime(moment.now, moment.wall)
    this.self = personKey(signer.key)
    this.#reign = new Reign(this.self, this.#links)
    this.#placeKeeper = new PlaceKeeper(options.place, (place) => this.#turn.effect({ do: 'place', place }))
    this.views = new Views({
      crypto,
      net,
      ...(options.owner && { owner: options.owner }),
      carriesAll: (person) => this.#reign.carriesAll(person),
      onChanged: () => this.#reign.hub?.carriageChanged(),
    })
    this.replica = new Replica({
      crypto,
      net,
      store,
      retentionMs: options.retentionMs,
      limitOf: this.views.limitOf,
    })
    this.views.attach(this.replica)
    this.replica.setNow(moment.wall)
    const get = (key: string) => store.get(key)
    const put = (op: StoreOp) => this.#writes.put(op)
    const facts = new DeviceFacts({ get, put })
    this.#facts = facts
    this.blocks = facts.blocks
    this.readMarks = facts.readMarks
    this.notices = facts.notices
    this.namesakes = facts.namesakes
    this.people = new People(
      crypto,
      net,
      this.self,
      options.nick,
      this.views,
      facts.labels,
      facts.acquaintances,
    )
    const now = () => this.#turn.moment.now
    const netNow = () => this.netNow
    const tell = (event: NodeEvent) => this.tell(event)
    const isReady = () => this.isReady
    const isVisitor = options.choice.visitor === true
    const isMember = (view: RoomView) => this.isMember(view)
    const roomName = (view: RoomView) => this.roomName(view)
    const isBlocked = (key: PersonKey) => this.blocks.has(this.views.personOf(key))
    const isDenied = (room: RoomId) => this.denial(room) !== undefined
    const choose = (event: ChoiceEvent) => this.#steering.choose(event)
    const changed = () => {
      this.#turn.hasChanged = true
    }
    const effect = (effect: CoreEffect) => this.#turn.effect(effect)
    this.#online = new Online({
      self: this.self,
      views: this.views,
      people: this.people,
      heals: this.#heals,
      company: () => this.company,
      hubTold: () => this.#hubTold,
      now,
      netNow,
      isReady,
      isHeard: () => this.#turn.isHeard,
      tell,
      ownCame: (device) => this.#ownDevices.came(device),
    })
    this.#relaying = new Relaying({
      crypto,
      signer,
      gateKey: () => this.doors?.gateKey ?? options.gateKey,
      hello: () => this.#linkLife.hello(),
      admits: options.admits ?? (() => true),
      send: (carrier, frame) => this.#outgoing.send(carrier, frame),
      up: ({ link, key, dialled, hello, told }) => {
        const via = this.#links.keyOf(this.#relaying.carrierOf(link)!)
        if (via) this.#linkLife.up({ in: 'linkUp', link, key, dialled, address: '', hello, told, via })
      },
      frame: (link, frame) => this.#receiving.frame(link, frame),
      down: (link) => this.#linkLife.down({ in: 'linkDown', link, cause: 'closed' }),
      failed: (via, to) => this.#steering.choose({ in: 'circuitFailed', via, to }),
      fault: (link, _key, why) => this.#outgoing.fault(link, why),
      standing: () => standingOf(this.choice, this.#turn.moment.now),
      isHub: () => this.isHub,
    })
    this.#outgoing = new Outgoing({
      links: this.#links,
      reign: this.#reign,
      relaying: this.#relaying,
      effect,
    })
    this.company = new Company(
      {
        self: this.self,
        isVisitor,
        people: this.people,
        send: (links, frame) => this.#outgoing.sendShared(links, frame),
        links: () => this.#links.ids(),
        toHub: () => this.#reign.followed,
        hub: () => this.#reign.hub,
        isPresent: (device) => this.#online.presence.has(device),
        personOf: (device) => this.views.personOf(device),
        devicesOf: (person) => this.views.network().devices.of(person),
        tellPresence: (person, online) => this.#online.noteShown(person, online),
        openRoom: (room) => {
          const view = this.display.isOpen(room) ? this.views.room(room) : undefined
          return view && this.isMember(view) ? view : undefined
        },
        roomName,
        isBlocked,
        isReady,
        tell,
        save: (key, value) => facts.save(key, value),
      },
      get,
      options.autoAwayMs ?? 0,
      moment.now,
    )
    this.markers = new Markers({
      self: this.self,
      room: (room) => {
        const view = this.views.room(room)
        return view && !view.deleted && this.isMember(view) ? view : undefined
      },
      lanes: (room, author) => this.replica.lanes(room, 1, author),
      readUpTo: (room) => this.readMarks.of(room),
      isTold: (person) => this.#online.presence.has(person) && !this.blocks.has(person),
      tellsHeld: () => !this.company.own.isHidden && !isVisitor,
      tellsRead: () => this.company.own.tellsRead,
      reign: this.#reign,
      outgoing: this.#outgoing,
      people: this.people,
      roomName,
      isBlocked: (person) => this.blocks.has(person),
      isReady,
      tell,
    })
    this.private = new Private(crypto, options.seed, this.self, this.views, this.people, now)
    this.#rooms = new MyRooms({
      self: this.self,
      views: this.views,
      people: this.people,
      private: this.private,
    })
    this.#ownDevices = new OwnDevices({
      self: this.self,
      marks: this.readMarks,
      views: this.views,
      links: this.#links,
      outgoing: this.#outgoing,
      reign: this.#reign,
      private: this.private,
      isHere: (device) => this.#online.presence.has(device),
    })
    this.doors = this.#newDoors()
    this.choice = createChoice({
      ...options.choice,
      self: this.self,
      bars: (key) => this.views.network().door.admission(key) !== 'member',
    })
    this.#admissions = new Admissions({
      self: this.self,
      network: () => this.views.network(),
      who: (person) => this.people.who(person),
      tell,
      barred: (barred) => this.#steering.choose({ in: 'facts', facts: { barred } }),
      expelled: (code) => this.#turn.effect({ do: 'exit', code }),
      isEntering: () => this.#acts.isEntering,
    })
    this.#durable = new Durable(this.replica)
    this.#writes = new Writes(this.#durable)
    this.outbox = new Outbox(
      (frame) => this.#toHub(frame),
      (told) => this.#tellOfSaid(told.event.id, () => this.tellAck(told)),
      (event) => this.#tellOfSaid(event.id, () => this.#acts.withdrawn(event)),
    )
    this.replication = new Replication(
      (room, lane) =>
        this.replica.vectors.isCurrent(lane) &&
        this.#acts.denial(this.self, room, classOf(lane)) === undefined,
    )
    this.#hubTold = new HubTold({
      self: this.self,
      people: this.people,
      choice: this.choice,
      links: this.#links,
      reign: this.#reign,
      url: options.url,
      ...(options.traffic && { traffic: options.traffic }),
      tell,
    })
    this.display = new Display({
      self: this.self,
      replica: this.replica,
      views: this.views,
      people: this.people,
      open: (event, body) => this.private.open(event, body),
      roomName,
      isMember,
      isBlocked,
      isForgotten: (event) => this.forgotten.has(event),
      calls: (room, message) =>
        this.notices.calls(
          room,
          message.mention === true || message.private === true,
          minuteOfDay(this.#turn.moment.wall),
        ),
      historyEnds: (room) => this.#openings.joinedAt(room) ?? this.startedAt,
      isTimeKnown: () => this.#time.isKnown,
      isHeard: () => this.#turn.isHeard,
      isMarked: (message) => store.get(aboutMark(message)) !== undefined,
      learnText: (room, message, then) => this.lines([room], 0, then, { texts: [message] }),
      tell: (message) => {
        this.tell(message)
        if (message.type === 'message' && !message.self) this.#online.said(message)
        if (message.type !== 'message' || message.history || message.from.id === this.me) return
        this.#heals.shown(message.from.id as PersonKey, this.netNow - message.ts, this.#turn.moment.now)
      },
    })
    this.forgotten = new Forgotten({ get, put })
    this.search = new SearchIndex({
      crypto,
      seed: options.seed,
      replica: this.replica,
      retentionMs: options.retentionMs,
      get,
      put,
      ...readableHere(this.self, this.views, this.display),
    })
    this.replica.onContent = (lane) => this.search.changed(lane)
    const roomChanged = (room: RoomId, just?: readonly Event[]) => this.#roomChanges.changed(room, just)
    const events = {
      self: this.self,
      replica: this.replica,
      views: this.views,
      display: this.display,
      search: this.search,
      writes: this.#writes,
      now,
      netNow,
    }
    const peers = {
      links: this.#links,
      outgoing: this.#outgoing,
      relaying: this.#relaying,
      reign: this.#reign,
      now,
    }
    this.#history = new HistoryLines({
      ...events,
      turn: this.#turn,
      store,
      ...(options.breathe && { breathe: options.breathe }),
    })
    this.#openings = new Openings({
      isOpen: (room) => this.display.isOpen(room),
      close: (room) => this.display.close(room),
      hasHistory: (join) =>
        this.#reign.followed === undefined || (!this.outbox.isOpen(join) && !this.sync.isBusy),
      isNamed: (room) => this.#rooms.isNamed(room),
      lines: (room, then) => this.lines([room], HISTORY_LINES, then),
      open: (room, lines) => this.#open(room, lines),
    })
    this.#liveRuns = new LiveRuns({
      crypto,
      net: this.replica.net,
      held: (room, author, lane) => this.replica.lane(room, author, lane)?.n ?? 0,
      pull: (link, room, author, lane) => this.sync.pullLane(link, room, author, lane),
      isHub: (link) => link === this.#reign.followed,
      ask: (link) => this.sync.askPeer(link),
      fault: (link, why) => this.#outgoing.fault(link, `live: ${why}`),
    })
    const measure = new Measure(options.rate, now)
    const brought = new Hosts({ perS: HOST_PERSONS * options.rate.perS, burst: HOST_AWAY_BURST })
    this.sync = new Sync({
      crypto,
      replica: this.replica,
      measure,
      isMeasured: (link) => !this.#reign.isOfHub(link),
      hostLeft: (link) => brought.left(this.#links.get(link)?.host ?? '', this.#turn.moment.now),
      hostTook: (link, units) =>
        brought.took(this.#links.get(link)?.host ?? '', units, this.#turn.moment.now),
      carriage: {
        mine: (room, cls) => this.views.carries(this.self, room, cls, true),
        theirs: (peer, room, cls) => this.views.carries(peer, room, cls, false),
      },
      send: (link, frame) => this.#outgoing.send(link, frame),
      wantPump: (link) =>
        this.#turn.effect({ do: 'pump', link, over: this.#relaying.carrierOf(link) ?? link }),
      verify: (link, checks, then) => this.#verify(link, checks, then),
      took: (link, run) => this.#taking.took(link, run),
      deleted: (link, tombstone) => this.#taking.deleted(link, tombstone),
      forked: roomChanged,
      fault: (link, why) => this.#outgoing.fault(link, why),
      pulled: () => {
        this.#counting.settle()
        this.#readiness.look(this.#turn.moment.now)
        this.#openings.look(this.#turn.moment.now)
      },
      served: (link, room, author, lane) => {
        if (this.#reign.isOfHub(link)) this.#guard.pulled(room, author, lane)
      },
      listed: (link, entries, isLast) => {
        if (this.#reign.isFollowed(link)) this.#guard.listed(entries, isLast, this.#turn.moment.now)
      },
    })
    this.#lag = new Lag({ reign: this.#reign, sync: this.sync, outbox: this.outbox })
    this.#readiness = new Readiness({
      reign: this.#reign,
      sync: this.sync,
      isComingIn: () => this.#acts.isComingIn,
      // The others are opened when they have a name.
      rooms: () => this.#acts.joinedRooms().filter((room) => this.#rooms.isNamed(room)),
      lines: (rooms, count, then, which) => this.lines(rooms, count, then, which),
      hub: () => this.hubInfo(),
      tellHistory: (room, message) => this.display.tellHistory(room, message),
      tellReady: (hub) => this.#tellReady(hub),
      open: (room, lines) => this.#open(room, lines),
      opened: () => {
        this.#admissions.ready()
        // Rooms that have come meanwhile.
        this.#roomChanges.noteMine(NETWORK_ROOM)
      },
    })
    const { sync, doors, company, markers } = this
    this.#comparing = new Comparing({ ...events, ...peers, sync })
    this.#carriage = new Carriage({ ...events, ...peers, sync })
    this.#guard = new Guard({
      ...events,
      ...peers,
      sync,
      outbox: this.outbox,
      heardAt: (link) => this.choice.links.get(link)?.heardAt ?? 0,
      reachOut: (max) => this.#steering.choose({ in: 'reachOut', max }),
      avoid: (hub) => this.#steering.avoid(hub),
    })
    this.#confirming = new Confirming({
      ...events,
      ...peers,
      signer,
      isVisitor,
      durableN: this.#durable.n,
      isDiskSound: () => this.#storeState.isSound,
      isAwake: () => acknowledges(this.choice),
      denial: (author, room, cls) => this.#acts.denial(author, room, cls),
      needSync: (isNeeded) => this.#writes.needSync(isNeeded),
      behind: (link, act) => this.#verify(link, [], act),
      pull: (link, room, author, lane) => this.sync.pullLane(link, room, author, lane),
      offered: (link) => this.#guard.offered(link, this.#turn.moment.now),
      isAsker: (link) => this.#guard.isAsker(link, this.#turn.moment.now),
    })
    this.#ownConfirmations = new OwnConfirmations({
      ...events,
      ...peers,
      outbox: this.outbox,
      replication: this.replication,
      me: () => this.me,
      isWithoutDisk: (link) => isWithoutDisk(this.choice.links.get(link)),
      othersHere: () => this.#online.presence.count,
      isAlone: () =>
        this.#confirming.mayAcknowledge() && this.#reign.isAlone(this.choice, this.#turn.moment.now),
      verify: (link, checks, act) => this.#verify(link, checks, act),
    })
    const own = {
      outbox: this.outbox,
      replication: this.replication,
      confirming: this.#confirming,
      ownConfirmations: this.#ownConfirmations,
    }
    const [guard, comparing, carriage] = [this.#guard, this.#comparing, this.#carriage]
    const cameAsOwn = (events: readonly Event[]) => this.#publishing.cameAsOwn(events)
    const counting = new Counting({
      ...events,
      durable: this.#durable,
      indexPace: this.#indexPace,
      markers,
      isHeard: () => this.#turn.isHeard,
      isAnswerable: () => this.#confirming.isAnswerable,
      changed: () => this.#readiness.drop(),
      roomChanged,
      came: (events) => this.#clearing.came(events),
      counted: (event) => this.#acts.counted(event),
      cameAsOwn,
    })
    this.#counting = counting
    this.#taking = new Taking({
      ...events,
      ...peers,
      sync,
      measure,
      liveRuns: this.#liveRuns,
      guard,
      carriage,
      counting,
      isReady,
      tell,
      roomChanged,
      cameAsOwn,
    })
    this.#publishing = new Publishing({
      ...events,
      ...peers,
      ...own,
      crypto,
      signer,
      counting,
      guard,
      isDenied,
      warnOfTwin: () => this.#warnOfTwin(),
    })
    const toldOf = { company, hubTold: this.#hubTold, readiness: this.#readiness }
    this.#linkLife = new LinkLife({
      ...peers,
      ...toldOf,
      net,
      isVisitor,
      doors,
      placeKeeper: this.#placeKeeper,
      comparing,
      carriage,
      sync,
      liveRuns: this.#liveRuns,
      verification: this.#verification,
      guard,
      choose,
      unfollow: () => this.#steering.unfollow(),
      aliasPlaces: (pair) => {
        changed()
        this.#acts.aliasPlaces(pair)
      },
      effect,
    })
    this.#steering = new Steering({
      ...peers,
      ...own,
      ...toldOf,
      choice: this.choice,
      wakes: this.#wakes,
      comparing,
      carriage,
      guard,
      online: this.#online,
      markers,
      moment: () => this.#turn.moment,
      newHub: () =>
        ownHub({
          ...events,
          ...peers,
          crypto,
          net,
          rate: options.rate,
          choice: this.choice,
          sync,
          taking: this.#taking,
          durable: this.#durable,
          confirming: this.#confirming,
          online: this.#online,
          isReady,
          denial: (author, room, cls, run) => this.#acts.denial(author, room, cls, run),
          permit: (...asked) => this.#acts.permit(...asked),
        }),
      drop: (link) => this.#linkLife.drop(link),
      effect,
      changed,
    })
    this.#acts = new Acts(this)
    this.#receiving = new Receiving({
      ...events,
      ...peers,
      ...own,
      ...toldOf,
      choice: this.choice,
      sync,
      taking: this.#taking,
      openings: this.#openings,
      online: this.#online,
      markers,
      ownDevices: this.#ownDevices,
      acts: this.#acts,
      choose,
      saveMarks: () => this.saveMarks(),
      changed,
    })
    this.#roomChanges = new RoomChanges({
      ...events,
      ...peers,
      turn: this.#turn,
      people: this.people,
      doors,
      placeKeeper: this.#placeKeeper,
      admissions: this.#admissions,
      online: this.#online,
      openings: this.#openings,
      outbox: this.outbox,
      linkLife: this.#linkLife,
      comparing,
      carriage,
      acts: this.#acts,
      isReady,
      isMember,
      isDenied,
      choose,
    })
    this.#clearing = new Clearing({
      ...events,
      store,
      private: this.private,
      choice: this.choice,
      retentionMs: options.retentionMs,
      put,
      roomChanged,
      laneErased: (lane) => this.search.erased(lane),
      erased: (time) => this.#history.work({ erasedBy: time }),
    })
    this.#wantedBodies = new WantedBodies({
      bare: this.replica.bare,
      lacking: (place, id) => this.replica.lacking(place, id),
      isWanted: (event) => isBodyWanted(event, this.self, this.replica, this.views),
      // The hub last: it is likely to be the one that left them out.
      peers: ({ room, lane }) =>
        [...this.#links.ofStaying()]
          .filter(([, key]) => this.views.carries(key, room, classOf(lane), false))
          .sort(([a], [b]) => Number(this.#reign.isOfHub(a)) - Number(this.#reign.isOfHub(b))),
      behind: ({ room, author, lane, n }) => (this.replica.lane(room, author, lane)?.n ?? n) - n + 1,
      pull: (link, { room, author, lane, n }) => this.sync.pullBodies(link, room, author, lane, n - 1),
    })
    const salvage: SalvagePorts = {
      crypto,
      replica: this.replica,
      isDeleted: (room) => this.views.room(room)?.deleted === true,
      verify: (checks, then) => this.#verification.add(SALVAGE, this.#turn.newTicket(), checks, then),
      took: (run) => this.#taking.salvaged(run),
      deleted: (tombstone) => this.#counting.deleted(tombstone),
      forked: (run) => roomChanged(run.events[0]!.room),
    }
    this.#storeState = new StoreState({
      ...events,
      ...own,
      durable: this.#durable,
      sync,
      comparing,
      publishing: this.#publishing,
      readiness: this.#readiness,
      salvage,
      choose,
      roomChanged,
      effect,
    })
  }

  #newDoors(): Doors | undefined {
    const { crypto, net, network, owner, code, retentionMs } = this.options
    if (!owner || !code) return undefined
    return new Doors({
      crypto,
      net,
      network,
      owner,
      retentionDays: Math.round(retentionMs / (24 * 3600 * 1000)),
      code,
      view: () => this.views.network(),
      box: this.private.codes,
      changed: (ways) => this.#turn.effect({ do: 'ways', ways }),
    })
  }

  /** Reads the store: hints at once; the caller runs replica.scan() behind and gives `scanned`. */
  async load(): Promise<void> {
    await this.replica.load()
    await this.views.load(this.options.store)
    await this.#clearing.load()
    const rooms = [...this.replica.rooms()]
    for (let k = 0; k < rooms.length; k += ROOMS_AT_ONCE)
      await Promise.all(rooms.slice(k, k + ROOMS_AT_ONCE).map((room) => this.#noteLatest(room)))
    for (const { event } of this.views.controls(NETWORK_ROOM)) this.people.met(event.author)
    this.#acts.loaded()
    this.doors?.look()
    this.#carriage.noteMine(this.#turn.moment.now)
  }

  /** What comes later in this room is stamped behind its last event, but for what is held (TL-4). */
  async #noteLatest(room: RoomId): Promise<void> {
    const now = this.netNow
    const end = Math.min(Math.max(0, Math.floor(now) + FUTURE_MS_MAX + 1), TIME_MAX)
    const range = { from: `o${room}`, to: `o${room}${time12(end)}`, reverse: true, limit: 1 }
    for await (const [key] of this.options.store.scan(range))
      this.display.noteT({ room, t: Number.parseInt(key.slice(33, 45), 16) })
    for (const { event } of this.views.controls(room)) if (!isHeld(event, now)) this.display.noteT(event)
  }

  // --- what others ask --------------------------------------------------------------------------------------------

  get moment(): CoreMoment {
    return this.#turn.moment
  }
  /** netNow, ms. */
  get netNow(): number {
    return this.#time.at(this.#turn.moment.now)
  }
  /** The start of this process in the network's time, ms. */
  get startedAt(): number {
    return this.#time.startedAt
  }
  get isHub(): boolean {
    return this.#reign.isHub
  }
  get isOffline(): boolean {
    return this.#reign.isSeeking
  }
  get isReady(): boolean {
    return this.#readiness.isReady
  }
  get metAnyone(): boolean {
    return this.#linkLife.hasMet
  }
  get epoch(): number {
    return this.#reign.epoch
  }
  get place(): Place | undefined {
    return this.#placeKeeper.place
  }
  get line(): readonly PersonKey[] {
    return this.#reign.line
  }
  /** Events taken in by this process, own ones too. */
  get taken(): number {
    return this.#counting.taken
  }
  get settled(): boolean {
    return this.outbox.unstored === 0 && this.#writes.isIdle
  }
  /** The person whose device this is. */
  get me(): PersonKey {
    return this.views.personOf(this.self)
  }
  /** With any of their devices. Who hides is not seen. */
  isOnline(person: PersonKey): boolean {
    return this.#online.has(person)
  }
  /** Is this very device here? */
  isHere(key: PersonKey): boolean {
    return this.#online.hasDevice(key)
  }
  /** Persons who are here, this one first. */
  onlineKeys(): Iterable<PersonKey> {
    return this.#online.persons()
  }

  /** What has to be empty once nothing is under way: for tests of growth. */
  sizes(): Record<string, number> {
    return {
      queued: this.#verification.queued,
      verifying: this.#verification.size,
      writing: this.#writes.underWay,
      reading: this.#history.size,
      opening: this.#openings.size,
      receipts: this.#confirming.size,
      hub: this.#reign.hub?.waiting ?? 0,
      outbox: this.outbox.queued,
      commands: this.#acts.waiting,
      suspects: this.#guard.size,
      circuits: this.#relaying.size,
      typing: this.company.doing.size,
    }
  }
  isMember(view: RoomView): boolean {
    return this.#rooms.isMember(view)
  }

  /** The name people know a room by; null for a talk. */
  roomName(view: RoomView): string | null {
    return this.#rooms.nameOf(view)
  }

  /** Has the hub, where there is one, given all it holds? */
  get isCaughtUp(): boolean {
    return this.#lag.isCaughtUp
  }

  /** Is some of what this node should hold on its way: from its hub, or out of what was damaged here? */
  get isStillComing(): boolean {
    const { isHub, followed } = this.#reign
    return this.options.isMending?.() === true || ((isHub || followed !== undefined) && !this.isCaughtUp)
  }

  /** Runs that came by numbers which stand for nothing here (LV-17): for tests. */
  get unreadRuns(): number {
    return this.#liveRuns.unread
  }

  /** Omissions of hubs that this process has counted. */
  get omissions(): number {
    return this.#guard.omissions
  }

  /** Hubs that are not followed now, because of what they kept back. */
  avoided(): readonly PersonKey[] {
    return avoidedNow(this.choice, this.#turn.moment.now)
  }

  /** The links that are up, for `status`. */
  linksUp(): Iterable<LinkInfo> {
    return this.#hubTold.linksUp()
  }

  hubInfo(): HubInfo | undefined {
    return this.#hubTold.info()
  }

  /** The hub followed, or this node; undefined: none. */
  get hubKey(): PersonKey | undefined {
    return this.#reign.hubKey
  }

  // --- what people's acts need ------------------------------------------------------------------------------------

  /** The own join is written: what is older in this room is its history. */
  joined(join: Event): void {
    this.#openings.joined(join, this.#turn.moment.now)
  }

  /** Writes own events of one class and room: on disk first, then out. Returns them; then: once on disk. */
  write(
    room: RoomId,
    writings: readonly Writing[],
    then: (events: readonly Event[]) => void,
  ): readonly Event[] {
    return this.#publishing.write(room, writings, then)
  }

  /** Hub no more, unless nobody else can be: a maintenance is ahead. For this process. */
  drain(): void {
    this.#steering.choose({ in: 'facts', facts: { drained: true } })
  }

  /** Deletes the bodies of own content events of one room: on disk first, then out. then: once on disk. */
  deleteOwn(events: readonly Event[], then: () => void): void {
    this.#publishing.deleteOwn(events, then)
  }

  /** The last lines of rooms from the disk; what is not written yet is written first. fault: why some could not be read. */
  lines(
    rooms: readonly RoomId[],
    count: number,
    then: (lines: readonly RoomLine[], fault?: string) => void,
    which: Which = {},
  ): void {
    this.#history.ask(rooms, count, then, which)
  }

  /** Carries out a `lines` effect: the one thing that reads the disk by scanning. */
  readLines(rooms: readonly RoomId[], count: number, which: Which | IndexWork = {}): Promise<RoomLine[]> {
    return this.#history.read(rooms, count, which)
  }

  /** What this device alone knows: written with the turn. */
  saveMarks(): void {
    this.#facts.saveChosen()
    this.#ownDevices.tellMoved()
    this.company.saveOwn()
  }

  permitSelf(action: 'create' | 'join', room: RoomId, name: string): string | undefined {
    return this.#reign.hub?.permitSelf(action, room, name)
  }

  /** Sends a question to the hub; false where there is none to ask. */
  askHub(frame: Frame): boolean {
    return this.#outgoing.toHub(frame)
  }

  // --- steps ------------------------------------------------------------------------------------------------------

  /** Is there something for the end of a turn? Not after heartbeats that changed nothing: a hub gets two a second of each. */
  get hasTurn(): boolean {
    return this.#turn.hasChanged || this.#turn.hasEffects || this.#wakes.isSooner
  }

  /** Takes one input. Effects are collected until `takeEffects`. */
  step(moment: CoreMoment, input: CoreInput): void {
    this.#turn.moment = moment
    // What a link or a member more changes for a hub says itself that it does.
    if (input.in !== 'frame' && !(input.in === 'linkUp' && this.isHub)) this.#turn.hasChanged = true
    this.#reign.hub?.setNow(moment.now)
    // Of what peers bring as much as comes in one turn is taken in together.
    if (input.in !== 'verified' && input.in !== 'frame') this.#counting.settle()
    this.#take(input)
    this.#relaying.settle()
  }

  #take(input: CoreInput): void {
    const { moment } = this
    switch (input.in) {
      case 'linkUp':
        return this.#linkLife.up(input)
      case 'linkDown':
        return this.#linkLife.down(input)
      case 'relayStalled':
        return this.#relaying.stalled(input.link, input.key)
      case 'frame':
        return this.#receiving.frame(input.link, input.frame)
      case 'verified':
        return this.#verification.answered(input.ticket, input.ok)
      case 'written':
        return this.#written(input.ticket)
      case 'pump':
        return this.sync.pump(input.link)
      case 'command':
        this.#readiness.drop()
        return this.#acts.execute(input.command, input.ref, input.slot)
      case 'lines':
        return this.#history.answered(input.ticket, input.lines, input.fault)
      case 'scanned':
        return this.#storeState.scanned(input)
      case 'audience':
        this.#turn.isHeard = input.isThere
        return
      case 'clockJumped':
        this.#readiness.drop()
        this.#publishing.closeLanes()
        return this.#tick()
      case 'storeFailing':
        return this.#storeState.failing(input)
      case 'storeReplaced':
        return this.#storeState.replaced()
      case 'salvage':
        return this.#storeState.salvaged(input)
      case 'start':
        this.#placeKeeper.start(moment.now)
        // What a former process wrote may still be in a cache: acknowledged is only what a synced write stands behind.
        this.#writes.needSync()
        this.#steering.choose({ in: 'facts', facts: { ready: this.#storeState.isScanned } })
        this.#admissions.changed()
        this.#acts.roomChanged(NETWORK_ROOM)
        this.#acts.announceSelf()
        this.#steering.choose(input)
        return this.#readiness.begin()
      case 'tick':
        if (this.#wakes.isTick(moment.now)) this.#tick()
        return this.#steering.choose(input)
      case 'quit':
        this.#acts.finish()
        return this.#steering.choose(input)
      case 'away':
        if (input.ms > 2000) this.#publishing.closeLanes()
        this.#heals.met(this.#turn.moment.now)
        // What came meanwhile waits in an order of its own: nothing is held against the hub.
        if (this.#reign.followed !== undefined) this.#guard.session(this.hubKey, moment.now)
        return this.#steering.choose(input)
      default:
        return this.#steering.choose(input)
    }
  }

  /** The turn of the event loop is over: fan out, write, say when to wake. */
  endTurn(): void {
    if (!this.#turn.hasChanged) return this.#endShortTurn()
    this.#turn.hasChanged = false
    this.#counting.settle()
    this.#acts.goOn()
    this.#counting.takeFreed()
    this.#counting.takeFilled()
    this.#counting.settle()
    this.#reign.hub?.endTurn()
    // Behind the fan-out: line[0] has the events by then and says when they are on its disk.
    this.#ownConfirmations.endTurn()
    this.#publishing.endTurn()
    if (this.#turn.areCodesDue) this.#acts.lookAtCodes()
    this.#turn.areCodesDue = false
    this.#confirming.sayWitness()
    const slice = this.#indexPace.endTurn(this.taken, this.#turn.isHeard, this.#turn.moment.now)
    if (slice > 0) this.search.work(slice)
    // Last: what is handed over to be written is neither here nor in the store until the shell has taken it.
    this.#flushWrites()
    for (const effect of this.#history.takeDue()) this.#turn.effect(effect)
    this.#tellSettled()
    const fanoutAt = this.#reign.hub?.dueAt ?? Number.POSITIVE_INFINITY
    const indexAt = this.search.isBehind
      ? this.#indexPace.dueAt(this.#turn.moment.now)
      : Number.POSITIVE_INFINITY
    this.#turn.effect({ do: 'wake', at: this.#wakes.tell(this.#ticksAt(), Math.min(fanoutAt, indexAt)) })
  }

  /** One that brought links and members: of them a hub gets thousands within seconds. */
  #endShortTurn(): void {
    this.#reign.hub?.endTurn()
    this.#ownConfirmations.endTurn()
    const arrivalsAt = this.#online.isWaiting ? this.#wakes.nextAt(true) : Number.POSITIVE_INFINITY
    const at = this.#wakes.tellSooner(arrivalsAt, this.#reign.hub?.dueAt ?? Number.POSITIVE_INFINITY)
    if (at !== undefined) this.#turn.effect({ do: 'wake', at })
  }

  takeEffects(): CoreEffect[] {
    const effects = this.#turn.takeEffects()
    if (this.#acts.left()) this.#turn.hasChanged = true
    return effects
  }

  /** When any part but the choice of hub wants a tick. */
  #ticksAt(): number {
    const isWaiting =
      this.outbox.unstored > 0 ||
      !this.isReady ||
      this.#openings.size > 0 ||
      this.#online.isWaiting ||
      this.#heals.isWaiting
    return Math.min(
      this.#wakes.nextAt(isWaiting),
      this.#confirming.dueAt() ?? Number.POSITIVE_INFINITY,
      this.#acts.dueAt(),
      this.company.doing.dueAt(),
    )
  }

  #tick(): void {
    const { now, wall } = this.#turn.moment
    this.#wakes.ticked(now)
    if (this.#time.tick(now, wall, mediansOf(this.choice))) this.display.changedAll()
    this.replica.setNow(this.netNow)
    this.views.setNow(this.netNow)
    this.#reign.hub?.tick()
    this.#relaying.tick(now)
    this.sync.tick(now)
    this.outbox.tick(now)
    this.#ownConfirmations.replicate()
    this.#confirming.acknowledge()
    this.#confirming.tick()
    this.#guard.tick(now, this.isCaughtUp)
    this.#acts.tick()
    for (const [link, { joinsAgain }] of this.#links.all) {
      // Who has left meanwhile is answered no more.
      if (joinsAgain && this.#reign.isMember(link)) this.#steering.joined(link)
      this.#comparing.look(link, now)
    }
    this.#age()
    if (this.#publishing.leaves(now)) this.drain()
    this.#steering.choose({ in: 'facts', facts: { lag: this.#lag.at(now) } })
    this.#ownConfirmations.look()
    this.#online.tick(now)
    this.markers.tick(now)
    this.company.tick(now, this.netNow, () => this.onlineKeys())
    const heal = this.#heals.due(now)
    if (heal) this.#tellHeal(heal)
    if (this.isReady) this.search.begin()
    else this.#readiness.look(now)
    this.#admissions.tick(now, this.isCaughtUp)
    this.#turn.areCodesDue = true
    this.#openings.look(this.#turn.moment.now)
    if (this.#storeState.isScanned) this.#clearing.tick(now, this.#turn.moment.wall, this.netNow)
    this.#wantedBodies.tick(now)
    this.#facts.saveLabels(this.people.takeSaved(now))
    this.saveMarks()
  }

  #age(): void {
    this.#placeKeeper.age(this.#turn.moment.now)
    if (this.place) this.#steering.choose({ in: 'facts', facts: { ageS: this.place.age } })
  }

  #toHub(frame: Frame): void {
    if (!this.#outgoing.toHub(frame) && frame.type === 'offer') this.#ownConfirmations.ask(frame)
  }

  #flushWrites(): void {
    this.#writes.needSync(this.#confirming.size > 0)
    const write = this.#writes.flush(
      this.#turn.newTicket(),
      this.replica.takeOps(),
      this.replica.takeErased(),
    )
    if (write) this.#turn.effect(write)
  }

  #written(ticket: number): void {
    const { lanes, then } = this.#writes.written(ticket)
    this.#confirming.written(lanes)
    for (const each of then) each()
  }

  /** Acts on what a link brought once its signatures are checked, in the order it came. */
  #verify(link: LinkId, checks: readonly Check[], act: Act): void {
    if (this.#links.has(link)) this.#verification.add(link, this.#turn.newTicket(), checks, act)
  }

  // --- rooms ------------------------------------------------------------------------------------------------------

  #open(room: RoomId, lines: readonly RoomLine[]): void {
    this.display.open(
      room,
      lines.map(({ message }) => message),
    )
    // Of a room met for the first time, what is history is not unread.
    this.readMarks.begin(room, lines.findLast(({ message }) => message.history)?.message.order ?? '')
  }

  // --- telling ----------------------------------------------------------------------------------------------------

  tell(event: NodeEvent): void {
    this.#turn.tell(event)
  }

  #tellReady(hub: HubInfo): void {
    this.#hubTold.begins(hub)
    this.tell({
      type: 'ready',
      self: this.people.who(this.self),
      network: this.options.network,
      ...(this.place && { place: this.place.ids[0]! as string }),
      hub,
      epoch: this.epoch,
      room: 'general',
    })
  }

  #warnOfTwin(): void {
    const user = this.people.who(this.self)
    this.tell({ type: 'system', event: 'warning', room: null, user, text: TWIN_WARNING })
  }

  #tellHeal(heal: Heal): void {
    const user = this.people.who(this.self)
    this.tell({ type: 'system', event: 'heal', room: null, user, text: healText(heal), ...heal })
  }

  answer(slot: number, answer: Answer): void {
    this.#turn.effect({ do: 'answer', slot, answer })
  }

  /** Why what this person writes in a room would not count: a refusal code; undefined: it would. */
  denial(room: RoomId): string | undefined {
    return this.#acts.denial(this.self, room, 1)
  }

  /** Never before the event's own `sent` (INV-7): that may wait behind an earlier answer. */
  #tellOfSaid(id: EventId, tell: () => void): void {
    if (!this.#acts.holds(id, tell)) tell()
  }

  tellAck(told: Told): void {
    const { event, state, copies, alone } = told
    this.tell({ type: 'ack', id: event.id, state, copies, ...(alone && { alone: true as const }) })
  }

  #tellSettled(): void {
    const settled = this.settled
    if (settled && !this.#settledTold) this.#turn.effect({ do: 'settled' })
    this.#settledTold = settled
  }
}
