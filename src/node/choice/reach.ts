/** Who can be reached from elsewhere: dial-backs, asked for by the hub and done by members. */
import { fromHex } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { personKey } from '../../wire/ids.ts'
import { dialNow, send, wakeBy, whereIs } from './links.ts'
import { isCandidate } from './rank.ts'
import { type Choice, FLAG, type HubPhase, type Link, type Turn } from './state.ts'
import { noteTold } from './told.ts'

/** A line of this many reachable nodes is enough to choose from. */
const REACHABLE_ENOUGH = 10
/** A connect to a dead address fails after 3.1 s. */
const DIAL_BACK_MS = 4000
const DIAL_BACKS_MAX = 16

/**
 * Has this node or one candidate dialled back. Who came in from another machine is reachable and says so itself, so the
 * answer is only awaited by time. Where there is no other member to ask, the hub dials the candidate itself.
 */
export function askDialBack(choice: Choice, turn: Turn, phase: HubPhase): void {
  const { timing } = choice
  const { now } = turn
  const askers = [...choice.links.values()].filter(
    (link) => link.member && !link.visitor && link.via === undefined,
  )
  const remote = askers.filter((link) => !link.local)
  if (!choice.reachable && remote.length > 0 && now >= phase.selfAskAt) {
    phase.selfAskedAt ??= now
    phase.selfAskAt =
      now + (isUnreachable(choice, now, phase) ? timing.dialBackAgainMs : timing.dialBackEveryMs)
    const asker = remote[Math.floor(turn.random() * remote.length)]!
    send(turn, asker, dialBackFrame(choice, choice.self, []))
  }
  const enough = phase.inLine.length >= Math.min(REACHABLE_ENOUGH, askers.length)
  const candidate = askers.find(
    (link) =>
      isCandidate(link) &&
      !(link.beat!.flags & FLAG.reachable) &&
      link.address !== '' &&
      now - link.dialBackAt >= timing.dialBackAgainMs &&
      (!enough || (link.beat!.flags & (FLAG.preferred | FLAG.pinned)) !== 0),
  )
  if (!candidate) return
  candidate.dialBackAt = now
  const others = askers.filter((link) => link.key !== candidate.key)
  const asker = others[Math.floor(turn.random() * others.length)]
  const address = whereIs(choice, candidate.key)
  if (asker) send(turn, asker, dialBackFrame(choice, candidate.key, address === '' ? [] : [address]))
  else dialNow(choice, turn, candidate.node, 0)
}

function dialBackFrame(choice: Choice, key: Link['key'], addresses: string[]): FrameOf<'dialBack'> {
  choice.token = (choice.token + 1) % 2 ** 32
  return { type: 'dialBack', token: choice.token, key: fromHex(key), addresses }
}

/** Nobody got through to this hub though members were asked to: its machine lets nobody in. */
export const isUnreachable = (choice: Choice, now: number, phase: HubPhase): boolean =>
  !choice.reachable &&
  phase.selfAskedAt !== undefined &&
  now - phase.selfAskedAt >= choice.timing.unreachableMs + 6 * choice.rttMs

/** Asked by the hub to open a link to somebody, who learns by it that he is reachable. */
export function onDialBack(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'dialBack'>): void {
  const { phase } = choice
  if (phase.state !== 'following' || phase.hub !== link.key) return
  const key = personKey(frame.key)
  const node = choice.options.instanceOf(key)
  for (const other of choice.byKey.get(key) ?? [])
    if (other.dialled && other.via === undefined) {
      send(turn, link, { type: 'dialledBack', token: frame.token, reached: true })
      return
    }
  const addresses = frame.addresses.length > 0 || key !== link.key ? frame.addresses : [link.address]
  for (const address of addresses)
    if (address !== '') noteTold(choice, turn, { address, by: link }, node, false)
  dialNow(choice, turn, node, 0)
  const until = turn.now + DIAL_BACK_MS
  choice.dialBacks.push({ token: frame.token, node, asker: link.id, until })
  if (choice.dialBacks.length > DIAL_BACKS_MAX) choice.dialBacks.shift()
  wakeBy(choice, until)
}

/** Answers the hub about dials of this node; undefined: those whose time is over. */
export function dialBackEnded(choice: Choice, turn: Turn, node: string | undefined, reached: boolean): void {
  if (choice.dialBacks.length === 0) return
  choice.dialBacks = choice.dialBacks.filter((asked) => {
    if (node === undefined ? turn.now < asked.until : asked.node !== node) return true
    const asker = choice.links.get(asked.asker)
    if (asker) send(turn, asker, { type: 'dialledBack', token: asked.token, reached })
    return false
  })
}
