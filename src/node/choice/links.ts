/** The links as the choice sees them: who is at the other end, what is sent, what is dialled, which of two is kept. */
import type { PersonKey } from '../../wire/ids.ts'
import { type Address, addressOf, dialNode, due } from '../addresses.ts'
import type { Choice, ChoiceEvent, ChoiceFrame, Following, Link, LinkId, Turn } from './state.ts'
import { isLiteral, noteTold, type Told } from './told.ts'
import { parted } from './wary.ts'

export const send = (turn: Turn, link: Link, frame: ChoiceFrame): void => {
  turn.effects.push({ do: 'send', link: link.id, frame })
}

/** As hub: something else is said to a member over this link, and shows as well as a heartbeat that this node lives. */
export function said(choice: Choice, id: LinkId, now: number): void {
  const link = choice.links.get(id)
  if (link) link.saidAt = now
}

/** A link that carries no heartbeat for so long is silent, whatever else comes: what chooses the hub over there has stopped. */
const BEATLESS_MS = 20_000

/** The same of the peer: something else came from it. */
export function heard(choice: Choice, id: LinkId, now: number): void {
  const link = choice.links.get(id)
  if (link && hasBeat(link, now)) hear(choice, link, now)
}

const hasBeat = (link: Link, now: number): boolean =>
  now - Math.max(link.beat?.at ?? link.upAt, link.unreadAt) < BEATLESS_MS ||
  link.ofSameKey.some(({ beat, address }) => beat && address === link.address && now - beat.at < BEATLESS_MS)

export function hear(choice: Choice, link: Link, now: number): void {
  const { phase } = choice
  if (phase.state === 'following' && phase.link === link.id) learnGap(choice, phase, now, now - link.heardAt)
  link.heardAt = now
}

/** Gaps that T is taken from: a minute or less. The largest of them is above the p99. */
const GAPS_MAX = 128
/** Of what comes in this part of a heartbeat's interval the longest silence counts. */
const GAP_PART = 0.8

/** T is silenceMs and twice what the hub was silent for longer than it may be, lately; at most silenceMsMax. */
function learnGap(choice: Choice, phase: Following, now: number, silentMs: number): void {
  const { heartbeatMs, silenceMs, silenceMsMax } = choice.timing
  phase.gapMs = Math.max(phase.gapMs, silentMs)
  if (now - phase.gapAt < GAP_PART * heartbeatMs) return
  phase.gaps.push(phase.gapMs)
  phase.gapMs = 0
  phase.gapAt = now
  if (phase.gaps.length % 16 !== 0) return
  if (phase.gaps.length > GAPS_MAX) phase.gaps.splice(0, phase.gaps.length - GAPS_MAX)
  const sorted = [...phase.gaps].sort((a, b) => a - b)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1]!
  phase.limitMs = Math.min(silenceMsMax, silenceMs + 2 * Math.max(0, p99 - heartbeatMs))
}

/** Sends a question whose answer also tells the round trip. */
export function ask(turn: Turn, link: Link, frame: ChoiceFrame): void {
  link.askedAt ??= turn.now
  send(turn, link, frame)
}

const UINT32 = 2 ** 32

/** A moment as join and absorb carry it: the other side only echoes it. */
export const mark = (now: number): number => Math.floor(now) % UINT32

/** How long ago that was, ms. */
export const sinceMark = (now: number, at: number): number => (mark(now) - at + UINT32) % UINT32

export function join(turn: Turn, link: Link): void {
  link.joinSentAt = turn.now
  ask(turn, link, { type: 'join', at: mark(turn.now) })
}

/** A link loses nothing and keeps order: a join that waits for its answer is sent again only after this. */
const JOIN_AGAIN_MS = 2000

/** Was this link's join of the search that began at `since` not answered yet? A busy hub must not be asked ever more. */
export const awaitsAnswer = ({ joinSentAt }: Link, now: number, since: number): boolean =>
  joinSentAt !== undefined && joinSentAt >= since && now - joinSentAt < JOIN_AGAIN_MS

/** An answer came: the round trip, smoothed. At most 600 ms, so that one slow answer cannot delay a take-over. */
export function answered(choice: Choice, turn: Turn, link: Link): void {
  if (link.askedAt === undefined) return
  const sample = Math.min(600, turn.now - link.askedAt)
  link.askedAt = undefined
  choice.rttMs = choice.rttMs === 0 ? sample : choice.rttMs * 0.75 + sample * 0.25
}

/** Something is due at this time. */
export const wakeBy = (choice: Choice, at: number): void => {
  choice.wakeAt = Math.min(choice.wakeAt, at)
}

export function addLink(choice: Choice, turn: Turn, event: Extract<ChoiceEvent, { in: 'linkUp' }>): Link {
  const link: Link = {
    id: event.link,
    key: event.key,
    node: choice.options.instanceOf(event.key),
    dialled: event.dialled,
    address: event.address,
    visitor: event.visitor,
    local: event.local ?? false,
    via: event.via,
    upAt: turn.now,
    heardAt: turn.now,
    saidAt: -Infinity,
    unreadAt: -Infinity,
    askedAt: undefined,
    joinSentAt: undefined,
    beat: undefined,
    ofSameKey: [],
    member: false,
    syncedAt: undefined,
    dialBackAt: -Infinity,
  }
  choice.links.set(link.id, link)
  setLinksOf(choice, link.key, [...(choice.byKey.get(link.key) ?? []), link])
  // A circuit is no way of one's own: the node is dialled as if there were no link.
  if (link.via === undefined) choice.byNode.set(link.node, (choice.byNode.get(link.node) ?? 0) + 1)
  return link
}

