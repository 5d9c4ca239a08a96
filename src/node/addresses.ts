/**
 * The dial list: where other nodes may be (rule: hints only say "dial here").
 *
 * An address comes from mDNS, from --peer, from the last run, from a peer or from the hub's line. Hints change nothing
 * but this list, and the list is bounded: at most UNVERIFIED_MAX addresses that never authenticated and KNOWN_MAX in all.
 * An address of a node that somebody has reached (r = 1) or that says it is hub goes first and outside the limit of
 * DIALS_MAX dials at once. Addresses of one node are tried RACE ms apart, in the order they came, so a dead one never
 * holds up the next. Who fails waits: 1, 2, 4 .. 60 s for addresses that never authenticated, less for known nodes and
 * for --peer. One that announces itself meanwhile waits redialMsMax at most, but only one of them a second: so nodes that a
 * cut kept apart meet soon after it, and whoever announces many others makes one more dial a second of it.
 */
import type { Timing } from './timing.ts'

export const UNVERIFIED_MAX = 32
export const KNOWN_MAX = 512
export const DIALS_MAX = 4
/** Addresses of one node that are kept of what it says when it comes. */
const NODE_ADDRESSES_MAX = 8
/** A dial that the shell has not answered for this long counts as failed: nothing may block a place for ever. */
const DIAL_MS_MAX = 15_000
/** Between two dials that announcements of one sender bring forward. */
const FORWARD_EVERY_MS = 1000
/** A system on the own link answers a connect within this, however busy its programs are. */
const ANSWER_MS = 300

/** peer: given by the person (--peer). beacon: named by another node. */
export type HintSource = 'mdns' | 'peer' | 'remembered' | 'beacon'

export interface Hint {
  /** host:port. */
  readonly address: string
  /** The node's instance name, where the hint says it. */
  readonly node?: string
  /** Somebody has reached this node from elsewhere (TXT r = 1). */
  readonly reachable: boolean
  /** It says that it is hub. */
  readonly hub: boolean
  readonly source: HintSource
  /** Who says so: the address that the packet came from, or the key of a peer. */
  readonly by?: string
}

/** Why a dial ended without a link. */
export type DialFailure =
  | 'refused'
  /** Broken off before a word, as by a process that is ending: its connections may go before the port it listens on. */
  | 'reset'
  | 'timeout'
  | 'wrong-code'
  | 'old-code'
  | 'self'
  | 'other-place'
  | 'failed'

export interface Address {
  readonly address: string
  node: string | undefined
  reachable: boolean
  hub: boolean
  source: HintSource
  /** Who named it first; or its own machine, once that has. */
  by: string | undefined
  /** A link to it authenticated at least once in this run or the last. */
  verified: boolean
  /** Not dialled before. */
  dialAt: number
  dialling: number | undefined
  triedAt: number
  /** TCP has answered, auth is under way. */
  halfDone: boolean
  failures: number
  /** It answered, and is none of ours: another code or place. */
  foreign: boolean
  /** Its links would lead to this node itself. */
  self: boolean
  /** It was known before it was said to be of this node: only a link tells. */
  disputed: boolean
  /** A dial of this node has got there: it is not only what somebody said who came. */
  proven: boolean
}

export interface Addresses {
  readonly byAddress: Map<string, Address>
  readonly byNode: Map<string, Set<Address>>
  readonly timing: Timing
  /** When the next dial of an address that never authenticated may be brought forward, by who announces it. */
  readonly forwardAt: Map<string | undefined, number>
}

export const createAddresses = (timing: Timing): Addresses => ({
  byAddress: new Map(),
  byNode: new Map(),
  timing,
  forwardAt: new Map(),
})

