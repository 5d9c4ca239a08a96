/** The heartbeat: one frame each heartbeatMs for all links, and at once when the state changes. */
import { concat, equal, fromHex, isHex, readUint, uint } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { type PersonKey, personKey } from '../../wire/ids.ts'
import { relayOf, wakeBy } from './links.ts'
import { type Beat, type Choice, flagsOf, type Link, STATE, type Turn } from './state.ts'

const NEVER_MS = 2 ** 32 - 1
const UINT32 = 2 ** 32
const MEMBERS_MAX = 2 ** 16 - 1
/**
 * Between two heartbeats that a change asks for: a storm of joins makes ten a second, not thousands, and of so many links that
 * the next one is due by then anyway, none.
 */
const CHANGE_MS = 100
const CHANGE_MS_PER_LINK = 4

/**
 * A counter that a restarted process continues above its former one as long as the wall clock goes forward: 2.5 a second
 * of wall time against 2 heartbeats a second. Wraps at 32 bits.
 */
export const firstCounter = (wall: number): number => Math.floor(wall / 400) % UINT32

/** The hub this node is under: itself as hub, nobody while it seeks. */
export function upstreamOf(choice: Choice): PersonKey | null {
  const phase = choice.phase.state === 'woken' ? choice.phase.was : choice.phase
  if (phase.state === 'hub') return choice.self
  return phase.state === 'following' ? phase.hub : null
}

function stateNumber(choice: Choice): number {
  const { state } = choice.phase
  if (state === 'following' && relayOf(choice) !== null) return STATE.relayed
  return state === 'idle' || state === 'gone' ? STATE.seeking : STATE[state]
}

function hubHeardMs(choice: Choice, now: number): number {
  const { phase } = choice
  if (phase.state === 'hub') return 0
  if (phase.state !== 'following') return NEVER_MS
  const link = choice.links.get(phase.link)
  return link ? Math.min(NEVER_MS - 1, Math.max(0, Math.round(now - link.heardAt))) : NEVER_MS
}

/** A new one. */
export function heartbeat(choice: Choice, turn: Turn): FrameOf<'heartbeat'> {
  choice.counter = (choice.counter + 1) % UINT32
  return beatOf(choice, turn)
}

function beatOf(choice: Choice, turn: Turn): FrameOf<'heartbeat'> {
  const upstream = upstreamOf(choice)
  const via = relayOf(choice)
  const { phase, facts } = choice
  const median = choice.median
  return {
    type: 'heartbeat',
    counter: choice.counter,
    state: stateNumber(choice),
    upstream: upstream === null ? null : upstream === choice.self ? choice.selfBytes : fromHex(upstream),
    via: via === null ? null : fromHex(via),
    epoch: choice.epoch,
    members: phase.state === 'hub' ? Math.min(MEMBERS_MAX, phase.members) : 0,
    line: choice.lineBytes,
    flags: flagsOf(choice),
    heardMs: hubHeardMs(choice, turn.now),
    clock: uint(turn.wall, 6),
    median: median === null ? null : uint(Math.round(median + turn.now - choice.medianAt), 6),
    lag: Math.min(UINT32 - 1, facts.lag),
    uptimeS: Math.floor((turn.now - choice.startedAt) / 1000),
    age: Math.min(UINT32 - 1, Math.floor(Math.max(facts.ageS, choice.hubAgeS))),
  }
}

/** A heartbeat to all, at once. */
export function beatNow(choice: Choice, turn: Turn): void {
  const { phase, timing } = choice
  choice.lastBeatAt = turn.now
  choice.beatAt = turn.now + timing.heartbeatMs
  // One that goes out because this node is hub, or still is, says nothing yet of a line that is to be ordered anew.
  choice.newsAt = phase.state === 'hub' && phase.lineDirty ? choice.beatAt : Infinity
  if (choice.links.size === 0) return
  turn.effects.push({ do: 'sendAll', frame: heartbeat(choice, turn) })
  for (const link of choice.links.values()) link.saidAt = turn.now
}

/** What only grows older in a hub's heartbeats waits for so many intervals at most. */
const INTERVALS_MAX = 4
/** Who has heard nothing for this part of an interval is given a heartbeat with those that have heard nothing for a whole one. */
const SILENT_PART = 0.8

/**
 * Whom a hub gives its heartbeat, which is due now. Undefined: all. Where it says no more than that the hub lives: those to whom
 * it has said nothing for about an interval, and the next one is due before anybody hears nothing for longer than that.
 */
