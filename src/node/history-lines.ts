/** The last lines of rooms from the disk: the one thing of the core that is read by scanning, and so asked of the shell. */
import type { Event } from '../wire/event.ts'
import { type EventId, eventId, type PersonKey, type RoomId } from '../wire/ids.ts'
import type { BodyOf } from '../wire/kinds.ts'
import type { CoreEffect, RoomLine } from './core-io.ts'
import type { Display } from './display.ts'
import type { MessageEvent } from './events.ts'
import type { Replica } from './replica.ts'
import { type RoomView, readIds } from './rooms.ts'
import { catchUp, look, type Wanted } from './search/looking.ts'
import { aboutMark, type Marks, type MarksSource, marksOf } from './search/marks.ts'
import type { IndexWork, SearchIndex } from './search/search-index.ts'
import { type SignedLine, type SignedSource, signedLines } from './signed-lines.ts'
import type { Store } from './store.ts'
import {
  detailedLine,
  firstLines,
  type Line,
  lastLines,
  type OpenBody,
  type Visibility,
  type Which,
} from './timeline.ts'
import type { Turn } from './turn.ts'
import type { Views } from './views.ts'

export interface HistoryPorts {
  readonly turn: Turn
  readonly store: Store
  readonly replica: Replica
  readonly views: Views
  readonly display: Display
  readonly search: SearchIndex
  /** Lets others have their turn; default: a read of the store. */
  readonly breathe?: () => Promise<void>
}

type Then = (lines: readonly RoomLine[], fault?: string) => void

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

  /** The last lines of rooms from the disk. */
  ask(rooms: readonly RoomId[], count: number, then: Then, which: Which = {}): void {
    const isByIndex = which.wanted !== undefined || which.before !== undefined
    if (!isByIndex || this.#ports.search.isWhole) return this.#askNow(rooms, count, which, then)
    // First, so that what the index writes is handed over too before it is read.
    this.work({ catchesUp: true }, () => this.#askNow(rooms, count, which, then))
  }

  /** Has something done with the search index: it is read from the disk as lines are, and so asked of the shell too. */
  work(work: IndexWork, then: () => void = () => {}): void {
    this.#askNow([], 0, work, then)
  }

  #askNow(rooms: readonly RoomId[], count: number, which: Which | IndexWork, then: Then): void {
    const ticket = this.#ports.turn.newTicket()
    this.#asked.set(ticket, then)
    this.#due.push({ do: 'lines', ticket, rooms, count, which })
  }

  /** The turn's questions, to be given to the shell behind its writes. */
  takeDue(): CoreEffect[] {
    return this.#due.splice(0)
  }

  /** fault: why some of the lines could not be read. */
  answered(ticket: number, lines: readonly RoomLine[], fault?: string): void {
    const then = this.#asked.get(ticket)
    this.#asked.delete(ticket)
    then?.(lines, fault)
  }

  /** Carries out a `lines` effect. Oldest first in each room. */
  async read(rooms: readonly RoomId[], count: number, which: Which | IndexWork = {}): Promise<RoomLine[]> {
    if ('catchesUp' in which || 'erasedBy' in which) {
      await this.#workNow(which)
      return []
    }
    const { store, replica, views, display, search } = this.#ports
    if (which.wanted) return this.#find(which.wanted, count, which.onLeftOut)
    const lines: RoomLine[] = []
    for (const room of rooms) {
      if (which.isWanted?.() === false) break
      const view = views.room(room)
      if (!view || view.deleted) continue
      const open = (event: Event, body: Uint8Array) => display.read(view, event, body)
      const noteEdit = (event: Event, body: BodyOf<'edit'>) => display.noteEdit(view, event, body)
      const marksOf = this.#marksBehind(open)
      const source = { store, replica, open, noteEdit, ...(search.isWhole && { marksOf }) }
      const by = display.visibility(view)
      if (which.texts) {
        await this.#learn(view, which.texts)
        continue
      }
      for (const id of which.about ?? []) {
        const line = replica.find(id)?.room === room ? await detailedLine(source, id, by) : undefined
        if (!line) continue
        display.texts.note(id, line.edit ?? null)
        await this.#learn(view, answeredBy([line]))
        lines.push({ room, message: display.lineOf(view, line), line })
      }
      if (which.about) continue
      if (which.signed) {
        const page = await signedLines({ ...source, ...this.#signers(view) }, room, count, by, which.before)
        which.onLeftOut?.({ unopened: page.unopened })
        for (const each of page.lines) {
          const { proofs, links } = each
          lines.push({ room, message: messageOf(display, view, each), proofs, links })
        }
        continue
      }
      const page = which.isFirst
        ? await firstLines(source, room, count, by, which.after ?? '')
        : await lastLines(source, room, count, by, which)
      await this.#learn(view, answeredBy(page))
      for (const line of page) {
        display.noteT(line.event)
        lines.push({ room, message: display.lineOf(view, line) })
      }
    }
    return lines
  }

  async #workNow(work: IndexWork): Promise<void> {
    const { store, search } = this.#ports
    if ('catchesUp' in work) await catchUp(search, this.#breathe)
    else await search.sweep((range) => store.scan(range), work.erasedBy)
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

  /** Looks up the texts that these messages of a room have now, where they are not known. */
  async #learn(view: RoomView, messages: Iterable<EventId>): Promise<void> {
    const { replica, display } = this.#ports
    const source = this.#marksSource((event, body) => display.read(view, event, body))
    for (const id of messages) {
      const event = display.knowsText(view, id) ? undefined : replica.find(id)
      if (event?.room !== view.id) continue
      const { edit } = await marksOf(source, event, display.visibility(view))
      display.texts.note(id, edit ?? null)
    }
  }

  #marksSource(open: OpenBody): MarksSource {
    const { store, replica } = this.#ports
    return { store, replica, open, devicesOf: this.#devicesOf }
  }

  /** What was said about a message of this room since, by the index. */
  #marksBehind(open: OpenBody) {
    const { store, display } = this.#ports
    const source = this.#marksSource(open)
    return async (event: Event, by: Visibility): Promise<Marks> => {
      if (store.get(aboutMark(event.id)) === undefined) return {}
      const marks = await marksOf(source, event, by)
      if (marks.edit) display.texts.note(event.id, marks.edit)
      return marks
    }
  }

  get #breathe(): () => Promise<void> {
    const { breathe, store } = this.#ports
    return breathe ?? (() => readOnce(store))
  }

  readonly #devicesOf = (person: PersonKey) => this.#ports.views.network().devices.ever(person)

  async #find(wanted: Wanted, count: number, onLeftOut: Which['onLeftOut']): Promise<RoomLine[]> {
    const { store, replica, views, display, search: index } = this.#ports
    const breathe = this.#breathe
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
    const { found, left } = await look(
      { index, store, replica, breathe, visibility, open, devicesOf: this.#devicesOf },
      wanted,
      count,
    )
    onLeftOut?.(left ? { unlooked: left } : {})
    for (const { line } of found) {
      const view = viewOf(line.event.room)
      if (view) await this.#learn(view, answeredBy([line]))
    }
    return found.flatMap(({ line, hits }) => {
      const view = viewOf(line.event.room)
      return view ? [{ room: view.id, message: { ...display.lineOf(view, line), hits } }] : []
    })
  }
}

/** The messages that these answer. */
const answeredBy = (lines: readonly Line[]): EventId[] =>
  lines.flatMap(({ body }) => (body.replyTo ? eventId(body.replyTo) : []))

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