/** Takes a hint in; true where it brought something new (an address, a first r, a hub). */
export function note(list: Addresses, hint: Hint, now: number): boolean {
  const known = list.byAddress.get(hint.address)
  if (known) {
    const isFirstR = hint.reachable && !known.reachable
    const news = isFirstR || (hint.hub && !known.hub)
    if (hint.node !== undefined && known.node !== hint.node && !known.verified) {
      // Whoever says so may want it to be taken for one that needs no dial.
      known.disputed = hint.source !== 'peer'
      name(list, known, hint.node)
    }
    known.reachable ||= hint.reachable
    known.hub = hint.source === 'mdns' ? hint.hub : known.hub || hint.hub
    if (hint.source === 'peer') known.source = 'peer'
    if (isOwnWord(hint)) known.by = hint.by
    if (news && !known.self && !known.foreign) {
      known.failures = 0
      // Whoever changes its mind all the time is dialled no more often than who does not.
      const leastMs = isUnverified(known) && !isFirstR ? list.timing.backoffMsMin : 0
      known.dialAt = Math.min(known.dialAt, Math.max(now, known.triedAt + leastMs))
    } else if (known.verified && hint.source === 'mdns')
      // A known node just spoke: no reason to wait out a back-off.
      known.dialAt = Math.min(known.dialAt, Math.max(now, known.triedAt + 2 * list.timing.redialMsMin))
    else if (hint.source === 'mdns') bringForward(list, known, now)
    return news
  }
  if (!makeRoom(list, hint, now)) return false
  add(list, hint, now)
  return true
}

/** The hub at this node has closed its link: what was heard of a hub there is older than that. */
export function hubClosed(list: Addresses, node: string): void {
  for (const entry of list.byNode.get(node) ?? []) entry.hub = false
}

/** It is there and never authenticated: the cut that kept it away may be over. */
function bringForward(list: Addresses, entry: Address, now: number): void {
  if (entry.foreign || entry.dialling !== undefined) return
  const { forwardAt, timing } = list
  const at = Math.max(now, entry.triedAt + timing.redialMsMax, forwardAt.get(entry.by) ?? now)
  if (at >= entry.dialAt) return
  entry.dialAt = at
  for (const [by, until] of forwardAt) if (until <= now) forwardAt.delete(by)
  forwardAt.set(entry.by, at + FORWARD_EVERY_MS)
}

/** Does the machine at this address say so itself? */
const isOwnWord = ({ address, by }: Hint): boolean =>
  by !== undefined && (address.startsWith(`${by}:`) || address.startsWith(`[${by}]:`))

function add(list: Addresses, hint: Hint, now: number): Address {
  const siblings = hint.node === undefined ? 0 : (list.byNode.get(hint.node)?.size ?? 0)
  const entry: Address = {
    address: hint.address,
    node: undefined,
    reachable: hint.reachable,
    hub: hint.hub,
    source: hint.source,
    by: hint.by,
    verified: hint.source === 'remembered',
    dialAt: now + siblings * list.timing.raceMs,
    dialling: undefined,
    triedAt: -Infinity,
    halfDone: false,
    failures: 0,
    foreign: false,
    self: false,
    disputed: false,
    proven: false,
  }
  list.byAddress.set(hint.address, entry)
  if (hint.node !== undefined) name(list, entry, hint.node)
  return entry
}

function name(list: Addresses, entry: Address, node: string): void {
  unname(list, entry)
  entry.node = node
  const set = list.byNode.get(node)
  if (set) set.add(entry)
  else list.byNode.set(node, new Set([entry]))
}

/** A node without addresses is not kept: one sender can announce one address under any number of names. */
function unname(list: Addresses, entry: Address): void {
  if (entry.node === undefined) return
  const set = list.byNode.get(entry.node)
  set?.delete(entry)
  if (set?.size === 0) list.byNode.delete(entry.node)
}

function forget(list: Addresses, entry: Address): void {
  list.byAddress.delete(entry.address)
  unname(list, entry)
}