export function silentNow(choice: Choice, now: number): Link[] | undefined {
  const { heartbeatMs } = choice.timing
  const allAt = Math.min(choice.newsAt, choice.lastBeatAt + INTERVALS_MAX * heartbeatMs)
  if (now >= allAt) return undefined
  const silent: Link[] = []
  let saidAt = now
  for (const link of choice.links.values())
    if (now - link.saidAt >= SILENT_PART * heartbeatMs) silent.push(link)
    else saidAt = Math.min(saidAt, link.saidAt)
  if (silent.length === choice.links.size) return undefined
  choice.beatAt = Math.min(saidAt + heartbeatMs, allAt)
  return silent
}

/** A heartbeat to some. No new one: the counter may not outrun what a restarted process begins with. */
export function beatTo(choice: Choice, turn: Turn, links: readonly Link[]): void {
  if (links.length === 0) return
  for (const link of links) link.saidAt = turn.now
  turn.effects.push({ do: 'sendSome', links: links.map(({ id }) => id), frame: beatOf(choice, turn) })
}

/**
 * Puts the next heartbeat off, where those around this node have something more urgent to read than what they know; never so
 * far that somebody might take it for silent. Each node for another while: those that changed at the same moment would send
 * theirs together ever after.
 */
export function beatLater(choice: Choice, turn: Turn): void {
  const { heartbeatMs } = choice.timing
  const at = turn.now + CHANGE_MS + turn.random() * (heartbeatMs - CHANGE_MS)
  choice.beatAt = Math.min(at, choice.lastBeatAt + 2 * heartbeatMs)
  choice.newsAt = choice.beatAt
  wakeBy(choice, choice.beatAt)
}

/** Something that heartbeats say has changed. */
export function beatSoon(choice: Choice, now: number): void {
  const { heartbeatMs } = choice.timing
  const pauseMs = Math.min(heartbeatMs, Math.max(CHANGE_MS, CHANGE_MS_PER_LINK * choice.links.size))
  choice.newsAt = Math.min(choice.newsAt, Math.max(now, choice.lastBeatAt + pauseMs))
  choice.beatAt = Math.min(choice.beatAt, choice.newsAt)
  wakeBy(choice, choice.beatAt)
}

/** Has an older one come behind a newer one, which another link of the same process brought? Rule: counters only grow. */
export function isOvertaken(link: Link, { counter }: FrameOf<'heartbeat'>): boolean {
  for (const other of link.ofSameKey) {
    if (other === link || other.address !== link.address || !other.beat) continue
    const behind = (other.beat.counter - counter + UINT32) % UINT32
    if (behind < UINT32 / 2) return true
  }
  return false
}

/** The last heartbeat of the process at the other end, over whichever link to it: those over the others are overtaken. */
export function lastBeat(link: Link): Beat | undefined {
  let last = link.beat
  for (const { address, beat } of link.ofSameKey)
    if (beat && address === link.address && beat.at > (last?.at ?? -Infinity)) last = beat
  return last
}

const NOTHING_SAID: Beat = {
  at: 0,
  counter: 0,
  state: 0,
  upstream: null,
  via: null,
  epoch: 0,
  members: 0,
  flags: 0,
  hubHeardAt: -Infinity,
  clock: 0,
  median: null,
  lag: 0,
  uptimeS: 0,
  ageS: 0,
}

/**
 * What it says, written over what the last one of this link said: a new object twice a second from thousands would live just long
 * enough to be costly to collect.
 */
export function readBeat(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'heartbeat'>): void {
  const { upstream, via } = frame
  const hubHeardAt = frame.heardMs === NEVER_MS ? -Infinity : turn.now - frame.heardMs
  link.beat ??= { ...NOTHING_SAID }
  const { beat } = link
  beat.at = turn.now
  beat.counter = frame.counter
  beat.state = frame.state
  beat.upstream = upstream && sameKey(choice.self, beat.upstream, upstream)
  beat.via = via && sameKey(choice.self, beat.via, via)
  beat.epoch = frame.epoch
  beat.members = frame.members
  beat.flags = frame.flags
  beat.hubHeardAt = hubHeardAt
  beat.clock = readUint(frame.clock, 0, 6)
  beat.median = frame.median && readUint(frame.median, 0, 6)
  beat.lag = frame.lag
  beat.uptimeS = frame.uptimeS
  beat.ageS = frame.age
}

export const packLine = (line: readonly PersonKey[]): Uint8Array => concat(...line.map(fromHex))

/** The key, as the text of our own or that the last heartbeat had where it says the same: a new one costs more than all else of it. */
function sameKey(self: PersonKey, last: PersonKey | null, bytes: Uint8Array): PersonKey {
  if (last !== null && isHex(bytes, 0, last)) return last
  return isHex(bytes, 0, self) ? self : personKey(bytes)
}

/** Takes over the line that the hub published. */
export function takeLine(choice: Choice, bytes: Uint8Array): void {
  if (equal(bytes, choice.lineBytes)) return
  choice.lineBytes = bytes
  choice.line = Array.from({ length: bytes.length / 32 }, (_, i) => personKey(bytes, i * 32))
}
