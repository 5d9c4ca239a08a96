/** One room from its control events and the view of room 0 (rules RM-4 to RM-13). */
import type { Crypto } from '../../wire/crypto.ts'
import {
  type EventId,
  generalRoom,
  type LaneId,
  madeRoom,
  NETWORK_ROOM,
  type NetId,
  type PersonKey,
  personKey,
  type RoomId,
  talkRoom,
} from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { type BlockChange, blocksOf } from './blocking.ts'
import type { Devices } from './devices.ts'
import { Erasures, NOTHING_ERASED } from './erased.ts'
import { LaneLimits } from './limits.ts'
import { joined } from './members.ts'
import { eventsOf, type PassResult, pass, readPersons } from './pass.ts'
import { NO_RULES, Rules } from './settings.ts'
import type { ControlEvent, LaneFacts, NetworkView, RoomRules, RoomView, Said } from './view.ts'

type Create = Said & { readonly body: BodyOf<'create'> & { readonly kind: 'create' } }
const NOTHING_ENDED: ReadonlyMap<EventId, EventId> = new Map()
const TYPES = ['public', 'private', 'talk', 'private'] as const
/** What two people say to each other alone. */
export const TALK = 2
/** A private room that a message to several people made, for what these say to each other. */
const CIRCLE = 3

/**
 * The view of one room. events: its control events in counted prefixes with t <= now + 7 d, in any order; those of
 * other networks or rooms are passed over. Equal sets give equal views (INV-1). Never throws.
 */
export function reduceRoom(
  net: NetId,
  crypto: Crypto,
  room: RoomId,
  events: Iterable<ControlEvent>,
  network: NetworkView,
  facts: LaneFacts,
): RoomView {
  if (room === NETWORK_ROOM) return networkRoom(network, facts)
  const { devices } = network
  const held = eventsOf(net, room, events, facts, devices)
  if (room === generalRoom(crypto, net)) return general(room, held, network, facts)
  const create = creation(net, crypto, room, held, new LaneLimits(room, facts, devices, network), devices)
  if (!create) return nobodys(room)
  const type = TYPES[create.body.type as 0 | 1 | 2 | 3]
  return type === 'talk'
    ? talk(room, create, held, network, facts)
    : made(room, type, create, held, network, facts)
}

/**
 * The create that counts: its author and salt, or the two persons of a talk, hash to the room's id, and no ban of
 * room 0 cuts it off, nor an unlinking that it was made before. A ban of the room itself cannot undo what it rests on. Of
 * several the first in display order.
 */
function creation(
  net: NetId,
  crypto: Crypto,
  room: RoomId,
  held: readonly Said[],
  limits: LaneLimits,
  devices: Devices,
): Create | undefined {
  return held.find(
    (candidate): candidate is Create =>
      candidate.body?.kind === 'create' &&
      limits.coversMaking(candidate.event) &&
      makes(net, crypto, room, candidate as Create, devices),
  )
}

function makes(
  net: NetId,
  crypto: Crypto,
  room: RoomId,
  { event, by, body, salt }: Create,
  devices: Devices,
): boolean {
  if (body.type === TALK) {
    const [a, b, ...others] = readPersons(body.persons)
    if (!a || !b || others.length > 0 || (by !== devices.personOf(a) && by !== devices.personOf(b)))
      return false
    return talkRoom(crypto, net, a, b) === room
  }
  // A public room's name is read by all: sealed bytes name nothing there.
  if (body.type === 0 ? typeof body.name !== 'string' : body.type !== 1 && body.type !== CIRCLE) return false
  return madeRoom(crypto, net, event.author, salt) === room
}

