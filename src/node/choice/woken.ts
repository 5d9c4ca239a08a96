/** WOKEN: the process was away; what it believes may be long over. It asks before it acts (INV-13). */

import { fromHex } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { personKey } from '../../wire/ids.ts'
import { isAvoided } from './avoid.ts'
import { beatNow } from './heartbeat.ts'
import { notHeld } from './hollow.ts'
import { answered, dialKey, dialNow, hasDirectLink, join, send, wakeBy } from './links.ts'
import { redirectMembers, seek } from './moves.ts'
import { lose } from './seeking.ts'
import type { Choice, Link, Turn, Woken } from './state.ts'

/** -> WOKEN from any state, after more than awayMs away. */
export function wake(choice: Choice, turn: Turn): void {
  const { phase, timing } = choice
  if (phase.state === 'idle' || phase.state === 'gone') return
  const until = turn.now + timing.wokenMs
  choice.phase = { state: 'woken', was: phase.state === 'woken' ? phase.was : phase, until }
  choice.held = notHeld()
  // Silence that this node slept through says nothing about the others.
  for (const link of choice.links.values()) link.heardAt = link.unreadAt = turn.now
  if (choice.links.size === 0) {
    seek(choice, turn, { why: 'boot' })
    return
  }
  for (const link of choice.links.values()) link.askedAt = undefined
  turn.effects.push({ do: 'sendAll', frame: { type: 'who' } })
  for (const key of choice.line)
    if (key !== choice.self && !hasDirectLink(choice, key))
      dialNow(choice, turn, choice.options.instanceOf(key), 0)
  beatNow(choice, turn)
  wakeBy(choice, until)
}

export function wokenTick(choice: Choice, turn: Turn, phase: Woken): void {
  if (turn.now >= phase.until) goOn(choice, turn, phase)
  else wakeBy(choice, phase.until)
}

/** As before. A client whose hub link went meanwhile has lost its hub; without any link it starts over. */
function goOn(choice: Choice, turn: Turn, phase: Woken): void {
  const { was } = phase
  for (const link of choice.links.values()) link.heardAt = Math.max(link.heardAt, turn.now)
  choice.phase = was
  if (was.state === 'following' && !choice.links.has(was.link))
    seek(choice, turn, { why: 'close', lost: was.hub })
  else if (was.state === 'seeking') {
    seek(choice, turn, { why: was.why, lost: was.lost, lostAddress: was.lostAddress, dead: was.dead })
  } else beatNow(choice, turn)
  wakeBy(choice, turn.now)
}

/** Asked "who is hub?" by anybody. */
export function onWho(turn: Turn, link: Link, hub: Link['key'] | null, address: string): void {
  send(turn, link, { type: 'whoIs', hub: hub === null ? null : fromHex(hub), address })
}

export function onWhoIs(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'whoIs'>): void {
  answered(choice, turn, link)
  const { phase } = choice
  if (phase.state !== 'woken' || frame.hub === null) return
  const { was } = phase
  const hub = personKey(frame.hub)
  const mine = was.state === 'hub' ? choice.self : was.state === 'following' ? was.hub : null
  if (hub === mine) {
    goOn(choice, turn, phase)
    return
  }
  if (hub === choice.self || isAvoided(choice, turn.now, hub)) return
  if (was.state === 'hub') redirectMembers(choice, turn, hub)
  seek(choice, turn, { why: 'woken', target: hub, lost: mine === choice.self ? null : mine, dead: true })
  if (choice.byKey.has(hub)) {
    for (const other of choice.byKey.get(hub)!) join(turn, other)
  } else dialKey(choice, turn, hub, 0, { address: frame.address, by: link })
}

/** A link went while woken: the last one leaves nobody to ask. */
export function linkGoneWhileWoken(choice: Choice, turn: Turn, phase: Woken, gone: Link): void {
  if (choice.links.size > 0) return
  if (phase.was.state === 'following' && phase.was.link === gone.id) lose(choice, turn, gone, 'close')
  else seek(choice, turn, { why: 'boot' })
}
