/**
 * A link: frames to and from one authenticated peer over a websocket.
 *
 * Sending is coalesced: what is sent to a link within one turn of the event loop, or while an earlier write is under way,
 * leaves in one write. A peer that reads too slowly loses the link whole, never a frame of it, and resumes by sync.
 *
 *   send -> pending --(end of turn, or the write before it is over)--> one write -> written
 *
 * What is for one link alone, an acknowledgement or an answer, is written first. What many links get is written some links at
 * a time, so that whoever waits for a word does not wait for a thousand writes to others. Where more comes for many before all
 * have got this, the rest is written at once: else a hub under load would take in more than it gives out.
 *
 * Nor does the first of many wait until the last is looked for: what they get is held once for all whose turn has not come.
 * Who is sent anything else meanwhile has it queued before that, so that nothing overtakes it; and where more comes for many,
 * all have.
 */
import { performance } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import type { Hello, HelloFields } from '../../wire/auth.ts'
import { equal, plain } from '../../wire/bytes.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { FRAME_BYTES_MAX, FRAME_MS_MAX, SEND_QUEUE_BYTES_MAX, SEND_STALL_MS_MAX } from '../../wire/limits.ts'
import type { LinkSocket } from './link-socket.ts'
import { framedBytes, type MessageWatch, wsMessages } from './ws-frame.ts'

/** Why a link ended. */
export type CloseCause =
  /** The peer said so in a close frame. */
  | { readonly why: 'closed'; readonly code: number; readonly reason: string }
  /** The connection ended without a word: killed, reset, cable. */
  | { readonly why: 'lost' }
  /** We dropped it: the peer read too slowly. */
  | { readonly why: 'slow'; readonly queuedBytes: number }
  /** We dropped it: not a websocket message of ours, too large, or not ended in time. */
  | { readonly why: 'invalid'; readonly detail: string }
  /** A handler here threw: only this link ends. */
  | { readonly why: 'failed'; readonly error: unknown }
  /** close() or terminate() was called here. */
  | { readonly why: 'own'; readonly code: number; readonly reason: string }

/** Told which link it is: many can share the same. */
export interface LinkHandlers {
  /** One whole frame. The bytes may be a view into a larger buffer: keep a copy, not them. */
  onFrame(bytes: Uint8Array, link: Link): void
  /** Once, last. */
  onClose(cause: CloseCause, link: Link): void
  /** Everything sent so far has been handed to the system. */
  onDrain?(link: Link): void
}

/** Caps of one link. The defaults are the protocol's. */
export interface LinkLimits {
  readonly queueBytesMax: number
  readonly stallMsMax: number
  readonly frameMsMax: number
}
export const LINK_LIMITS: LinkLimits = {
  queueBytesMax: SEND_QUEUE_BYTES_MAX,
  stallMsMax: SEND_STALL_MS_MAX,
  frameMsMax: FRAME_MS_MAX,
}

/** Bytes in one write: the smaller, the slower a reader may be before its progress looks like none. */
const WRITE_BYTES_MAX = 256 * 1024
/** A newcomer is told so much in pieces; who gets more, to catch up, gets it fast: each piece takes a turn of the event loop. */
const IN_PIECES_BYTES = 128 * 1024
/**
 * Bytes in one write over TLS of what is longer and for one link alone, the roster for a newcomer. Node keeps what it has encrypted in
 * buffers of 16 KiB, of which two stay with the connection for good: the pages that were never written to cost nothing.
 */
const PIECE_BYTES = 4032
/** Above this several pieces are handed over as they are, in one call: the roster is the same bytes for all newcomers. */
const JOINED_BYTES_MAX = 16 * 1024
/** Links that are written to at a time, of many that get the same: a quarter of a millisecond. */
const LINKS_AT_A_TIME = 32
/** ... where one turn brought more than one thing for many, as on a busy hub: each further turn costs it more than these wait. */
const BUSY_LINKS_AT_A_TIME = 160
/** How often all links are looked at for a stalled reader or a message that never ends. */
const SWEEP_MS = 250
/** Text frames are none of ours. */
export const CLOSE_UNSUPPORTED = 1003

export interface LinkInit {
  readonly ws: LinkSocket
  readonly socket: Duplex
  readonly address: string
  readonly port: number
  readonly dialled: boolean
  readonly key: PersonKey
  readonly hello: Hello
  readonly told: HelloFields
  readonly version: number
  readonly way?: string | undefined
  readonly watch: MessageWatch
  readonly limits: LinkLimits
}

let links = 0

