/**
 * Where a node is by a peer's word (report, redirect, notJoined, whoIs, dialBack, beacon): dialled like any hint, but in
 * measure. Who may name addresses without end makes this node knock at the doors of others.
 */
import { note } from '../addresses.ts'
import type { Choice, Turn } from './state.ts'

/** Words bring one new address in this time, and so many at once: a line of 5 and a redirect need fewer. */
const TOLD_EVERY_MS = 300
const TOLD_BURST = 16

/** An address and a port in figures. A name would be looked up, on the very threads that check signatures. */
const LITERAL =
  /^(?:(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!:)|(?=:))){4}|\[[\da-f:.]+(?:%[\w.-]+)?\]):(\d{1,5})$/i

export function noteTold(
  choice: Choice,
  turn: Turn,
  told: { readonly address: string; readonly node: string; readonly reachable: boolean },
): void {
  const { addresses } = choice
  if (!addresses.byAddress.has(told.address) && !mayBring(choice, turn.now, told.address)) return
  note(addresses, { ...told, hub: false, source: 'beacon' }, turn.now)
}

export function isLiteral(address: string): boolean {
  const port = Number(LITERAL.exec(address)?.[1])
  return port >= 1 && port <= 65_535
}

function mayBring(choice: Choice, now: number, address: string): boolean {
  if (!isLiteral(address)) return false
  const until = Math.max(choice.toldUntil, now - (TOLD_BURST - 1) * TOLD_EVERY_MS)
  if (until > now) return false
  choice.toldUntil = until + TOLD_EVERY_MS
  return true
}
