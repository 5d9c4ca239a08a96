/**
 * Hubs that are not followed: for a while those that provably withheld something from this node (rule HB-26, INV-10's
 * exception) or took nobody in (rule HB-28), those of whom nothing is known while hubs come and go (rule HB-29), and those whom
 * the network does not let in (rule RM-21).
 */
import type { PersonKey } from '../../wire/ids.ts'
import { seek } from './moves.ts'
import type { Choice, Turn } from './state.ts'
import { isStrange } from './wary.ts'

/** Keys avoided at once: an attacker with more hubs than these has been met half an hour long already. */
const AVOIDED_MAX = 256

export const isAvoided = (choice: Choice, now: number, key: PersonKey | null): boolean =>
  key !== null &&
  ((choice.avoided.get(key) ?? -Infinity) > now ||
    isStrange(choice, now, key) ||
    (choice.options.bars?.(key) ?? false))

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
  forgo(choice, turn.now, key, ms)
  if (phase.state === 'following' && phase.hub === key)
    seek(choice, turn, { why: 'silent', lost: key, dead: true })
}

/** Does not follow it from now on. */
export function forgo(choice: Choice, now: number, key: PersonKey, ms: number): void {
  const { avoided } = choice
  const until = Math.max(now + ms, avoided.get(key) ?? now)
  for (const [other, end] of avoided) if (end <= now) avoided.delete(other)
  avoided.delete(key)
  if (avoided.size >= AVOIDED_MAX) avoided.delete(avoided.keys().next().value!)
  avoided.set(key, until)
}