/** Without its key and versions, and with our own bytes where they are the same: a hub keeps thousands of them. */
const fieldsOf = ({ role, places, grown, age, caps, port }: Hello, told: HelloFields): HelloFields => ({
  net: told.net,
  role,
  places: equal(places, told.places) ? told.places : places,
  grown,
  age,
  caps,
  port,
})

/** What was said last, there and here: most say what was said before them, and share it then. */
let lastHello: HelloFields | undefined

function shared(hello: HelloFields): HelloFields {
  if (!lastHello || !isSameHello(lastHello, hello)) lastHello = hello
  return lastHello
}

/** Does it say the same? */
export const isSameHello = (a: HelloFields, b: HelloFields): boolean =>
  a.role === b.role &&
  a.grown === b.grown &&
  a.age === b.age &&
  a.caps === b.caps &&
  a.port === b.port &&
  equal(a.net, b.net) &&
  equal(a.places, b.places)

/** Nothing to write: the same for all links. */
const NOTHING: Uint8Array[] = []

export class Link {
  /** Unique in this process. */
  readonly id = ++links
  /** The peer's address as this side sees it, without a port. */
  readonly address: string
  readonly port: number
  /** True where this side dialled. */
  readonly dialled: boolean
  /** Proved by the handshake. */
  readonly key: PersonKey
  /** What the peer said of itself in the handshake. */
  readonly hello: HelloFields
  /** What this side said of itself in the handshake; it may have changed since. */
  readonly told: HelloFields
  /** The protocol version that both speak. */
  readonly version: number
  /** The tag of the way by which the link was made; undefined without TLS. */
  readonly way: string | undefined
  /** When the last frame came, ms of the monotonic clock (performance.now()). */
  lastHeardAt = performance.now()

  #bytesIn = 0
  #bytesOut = 0
  #framesIn = 0
  readonly #ws: LinkSocket
  readonly #socket: Duplex
  readonly #watch: MessageWatch
  readonly #limits: LinkLimits
  #handlers: LinkHandlers | undefined
  /** Frames that came before start(). */
  #early: Uint8Array[] | undefined
  #pending: Uint8Array[] = NOTHING
  /** What waits behind that: frames for this link alone, to be put into one piece when they leave. */
  #frames: Uint8Array[] = NOTHING
  /** Of both. */
  #pendingBytes = 0
  /** It is among those that are written to as this turn ends. */
  #isInTurn = false
  /** Until nothing is pending, each write has PIECE_BYTES at most, or what was one piece before. */
  #isInPieces = false
  #writingBytes = 0
  /** Sweeps since the write under way began; since the message under way began. */
  #writeSweeps = 0
  #messageSweeps = 0
  #completedAtSweep = 0
  #paused = false
  /** Set once it is known why the link ends. */
  #cause: CloseCause | undefined
  #isOver = false

  /** Made by the handshake's end (greet.ts). */
  constructor(init: LinkInit) {
    this.address = init.address
    this.port = init.port
    this.dialled = init.dialled
    this.key = init.key
    this.told = init.told
    this.hello = shared(fieldsOf(init.hello, this.told))
    this.way = init.way
    this.version = init.version
    this.#ws = init.ws
    this.#socket = init.socket
    this.#watch = init.watch
    this.#limits = init.limits
    init.ws.tell(this)
    watched.add(this)
    sweepWhileWatched()
  }

  /** False once the link is closing or closed: nothing is sent any more. */
  get isOpen(): boolean {
    return this.#cause === undefined && this.#ws.readyState === this.#ws.OPEN
  }

  /** Bytes sent and not yet handed to the system. */
  get queuedBytes(): number {
    return this.#pendingBytes + this.#writingBytes
  }

