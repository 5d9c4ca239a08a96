/**
 * Has the own clock been where it is for long enough that something may be erased by it (rule EV-16)? One time server that is wrong
 * sets the clocks of all machines of a network at once, and what is erased then is nowhere any more.
 */
import { concat, readUint, uint } from '../wire/bytes.ts'
import { factKey } from './keys.ts'
import type { StoreOp } from './store.ts'

/**
 * A clock that is this far ahead of where it was seen last has leapt: by less of it hardly anything expires too soon. Or its machine was
 * off for so long, as over a summer: then what it erases waits for a week, and nothing else does.
 */
const LEAP_MS = 30 * 86_400_000
/** Behind a leap nothing is erased for so long: somebody will have noticed. */
const STEADY_MS = 7 * 86_400_000
/** Where it was is kept this often. */
const SAVE_EVERY_MS = 3_600_000
const NOTE = factKey('clock')

export interface SteadyClockPorts {
  get(key: string): Uint8Array | undefined
  put(op: StoreOp): void
}

export class SteadyClock {
  readonly #ports: SteadyClockPorts
  /** Where it was seen last, where the time began that goes on since without a leap, and where it was before that. */
  #last: number | undefined
  #since = 0
  #before = 0
  #savedAt = Number.NEGATIVE_INFINITY

  constructor(ports: SteadyClockPorts) {
    this.#ports = ports
  }

  /** What may be erased by: the own raw clock, or behind a leap where it was before. To be asked once a minute. wall: ms. */
  at(wall: number): number {
    if (this.#last === undefined) this.#read(wall)
    if (wall - this.#last! > LEAP_MS) {
      this.#before = this.#believed(this.#last!)
      this.#since = wall
    } else this.#since = Math.min(this.#since, wall)
    this.#last = wall
    if (Math.abs(wall - this.#savedAt) >= SAVE_EVERY_MS) {
      this.#savedAt = wall
      this.#ports.put(['put', NOTE, concat(...[wall, this.#since, this.#before].map(time))])
    }
    return this.#believed(wall)
  }

  #believed(wall: number): number {
    return wall - this.#since >= STEADY_MS ? wall : Math.min(wall, this.#before)
  }

  /** Without a note there is nothing that it could have leapt from. */
  #read(wall: number): void {
    const note = this.#ports.get(NOTE)
    const [last, since, before] = note?.length === 18 ? [0, 6, 12].map((at) => readUint(note, at, 6)) : []
    this.#last = last ?? wall
    this.#since = since ?? wall - STEADY_MS
    this.#before = before ?? wall
  }
}

const time = (ms: number): Uint8Array => uint(Math.max(0, Math.round(ms)), 6)
