/** What members say of themselves (rule LV-10), passed on at a pace: who changes it a hundred times a second is heard once. */
import type { FrameOf } from '../wire/frames.ts'
import type { PersonKey } from '../wire/ids.ts'

/** One person's words go to all members at most this often. */
const TELL_EVERY_MS = 1000

interface Told {
  frame: FrameOf<'mode'>
  toldAt: number
  isDue: boolean
}

export class Modes {
  readonly #told = new Map<PersonKey, Told>()

  /** True where it is to be told now; else `due` gives it later. */
  note(key: PersonKey, frame: FrameOf<'mode'>, now: number): boolean {
    const known = this.#told.get(key)
    if (!known) {
      this.#told.set(key, { frame, toldAt: now, isDue: false })
      return true
    }
    known.frame = frame
    known.isDue = now - known.toldAt < TELL_EVERY_MS
    if (!known.isDue) known.toldAt = now
    return !known.isDue
  }

  /** What has waited long enough: whose it is, and the latest they said. */
  *due(now: number): Iterable<readonly [PersonKey, FrameOf<'mode'>]> {
    for (const [key, told] of this.#told) {
      if (!told.isDue || now - told.toldAt < TELL_EVERY_MS) continue
      told.isDue = false
      told.toldAt = now
      yield [key, told.frame]
    }
  }

  /** What a newcomer has to know: all but those who are just here. */
  *all(): Iterable<FrameOf<'mode'>> {
    for (const { frame } of this.#told.values()) if (!isPlain(frame)) yield frame
  }

  /** What others have to know of somebody who comes. */
  of(key: PersonKey): FrameOf<'mode'> | undefined {
    const frame = this.#told.get(key)?.frame
    return frame && !isPlain(frame) ? frame : undefined
  }

  forget(key: PersonKey): void {
    this.#told.delete(key)
  }
}

const isPlain = ({ mode, text }: FrameOf<'mode'>): boolean => mode === 0 && text === ''