  /** Bytes of frames in either direction so far, websocket heads left out on the way in; and frames that came in. */
  get traffic(): { readonly bytesIn: number; readonly bytesOut: number; readonly framesIn: number } {
    return { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, framesIn: this.#framesIn }
  }

  /** Begins delivery. Frames that came meanwhile are delivered before this returns. */
  start(handlers: LinkHandlers): void {
    if (this.#handlers) throw new TypeError('this link is started')
    this.#handlers = handlers
    for (const bytes of this.#early ?? []) if (this.isOpen) this.#deliver(handlers, bytes)
    this.#early = undefined
    if (this.#isOver) handlers.onClose(this.#cause!, this)
    else if (this.#paused) this.resume()
  }

  /** Reads nothing until start(), where that has not been called yet. */
  waitForStart(): void {
    if (!this.#handlers && this.isOpen) this.pause()
  }

  /** Sends one frame at the end of this turn. False where the link is not open, or is dropped for being slow. Throws TypeError above FRAME_BYTES_MAX. */
  send(frame: Uint8Array): boolean {
    checkSize(frame)
    queueShareOf(this)
    if (!this.#takes(framedBytes(frame, this.dialled), false)) return false
    if (this.#frames === NOTHING) this.#frames = [frame]
    else this.#frames.push(frame)
    return true
  }

  /** Sends frames in order. The same for all of them. */
  sendMany(frames: readonly Uint8Array[]): boolean {
    for (const frame of frames) checkSize(frame)
    return frames.every((frame) => this.send(frame))
  }

  /**
   * Sends whole websocket messages, masked where this side dialled. The bytes are shared: nobody may change them.
   */
  sendFramed(messages: Uint8Array): boolean {
    queueShareOf(this)
    return this.#queue(messages, false, messages.length > PIECE_BYTES)
  }

  /** The link's part of what many get: written at once where it is the link's turn, and nothing else waits. */
  takeShared(messages: Uint8Array, isItsTurn: boolean): void {
    if (!isItsTurn || this.queuedBytes > 0 || messages.length > this.#limits.queueBytesMax) {
      this.#queue(messages, true, false)
      if (isItsTurn) this.flush()
    } else if (this.isOpen) {
      this.#bytesOut += messages.length
      this.#write(messages)
    }
  }

  /** The same before it is the link's turn: something else is sent to it. */
  takeAhead(messages: Uint8Array): void {
    this.#queue(messages, false, false)
  }

  #queue(messages: Uint8Array, isForMany: boolean, isLong: boolean): boolean {
    this.#joinFrames()
    if (!this.#takes(messages.length, isForMany)) return false
    this.#push(messages, isLong)
    return true
  }

  /** Is there room for so much more? Then it is counted, and leaves with this turn, unless the write under way is to end first. */
  #takes(bytes: number, isForMany: boolean): boolean {
    if (!this.isOpen) return false
    if (this.queuedBytes + bytes > this.#limits.queueBytesMax) {
      this.#drop({ why: 'slow', queuedBytes: this.queuedBytes })
      return false
    }
    const isQueued = this.#pendingBytes > 0
    this.#pendingBytes += bytes
    this.#bytesOut += bytes
    if (this.#writingBytes > 0) return true
    if (!isForMany && !this.#isInTurn) {
      this.#isInTurn = true
      flushAtEndOfTurn(this, false)
    } else if (isForMany && !isQueued) flushAtEndOfTurn(this, true)
    return true
  }

  /** Puts the frames that wait into one piece, or several where they are more than one write takes. */
  #joinFrames(): void {
    if (this.#frames === NOTHING) return
    const frames = this.#frames
    this.#frames = NOTHING
    if (this.#pendingBytes <= WRITE_BYTES_MAX) return this.#pushFrames(frames)
    for (let from = 0, at = 0, bytes = 0; from < frames.length; from = at, bytes = 0) {
      do bytes += framedBytes(frames[at++]!, this.dialled)
      while (at < frames.length && bytes + framedBytes(frames[at]!, this.dialled) <= WRITE_BYTES_MAX)
      this.#pushFrames(frames.slice(from, at))
    }
  }

  #pushFrames(frames: readonly Uint8Array[]): void {
    const isLong = frames.some(({ length }) => length > PIECE_BYTES)
    this.#push(wsMessages(frames, this.dialled), isLong)
  }

  #push(messages: Uint8Array, isLong: boolean): void {
    const isInPieces = isLong && this.way !== undefined && this.#bytesOut - messages.length < IN_PIECES_BYTES
    const pieces = isInPieces ? piecesOf(messages) : [messages]
    if (isInPieces) this.#isInPieces = true
    if (this.#pending === NOTHING) this.#pending = pieces
    else this.#pending.push(...pieces)
  }

  /** Stops reading; the peer's own queue then fills. */
  pause(): void {
    this.#paused = true
    this.#ws.pause()
  }

  resume(): void {
    this.#paused = false
    this.#messageSweeps = 0
    this.#ws.resume()
  }

  /** Writes what is queued and a close frame; the connection ends at the peer's answer, at the latest after a second. */
  close(code = 1000, reason = ''): void {
    if (!this.isOpen) return
    queueShareOf(this)
    this.#joinFrames()
    this.#cause = { why: 'own', code, reason }
    for (const messages of this.#pending) this.#socket.write(messages)
    this.#pending = NOTHING
    this.#pendingBytes = 0
    this.resume()
    this.#ws.close(code, reason)
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#drop({ why: 'own', code: 1006, reason: '' })
  }

  /** Writes what is pending, unless a write is under way: its end does so. For the end of the turn. */
  flush(): void {
    this.#isInTurn = false
    if (this.#writingBytes > 0 || this.#pendingBytes === 0 || !this.isOpen) return
    this.#joinFrames()
    let count = 0
    let bytes = 0
    const bytesMax = this.#isInPieces ? PIECE_BYTES : WRITE_BYTES_MAX
    do bytes += this.#pending[count++]!.length
    while (count < this.#pending.length && bytes + this.#pending[count]!.length <= bytesMax)
    const chunks = count === this.#pending.length ? this.#pending : this.#pending.slice(0, count)
    this.#pending = count === this.#pending.length ? NOTHING : this.#pending.slice(count)
    this.#pendingBytes -= bytes
    if (this.#pendingBytes === 0) this.#isInPieces = false
    if (count === 1) this.#write(chunks[0]!)
    else if (bytes <= JOINED_BYTES_MAX) this.#write(joined(chunks, bytes))
    else this.#writeAll(chunks, bytes)
  }

  #writeAll(chunks: readonly Uint8Array[], bytes: number): void {
    const last = chunks.length - 1
    this.#socket.cork()
    for (let at = 0; at < last; at++) this.#socket.write(chunks[at])
    this.#write(chunks[last]!)
    this.#writingBytes = bytes
    this.#socket.uncork()
  }

  #write(chunk: Uint8Array): void {
    this.#writingBytes = chunk.length
    this.#writeSweeps = 0
    this.#socket.write(chunk, this.#written)
  }

  readonly #written = (): void => {
    this.#writingBytes = 0
    if (this.#cause) return
    if (this.#pendingBytes > 0) this.flush()
    else this.#handlers?.onDrain?.(this)
  }

  // --- what the websocket tells ---------------------------------------------------------------------------------------

  hear(data: Uint8Array, isBinary: boolean): void {
    if (!this.isOpen) return
    this.lastHeardAt = performance.now()
    if (!isBinary) {
      this.#cause = { why: 'invalid', detail: 'a text message' }
      this.#ws.close(CLOSE_UNSUPPORTED)
      return
    }
    // Without Buffer's methods: its slice shares memory where that of Uint8Array copies.
    const bytes = plain(data)
    this.#bytesIn += bytes.length
    this.#framesIn += 1
    if (this.#handlers) this.#deliver(this.#handlers, bytes)
    else {
      this.#early ??= []
      this.#early.push(bytes)
    }
  }

  /** The edge of one session: what it throws ends this link and nothing else. */
  #deliver(handlers: LinkHandlers, bytes: Uint8Array): void {
    try {
      handlers.onFrame(bytes, this)
    } catch (error) {
      this.#drop({ why: 'failed', error })
    }
  }

  #drop(cause: CloseCause): void {
    this.#cause ??= cause
    this.#ws.terminate()
  }

  failed(error: Error): void {
    this.#cause ??= { why: 'invalid', detail: 'code' in error ? String(error.code) : error.message }
  }

  ended(code: number, reason: Buffer): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cause ??= code === 1006 ? { why: 'lost' } : { why: 'closed', code, reason: reason.toString() }
    this.#pending = NOTHING
    this.#frames = NOTHING
    this.#pendingBytes = 0
    watched.delete(this)
    this.#handlers?.onClose(this.#cause, this)
  }

  /**
   * Once per sweep. Time is counted in sweeps and not by a clock: while this process was stopped nobody could make progress,
   * and a timer fires once after that, not once for each time it missed.
   */
  sweep(): void {
    if (this.#writingBytes > 0 && ++this.#writeSweeps * SWEEP_MS > this.#limits.stallMsMax)
      this.#drop({ why: 'slow', queuedBytes: this.queuedBytes })
    if (this.#paused) return
    const { underWay, completed } = this.#watch
    this.#messageSweeps = underWay && completed === this.#completedAtSweep ? this.#messageSweeps + 1 : 0
    this.#completedAtSweep = completed
    // A message may have begun just after the sweep before the first that saw it: one sweep less keeps the limit.
    if ((this.#messageSweeps + 1) * SWEEP_MS > this.#limits.frameMsMax)
      this.#drop({ why: 'invalid', detail: 'a message did not end in time' })
  }
}

/** What many links get: framed once for each direction, and handed to those before `next`. */
interface Share {
  readonly to: readonly number[]
  readonly links: ReadonlyMap<number, Link>
  readonly frames: readonly Uint8Array[]
  masked: Uint8Array | undefined
  unmasked: Uint8Array | undefined
  next: number
  /** Who have got it before their turn. */
  readonly early: Set<number>
}

let share: Share | undefined

/**
 * Sends the same frames to many links, by their ids among those that are open: framed once for each direction, the same bytes
 * written to each. Throws TypeError for a frame above FRAME_BYTES_MAX.
 */
export function sendShared(
  to: readonly number[],
  links: ReadonlyMap<number, Link>,
  frames: readonly Uint8Array[],
): void {
  for (const frame of frames) checkSize(frame)
  queueShare()
  share = { to, links, frames, masked: undefined, unmasked: undefined, next: 0, early: new Set() }
  planFlush()
  // Something else waits to be written to many of the same links, it may be: one write takes both.
  if (sharedDirty.length > 0 || ownDirty.length > LINKS_AT_A_TIME) queueShare()
  else for (const link of ownDirty) queueShareOf(link)
}

/** To all that have not got it: they are written to when their turn comes. */
function queueShare(): void {
  if (share) handOut(share, share.to.length, false)
}

/** To one that has not got it: it is written with what else is for this link. */
function queueShareOf(link: Link): void {
  if (!share || share.early.has(link.id) || !share.to.includes(link.id, share.next)) return
  share.early.add(link.id)
  link.takeAhead(framedFor(share, link))
}

function framedFor(shared: Share, { dialled }: Link): Uint8Array {
  if (dialled) shared.masked ??= wsMessages(shared.frames, true)
  else shared.unmasked ??= wsMessages(shared.frames, false)
  return (dialled ? shared.masked : shared.unmasked)!
}

/** To so many of those that have not got it. */
function handOut(shared: Share, count: number, isTheirTurn: boolean): void {
  const end = Math.min(shared.next + count, shared.to.length)
  const first = shared.next
  shared.next = end
  if (end === shared.to.length) share = undefined
  for (let at = first; at < end; at++) {
    const link = shared.links.get(shared.to[at]!)
    if (link && !shared.early.has(link.id)) link.takeShared(framedFor(shared, link), isTheirTurn)
  }
}

function checkSize(frame: Uint8Array): void {
  if (frame.length > FRAME_BYTES_MAX) throw new TypeError(`a frame of ${frame.length} bytes`)
}

function piecesOf(messages: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < messages.length; at += PIECE_BYTES)
    pieces.push(messages.subarray(at, at + PIECE_BYTES))
  return pieces
}

/** What was joined last, and of what. */
let latest: { readonly parts: readonly Uint8Array[]; readonly bytes: Uint8Array } | undefined

/**
 * One piece of several. Many links wait to send the very same pieces: they are joined once for all of them, since a buffer
 * for each would cost more in collecting garbage than all else that a hub does.
 */
function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const isSame = latest?.parts.length === parts.length && latest.parts.every((part, i) => part === parts[i])
  if (!latest || !isSame) latest = { parts, bytes: Buffer.concat(parts, length) }
  return latest.bytes
}

/** Links with something to write for them alone; with what many get, and how many of these were left by the turn before. */
let ownDirty: Link[] = []
const sharedDirty: Link[] = []
let leftOver = 0
let isFlushPlanned = false

function flushAtEndOfTurn(link: Link, isForMany: boolean): void {
  if (isForMany) sharedDirty.push(link)
  else ownDirty.push(link)
  planFlush()
}

function planFlush(): void {
  if (isFlushPlanned) return
  isFlushPlanned = true
  setImmediate(flushSome)
}

function flushSome(): void {
  isFlushPlanned = false
  flushOwn()
  flushShared()
}

/** The end of a turn: what is for one link each leaves, and what many get for the first of them, unless this goes on already. */
export function flushLinks(): void {
  flushOwn()
  if (leftOver === 0) flushShared()
}

function flushOwn(): void {
  const links = ownDirty
  ownDirty = []
  for (const link of links) link.flush()
}

function flushShared(): void {
  const left = sharedLeft()
  const isBehind = leftOver > 0 && left > leftOver
  const count = isBehind ? left : share ? LINKS_AT_A_TIME : BUSY_LINKS_AT_A_TIME
  if (share) handOut(share, count, true)
  else for (const link of sharedDirty.splice(0, count)) link.flush()
  leftOver = sharedLeft()
  if (leftOver > 0) planFlush()
}

const sharedLeft = () => sharedDirty.length + (share ? share.to.length - share.next : 0)

/** All open links: one timer serves them all. */
const watched = new Set<Link>()
let sweeping: NodeJS.Timeout | undefined

function sweepWhileWatched(): void {
  sweeping ??= setInterval(() => {
    for (const link of watched) link.sweep()
    latest = undefined
    if (watched.size > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }, SWEEP_MS).unref()
}