/** Drops an address for a new one where the list is full; false where nothing may go. */
function makeRoom(list: Addresses, hint: Hint, now: number): boolean {
  const unverified = [...list.byAddress.values()].filter(isUnverified)
  if (unverified.length < UNVERIFIED_MAX) return list.byAddress.size < KNOWN_MAX || dropIdle(list)
  const victim = ofLargest(unverified, hint) ?? leastHopeful(unverified, hint, now)
  if (victim) forget(list, victim)
  return victim !== undefined
}

/** Of whoever has most places, where that is more than this announcer would have: what failed most, or is known longest. */
function ofLargest(entries: readonly Address[], { by }: Hint): Address | undefined {
  const held = new Map<string | undefined, Address[]>()
  for (const entry of entries) held.set(entry.by, [...(held.get(entry.by) ?? []), entry])
  const own = held.get(by)?.length ?? 0
  const [largest] = [...held.values()].sort((a, b) => b.length - a.length)
  return largest!.length > own + 1 ? largest!.sort(byFailures)[0] : undefined
}

/**
 * What failed most, or was dialled longest without an answer; for a hub, a reachable node or one that a peer named, also a
 * plain address that nobody has had reason to dial.
 */
function leastHopeful(entries: readonly Address[], hint: Hint, now: number): Address | undefined {
  const [worst] = entries
    .filter((entry) => entry.dialling === undefined && entry.failures > 0)
    .sort(byFailures)
  if (worst) return worst
  const [mute] = entries
    .filter(({ dialling }) => dialling !== undefined && now - dialling >= ANSWER_MS)
    .sort((a, b) => Number(a.halfDone) - Number(b.halfDone) || a.dialling! - b.dialling!)
  const isWanted = hint.hub || hint.reachable || hint.source === 'beacon'
  return (
    mute ?? (isWanted ? entries.find((entry) => entry.dialling === undefined && !first(entry)) : undefined)
  )
}

const byFailures = (a: Address, b: Address) => b.failures - a.failures

const isUnverified = (entry: Address) => !entry.verified && entry.source !== 'peer'

/** The address known longest that is not being dialled, of those that nobody dialled yet first; never one that the person gave. */
function dropIdle(list: Addresses): boolean {
  let victim: Address | undefined
  for (const entry of list.byAddress.values()) {
    if (entry.dialling !== undefined || entry.source === 'peer') continue
    if (!entry.proven) {
      victim = entry
      break
    }
    victim ??= entry
  }
  if (victim) forget(list, victim)
  return victim !== undefined
}

/** Whoever comes may say of any port that it accepts links there: of one node's addresses the one known longest goes. */
function dropOfNode(list: Addresses, node: string): void {
  const known = list.byNode.get(node)
  if (!known || known.size < NODE_ADDRESSES_MAX) return
  for (const entry of known)
    if (entry.dialling === undefined && !entry.proven && entry.source !== 'peer') return forget(list, entry)
}

/** A link to this node authenticated; `address` '' where it accepts none. dialled: by this node. */
export function reached(list: Addresses, address: string, node: string, now: number, dialled: boolean): void {
  if (address === '') return
  if (!list.byAddress.has(address)) {
    dropOfNode(list, node)
    if (list.byAddress.size >= KNOWN_MAX && !dropIdle(list)) return
  }
  const hint: Hint = { address, node, reachable: false, hub: false, source: 'beacon' }
  const entry = list.byAddress.get(address) ?? add(list, hint, now)
  // Last of its node's: where it was reached last it is.
  name(list, entry, node)
  entry.verified = true
  entry.proven ||= dialled
  entry.disputed = false
  entry.self = false
  entry.foreign = false
  entry.dialling = undefined
  entry.halfDone = false
  entry.failures = 0
}

