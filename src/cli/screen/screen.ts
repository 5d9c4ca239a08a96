/**
 * The interactive chat without the terminal: keys and events come in, lines for the scrollback, requests and other
 * effects go out, and view() says what stands below the scrollback at any moment. Pure: time is an input.
 *
 * A message is printed once and never touched again. What may still change is shown below, with the composer: own
 * messages stay there until they are stored.
 */
import type {
  EnteredTalk,
  HubInfo,
  Labelled,
  MessageEvent,
  NodeEvent,
  PresenceEvent,
  SystemEvent,
  TypingEvent,
  Who,
} from '../../node/index.ts'
import { TEXT_BYTES_MAX } from '../../wire/limits.ts'
import { checkNick } from '../../wire/name.ts'
import { GENERAL } from '../commands.ts'
import { withEmoji } from '../emoji.ts'
import { Progress } from '../progress.ts'
import { type Look, type Paint, render } from '../render.ts'
import { safeName } from '../safe-text.ts'
import { complete, type Named } from './complete.ts'
import { compose, type Rows } from './composer.ts'
import { clockTime, dayOf } from './dates.ts'
import { cleared, type Editor, edit, emptyEditor, insert, replace, sent, typeInSearch } from './editor.ts'
import { shorten } from './graphemes.ts'
import type { Input as Typed } from './keys.ts'
import { type RoomState, statusLine } from './status.ts'

export type ScreenEffect =
  /** One or more finished lines for the scrollback. */
  | { readonly do: 'print'; readonly text: string }
  /** isText: never a command, whatever it starts with. */
  | { readonly do: 'submit'; readonly line: string; readonly isText: boolean }
  | { readonly do: 'enter'; readonly room: string }
  /** Ask the node which rooms and people there are. */
  | { readonly do: 'ask' }
  | { readonly do: 'end'; readonly how: 'interrupt' | 'end' }
  /** A key was typed. isText: of a message for the room. */
  | { readonly do: 'typing'; readonly isText: boolean }
  | { readonly do: 'suspend' | 'redraw' }
  /** Ask the node what is unread. */
  | { readonly do: 'count' }
  /** What stands on the screen of this room has been seen. */
  | { readonly do: 'read' }
  /** Somebody is to be called: who said what. */
  | { readonly do: 'call'; readonly head: string; readonly text: string }

export interface ScreenOptions {
  readonly self: () => Who
  readonly paint: Paint
  /** Paints a name in the colour of a key. */
  readonly person?: (id: string, text: string) => string
}

/** What a person does; answers of the terminal are not for us. */
export type Input = Exclude<Typed, { readonly is: 'position' }>

/** Rooms and talks with a number: strangers can begin as many talks as they have keys. */
const ROOMS_MAX = 200
/** Names kept for Tab, of rooms and of people each. */
const NAMES_MAX = 1000
/** Far above what one message holds: what is longer is not taken in, since every key would have to lay it out again. */
const TEXT_CHARS_MAX = 4 * TEXT_BYTES_MAX
const COMPOSER_ROWS_MAX = 10
/** Own messages shown while they wait; the rest is counted. */
const WAITING_ROWS_MAX = 3

/** Of those who come or go at the same time. */
const NAMES_SHOWN = 5

interface Room {
  unread: number
  mentions: number
  /** There are more of them than were counted. */
  isMore?: boolean
}

export class Screen {
  readonly #options: ScreenOptions
  #out: ScreenEffect[] = []
  #editor: Editor = emptyEditor
  #room = GENERAL
  #network = ''
  #hub: string | undefined
  #hubId = ''
  /** Joined rooms in the order of their numbers. */
  readonly #rooms = new Map<string, Room>([[GENERAL, { unread: 0, mentions: 0 }]])
  readonly #allRooms = new Set<string>([GENERAL])
  /** By id, as they were called when last met; met longest ago first. */
  readonly #met = new Map<string, Labelled>()
  /** Members who have not been heard from, by id. */
  readonly #silent = new Map<string, Labelled>()
  /** Own messages on the way to the hub, by id; undefined until the message itself is told. */
  readonly #waiting = new Map<string, MessageEvent | undefined>()
  readonly #presence: PresenceEvent[] = []
  /** Who types, by room; null: to this person alone. */
  readonly #typing = new Map<string | null, Set<string>>()
  readonly #progress = new Progress()
  #cycle:
    | { readonly from: number; readonly before: Editor; readonly candidates: readonly string[]; at: number }
    | undefined
  #question: { readonly pasted: string } | undefined
  #hint = ''
  #wasInterrupted = false
  #isAway = false
  #hasMarked = false
  /** The terminal has said whether one looks at it. */
  #saysFocus = false
  /** Something of others was printed in this room since it counted as read. */
  #hasNews = false
  #day = ''

