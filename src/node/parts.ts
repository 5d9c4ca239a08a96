/**
 * The parts of a node, put together: each is made here, and given by its ports what it may ask of others, which may be made
 * later. What happens with them at each input is in core.ts.
 */
import { Hosts } from '../hub/index.ts'
import type { Event } from '../wire/event.ts'
import { NETWORK_ROOM, type PersonKey, personKey, type RoomId } from '../wire/ids.ts'
import { HOST_AWAY_BURST, HOST_PERSONS } from '../wire/limits.ts'
import type { Acts } from './acts.ts'
import { Admissions } from './admissions.ts'
import { isWithoutDisk } from './alone.ts'
import { Carriage } from './carriage.ts'
import { acknowledges, type ChoiceEvent, createChoice, standingOf } from './choice.ts'
import { Clearing } from './clearing.ts'
import { Company } from './company.ts'
import { Comparing } from './comparing.ts'
import { Confirming } from './confirming.ts'
import type { CoreEffect, CoreOptions, RoomLine } from './core-io.ts'
import { Counting } from './counting.ts'
import { DeviceFacts } from './device-facts.ts'
import { Display, HISTORY_LINES } from './display.ts'
import { doorsOf } from './doors.ts'
import { Durable } from './durable.ts'
import type { NodeEvent } from './events.ts'
import { Forgotten } from './forgotten.ts'
import { Guard } from './guard/guard.ts'
import { Heals } from './heals.ts'
import { HistoryLines } from './history-lines.ts'
import { HubTold } from './hub-told.ts'
import { Lag } from './lag.ts'
import { classOf } from './lanes.ts'
import { LinkLife } from './link-life.ts'
import { Links } from './links.ts'
import { LiveRuns } from './live-runs.ts'
import { Markers } from './markers.ts'
import { Measure } from './measure.ts'
import { MyRooms } from './my-rooms.ts'
import { NetworkTime } from './network-time.ts'
import { minuteOfDay } from './notices.ts'
import { Online } from './online.ts'
import { Openings } from './openings.ts'
import { Outbox } from './outbox.ts'
import { Outgoing } from './outgoing.ts'
import { OwnConfirmations } from './own-confirmations.ts'
import { OwnDevices } from './own-devices.ts'
import { ownHub } from './own-hub.ts'
import { OwnTold } from './own-told.ts'
import { People } from './people.ts'
import { PlaceKeeper } from './place-keeper.ts'
import { Private } from './private.ts'
import { Publishing } from './publishing.ts'
import { Readiness } from './readiness.ts'
import { Receiving } from './receiving.ts'
import { Reign } from './reign.ts'
import { Relaying } from './relaying.ts'
import { Replica } from './replica.ts'
import { Replication } from './replication.ts'
import { RoomChanges } from './room-changes.ts'
import type { RoomView } from './rooms.ts'
import { aboutMark } from './search/marks.ts'
import { IndexPace } from './search/pace.ts'
import { readableHere } from './search/readable.ts'
import { SearchIndex } from './search/search-index.ts'
import { SelfTold } from './self-told.ts'
import { Steering } from './steering.ts'
import type { StoreOp } from './store.ts'
import { StoreState } from './store-state.ts'
import { type Check, type LinkId, Sync } from './sync.ts'
import { Taking } from './taking.ts'
import type { Turn } from './turn.ts'
import { type Act, Verification } from './verification.ts'
import { Views } from './views.ts'
import { Wakes } from './wakes.ts'
import { WantedBodies, wantedHere } from './wanted-bodies.ts'
import { Writes } from './writes.ts'

export type Parts = ReturnType<typeof partsOf>

