/** Blocking in a talk: what the other one writes behind it is shown to nobody (rule RM-22). */
import type { EventId, PersonKey } from '../../wire/ids.ts'
import { valueAt } from './settings.ts'
import type { RoomView, RuleCode } from './view.ts'

/** A `block` that counts. */
export interface BlockChange {
  readonly t: number
  readonly author: PersonKey
  readonly id: EventId
  /** 0: not any more. */
  readonly value: number
}

/** blocks: in display order. */
export const blockAgainst = (
  blocks: readonly BlockChange[],
  event: Parameters<RoomView['ruleAgainst']>[0],
): RuleCode | undefined => {
  if (blocks.length === 0) return undefined
  const ofOther = blocks.filter(({ author }) => author !== event.author)
  return valueAt(ofOther, event) > 0 ? 'NOT_WANTED' : undefined
}