function made(
  room: RoomId,
  type: 'public' | 'private',
  create: Create,
  held: readonly Said[],
  network: NetworkView,
  facts: LaneFacts,
): RoomView {
  const { devices } = network
  const creator = create.by
  const named = type === 'private' ? new Set([...personsOf(create, devices), creator]) : undefined
  const result = pass({ room, events: held, devices, facts, creator, network, persons: named })
  const { counted, standing, limits, persons, deleted } = result
  counted.add(create.event.id)
  const rules = rulesOf(create.body.max, result, devices)
  const present = held.filter(({ event, by, body }) => {
    if (event.id === create.event.id) return true
    // Of a deleted room they may be here or not.
    const isKey = !deleted && (body?.kind === 'key' || isOwnKeyring(body, by, devices))
    const isOpen =
      body?.kind === 'join' || body?.kind === 'leave' || body?.kind === 'erase' || (isKey && persons)
    if (body?.kind === 'join' && !rules.admits(by)) return false
    return isOpen && mayWrite(by, persons) && limits.covers(event)
  })
  const erasures = new Erasures()
  for (const { event, by, body } of present) {
    counted.add(event.id)
    if (body?.kind === 'erase') erasures.add(by, body.targets)
  }
  return {
    id: room,
    type,
    isCircle: create.body.type === CIRCLE,
    name: create.body.name,
    topic: result.topic ?? create.body.topic,
    max: rules.settings.max,
    ...rulesIn(rules),
    createdBy: creator,
    deleted,
    members: joined(present, (person) => limits.isBanned(person), named),
    ...(persons ? { persons } : {}),
    ranks: standing.table('held'),
    bans: [...network.bans, ...result.bans],
    mutes: [...network.mutes, ...result.mutes],
    hidden: result.hidden,
    erased: erasures.erased,
    pins: result.pins,
    invited: result.invited,
    demotions: [...network.demotions, ...result.demotions],
    counted,
    ended: result.ended,
    personOf: (key) => devices.personOf(key),
    contentLimit: (author, lane) =>
      deleted || !mayWrite(devices.personOf(author), persons) ? 0 : limits.visible(author, lane),
  }
}

/** The settings that count, weighed against the ranks here. */
const rulesOf = (max: number, { changes, standing, limits, invited }: PassResult, devices: Devices) =>
  new Rules(max, changes, {
    isModerator: (person) => standing.held(person) >= 2,
    // What a moderator wrote before a demotion's cut stays a moderator's.
    isModerators: (event) => {
      const by = devices.personOf(event.author)
      return standing.held(by) >= 2 || (standing.act(by) >= 2 && limits.coversAct(event, 1))
    },
    personOf: (key) => devices.personOf(key),
    invited,
  })

const rulesIn = (rules: RoomRules) => ({
  settings: rules.settings,
  ruleAgainst: rules.ruleAgainst.bind(rules),
  admits: rules.admits.bind(rules),
  needsNoVoice: rules.needsNoVoice.bind(rules),
})

const personsOf = (create: Create, devices: Devices) =>
  readPersons(create.body.persons).map((person) => devices.personOf(person))

/** Keys go from one device of a person to another (rule SE-11). */
const isOwnKeyring = (body: Said['body'], by: PersonKey, devices: Devices) =>
  body?.kind === 'keyring' && devices.personOf(personKey(body.device)) === by

const mayWrite = (person: PersonKey, persons: ReadonlySet<PersonKey> | undefined) =>
  !persons || persons.has(person)

/** A talk: both are members for good; nobody ranks, bans or deletes there, room 0's bans apart. */
function talk(
  room: RoomId,
  create: Create,
  held: readonly Said[],
  network: NetworkView,
  facts: LaneFacts,
): RoomView {
  const { devices } = network
  const persons = new Set(personsOf(create, devices))
  const limits = new LaneLimits(room, facts, devices, network)
  const counted = new Set<EventId>([create.event.id])
  const blocks: BlockChange[] = []
  const erasures = new Erasures()
  for (const { event, by, body } of held) {
    const isOfTalk =
      body?.kind === 'key' ||
      body?.kind === 'block' ||
      body?.kind === 'erase' ||
      isOwnKeyring(body, by, devices)
    if (!body || !isOfTalk || !persons.has(by) || !limits.covers(event)) continue
    counted.add(event.id)
    if (body.kind === 'erase') erasures.add(by, body.targets)
    if (body.kind === 'block')
      blocks.push({ t: event.t, author: event.author, id: event.id, by, value: body.on ? 1 : 0 })
  }
  const against = blocksOf(blocks, persons)
  return {
    id: room,
    type: 'talk',
    name: '',
    topic: '',
    max: 0,
    ...rulesIn(NO_RULES),
    ruleAgainst: (event) => against(event, devices.personOf(event.author)),
    createdBy: create.event.author,
    deleted: false,
    members: new Set([...persons].filter((person) => !limits.isBanned(person))),
    persons,
    ranks: new Map(),
    bans: network.bans,
    mutes: network.mutes,
    hidden: new Set(),
    erased: erasures.erased,
    pins: [],
    invited: new Set(),
    demotions: [],
    counted,
    ended: NOTHING_ENDED,
    personOf: (key) => devices.personOf(key),
    contentLimit: (author, lane) =>
      persons.has(devices.personOf(author)) ? limits.visible(author, lane) : 0,
  }
}

