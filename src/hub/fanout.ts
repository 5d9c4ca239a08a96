/**
 * Fan-out: what a room got is encoded once and sent once to each member: at the end of the turn of the event loop, and where
 * it goes on so, together with what else comes in some milliseconds, in a tenth of a second where more is written than anybody
 * reads (rule LV-3). A line in a room at rest never waits, and a hundred writers cost each member no more writes than a dozen.
 * Pure: time is an input.
 */

import { isControlLane, type ParsedRun } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import type { RoomId } from '../wire/ids.ts'
import type { NextRun } from '../wire/next-run.ts'
import { isShort, type ShortRun, shortRun } from '../wire/short-run.ts'
import { LaneNumbers } from './lane-numbers.ts'
import { runThatWaited, type WaitingRun, waitingRun } from './waiting-run.ts'

/** One encoding for many links. */
export interface Batch {
  readonly room: RoomId
  readonly cls: 0 | 1
  readonly links: readonly number[]
  readonly frame: Frame
}

interface Waiting {
  readonly run: WaitingRun
  readonly bytes: number
  readonly from: number
  readonly isAuthors: boolean
}

interface Turn {
  readonly room: RoomId
  readonly cls: 0 | 1
  readonly runs: Waiting[]
  bytes: number
  /** It leaves then at the latest, monotonic ms. */
  dueAt: number
}

/** Bytes of runs in one frame: below the frame cap with one more full run. */
const FRAME_BYTES = 24 * 1024
const FRAME_RUNS = 128
/** A next run is so much shorter than a short run. */
const SAVED_BYTES = 100
/** So much of a room waits at most: four frames. */
const WAITING_BYTES = 4 * FRAME_BYTES
/**
 * Under load a room is told something at most this often: a screen shows no more, and most of what a delivery costs is its
 * share of a write.
 */
const TOLD_EVERY_MS = 16
/** So many times at once before that: two who talk, or programs that answer each other, never wait. */
const TOLD_AT_ONCE = 4
const AHEAD_MS = (TOLD_AT_ONCE - 1) * TOLD_EVERY_MS
/**
 * Texts count for so long each, 80 a second: nobody reads so many as they come. A tenth of a second is not felt as a delay
 * (R. B. Miller 1968), so no telling counts for more.
 */
const TEXT_MS = 12.5
const TOLD_MAX_MS = 100
/** So much is worth a write each 16 ms: from there on a write costs by its bytes, and waiting saves nothing. */
const FULL_BYTES = 8 * 1024
/** Rooms in which that is over are forgotten once there are more than these. */
const TOLD_ROOMS_MAX = 1024

/** When a room was told something last, and when it has been told nothing more than it may be; monotonic ms. */
interface Told {
  readonly at: number
  /** A leaky bucket as a meter: GCRA, ITU-T I.371. */
  readonly paidAt: number
}

export class Fanout {
  #turns = new Map<string, Turn>()
  /** By class and room. */
  readonly #told = new Map<string, Told>()
  readonly #numbers = new LaneNumbers()

  /**
   * A run for the carriers of its room. from: the link it came over; -1: own or from the store; isAuthors: nobody but its author
   * is behind that link; now: monotonic ms.
   */
  add(run: ParsedRun, from: number, isAuthors: boolean, now: number): void {
    const { room, lane } = run.events[0]!
    const cls = isControlLane(lane) ? 0 : 1
    const key = cls + room
    let turn = this.#turns.get(key)
    if (!turn) {
      const paidAt = this.#told.get(key)?.paidAt ?? now
      turn = {
        room,
        cls,
        runs: [],
        bytes: 0,
        dueAt: Math.max(now, paidAt - AHEAD_MS),
      }
      this.#turns.set(key, turn)
    }
    const bytes = 180 + run.bodies.reduce((sum, body) => sum + 18 + (body?.length ?? 35), 0)
    turn.runs.push({ run: waitingRun(run, turn.dueAt > now), bytes, from, isAuthors })
    turn.bytes += bytes
    // What is the hub's own is offered to others right behind it.
    if (from < 0 || turn.bytes >= WAITING_BYTES) turn.dueAt = now
    else if (turn.bytes >= FULL_BYTES && turn.dueAt > now)
      turn.dueAt = Math.min(turn.dueAt, Math.max(now, (this.#told.get(key)?.at ?? 0) + TOLD_EVERY_MS))
  }

  get isEmpty(): boolean {
    return this.#turns.size === 0
  }

  /** When the first of what waits is to leave, monotonic ms; infinity: nothing waits. */
  get dueAt(): number {
    let at = Number.POSITIVE_INFINITY
    for (const { dueAt } of this.#turns.values()) at = Math.min(at, dueAt)
    return at
  }

  /** What is due leaves, or all of it. carriers: links whose person carries this class of the room. now: monotonic ms. */
  flush(carriers: (room: RoomId, cls: 0 | 1) => readonly number[], now: number, all: boolean): Batch[] {
    const batches: Batch[] = []
    if (!all && this.dueAt > now) return batches
    if (this.#told.size > TOLD_ROOMS_MAX)
      for (const [key, { paidAt }] of this.#told) if (paidAt <= now) this.#told.delete(key)
    const turns = this.#turns
    // Anew, and not emptied: V8 keeps the tables of a Map that grows and shrinks for seconds, with all that was in them.
    this.#turns = new Map()
    for (const [key, turn] of turns) {
      const { room, cls, runs, dueAt } = turn
      if (!all && dueAt > now) {
        this.#turns.set(key, turn)
        continue
      }
      // What could not wait is not paid for by what comes behind it.
      const paidAt = Math.max(now, this.#told.get(key)?.paidAt ?? now)
      this.#told.set(key, { at: now, paidAt: Math.min(paidAt, now + AHEAD_MS) + priceOf(turn) })
      const links = carriers(room, cls)
      if (links.length === 0) continue
      // A link that brought all of it needs no echo; otherwise one encoding for all is cheaper than one for each.
      const origin = runs[0]!.from
      const isOneOrigin = origin >= 0 && runs.every(({ from }) => from === origin)
      const targets = isOneOrigin ? links.filter((link) => link !== origin) : links
      if (targets.length === 0) continue
      this.#numbers.carriedBy(key, links)
      let told: (ShortRun | NextRun)[] = []
      let bytes = 0
      let isForAll = false
      const leaves = () => {
        batches.push({ room, cls, links: isForAll ? links : targets, frame: { type: 'live', runs: told } })
        told = []
        bytes = 0
        isForAll = false
      }
      for (const { run, bytes: size, isAuthors } of runs) {
        if (told.length > 0 && (bytes + size > FRAME_BYTES || told.length >= FRAME_RUNS)) leaves()
        // What was pulled from somebody else goes to all but them, so that nothing can stand on it.
        const short = isAuthors
          ? this.#numbers.tell(key, runThatWaited(run), run.last)
          : shortRun(runThatWaited(run))
        // The author needs to know the number too: what others write may come in one frame with what it stands for.
        isForAll ||= isShort(short) && short.number !== undefined
        told.push(short)
        bytes += isShort(short) ? size : size - SAVED_BYTES
      }
      leaves()
    }
    return batches
  }
}

/** For how long a telling counts, ms. What is decided for a room is not read, and others wait for it. */
function priceOf({ cls, runs }: Turn): number {
  if (cls === 0) return TOLD_EVERY_MS
  const texts = runs.reduce((sum, { run }) => sum + run.texts, 0)
  return Math.min(TOLD_MAX_MS, Math.max(TOLD_EVERY_MS, texts * TEXT_MS))
}
