/** Room 0: people, places, network ranks and bans from its control events (rules RM-2, RM-3). */
import { hex } from '../../wire/bytes.ts'
import { doorKey } from '../../wire/door.ts'
import { type EventId, NETWORK_ROOM, type NetId, type PersonKey } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { Codes, type CountedEntry } from './codes.ts'
import { CutEvents } from './cut-events.ts'
import { Devices } from './devices.ts'
import { Door } from './door.ts'
import { displayOrder, inOrder, pass } from './pass.ts'
import { SETTING } from './settings.ts'
import type { ControlEvent, LaneFacts, Look, NetworkView, Profile } from './view.ts'

/**
 * The view of room 0. events: its control events in counted prefixes with t <= now + 7 d, in any order; those of
 * other networks or rooms are passed over. owner: the key in the net id of a network that has one. Never throws.
 */
export function reduceNetwork(
  net: NetId,
  events: Iterable<ControlEvent>,
  facts: LaneFacts,
  owner?: PersonKey,
): NetworkView {
  const inRoom = inOrder(net, NETWORK_ROOM, events, facts)
  const cuts = new CutEvents(inRoom)
  const devices = new Devices(inRoom, cuts)
  const held = inRoom.map((control) => ({ ...control, by: devices.personOf(control.event.author) }))
  const head = owner && devices.personOf(owner)
  const {
    counted,
    standing,
    limits,
    bans,
    demotions,
    mutes,
    lifts,
    changes,
    invited,
    ended,
    codes: made,
  } = pass({
    room: NETWORK_ROOM,
    events: held,
    devices,
    facts,
    owner: head,
    cuts,
  })
  const membersOnly = changes.findLast(({ setting }) => setting === SETTING.membersOnly)
  const entries: CountedEntry[] = []
  for (const { event, body } of held) {
    if (body?.kind !== 'entry' || !owner || !limits.covers(event)) continue
    entries.push({ author: event.author, door: doorKey(body.door) })
    counted.add(event.id)
  }
  const codes = new Codes(made, entries, (key) => devices.personOf(key))
  const door = new Door({
    codes,
    listed: membersOnly && membersOnly.value > 0 ? membersOnly.persons : undefined,
    admitted: invited,
    expelled: new Set(bans.map(({ target }) => target)),
    devices,
    isAdmin: (person) => standing.act(person) >= 4,
  })
  const profiles = new Map<PersonKey, Profile>()
  const ownProfiles = new Map<PersonKey, Profile>()
  const looks = new Map<PersonKey, Look>()
  const pairs = new Map<string, readonly [string, string]>()
  for (const control of held) {
    const { event, by, body } = control
    if (!body || !limits.covers(event)) continue
    if (body.kind === 'profile') {
      const profile = { nick: body.nick, boxKey: body.boxKey, about: body.about }
      ownProfiles.set(event.author, profile)
      if (isOfPerson(devices, control)) profiles.set(by, profile)
      counted.add(event.id)
    } else if (body.kind === 'look') {
      if (isOfPerson(devices, control)) looks.set(by, lookOf(looks.get(by) ?? {}, event.id, body))
      counted.add(event.id)
    } else if (body.kind === 'place' && !owner) {
      const [a, b] = [hex(body.a), hex(body.b)].sort() as [string, string]
      if (a !== b) pairs.set(a + b, [a, b])
      counted.add(event.id)
    } else if (body.kind === 'join') counted.add(event.id)
  }
  for (const id of devices.counted) counted.add(id)
  return {
    profiles,
    ownProfiles,
    devices,
    looks,
    placePairs: [...pairs.values()],
    ranks: standing.table('held'),
    actRanks: standing.table('act'),
    counted: counted as ReadonlySet<EventId>,
    bans,
    demotions,
    mutes,
    lifts,
    ended,
    codes,
    door,
    ...(head && { owner: head }),
  }
}

/** What a device said of itself before it was linked was about somebody else. */
function isOfPerson(devices: Devices, control: ControlEvent): boolean {
  const link = devices.linkOf(control.event.author)
  return !link || displayOrder(link, control) < 0
}

/** With one part of it changed; parts of later versions change nothing. */
function lookOf({ colour, picture }: Look, id: EventId, { part, bytes }: BodyOf<'look'>): Look {
  const isNone = bytes.length === 0
  const nextColour = part !== 1 ? colour : bytes.length === 3 ? bytes : undefined
  const nextPicture = part !== 2 ? picture : isNone ? undefined : id
  return { ...(nextColour && { colour: nextColour }), ...(nextPicture && { picture: nextPicture }) }
}