  constructor(options: ScreenOptions) {
    this.#options = options
  }

  /** What is to be done since the last call, in order. now: ms. */
  take(now: number): ScreenEffect[] {
    this.#tellPresence(now)
    const out = this.#out
    this.#out = []
    return out
  }

  /** Unread messages of all rooms. */
  get unread(): number {
    let unread = 0
    for (const room of this.#rooms.values()) unread += room.unread
    return unread
  }

  get room(): string {
    return this.#room
  }

  // --- keys ---------------------------------------------------------------------------------------------------------

  input(input: Input): void {
    if (input.is === 'focus') {
      this.#saysFocus = true
      return this.#look(input.isHere)
    }
    this.#look(true)
    const wasInterrupted = this.#wasInterrupted
    this.#wasInterrupted = false
    this.#hint = ''
    if (this.#question) return this.#answer(this.#question.pasted, input)
    const { search } = this.#editor
    if (input.is !== 'key' && !this.#hasRoomFor(input.text)) return
    if (input.is === 'text') {
      this.#out.push({
        do: 'typing',
        isText: !this.#editor.text.startsWith('/') && !input.text.startsWith('/'),
      })
      this.#cycle = undefined
      this.#editor = search
        ? typeInSearch(this.#editor, search, input.text)
        : insert(this.#editor, input.text)
      return
    }
    if (input.is === 'paste') return this.#paste(input.text)
    const { key } = input
    if (key === 'tab' || key === 'S-tab') return this.#tab(key === 'tab' ? 1 : -1)
    this.#cycle = undefined
    if (!search && this.#command(key, wasInterrupted)) return
    if (key === 'enter') return this.#submit(false)
    this.#editor = edit(this.#editor, key) ?? this.#editor
  }

  #hasRoomFor(text: string): boolean {
    const chars = this.#editor.text.length + text.length
    if (chars > TEXT_CHARS_MAX) {
      this.#hint = `That is too long: ${chars} characters; a message has at most ${TEXT_BYTES_MAX} bytes.`
    }
    return chars <= TEXT_CHARS_MAX
  }

  /** Keys that are not the editor's. */
  #command(key: string, wasInterrupted: boolean): boolean {
    const number = /^M-([1-9])$/.exec(key)?.[1]
    if (number !== undefined) {
      const name = [...this.#rooms.keys()][Number(number) - 1]
      if (name === undefined) this.#hint = `There is no room ${number}; /rooms lists all.`
      else this.#out.push({ do: 'enter', room: name })
      return true
    }
    const isEmpty = this.#editor.text === ''
    switch (key) {
      case 'C-c':
        if (!isEmpty) this.#editor = cleared(this.#editor)
        else if (wasInterrupted) this.#out.push({ do: 'end', how: 'interrupt' })
        else {
          this.#wasInterrupted = true
          this.#hint = 'Ctrl-C again leaves lanchat.'
        }
        return true
      case 'C-d':
        if (isEmpty) this.#out.push({ do: 'end', how: 'end' })
        return isEmpty
      case 'C-z':
        this.#isAway = true
        this.#out.push({ do: 'suspend' })
        return true
      case 'C-l':
        this.#out.push({ do: 'redraw' })
        return true
      case 'M-a':
        this.#nextUnread()
        return true
      default:
        return false
    }
  }

  #nextUnread(): void {
    const unread = [...this.#rooms].filter(([name, room]) => name !== this.#room && room.unread > 0)
    const [name] = unread.find(([, room]) => room.mentions > 0) ?? unread[0] ?? []
    if (name === undefined) this.#hint = 'Nothing is unread.'
    else this.#out.push({ do: 'enter', room: name })
  }

  #submit(isText: boolean): void {
    const { search: _, ...editor } = this.#editor
    this.#editor = sent(editor)
    if (editor.text !== '') this.#out.push({ do: 'submit', line: withEmoji(editor.text), isText })
  }

  #tab(by: 1 | -1): void {
    if (this.#editor.search) return
    if (!this.#cycle) {
      if (by < 0) return
      const { text, cursor } = this.#editor
      const silent = [...this.#silent.values()].filter(({ id }) => !this.#met.has(id))
      const people = [...[...this.#met.values()].reverse(), ...silent].map(namesOf)
      const found = complete(text, cursor, { people, rooms: this.#allRooms })
      if (!found) return
      this.#cycle = { ...found, before: this.#editor, at: -1 }
    }
    const { candidates, before, from } = this.#cycle
    const at = (this.#cycle.at + by + candidates.length) % candidates.length
    this.#cycle.at = at
    this.#editor = replace(before, from, before.cursor, candidates[at]!)
    if (candidates.length === 1) this.#cycle = undefined
    else this.#hint = candidates.map((name, i) => (i === at ? `[${name.trim()}]` : name.trim())).join(' ')
  }

  #paste(text: string): void {
    this.#cycle = undefined
    const oneLine = text.replace(/\n$/, '')
    if (!oneLine.includes('\n')) {
      const { search } = this.#editor
      this.#editor = search ? typeInSearch(this.#editor, search, oneLine) : insert(this.#editor, oneLine)
    } else this.#question = { pasted: oneLine }
  }

  #answer(pasted: string, input: Input): void {
    const answer = input.is === 'key' ? input.key : input.is === 'text' ? input.text.toLowerCase() : ''
    const isEmpty = this.#editor.text === ''
    const together = insert(this.#editor, pasted)
    if (answer === 'enter' || answer === 'y') {
      if (!isTooLong(together.text)) {
        this.#question = undefined
        this.#editor = together
        this.#submit(isEmpty)
      }
    } else if (answer === 'e') {
      this.#question = undefined
      this.#editor = together
    } else if (['escape', 'C-c', 'C-g', 'n'].includes(answer)) this.#question = undefined
  }

  #look(isHere: boolean): void {
    this.#isAway = !isHere
    if (!isHere) return
    this.#hasMarked = false
    this.#seen()
  }

  /** Who looks at the terminal, or types on it, sees what stands there. */
  #seen(): void {
    if (this.#hasNews) this.#out.push({ do: 'read' })
    this.#hasNews = false
  }

  // --- events -------------------------------------------------------------------------------------------------------

  /** now: ms, for what has no time of its own. */
  event(event: NodeEvent, now: number): void {
    this.#learn(event)
    this.#progress.hear(event)
    switch (event.type) {
      case 'sent':
        this.#waiting.set(event.id, undefined)
        return
      case 'message':
        return this.#message(event, now)
      case 'ack':
        return this.#stored(event.id)
      case 'error':
        // It waits no more: what it says stands above the reason.
        if (event.id !== undefined) this.#stored(event.id)
        break
      case 'presence':
        this.#presence.push(event)
        return
      case 'typing':
        return this.#noteTyping(event)
      case 'mode':
      case 'receipt':
        return
      case 'read':
        this.#out.push({ do: 'count' })
        return
      case 'ready':
        this.#out.push({ do: 'ask' })
        break
      case 'offline':
        this.#hub = undefined
        this.#hubId = ''
        break
    }
    const rendered = render(event, this.#lookAt(now))
    if (rendered) this.#print(rendered.text, now)
    if (event.type === 'system' && RENAMING.has(event.event)) this.#meet(event.user)
  }

  /** A line about the program itself, such as a log line. May have several lines. */
  notice(text: string, now: number): void {
    this.#print(text, now)
  }

  /** The session is in this room now. */
  entered(name: string, now: number): void {
    if (name === this.#room) return
    this.#room = name
    const room = this.#roomOf(name)
    const unread = room.unread > 0 ? `, ${room.unread}${room.isMore ? ' or more' : ''} unread above` : ''
    room.isMore = false
    room.unread = 0
    room.mentions = 0
    this.#print(this.#options.paint('dim', `-- ${this.roomShown}${unread} --`), now)
  }

  /** The room one is in, as people read it. */
  get roomShown(): string {
    return this.#shown(this.#room)
  }

  /** A talk goes by the other's id, and is shown by their name. */
  #shown(room: string): string {
    const other = talkOf(room)
    return other === undefined ? safeName(room) : `@${this.#nameOf(other) ?? other.slice(0, 8)}`
  }

  /** What `rooms` of the node says. */
  learnRooms(rooms: readonly { readonly name: string; readonly joined: boolean }[]): void {
    for (const { name, joined } of rooms) {
      remember(this.#allRooms, name)
      if (joined) this.#roomOf(name)
    }
  }

  /** What `unread` of the node says. */
  learnUnread(
    rooms: readonly {
      readonly room: string | null
      readonly with?: Labelled
      readonly unread: number
      readonly mentions: number
      readonly more?: true
    }[],
  ): void {
    const left = new Set(this.#rooms.keys())
    for (const { room: said, with: other, unread, mentions, more = false } of rooms) {
      if (other) this.#meet(other)
      const name = said ?? (other && talkWith(other))
      if (name === undefined || name === this.#room) continue
      left.delete(name)
      const room = this.#roomOf(name)
      room.unread = unread
      room.isMore = more
      room.mentions = other ? unread : mentions
    }
    for (const name of left) if (this.#rooms.has(name)) this.#rooms.set(name, { unread: 0, mentions: 0 })
  }

  learnPeople(people: readonly Labelled[]): void {
    for (const who of people) if (!this.#isSelf(who)) note(this.#silent, who)
  }

  /** Own messages that are not stored yet, as lines: for the end, when nothing below the scrollback stays. */
  leftOver(now: number): void {
    for (const [id, message] of this.#waiting) {
      this.#waiting.delete(id)
      if (message)
        this.#print(`${this.#messageText(message)} ${this.#options.paint('dim', '… not stored yet')}`, now)
    }
  }

  #message(message: MessageEvent, now: number): void {
    const place = placeOf(message)
    // Who writes has read.
    if (message.self && !message.history && this.#rooms.has(place))
      this.#rooms.set(place, { unread: 0, mentions: 0 })
    if (message.self && this.#waiting.has(message.id)) {
      this.#waiting.set(message.id, message)
      return
    }
    if (this.#isAway && !message.self && !message.history && !this.#hasMarked) {
      this.#hasMarked = true
      this.#print(this.#options.paint('yellow', '-- new since you looked away --'), now)
    }
    const namesMe = !message.self && this.#namesMe(message)
    this.#print(this.#messageText(message), message.ts)
    if (message.self || message.history) return
    if (message.notify) {
      const from = nameOf(message.from)
      const head = message.room === null ? from : `${from} in ${safeName(message.room)}`
      this.#out.push({ do: 'call', head, text: message.text })
    }
    if (place === this.#room) {
      this.#hasNews = true
      if (this.#saysFocus && !this.#isAway) this.#seen()
      return
    }
    const room = this.#roomOf(place)
    room.unread += 1
    if (namesMe) room.mentions += 1
  }

  #messageText(message: MessageEvent): string {
    return render(message, this.#lookAt(message.ts))!.text
  }

  #namesMe(message: MessageEvent): boolean {
    return message.private === true || message.mention === true
  }

  #noteTyping({ room, user, on }: TypingEvent): void {
    const names = this.#typing.get(room) ?? new Set<string>()
    if (on) names.add(nameOf(user))
    else names.delete(nameOf(user))
    if (names.size > 0) this.#typing.set(room, names)
    else this.#typing.delete(room)
  }

  /** Of the room one looks at, or in private. */
  #typingText(): string {
    const names = [...(this.#typing.get(this.#room) ?? []), ...(this.#typing.get(null) ?? [])]
    return names.length === 0
      ? ''
      : `${listed(names.slice(0, NAMES_SHOWN))} ${names.length > 1 ? 'type' : 'types'} …`
  }

  /** Where the message itself is not told yet, it will be printed at once then. */
  #stored(id: string): void {
    const message = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (message) this.#print(this.#messageText(message), message.ts)
  }

  #lookAt(ts: number): Look {
    const { paint, person, self } = this.#options
    const { id, name } = self()
    return {
      paint,
      tabs: false,
      self: id,
      known: (id) => this.#nameOf(id),
      ...(person && { person }),
      screen: { room: this.#room, nick: name, time: clockTime(ts) },
    }
  }

  #print(text: string, ts: number): void {
    // In their order: who came is told before what they said.
    this.#tellPresence(ts)
    const day = dayOf(ts)
    if (day !== '' && day !== this.#day) {
      this.#day = day
      this.#out.push({ do: 'print', text: this.#options.paint('dim', `-- ${day} --`) })
    }
    this.#out.push({ do: 'print', text })
  }

  /** Who came and who went since the last time, on a line each: a class that comes in is not thirty lines. */
  #tellPresence(now: number): void {
    const events = this.#presence.splice(0)
    if (events.length === 0) return
    const last = new Map(events.map((event) => [event.user.id, event]))
    for (const online of [true, false]) {
      const names = [...last.values()]
        .filter((event) => event.online === online)
        .map(({ user }) => nameOf(user))
      if (names.length === 0) continue
      const verb = `${names.length > 1 ? 'are' : 'is'} ${online ? 'here' : 'gone'}`
      const { paint } = this.#options
      this.#print(paint('dim', `${clockTime(now)} * ${listed(names)} ${verb}`), now)
    }
  }

  #learn(event: NodeEvent): void {
    switch (event.type) {
      case 'message':
        if (event.room !== null) remember(this.#allRooms, event.room)
        if (event.self) return
        this.#meet(event.from)
        return
      case 'presence':
        return this.#meet(event.user)
      case 'ready':
        this.#network = event.network
        this.#follow(event.hub)
        return
      case 'hub':
        return this.#follow(event.hub)
      case 'system':
        return this.#move(event)
      case 'result':
        if (event.command === '/read') this.#out.push({ do: 'count' })
        if (event.command === '/join' && event.data !== null) this.#meet((event.data as EnteredTalk).with)
        if (event.command === '/rooms' && event.data !== null) {
          this.learnRooms(event.data as Parameters<Screen['learnRooms']>[0])
        }
        return
    }
  }

  #move({ event, room, user }: SystemEvent): void {
    if (room === null) return
    const isSelf = this.#isSelf(user)
    const isOver = event === 'delete' || (isSelf && ['leave', 'kick', 'ban'].includes(event))
    if (isOver && room !== GENERAL) {
      this.#rooms.delete(room)
      if (event === 'delete') this.#allRooms.delete(room)
      return
    }
    remember(this.#allRooms, room)
    if (isSelf && (event === 'create' || event === 'join')) this.#roomOf(room)
  }

  #meet(who: Labelled): void {
    if (this.#isSelf(who)) return
    note(this.#met, who)
    // It may have become hub before its name was known here.
    if (who.id === this.#hubId) this.#hub = hubName({ ...who, self: false })
  }

  /** The name that was shown last; undefined: never met. */
  #nameOf(id: string): string | undefined {
    const who = this.#met.get(id)
    return who && nameOf(who)
  }

  #follow(hub: HubInfo): void {
    this.#hub = hubName(hub)
    this.#hubId = hub.id
    this.#meet(hub)
  }

  #isSelf(who: Who): boolean {
    return who.id === this.#options.self().id
  }

  #roomOf(name: string): Room {
    let room = this.#rooms.get(name)
    if (!room) {
      room = { unread: 0, mentions: 0 }
      this.#rooms.set(name, room)
      if (this.#rooms.size > ROOMS_MAX) this.#dropTalk(name)
    }
    return room
  }

  /** The talk begun longest ago, but for this one: it comes back with the next message in it. */
  #dropTalk(but: string): void {
    for (const name of this.#rooms.keys()) {
      if (talkOf(name) === undefined || name === but || name === this.#room) continue
      this.#rooms.delete(name)
      return
    }
  }

  // --- what stands below --------------------------------------------------------------------------------------------

  /**
   * The rows below the scrollback: own messages that wait, the status line, the composer. The cursor's row comes last
   * while the text fits on one: what stands below it some terminals put in other places when they are resized.
   */
  view(columns: number, rows: number): Rows {
    const { paint, self } = this.#options
    const waiting = rows >= 8 ? this.#waitingRows(columns) : []
    const status = rows >= 4 ? [this.#statusRow(columns)] : []
    const { search, text, cursor } = this.#editor
    const composed = compose({
      prompt: search ? searchPrompt(search) : `[${this.roomShown}] ${safeName(self().name)}: `,
      text,
      cursor,
      columns,
      rowsMax: Math.min(COMPOSER_ROWS_MAX, rows - waiting.length - status.length - 1),
      paintPrompt: (prompt) => paint('bold', prompt),
    })
    return {
      rows: [...waiting, ...status, ...composed.rows],
      row: waiting.length + status.length + composed.row,
      before: composed.before,
    }
  }

  #waitingRows(columns: number): string[] {
    const messages = [...this.#waiting.values()].filter((message) => message !== undefined)
    const rows = messages.slice(0, WAITING_ROWS_MAX).map((message) => {
      const plain = render(message, {
        ...this.#lookAt(message.ts),
        paint: (_, text) => text,
        person: (_, text) => text,
      })
      return `${shorten(plain!.text.replace(/\s*\n\s*/g, ' '), columns - 3)} …`
    })
    const more = messages.length - rows.length
    if (more > 0) rows.push(`… and ${more} more`)
    return rows.map((row) => this.#options.paint('dim', row))
  }

  #statusRow(columns: number): string {
    const { paint } = this.#options
    const said = this.#question ? this.#questionText(this.#question.pasted) : this.#hint
    if (said !== '') return paint('bold', shorten(safeName(said), columns - 1))
    const rooms = [...this.#rooms].map(
      ([name, room]): RoomState => ({ name: this.#shown(name), ...room, isCurrent: name === this.#room }),
    )
    const waiting = [...this.#waiting.values()].filter((message) => message !== undefined).length
    return statusLine(
      {
        network: safeName(this.#network),
        hub: this.#hub,
        rooms,
        waiting,
        latest: this.#typingText() || this.#progress.marked,
      },
      columns,
      paint,
    )
  }

  #questionText(pasted: string): string {
    const lines = pasted.split('\n').length
    if (isTooLong(insert(this.#editor, pasted).text)) {
      return `${lines} lines pasted: too long for one message (${TEXT_BYTES_MAX} bytes). e: edit, Esc: drop`
    }
    return `Send the ${lines} lines pasted as one message? Enter: send, e: edit, Esc: drop`
  }
}

/** A talk, as the session names it. */
const talkWith = (other: Who): string => `@${other.id}`
const talkOf = (room: string): string | undefined => /^@([0-9a-f]{64})$/.exec(room)?.[1]

/** Where a message stands: a room, or the talk with the other one of two. */
const placeOf = ({ room, self, from, to }: MessageEvent): string => room ?? talkWith(self && to ? to : from)

/** anna, bob, carl and 7 others */
function listed(names: readonly string[]): string {
  if (names.length > NAMES_SHOWN + 1) {
    return `${names.slice(0, NAMES_SHOWN).join(', ')} and ${names.length - NAMES_SHOWN} others`
  }
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Behind these somebody is called otherwise here. */
const RENAMING: ReadonlySet<SystemEvent['event']> = new Set(['nick', 'contact', 'uncontact'])

const isTooLong = (text: string): boolean => Buffer.byteLength(text) > TEXT_BYTES_MAX

const nameOf = (who: Labelled): string => safeName(who.label ?? who.name)

/** Others know a piece of the key behind a nick as well, or in place of one that is none; a name of this reader's own they do not. */
function namesOf(who: Labelled): Named {
  const nick = checkNick(who.name)
  const plain = 'ok' in nick ? nick.ok : who.id.slice(0, 8)
  const shown = nameOf(who)
  return { shown, public: shown.startsWith(`${plain}~`) ? shown : plain }
}

const hubName = (hub: Labelled & { readonly self: boolean }): string =>
  hub.self ? 'you are the hub' : `hub ${nameOf(hub)}`

const searchPrompt = ({ query, found }: { readonly query: string; readonly found: boolean }): string =>
  `(${found ? 'search' : 'not found'}: ${safeName(query)}) `

/** Puts somebody last, and drops the one longest ago where there are too many. */
function note(people: Map<string, Labelled>, who: Labelled): void {
  people.delete(who.id)
  people.set(who.id, who)
  if (people.size > NAMES_MAX) people.delete(people.keys().next().value!)
}

/** Puts a name last, and drops the one longest ago where there are too many. */
function remember(names: Set<string>, name: string): void {
  names.delete(name)
  names.add(name)
  if (names.size > NAMES_MAX) names.delete(names.values().next().value!)
}