function setLinksOf(choice: Choice, key: PersonKey, links: readonly Link[]): void {
  if (links.length > 0) choice.byKey.set(key, links)
  else {
    choice.byKey.delete(key)
    parted(choice, key)
  }
  for (const each of links) each.ofSameKey = links
}

export function forgetLink(choice: Choice, link: Link): void {
  choice.links.delete(link.id)
  const links = choice.byKey.get(link.key)?.filter((other) => other !== link) ?? []
  link.ofSameKey = []
  setLinksOf(choice, link.key, links)
  if (link.via !== undefined) return
  const left = (choice.byNode.get(link.node) ?? 1) - 1
  if (left > 0) choice.byNode.set(link.node, left)
  else choice.byNode.delete(link.node)
}

/** The link to this key that was heard last. */
export function linkTo(choice: Choice, key: PersonKey | null): Link | undefined {
  let best: Link | undefined
  if (key !== null)
    for (const link of choice.byKey.get(key) ?? []) if (!best || link.heardAt > best.heardAt) best = link
  return best
}

/** Is there an open link to this key that no peer carries? */
export const hasDirectLink = (choice: Choice, key: PersonKey): boolean =>
  choice.byNode.has(choice.options.instanceOf(key))

/** Since when this link is silent: what waits unread here is no silence of the peer's. */
export const silentSince = (link: Link): number => Math.max(link.heardAt, link.unreadAt)

/** Is anything heard of this key, over whatever link? A link through a cut stays open for a while. */
export const isHeard = (choice: Choice, now: number, key: PersonKey): boolean =>
  now - (linkTo(choice, key)?.heardAt ?? -Infinity) < choice.timing.silenceMs

/** The peer that carries this node to its hub; null where it follows directly, or nobody. */
export function relayOf(choice: Choice): PersonKey | null {
  const phase = choice.phase.state === 'woken' ? choice.phase.was : choice.phase
  return phase.state === 'following' ? (choice.links.get(phase.link)?.via ?? null) : null
}

/** Has this node's own dial reached that one lately, and is a link there (whichever of the two was kept)? Over a relay both reach each other alike. */
export function hasOwnLink(choice: Choice, now: number, key: PersonKey): boolean {
  const links = choice.byKey.get(key)
  if (!links) return false
  for (const link of links) if (link.dialled || link.via !== undefined) return true
  return now - (choice.ownDials.get(key) ?? -Infinity) < choice.timing.ownDialMs
}

/**
 * The link to close where a pair has two between the same two processes; undefined: none.
 *
 * Only the node of the lower key decides, so that both never close one each. It keeps the older one, which may carry a
 * session, unless that has gone silent. The same key at another address is another process of a copied identity, or a
 * second interface: both stay.
 */
export function spareLink(choice: Choice, now: number, link: Link): Link | undefined {
  if (choice.self > link.key || link.address === '' || link.via !== undefined) return undefined
  for (const other of choice.byKey.get(link.key) ?? [])
    if (other !== link && other.address === link.address)
      return now - other.heardAt > 3 * choice.timing.heartbeatMs ? other : link
  return undefined
}

/** Links of one key: a class of machines cloned with it, and no more than can be gone through at each heartbeat. */
const LINKS_OF_KEY_MAX = 64

/** The link to close where one key has too many: the one heard longest ago; undefined: none. */
export function crowdedLink(choice: Choice, { ofSameKey }: Link): Link | undefined {
  if (ofSameKey.length <= LINKS_OF_KEY_MAX) return undefined
  const { phase } = choice
  const followed = phase.state === 'following' ? phase.link : undefined
  let longest: Link | undefined
  for (const link of ofSameKey)
    if (link.id !== followed && link.heardAt < (longest?.heardAt ?? Infinity)) longest = link
  return longest
}

const dialAll = (turn: Turn, addresses: readonly string[]) => {
  for (const address of addresses) turn.effects.push({ do: 'dial', address })
}

/** Dials what the list says is due among what is wanted and has no link. */
export function dialDue(choice: Choice, turn: Turn, wanted: (entry: Address) => boolean, max?: number): void {
  dialAll(
    turn,
    due(choice.addresses, turn.now, (entry) => hasNoLink(choice, entry) && wanted(entry), max),
  )
}

/** Dials a node now, whatever the back-off says, at most once each pauseMs. */
export function dialNow(choice: Choice, turn: Turn, node: string, pauseMs: number): void {
  dialAll(turn, dialNode(choice.addresses, node, turn.now, pauseMs))
}

/** Dials the node of a key, by what is known and what was told of where it is ('' says nothing). */
export function dialKey(choice: Choice, turn: Turn, key: PersonKey, pauseMs: number, told?: Told): void {
  const node = choice.options.instanceOf(key)
  if (node === choice.node) return
  if (told && told.address !== '') noteTold(choice, turn, told, node, false)
  dialNow(choice, turn, node, pauseMs)
}

export const hasNoLink = (choice: Choice, entry: Address): boolean =>
  entry.node === undefined || entry.disputed || (entry.node !== choice.node && !choice.byNode.has(entry.node))

/**
 * Where others may dial this key; '' unknown. A host name (of --peer) is no word for others, and may be longer than what they take.
 * A machine that was given another address has a link from before, on which nothing is heard any more.
 */
export function whereIs(choice: Choice, key: PersonKey): string {
  const heardAt = (linkTo(choice, key)?.heardAt ?? 0) - choice.timing.silenceMs
  for (const link of choice.byKey.get(key) ?? [])
    if (link.heardAt > heardAt && isLiteral(link.address)) return link.address
  return addressOf(choice.addresses, choice.options.instanceOf(key), isLiteral)
}
