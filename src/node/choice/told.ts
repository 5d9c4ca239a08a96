/**
 * Where a node is by a peer's word (report, redirect, notJoined, whoIs, dialBack, beacon): dialled like any hint, but in
 * measure. Who may name addresses without end makes this node knock at the doors of others.
 */
import { note } from '../addresses.ts'
import { whereabouts } from '../literal-address.ts'
import type { Choice, Link, Turn } from './state.ts'

/** Words bring one new address in this time, and so many at once: a line of 5 and a redirect need fewer. */
const TOLD_EVERY_MS = 300
const TOLD_BURST = 16

export interface Told {
  readonly address: string
  readonly by: Link
}

/** node: whose address it is. */
export function noteTold(
  choice: Choice,
  turn: Turn,
  { address, by }: Told,
  node: string,
  reachable: boolean,
): void {
  const { addresses } = choice
  if (!addresses.byAddress.has(address)) {
    const where = whereabouts(address)
    // By the word of another machine that is a door of this one.
    if (where === 'nowhere' || (where === 'loopback' && !isHere(by)) || !mayBring(choice, turn.now)) return
  }
  note(addresses, { address, node, reachable, hub: false, source: 'beacon', by: by.key }, turn.now)
}

const isHere = ({ local, address }: Link): boolean => local || whereabouts(address) === 'loopback'

/** In figures: a name would be looked up, on the very threads that check signatures. */
export const isLiteral = (address: string): boolean => whereabouts(address) !== 'nowhere'

function mayBring(choice: Choice, now: number): boolean {
  const until = Math.max(choice.toldUntil, now - (TOLD_BURST - 1) * TOLD_EVERY_MS)
  if (until > now) return false
  choice.toldUntil = until + TOLD_EVERY_MS
  return true
}
