/** Room 0: people, places, network ranks and bans from its control events (rules RM-2, RM-3). */
import { hex } from '../../wire/bytes.ts'
import { type EventId, NETWORK_ROOM, type NetId, type PersonKey } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { Door } from './door.ts'
import { eventsOf, pass } from './pass.ts'
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
  const held = eventsOf(net, NETWORK_ROOM, events, facts)
  const { counted, standing, limits, bans, demotions, mutes, lifts, changes, invited } = pass({
    room: NETWORK_ROOM,
    events: held,
    facts,
    owner,
  })
  const membersOnly = changes.findLast(({ setting }) => setting === SETTING.membersOnly)
  const door = new Door({
    listed: membersOnly && membersOnly.value > 0 ? membersOnly.persons : undefined,
    admitted: invited,
    expelled: new Set(bans.map(({ target }) => target)),
    isAdmin: (person) => standing.act(person) >= 4,
  })
  const profiles = new Map<PersonKey, Profile>()
  const looks = new Map<PersonKey, Look>()
  const pairs = new Map<string, readonly [string, string]>()
  for (const { event, body } of held) {
    if (!body || !limits.covers(event)) continue
    if (body.kind === 'profile') {
      profiles.set(event.author, { nick: body.nick, boxKey: body.boxKey, about: body.about })
      counted.add(event.id)
    } else if (body.kind === 'look') {
      looks.set(event.author, lookOf(looks.get(event.author) ?? {}, event.id, body))
      counted.add(event.id)
    } else if (body.kind === 'place' && !owner) {
      const [a, b] = [hex(body.a), hex(body.b)].sort() as [string, string]
      if (a !== b) pairs.set(a + b, [a, b])
      counted.add(event.id)
    } else if (body.kind === 'join') counted.add(event.id)
  }
  return {
    profiles,
    looks,
    placePairs: [...pairs.values()],
    ranks: standing.table('held'),
    actRanks: standing.table('act'),
    counted: counted as ReadonlySet<EventId>,
    bans,
    demotions,
    mutes,
    lifts,
    door,
    ...(owner && { owner }),
  }
}

/** With one part of it changed; parts of later versions change nothing. */
function lookOf({ colour, picture }: Look, id: EventId, { part, bytes }: BodyOf<'look'>): Look {
  const isNone = bytes.length === 0
  const nextColour = part !== 1 ? colour : bytes.length === 3 ? bytes : undefined
  const nextPicture = part !== 2 ? picture : isNone ? undefined : id
  return { ...(nextColour && { colour: nextColour }), ...(nextPicture && { picture: nextPicture }) }
}
