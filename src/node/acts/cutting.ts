/**
 * Cutting off: where an act ends all lanes of a person or device, in as many events as these need (rule RM-6), and what is said
 * where they are more than may be listed.
 */
import type { PersonKey } from '../../wire/ids.ts'
import { explainRefusal } from '../../wire/refusal.ts'
import type { Core } from '../core.ts'
import { CUT_LANES_MAX, cutParts, type HeldLane, type PackLanes } from '../rooms.ts'

export interface Cutting {
  /** For the act itself. */
  readonly own: Uint8Array
  /** For the `cut` events right before it. */
  readonly before: readonly Uint8Array[]
  /** Lanes that none of them lists, the oldest. */
  readonly leftOut: number
}

export const NO_CUTTING: Cutting = { own: new Uint8Array(0), before: [], leftOut: 0 }

export function cutting(lanes: Iterable<HeldLane>, pack: PackLanes): Cutting {
  const held = [...lanes].filter(({ n }) => n > 0)
  const [own, ...before] = cutParts(held, pack)
  return { own, before, leftOut: Math.max(0, held.length - CUT_LANES_MAX) }
}

/** Once such an act is written: what of this person is shown no more, though it was there before the act. */
export function tellLeftOut(
  core: Pick<Core, 'tell' | 'people'>,
  person: PersonKey,
  { leftOut }: Cutting,
): void {
  if (leftOut === 0) return
  const values = { nick: core.people.nick(person), max: CUT_LANES_MAX, count: leftOut }
  const code = 'LANES_LEFT_OUT'
  core.tell({ type: 'error', code, message: explainRefusal(code, '', values) })
}
