/** What a node says live, whole, for who is to change it on its way out. */
import { packRun, type Run } from '../../src/wire/event.ts'
import type { FrameOf } from '../../src/wire/frames.ts'
import type { NetId } from '../../src/wire/ids.ts'
import { isUnread, NumberedLanes } from '../../src/wire/numbered-lanes.ts'
import { simCrypto } from './core-crypto.ts'

export class SaidRuns {
  readonly #lanes = new NumberedLanes()
  readonly #whole = new WeakMap<FrameOf<'live'>, readonly Run[]>()

  /** To be told of each live frame once, in order, whatever becomes of it: short numbers stand for what was said before. */
  note(frame: FrameOf<'live'>, net: NetId): void {
    const runs = frame.runs.map((run) => {
      const parsed = this.#lanes.parse(simCrypto, net, run)
      if (typeof parsed === 'string' || isUnread(parsed))
        throw new Error(`cannot be read: ${JSON.stringify(parsed)}`)
      return packRun(parsed)
    })
    this.#whole.set(frame, runs)
  }

  of(frame: FrameOf<'live'> | FrameOf<'runs'>): readonly Run[] {
    return frame.type === 'runs' ? frame.runs : this.#whole.get(frame)!
  }
}
