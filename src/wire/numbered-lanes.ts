/**
 * What the short numbers of one link stand for, at its receiver (rule LV-17): by number, where that lane goes on. A short run
 * with a number sets it, a next run moves it on, and nothing else touches it, so that it is what the hub counts with too.
 */
import type { Crypto } from './crypto.ts'
import { type EventFault, lastOf, namesIn, type ParsedRun, parseRun, type Run } from './event.ts'
import type { LaneId, NetId, PersonKey, RoomId } from './ids.ts'
import { NUMBERED_LANES_MAX } from './limits.ts'
import { endOf, isNext, type LaneEnd, missingBefore, type NextRun, wholeNextRun } from './next-run.ts'
import { fullRun, isShort, type ShortRun } from './short-run.ts'

export type LiveRun = Run | ShortRun | NextRun

/** A next run that cannot be read, because something before it did not come over this link. */
export interface Unread {
  /** Its lane and its last n; undefined: its number stands for nothing here. */
  readonly of:
    | { readonly room: RoomId; readonly author: PersonKey; readonly lane: LaneId; readonly n: number }
    | undefined
}

export const isUnread = (run: ParsedRun | Unread): run is Unread => 'of' in run

export class NumberedLanes {
  readonly #ends = new Map<number, LaneEnd>()

  /** The next run that this link brought, checked as parseRun does. To be called for each in order. */
  parse(crypto: Crypto, net: NetId, run: LiveRun): ParsedRun | EventFault | Unread {
    const number = isNext(run) || isShort(run) ? run.number : undefined
    if (number === undefined) return parsed(crypto, net, fullRun(crypto, run as Run | ShortRun))
    if (number >= NUMBERED_LANES_MAX) return 'size'
    let whole: ReturnType<typeof fullRun>
    let end: LaneEnd | undefined
    if (isNext(run)) {
      end = this.#ends.get(number)
      if (!end) return { of: undefined }
      const missing = missingBefore(run, end)
      if (missing === 'size') return missing
      if (missing > 0) {
        const { room, author, lane } = namesIn(end.names)
        return { of: { room, author, lane, n: end.n + missing + run.bodies.length - 1 } }
      }
      whole = wholeNextRun(crypto, run, end)
    } else whole = fullRun(crypto, run as ShortRun)
    const got = parsed(crypto, net, whole)
    if (typeof got === 'string') this.#ends.delete(number)
    else this.#ends.set(number, endOf(lastOf(got), end))
    return got
  }
}

const parsed = (crypto: Crypto, net: NetId, run: ReturnType<typeof fullRun>) =>
  typeof run === 'string' ? run : parseRun(crypto, net, run)
