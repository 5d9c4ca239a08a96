/**
 * Fan-out: what a room got in one turn of the event loop is encoded once and sent once to each member (rule LV-3).
 * Cost per delivery falls with the number of runs in a turn.
 */

import type { Run } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import type { RoomId } from '../wire/ids.ts'
import { type ShortRun, shortRun } from '../wire/short-run.ts'

/** One encoding for many links. */
export interface Batch {
  readonly room: RoomId
  readonly cls: 0 | 1
  readonly links: readonly number[]
  readonly frame: Frame
}

interface Turn {
  readonly room: RoomId
  readonly cls: 0 | 1
  readonly runs: { run: ShortRun; bytes: number; from: number }[]
}

/** Bytes of runs in one frame: below the frame cap with one more full run. */
const FRAME_BYTES = 24 * 1024
const FRAME_RUNS = 128

export class Fanout {
  readonly #turns = new Map<string, Turn>()

  /** A run, one that parseRun has taken, for the carriers of its room. from: the link it came over; -1: own or from the store. */
  add(room: RoomId, cls: 0 | 1, run: Run, from: number): void {
    const key = cls + room
    let turn = this.#turns.get(key)
    if (!turn) {
      turn = { room, cls, runs: [] }
      this.#turns.set(key, turn)
    }
    const short = shortRun(run)
    let bytes = short.start.length + short.times.length + 80
    for (const body of run.bodies) bytes += (body?.length ?? 0) + 4
    turn.runs.push({ run: short, bytes, from })
  }

  get isEmpty(): boolean {
    return this.#turns.size === 0
  }

  /** The turn is over. carriers: links whose person carries this class of the room. */
  flush(carriers: (room: RoomId, cls: 0 | 1) => readonly number[]): Batch[] {
    const batches: Batch[] = []
    for (const { room, cls, runs } of this.#turns.values()) {
      const links = carriers(room, cls)
      if (links.length === 0) continue
      // A link that brought all of it needs no echo; otherwise one encoding for all is cheaper than one for each.
      const origin = runs[0]!.from
      const isOneOrigin = origin >= 0 && runs.every(({ from }) => from === origin)
      const targets = isOneOrigin ? links.filter((link) => link !== origin) : links
      if (targets.length === 0) continue
      let frameRuns: ShortRun[] = []
      let bytes = 0
      for (const { run, bytes: size } of runs) {
        if (frameRuns.length > 0 && (bytes + size > FRAME_BYTES || frameRuns.length >= FRAME_RUNS)) {
          batches.push({ room, cls, links: targets, frame: { type: 'live', runs: frameRuns } })
          frameRuns = []
          bytes = 0
        }
        frameRuns.push(run)
        bytes += size
      }
      batches.push({ room, cls, links: targets, frame: { type: 'live', runs: frameRuns } })
    }
    this.#turns.clear()
    return batches
  }
}
