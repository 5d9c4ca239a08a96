/**
 * The turn under way: at which moment its input is taken, who reads along, and what its inputs want done. The shell takes that
 * when the turn has ended.
 */
import type { CoreEffect, CoreMoment } from './core-io.ts'
import type { NodeEvent } from './events.ts'

export class Turn {
  /** Of the input taken last. */
  moment: CoreMoment
  /** Does anybody read what people are told? The shell says so. */
  isHeard = true
  /** Something has changed for which the turn has to be ended. */
  hasChanged = false
  /** Something in room 0 has changed, or time went on. */
  areCodesDue = true
  #effects: CoreEffect[] = []
  #tickets = 0

  constructor(moment: CoreMoment) {
    this.moment = moment
  }

  get hasEffects(): boolean {
    return this.#effects.length > 0
  }

  /** Names a question to the shell, once. */
  newTicket(): number {
    this.#tickets++
    return this.#tickets
  }

  effect(effect: CoreEffect): void {
    this.#effects.push(effect)
  }

  tell(event: NodeEvent): void {
    this.#effects.push({ do: 'tell', event })
  }

  takeEffects(): CoreEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
