/**
 * Notices: which messages somebody wants to be called for: all of a room, those that name them, or none; and hours in
 * which nothing calls. Private messages call like mentions. What this device alone knows.
 */
import { isRoomId, type RoomId } from '../wire/ids.ts'
import { readJson } from './saved-json.ts'

export const CALLS = ['all', 'mentions', 'none'] as const
/** For what of a room one is called. */
export type Calls = (typeof CALLS)[number]
/** Minutes since midnight, local: from the first on, up to the second; over midnight where that is less. */
export type Quiet = readonly [from: number, to: number]

/** Rooms with a choice of their own; beyond it the oldest choice is forgotten. */
const ROOMS_MAX = 1000

export interface SavedNotices {
  readonly byDefault: Calls
  readonly rooms: readonly (readonly [RoomId, Calls])[]
  readonly quiet: Quiet | null
}

export class Notices {
  #byDefault: Calls
  #quiet: Quiet | null
  readonly #rooms: Map<RoomId, Calls>
  #isChanged = false

  constructor(saved: SavedNotices = { byDefault: 'mentions', rooms: [], quiet: null }) {
    this.#byDefault = saved.byDefault
    this.#quiet = saved.quiet
    this.#rooms = new Map(saved.rooms)
  }

  get byDefault(): Calls {
    return this.#byDefault
  }
  get quiet(): Quiet | null {
    return this.#quiet
  }
  rooms(): Iterable<readonly [RoomId, Calls]> {
    return this.#rooms
  }

  /** room: undefined, what holds where nothing else was chosen. */
  choose(room: RoomId | undefined, calls: Calls): void {
    if (room === undefined) this.#byDefault = calls
    else {
      this.#rooms.delete(room)
      this.#rooms.set(room, calls)
      if (this.#rooms.size > ROOMS_MAX) this.#rooms.delete(this.#rooms.keys().next().value!)
    }
    this.#isChanged = true
  }

  chooseQuiet(quiet: Quiet | null): void {
    this.#quiet = quiet
    this.#isChanged = true
  }

  /** isForMe: it names this person, or is private. minute: of the local day. */
  calls(room: RoomId, isForMe: boolean, minute: number): boolean {
    if (this.#quiet && isWithin(this.#quiet, minute)) return false
    const calls = this.#rooms.get(room) ?? this.#byDefault
    return calls === 'all' || (calls === 'mentions' && isForMe)
  }

  /** The choices, where they have changed since the last call: to be kept over restarts. */
  takeSaved(): SavedNotices | undefined {
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return { byDefault: this.#byDefault, rooms: [...this.#rooms], quiet: this.#quiet }
  }
}

/** From a minute that is also the end on: the whole day. */
const isWithin = ([from, to]: Quiet, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to

/** Minutes since midnight where this machine stands. wall: ms since 1970. */
export function minuteOfDay(wall: number): number {
  const at = new Date(wall)
  return at.getHours() * 60 + at.getMinutes()
}

const isCalls = (value: unknown): value is Calls => (CALLS as readonly unknown[]).includes(value)
const isMinute = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 1440

/** What takeSaved gave, from the store; undefined where there is none, or it is damaged. */
export function readNotices(bytes: Uint8Array | undefined): SavedNotices | undefined {
  const value = bytes && (readJson(bytes) as Partial<SavedNotices> | null | undefined)
  if (!value || !isCalls(value.byDefault) || !Array.isArray(value.rooms)) return undefined
  const quiet = Array.isArray(value.quiet) && value.quiet.length === 2 && value.quiet.every(isMinute)
  return {
    byDefault: value.byDefault,
    rooms: value.rooms.filter(
      (entry): entry is [RoomId, Calls] => Array.isArray(entry) && isRoomId(entry[0]) && isCalls(entry[1]),
    ),
    quiet: quiet ? (value.quiet as Quiet) : null,
  }
}
