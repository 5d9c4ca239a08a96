/** What a node says live, whole, for who is to change it on its way out. */
import { packRun, type Run } from '../../src/wire/event.ts'
import type { FrameOf } from '../../src/wire/frames.ts'
import type { NetId } from '../../src/wire/ids.ts'
import { isUnread, NumberedLanes } from '../../src/wire/numbered-lanes.ts'
import { simCrypto } from './core-crypto.ts'

export class SaidRuns {
  readonly #lanes = new NumberedLanes()
  readonly #whole = new WeakMap<FrameOf<'live'>, readonly Run[]>()

  /**
   * To be told of each live frame once, in order, whatever becomes of it: short numbers stand for what was said before. What went
   * over circuits alone is sealed: what follows it cannot be read here, though it can at the other end (LV-17).
   */
  note(frame: FrameOf<'live'>, net: NetId): void {
    const parsed = frame.runs.map((run) => this.#lanes.parse(simCrypto, net, run))
    const runs: Run[] = []
    for (const run of parsed) {
      if (typeof run === 'string') throw new Error(`cannot be read: ${run}`)
      if (!isUnread(run)) runs.push(packRun(run))
    }
    if (runs.length === parsed.length) this.#whole.set(frame, runs)
  }

  of(frame: FrameOf<'live'> | FrameOf<'runs'>): readonly Run[] {
    if (frame.type === 'runs') return frame.runs
    const whole = this.#whole.get(frame)
    if (!whole) throw new Error('what was said before went over circuits alone')
    return whole
  }
}