/** A dial ended without a link: wait before the next. */
export function failed(
  list: Addresses,
  address: string,
  why: DialFailure,
  now: number,
  random: number,
): void {
  const entry = list.byAddress.get(address)
  if (!entry) return
  const { backoffMsMin, backoffMsMax, redialMsMin, redialMsMax } = list.timing
  entry.dialling = undefined
  entry.halfDone = false
  entry.self = why === 'self'
  entry.foreign = why === 'wrong-code' || why === 'old-code' || why === 'other-place'
  entry.failures++
  const doubled = 2 ** Math.min(entry.failures - 1, 10)
  const wait =
    entry.foreign || entry.self
      ? backoffMsMax
      : entry.verified || entry.source === 'peer'
        ? Math.min(redialMsMax, redialMsMin * doubled)
        : Math.min(backoffMsMax, backoffMsMin * doubled)
  entry.dialAt = now + wait * (0.8 + 0.4 * random)
}

export function halfDone(list: Addresses, address: string): void {
  const entry = list.byAddress.get(address)
  if (entry?.dialling !== undefined) entry.halfDone = true
}

export const isHalfDone = (list: Addresses): boolean =>
  [...list.byAddress.values()].some((entry) => entry.halfDone)

/** Addresses to dial now, marked as being dialled. `wanted` leaves out what has a link already. */
export function due(
  list: Addresses,
  now: number,
  wanted: (entry: Address) => boolean,
  max = Infinity,
): string[] {
  let open = 0
  const waiting: Address[] = []
  for (const entry of list.byAddress.values()) {
    if (entry.dialling !== undefined && now - entry.dialling > DIAL_MS_MAX)
      failed(list, entry.address, 'timeout', now, 0.5)
    if (entry.dialling !== undefined) open += first(entry) ? 0 : 1
    else if (entry.dialAt <= now && !entry.self && wanted(entry)) waiting.push(entry)
  }
  waiting.sort((a, b) => Number(first(b)) - Number(first(a)) || a.dialAt - b.dialAt)
  const chosen: string[] = []
  for (const entry of waiting) {
    if (chosen.length >= max) break
    if (!first(entry) && open >= DIALS_MAX) continue
    if (!first(entry)) open++
    entry.dialling = now
    entry.triedAt = now
    chosen.push(entry.address)
  }
  return chosen
}

const first = (entry: Address) => entry.reachable || entry.hub

/** The earliest time at which `due` may have something; Infinity: none waits. */
export function nextDue(list: Addresses, wanted: (entry: Address) => boolean): number {
  let at = Infinity
  for (const entry of list.byAddress.values())
    if (entry.dialling === undefined && !entry.self && entry.dialAt < at && wanted(entry)) at = entry.dialAt
  return at
}

/**
 * Addresses of one node to dial at once, whatever the back-off says; those under way or tried < pauseMs ago left out. Where
 * nobody ever authenticated there may be none of ours, whoever says so: no more than once in backoffMsMin.
 */
export function dialNode(list: Addresses, node: string, now: number, pauseMs: number): string[] {
  const chosen: string[] = []
  for (const entry of list.byNode.get(node) ?? []) {
    const leastMs = isUnverified(entry) ? Math.max(pauseMs, list.timing.backoffMsMin) : pauseMs
    if (entry.dialling !== undefined || entry.self || now - entry.triedAt < leastMs) continue
    entry.dialling = now
    entry.triedAt = now
    chosen.push(entry.address)
  }
  return chosen
}

/**
 * The best address to tell others for a node, of those that may be told, and of two alike where it was reached last; '' where none
 * is known.
 */
export function addressOf(list: Addresses, node: string, mayBeTold: (address: string) => boolean): string {
  let best: Address | undefined
  for (const entry of list.byNode.get(node) ?? []) {
    if (!mayBeTold(entry.address)) continue
    const ahead = best ? worth(entry) - worth(best) : 1
    if (ahead > 0 || (ahead === 0 && entry.verified)) best = entry
  }
  return best?.address ?? ''
}

const worth = ({ verified, failures }: Address): number => Number(verified) - failures