/** Of thousands who come one by one it is made where somebody asks: the profiles of a view may grow under it. */
function everybodyIn({ profiles }: NetworkView, limits: LaneLimits): () => ReadonlySet<PersonKey> {
  let revision = -1
  let members: ReadonlySet<PersonKey> = new Set()
  return () => {
    if (revision !== profiles.revision)
      members = new Set([...profiles.keys()].filter((person) => !limits.isBanned(person)))
    revision = profiles.revision
    return members
  }
}

/** general: nobody made it, nobody leaves it, nothing deletes it. */
function general(room: RoomId, held: readonly Said[], network: NetworkView, facts: LaneFacts): RoomView {
  const { devices } = network
  const result = pass({ room, events: held, devices, facts, network })
  const { counted, standing, limits } = result
  const everybody = everybodyIn(network, limits)
  const erasures = new Erasures()
  for (const { event, by, body } of held) {
    if ((body?.kind !== 'join' && body?.kind !== 'erase') || !limits.covers(event)) continue
    counted.add(event.id)
    if (body.kind === 'erase') erasures.add(by, body.targets)
  }
  return {
    id: room,
    type: 'general',
    name: 'general',
    topic: result.topic ?? '',
    max: 0,
    ...rulesIn(rulesOf(0, result, devices)),
    deleted: false,
    get members() {
      return everybody()
    },
    ranks: standing.table('held'),
    bans: [...network.bans, ...result.bans],
    mutes: [...network.mutes, ...result.mutes],
    hidden: result.hidden,
    erased: erasures.erased,
    pins: result.pins,
    invited: result.invited,
    demotions: [...network.demotions, ...result.demotions],
    counted,
    ended: result.ended,
    personOf: (key) => devices.personOf(key),
    contentLimit: (author, lane) => limits.visible(author, lane),
  }
}

/** Room 0 holds no content: whatever lies in its content lanes is shown nowhere. */
function networkRoom(network: NetworkView, facts: LaneFacts): RoomView {
  const limits = new LaneLimits(NETWORK_ROOM, facts, network.devices, network)
  const everybody = everybodyIn(network, limits)
  const { persons: _nobody, ...empty } = nobodys(NETWORK_ROOM)
  return {
    ...empty,
    type: 'network',
    get members() {
      return everybody()
    },
    ranks: network.ranks,
    bans: network.bans,
    mutes: network.mutes,
    personOf: (key) => network.devices.personOf(key),
    counted: network.counted,
    ended: network.ended,
  }
}

/** A room whose create is not here or does not count: nothing in it is shown. */
function nobodys(id: RoomId): RoomView {
  return {
    id,
    type: 'private',
    name: '',
    topic: '',
    max: 0,
    ...rulesIn(NO_RULES),
    deleted: false,
    members: new Set(),
    persons: new Set(),
    ranks: new Map(),
    bans: [],
    mutes: [],
    hidden: new Set(),
    erased: NOTHING_ERASED,
    pins: [],
    invited: new Set(),
    demotions: [],
    counted: new Set(),
    ended: NOTHING_ENDED,
    personOf: (key) => key,
    contentLimit: (_author: PersonKey, _lane: LaneId) => 0,
  }
}