/** newActs: they ask the whole node, whose parts are there only when all of them are made. */
export function partsOf(options: CoreOptions, turn: Turn, newActs: () => Acts) {
  const { moment } = turn
  const { crypto, signer, net, store } = options
  const links = new Links()
  const heals = new Heals()
  const indexPace = new IndexPace()
  const now = () => turn.moment.now
  const netNow = () => time.at(turn.moment.now)
  // What this device alone knows: written with the turn.
  const saveMarks = () => {
    facts.saveChosen()
    ownDevices.tellMoved()
    company.saveOwn()
  }
  const wakes = new Wakes(moment.now)
  const time = new NetworkTime(moment.now, moment.wall)
  const self = personKey(signer.key)
  const reign = new Reign(self, links)
  const placeKeeper = new PlaceKeeper(options.place, (place) => turn.effect({ do: 'place', place }))
  const views = new Views({
    crypto,
    net,
    ...(options.owner && { owner: options.owner }),
    carriesAll: (person) => reign.carriesAll(person),
    onChanged: () => reign.hub?.carriageChanged(),
  })
  const replica = new Replica({
    crypto,
    net,
    store,
    retentionMs: options.retentionMs,
    limitOf: views.limitOf,
  })
  views.attach(replica)
  replica.setNow(moment.wall)
  const get = (key: string) => store.get(key)
  const put = (op: StoreOp) => writes.put(op)
  const facts = new DeviceFacts({ get, put })
  const { blocks, readMarks, notices } = facts
  const people = new People(crypto, net, self, options.nick, views, facts.labels, facts.acquaintances)
  const tell = (event: NodeEvent) => turn.tell(event)
  const isReady = () => readiness.isReady
  const isVisitor = options.choice.visitor === true
  const isMember = (view: RoomView) => rooms.isMember(view)
  const roomName = (view: RoomView) => rooms.nameOf(view)
  const isBlocked = (key: PersonKey) => blocks.has(views.personOf(key))
  const isDenied = (room: RoomId) => acts.denial(self, room, 1) !== undefined
  const choose = (event: ChoiceEvent) => steering.choose(event)
  const me = () => views.personOf(self)
  const lines: HistoryLines['ask'] = (...asked) => history.ask(...asked)
  const open = (room: RoomId, lines: readonly RoomLine[]) => {
    const told = lines.map(({ message }) => message)
    display.open(room, told)
    // Of a room met for the first time, what is history is not unread.
    readMarks.begin(room, told.findLast(({ history }) => history)?.order ?? '')
  }
  // Acts on what a link brought once its signatures are checked, in the order it came.
  const verify = (link: LinkId, checks: readonly Check[], act: Act) => {
    if (links.has(link)) verification.add(link, turn.newTicket(), checks, act)
  }
  const changed = () => {
    turn.hasChanged = true
  }
  const effect = (effect: CoreEffect) => turn.effect(effect)
  const online: Online = new Online({
    self,
    views,
    people,
    heals,
    company: () => company,
    hubTold: () => hubTold,
    now,
    netNow,
    isReady,
    isHeard: () => turn.isHeard,
    tell,
    ownCame: (device) => ownDevices.came(device),
  })
  const relaying: Relaying = new Relaying({
    crypto,
    signer,
    gateKey: () => doors?.gateKey ?? options.gateKey,
    hello: () => linkLife.hello(),
    admits: options.admits ?? (() => true),
    send: (carrier, frame) => outgoing.send(carrier, frame),
    up: ({ link, key, dialled, hello, told }) => {
      const via = links.keyOf(relaying.carrierOf(link)!)
      if (via) linkLife.up({ in: 'linkUp', link, key, dialled, address: '', hello, told, via })
    },
    frame: (link, frame) => receiving.frame(link, frame),
    down: (link) => linkLife.down({ in: 'linkDown', link, cause: 'closed' }),
    failed: (via, to) => steering.choose({ in: 'circuitFailed', via, to }),
    fault: (link, _key, why) => outgoing.fault(link, why),
    standing: () => standingOf(choice, turn.moment.now),
    isHub: () => reign.isHub,
  })
  const verification = new Verification((link, ticket, checks) =>
    // Who is read more slowly for them is the peer that carries.
    turn.effect({ do: 'verify', link: relaying.carrierOf(link) ?? link, ticket, checks }),
  )
  const outgoing: Outgoing = new Outgoing({ links, reign, relaying, effect })
  const company: Company = new Company(
    {
      self,
      isVisitor,
      people,
      send: (links, frame) => outgoing.sendShared(links, frame),
      links: () => links.ids(),
      toHub: () => reign.followed,
      hub: () => reign.hub,
      isPresent: (device) => online.presence.has(device),
      personOf: (device) => views.personOf(device),
      devicesOf: (person) => views.network().devices.of(person),
      tellPresence: (person, isOnline) => online.noteShown(person, isOnline),
      openRoom: (room) => {
        const view = display.isOpen(room) ? views.room(room) : undefined
        return view && isMember(view) ? view : undefined
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
  const markers = new Markers({
    self,
    room: (room) => {
      const view = views.room(room)
      return view && !view.deleted && isMember(view) ? view : undefined
    },
    lanes: (room, author) => replica.lanes(room, 1, author),
    readUpTo: (room) => readMarks.of(room),
    isTold: (person) => online.presence.has(person) && !blocks.has(person),
    tellsHeld: () => !company.own.isHidden && !isVisitor,
    tellsRead: () => company.own.tellsRead,
    reign,
    outgoing,
    people,
    roomName,
    isBlocked: (person) => blocks.has(person),
    isReady,
    tell,
  })
  const sealing = new Private(crypto, options.seed, self, views, people, now)
  const rooms = new MyRooms({ self, views, people, private: sealing })
  const ownDevices = new OwnDevices({
    self,
    marks: readMarks,
    views,
    links,
    outgoing,
    reign,
    private: sealing,
    isHere: (device) => online.presence.has(device),
  })
  const doors = doorsOf(options, {
    view: () => views.network(),
    box: sealing.codes,
    changed: (ways) => turn.effect({ do: 'ways', ways }),
  })
  const choice = createChoice({
    ...options.choice,
    self,
    bars: (key) => views.network().door.admission(key) !== 'member',
  })
  const admissions = new Admissions({
    self,
    network: () => views.network(),
    who: (person) => people.who(person),
    tell,
    barred: (barred) => steering.choose({ in: 'facts', facts: { barred } }),
    expelled: (code) => turn.effect({ do: 'exit', code }),
    isEntering: () => acts.isEntering,
  })
  const durable = new Durable(replica)
  const writes = new Writes(durable)
  const ownTold = new OwnTold({ acts: () => acts, tell })
  const outbox = new Outbox(
    (frame) => {
      if (!outgoing.toHub(frame) && frame.type === 'offer') ownConfirmations.ask(frame)
    },
    (told) => ownTold.acknowledged(told),
    (event) => ownTold.withdrawn(event),
  )
  const replication = new Replication(
    (room, lane) => replica.vectors.isCurrent(lane) && acts.denial(self, room, classOf(lane)) === undefined,
  )
  const hubTold = new HubTold({
    self,
    people,
    choice,
    links,
    reign,
    url: options.url,
    ...(options.traffic && { traffic: options.traffic }),
    now,
    tell,
  })
  const selfTold = new SelfTold({
    self,
    network: options.network,
    turn,
    people,
    placeKeeper,
    reign,
    hubTold,
  })
  const display: Display = new Display({
    self,
    replica,
    views,
    people,
    open: (event, body) => sealing.open(event, body),
    roomName,
    isMember,
    isBlocked,
    isForgotten: (event) => forgotten.has(event),
    calls: (room, message) =>
      notices.calls(
        room,
        message.mention === true || message.private === true,
        minuteOfDay(turn.moment.wall),
      ),
    historyEnds: (room) => openings.joinedAt(room) ?? time.startedAt,
    isTimeKnown: () => time.isKnown,
    isHeard: () => turn.isHeard,
    isMarked: (message) => store.get(aboutMark(message)) !== undefined,
    learnText: (room, message, then) => lines([room], 0, then, { texts: [message] }),
    tell: (message) => {
      turn.tell(message)
      if (message.type === 'message' && !message.self) online.said(message)
      if (message.type !== 'message' || message.history || message.from.id === me()) return
      heals.shown(message.from.id as PersonKey, netNow() - message.ts, turn.moment.now)
    },
  })
  const forgotten = new Forgotten({ get, put })
  const search = new SearchIndex({
    crypto,
    seed: options.seed,
    replica,
    retentionMs: options.retentionMs,
    get,
    put,
    ...readableHere(self, views, display),
  })
  replica.onContent = (lane) => search.changed(lane)
  const roomChanged = (room: RoomId, just?: readonly Event[]) => roomChanges.changed(room, just)
  const events = { self, replica, views, display, search, writes, now, netNow }
  const peers = { links, outgoing, relaying, reign, now }
  const history = new HistoryLines({
    ...events,
    turn,
    store,
    ...(options.breathe && { breathe: options.breathe }),
  })
  const openings: Openings = new Openings({
    isOpen: (room) => display.isOpen(room),
    close: (room) => display.close(room),
    hasHistory: (join) => reign.followed === undefined || (!outbox.isOpen(join) && !sync.isBusy),
    isNamed: (room) => rooms.isNamed(room),
    lines: (room, then) => lines([room], HISTORY_LINES, then),
    open,
  })
  const liveRuns = new LiveRuns({
    crypto,
    net: replica.net,
    held: (room, author, lane) => replica.lane(room, author, lane)?.n ?? 0,
    pull: (link, room, author, lane) => sync.pullLane(link, room, author, lane),
    isHub: (link) => link === reign.followed,
    ask: (link) => sync.askPeer(link),
    fault: (link, why) => outgoing.fault(link, `live: ${why}`),
  })
  const measure = new Measure(options.rate, now)
  const brought = new Hosts({ perS: HOST_PERSONS * options.rate.perS, burst: HOST_AWAY_BURST })
  const sync: Sync = new Sync({
    crypto,
    replica,
    measure,
    isMeasured: (link) => !reign.isOfHub(link),
    hostLeft: (link) => brought.left(links.get(link)?.host ?? '', turn.moment.now),
    hostTook: (link, units) => brought.took(links.get(link)?.host ?? '', units, turn.moment.now),
    carriage: {
      mine: (room, cls) => views.carries(self, room, cls, true),
      theirs: (peer, room, cls) => views.carries(peer, room, cls, false),
    },
    send: (link, frame) => outgoing.send(link, frame),
    wantPump: (link) => turn.effect({ do: 'pump', link, over: relaying.carrierOf(link) ?? link }),
    verify,
    took: (link, run) => taking.took(link, run),
    deleted: (link, tombstone) => taking.deleted(link, tombstone),
    forked: roomChanged,
    fault: (link, why) => outgoing.fault(link, why),
    pulled: () => {
      counting.settle()
      readiness.look(turn.moment.now)
      openings.look(turn.moment.now)
    },
    served: (link, room, author, lane) => {
      if (reign.isOfHub(link)) guard.pulled(room, author, lane)
    },
    listed: (link, entries, isLast) => {
      if (reign.isFollowed(link)) guard.listed(entries, isLast, turn.moment.now)
    },
  })
  const lag = new Lag({ reign, sync, outbox })
  const readiness = new Readiness({
    reign,
    sync,
    isComingIn: () => acts.isComingIn,
    // The others are opened when they have a name.
    rooms: () => acts.joinedRooms().filter((room) => rooms.isNamed(room)),
    lines,
    hub: () => hubTold.info(),
    tellHistory: (room, message) => display.tellHistory(room, message),
    tellReady: (hub) => selfTold.ready(hub),
    open,
    opened: () => {
      admissions.ready()
      // Rooms that have come meanwhile.
      roomChanges.noteMine(NETWORK_ROOM)
    },
  })
  const comparing = new Comparing({ ...events, ...peers, sync })
  const carriage = new Carriage({ ...events, ...peers, sync })
  const guard = new Guard({
    ...events,
    ...peers,
    sync,
    outbox,
    heardAt: (link) => choice.links.get(link)?.heardAt ?? 0,
    reachOut: (max) => steering.choose({ in: 'reachOut', max }),
    avoid: (hub) => steering.avoid(hub),
  })
  const confirming: Confirming = new Confirming({
    ...events,
    ...peers,
    signer,
    isVisitor,
    durableN: durable.n,
    isDiskSound: () => storeState.isSound,
    isAwake: () => acknowledges(choice),
    denial: (author, room, cls) => acts.denial(author, room, cls),
    needSync: (isNeeded) => writes.needSync(isNeeded),
    behind: (link, act) => verify(link, [], act),
    pull: (link, room, author, lane) => sync.pullLane(link, room, author, lane),
    offered: (link) => guard.offered(link, turn.moment.now),
    isAsker: (link) => guard.isAsker(link, turn.moment.now),
  })
  const ownConfirmations = new OwnConfirmations({
    ...events,
    ...peers,
    outbox,
    replication,
    me,
    isWithoutDisk: (link) => isWithoutDisk(choice.links.get(link)),
    othersHere: () => online.presence.count,
    isAlone: () => confirming.mayAcknowledge() && reign.isAlone(choice, turn.moment.now),
    verify,
  })
  const own = { outbox, replication, confirming, ownConfirmations }
  const cameAsOwn = (events: readonly Event[]) => publishing.cameAsOwn(events)
  const counting = new Counting({
    ...events,
    durable,
    indexPace,
    markers,
    isHeard: () => turn.isHeard,
    isAnswerable: () => confirming.isAnswerable,
    changed: () => readiness.drop(),
    roomChanged,
    came: (events) => clearing.came(events),
    counted: (event) => acts.counted(event),
    cameAsOwn,
  })
  const taking = new Taking({
    ...events,
    ...peers,
    sync,
    measure,
    liveRuns,
    guard,
    carriage,
    counting,
    isReady,
    tell,
    roomChanged,
    cameAsOwn,
  })
  const publishing = new Publishing({
    ...events,
    ...peers,
    ...own,
    crypto,
    signer,
    counting,
    guard,
    isDenied,
    warnOfTwin: () => selfTold.twin(),
  })
  const toldOf = { company, hubTold, readiness }
  const linkLife = new LinkLife({
    ...peers,
    ...toldOf,
    net,
    isVisitor,
    doors,
    placeKeeper,
    comparing,
    carriage,
    sync,
    liveRuns,
    verification,
    guard,
    choose,
    unfollow: () => steering.unfollow(),
    aliasPlaces: (pair) => {
      changed()
      acts.aliasPlaces(pair)
    },
    effect,
  })
  const steering = new Steering({
    ...peers,
    ...own,
    ...toldOf,
    choice,
    wakes,
    comparing,
    carriage,
    guard,
    online,
    markers,
    moment: () => turn.moment,
    newHub: () =>
      ownHub({
        ...events,
        ...peers,
        crypto,
        net,
        rate: options.rate,
        choice,
        sync,
        taking,
        durable,
        confirming,
        online,
        isReady,
        denial: (author, room, cls, run) => acts.denial(author, room, cls, run),
        permit: (...asked) => acts.permit(...asked),
      }),
    drop: (link) => linkLife.drop(link),
    effect,
    changed,
  })
  const acts: Acts = newActs()
  const receiving = new Receiving({
    ...events,
    ...peers,
    ...own,
    ...toldOf,
    choice,
    sync,
    taking,
    openings,
    online,
    markers,
    ownDevices,
    acts,
    choose,
    saveMarks,
    changed,
  })
  const roomChanges = new RoomChanges({
    ...events,
    ...peers,
    turn,
    people,
    doors,
    placeKeeper,
    admissions,
    online,
    openings,
    outbox,
    linkLife,
    comparing,
    carriage,
    acts,
    isReady,
    isMember,
    isDenied,
    choose,
  })
  const clearing = new Clearing({
    ...events,
    store,
    private: sealing,
    choice,
    retentionMs: options.retentionMs,
    put,
    roomChanged,
    laneErased: (lane) => search.erased(lane),
    erased: (time) => history.work({ erasedBy: time }),
  })
  const wantedBodies = new WantedBodies(wantedHere({ ...events, ...peers, sync }))
  const storeState = new StoreState({
    ...events,
    ...own,
    durable,
    sync,
    comparing,
    publishing,
    readiness,
    crypto,
    turn,
    verification,
    taking,
    counting,
    choose,
    roomChanged,
  })
  return {
    ...events,
    ...peers,
    ...own,
    ...toldOf,
    private: sealing,
    acts,
    admissions,
    carriage,
    choice,
    clearing,
    comparing,
    counting,
    doors,
    facts,
    forgotten,
    guard,
    heals,
    history,
    indexPace,
    lag,
    linkLife,
    liveRuns,
    markers,
    online,
    openings,
    people,
    placeKeeper,
    publishing,
    receiving,
    rooms,
    saveMarks,
    selfTold,
    steering,
    store,
    storeState,
    sync,
    time,
    turn,
    verification,
    wakes,
    wantedBodies,
  }
}
