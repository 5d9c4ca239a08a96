/** The last lines of rooms from the disk: the one thing of the core that is read by scanning, and so asked of the shell. */
import type { Event } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import type { CoreEffect, RoomLine } from './core-io.ts'
import type { Display } from './display.ts'
import type { MessageEvent } from './events.ts'
import type { Replica } from './replica.ts'
import { type RoomView, readIds } from './rooms.ts'
import { look, type Wanted } from './search/looking.ts'
import type { SearchIndex } from './search/search-index.ts'
import { type SignedLine, type SignedSource, signedLines } from './signed-lines.ts'
import type { Store } from './store.ts'
import { detailedLine, lastLines, type Which } from './timeline.ts'
import type { Views } from './views.ts'

export interface HistoryPorts {
  readonly store: Store
  readonly replica: Replica
  readonly views: Views
  readonly display: Display
  readonly search: SearchIndex
  /** Lets others have their turn; default: a read of the store. */
  readonly breathe?: () => Promise<void>
}

type Then = (lines: readonly RoomLine[]) => void

export class HistoryLines {
  readonly #ports: HistoryPorts
  readonly #asked = new Map<number, Then>()
  /** Asked for in this turn: read once its writes are handed over. */
  readonly #due: CoreEffect[] = []

  constructor(ports: HistoryPorts) {
    this.#ports = ports
  }

  /** Questions without an answer yet. */
  get size(): number {
    return this.#asked.size
  }

  /** ticket: unique in the core. */
  ask(ticket: number, rooms: readonly RoomId[], count: number, which: Which, then: Then): void {
    this.#asked.set(ticket, then)
    this.#due.push({ do: 'lines', ticket, rooms, count, which })
  }

  /** The turn's questions, to be given to the shell behind its writes. */
  takeDue(): CoreEffect[] {
    return this.#due.splice(0)
  }

  answered(ticket: number, lines: readonly RoomLine[]): void {
    const then = this.#asked.get(ticket)
    this.#asked.delete(ticket)
    then?.(lines)
  }

  /** Carries out a `lines` effect. Oldest first in each room. */
  async read(rooms: readonly RoomId[], count: number, which: Which = {}): Promise<RoomLine[]> {
    if (which.wanted) return this.#find(which.wanted, count)
    const { store, replica, views, display } = this.#ports
    const lines: RoomLine[] = []
    for (const room of rooms) {
      if (which.isWanted?.() === false) break
      const view = views.room(room)
      if (!view || view.deleted) continue
      const open = (event: Event, body: Uint8Array) => display.read(view, event, body)
      const source = { store, replica, open }
      const by = display.visibility(view)
      for (const id of which.about ?? []) {
        const line = replica.find(id)?.room === room ? await detailedLine(source, id, by) : undefined
        if (line) lines.push({ room, message: display.lineOf(view, line), line })
      }
      if (which.about) continue
      if (which.signed) {
        const signed = { ...source, ...this.#signers(view) }
        for (const each of await signedLines(signed, room, count, by, which.before)) {
          const { proofs, links } = each
          lines.push({ room, message: messageOf(display, view, each), proofs, links })
        }
        continue
      }
      for (const line of await lastLines(source, room, count, by, which)) {
        display.noteT(line.event)
        lines.push({ room, message: display.lineOf(view, line) })
      }
    }
    return lines
  }

  /** What further devices signed, in a room, and what makes them their person's. */
  #signers(view: RoomView): Pick<SignedSource, 'linkOf' | 'eraserOf'> {
    const { views } = this.#ports
    const { devices } = views.network()
    const erasers = new Map<string, Event>()
    for (const { event, body } of views.controls(view.id)) {
      if (body?.kind !== 'erase' || !view.counted.has(event.id)) continue
      for (const id of readIds(body.targets)) erasers.set(view.personOf(event.author) + id, event)
    }
    return {
      linkOf: (key) => devices.linkOf(key)?.event,
      eraserOf: ({ id, author }) => erasers.get(view.personOf(author) + id),
    }
  }

  async #find(wanted: Wanted, count: number): Promise<RoomLine[]> {
    const { store, replica, views, display, search: index } = this.#ports
    const breathe = this.#ports.breathe ?? (() => readOnce(store))
    const viewOf = (room: RoomId) => {
      const view = views.room(room)
      return view && !view.deleted ? view : undefined
    }
    const visibility = (room: RoomId) => {
      const view = viewOf(room)
      return view && display.visibility(view)
    }
    const open = (event: Event, body: Uint8Array) => {
      const view = viewOf(event.room)
      return view ? display.read(view, event, body) : null
    }
    const found = await look({ index, store, replica, breathe, visibility, open }, wanted, count)
    return found.flatMap(({ line, hits }) => {
      const view = viewOf(line.event.room)
      return view ? [{ room: view.id, message: { ...display.lineOf(view, line), hits } }] : []
    })
  }
}

async function readOnce(store: Store): Promise<void> {
  for await (const _ of store.scan({ from: 'm', to: 'n', limit: 1 })) return
}

/** A line, or what is left of one that may not be read any more. */
function messageOf(display: Display, view: RoomView, signed: SignedLine): MessageEvent {
  if ('line' in signed) return display.lineOf(view, signed.line)
  const { event, redacted } = signed
  const body = { kind: 'message' as const, text: '', action: false, replyTo: null }
  return { ...display.lineOf(view, { event, body }), [redacted]: true as const }
}
