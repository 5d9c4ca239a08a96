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

/** blocks: in display order. person: whose device the event's author is. */
export const blockAgainst = (
  blocks: readonly BlockChange[],
  event: Parameters<RoomView['ruleAgainst']>[0],
  person: PersonKey,
): RuleCode | undefined => {
  if (blocks.length === 0) return undefined
  const ofOther = blocks.filter(({ by }) => by !== person)
  return valueAt(ofOther, event) > 0 ? 'NOT_WANTED' : undefined
}
