/**
 * Hubs that are not followed: for a while those that provably withheld something from this node (rule HB-26, INV-10's
 * exception), and those whom the network does not let in (rule RM-21).
 */
import type { PersonKey } from '../../wire/ids.ts'
import { seek } from './moves.ts'
import type { Choice, Turn } from './state.ts'

/** Keys avoided at once: an attacker with more hubs than these has been met half an hour long already. */
const AVOIDED_MAX = 32

export const isAvoided = (choice: Choice, now: number, key: PersonKey | null): boolean =>
  key !== null && ((choice.avoided.get(key) ?? -Infinity) > now || (choice.options.bars?.(key) ?? false))

/** Those avoided now. */
export const avoidedNow = (choice: Choice, now: number): PersonKey[] =>
  [...choice.avoided.keys()].filter((key) => isAvoided(choice, now, key))

/** Leaves the hub followed where the network does not let it in any more. */
export function leaveBarred(choice: Choice, turn: Turn): void {
  const { phase } = choice
  if (phase.state === 'following' && choice.options.bars?.(phase.hub))
    seek(choice, turn, { why: 'silent', lost: phase.hub, dead: true })
}

/** Leaves this hub, if it is the one followed: as if it were dead, by the ordinary waits. */
export function avoid(choice: Choice, turn: Turn, key: PersonKey, ms: number): void {
  const { phase } = choice
  for (const [other, until] of choice.avoided) if (until <= turn.now) choice.avoided.delete(other)
  if (choice.avoided.size >= AVOIDED_MAX) choice.avoided.delete(choice.avoided.keys().next().value!)
  choice.avoided.set(key, turn.now + ms)
  if (phase.state === 'following' && phase.hub === key)
    seek(choice, turn, { why: 'silent', lost: key, dead: true })
}
