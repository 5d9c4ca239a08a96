/** What was for a time and is over ends by its target's own joins that name it (rule RM-10). */
import { concat, fromHex } from '../../wire/bytes.ts'
import type { EventId, PersonKey } from '../../wire/ids.ts'
import { isOver } from './permission.ts'

/** Ids that one join names. */
const LIFTS_MAX = 256

type Ended = { readonly id: EventId; readonly target: PersonKey } & Parameters<typeof isOver>[0]

/** What joins of `person` have to name, for one join each. netNow: ms. */
export function liftsOf(bindings: readonly Ended[], person: PersonKey, netNow: number): Uint8Array[] {
  const over = bindings.filter((binding) => binding.target === person && isOver(binding, netNow))
  const lifts: Uint8Array[] = []
  for (let at = 0; at < over.length; at += LIFTS_MAX)
    lifts.push(concat(...over.slice(at, at + LIFTS_MAX).map(({ id }) => fromHex(id))))
  return lifts
}
