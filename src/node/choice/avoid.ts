/** Hubs that provably withheld something from this node are not followed for a while (rule HB-26, INV-10's exception). */
import type { PersonKey } from '../../wire/ids.ts'
import { seek } from './moves.ts'
import type { Choice, Turn } from './state.ts'

/** Keys avoided at once: an attacker with more hubs than these has been met half an hour long already. */
const AVOIDED_MAX = 32

export const isAvoided = (choice: Choice, now: number, key: PersonKey | null): boolean =>
  key !== null && (choice.avoided.get(key) ?? -Infinity) > now

/** Those avoided now. */
export const avoidedNow = (choice: Choice, now: number): PersonKey[] =>
  [...choice.avoided.keys()].filter((key) => isAvoided(choice, now, key))

/** Leaves this hub, if it is the one followed: as if it were dead, by the ordinary waits. */
export function avoid(choice: Choice, turn: Turn, key: PersonKey, ms: number): void {
  const { phase } = choice
  for (const [other, until] of choice.avoided) if (until <= turn.now) choice.avoided.delete(other)
  if (choice.avoided.size >= AVOIDED_MAX) choice.avoided.delete(choice.avoided.keys().next().value!)
  choice.avoided.set(key, turn.now + ms)
  if (phase.state === 'following' && phase.hub === key)
    seek(choice, turn, { why: 'silent', lost: key, dead: true })
}
