/** Room 0: people, places, network ranks and bans from its control events (rules RM-2, RM-3). */
import { hex } from '../../wire/bytes.ts'
import { doorKey } from '../../wire/door.ts'
import { type EventId, NETWORK_ROOM, type NetId, type PersonKey } from '../../wire/ids.ts'
import { Codes, type CountedEntry } from './codes.ts'
import { CutEvents } from './cut-events.ts'
import { Devices } from './devices.ts'
import { Door } from './door.ts'
import { inOrder, pass } from './pass.ts'
import { SETTING } from './settings.ts'
import type { ControlEvent, LaneFacts, NetworkView } from './view.ts'
import { Words } from './words.ts'

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
  const words = new Words(devices, (event) => limits.covers(event), counted)
  const pairs = new Map<string, readonly [string, string]>()
  for (const control of held) {
    const { event, body } = control
    words.add(control)
    if (!body || !limits.covers(event)) continue
    if (body.kind === 'place' && !owner) {
      const [a, b] = [hex(body.a), hex(body.b)].sort() as [string, string]
      if (a !== b) pairs.set(a + b, [a, b])
      counted.add(event.id)
    } else if (body.kind === 'join') counted.add(event.id)
  }
  for (const id of devices.counted) counted.add(id)
  const { profiles, ownProfiles, looks } = words
  const view: NetworkView = {
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
  wordsOf.set(view, words)
  return view
}

/** Of views that may grow. */
const wordsOf = new WeakMap<NetworkView, Words>()

/**
 * The view with more that people say of themselves, as reduceNetwork would make it of all events with these. From then on the former
 * view is not to be used: its maps are those of the new one. said: profiles and looks in counted prefixes, of lanes that nothing cuts.
 */
export function withWords(view: NetworkView, said: readonly ControlEvent[]): NetworkView | undefined {
  const words = wordsOf.get(view)
  if (!words) return undefined
  for (const control of said) words.add(control)
  const next = { ...view }
  wordsOf.set(next, words)
  return next
}
