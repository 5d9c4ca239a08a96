/** Blocking in a talk: what the other one writes behind it is shown to nobody (rule RM-22). */
import type { EventId, PersonKey } from '../../wire/ids.ts'
import { valueAt } from './settings.ts'
import type { RoomView, RuleCode } from './view.ts'

/** A `block` that counts. */
export interface BlockChange {
  readonly t: number
  readonly author: PersonKey
  /** Whose device the author is. */
  readonly by: PersonKey
  readonly id: EventId
  /** 0: not any more. */
  readonly value: number
}

/** Which rule there is against an event of one of a talk's two persons. blocks: in display order. */
export function blocksOf(
  blocks: readonly BlockChange[],
  persons: Iterable<PersonKey>,
): (event: Parameters<RoomView['ruleAgainst']>[0], person: PersonKey) => RuleCode | undefined {
  const against = new Map<PersonKey, readonly BlockChange[]>()
  for (const person of persons)
    against.set(
      person,
      blocks.filter(({ by }) => by !== person),
    )
  return (event, person) => (valueAt(against.get(person) ?? [], event) > 0 ? 'NOT_WANTED' : undefined)
}
