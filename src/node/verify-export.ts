/**
 * Checks an export without any network: that each line was signed by the key it names, says what was signed, and stands where
 * its own order says; and that the whole is what the device signed that made it (rules EX-1 to EX-3).
 */
import { concat, equal, fromHex, hex, uint, utf8 } from '../wire/bytes.ts'
import { decodeBody } from '../wire/codec.ts'
import type { Crypto } from '../wire/crypto.ts'
import { verifyCounter } from '../wire/device.ts'
import {
  decodeHeader,
  type Event,
  HEADER_BYTES,
  parseRun,
  parseTombstone,
  tombstoneCheck,
  verifyRun,
} from '../wire/event.ts'
import { NETWORK_ROOM, type PersonKey } from '../wire/ids.ts'
import { jsonLineForPages } from '../wire/json-line.ts'
import { kindNumber } from '../wire/kinds.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { orderOf } from './display-order.ts'
import { readIds } from './rooms.ts'

const MESSAGE = kindNumber('message')
const EDIT = kindNumber('edit')
/** Links looked at in one line: a message and its edit, or its deletion, have two authors at most. */
const LINKS_MAX = 2

/** What the device that exports says of the whole. */
export interface Seal {
  /** Its key. */
  readonly by: string
  readonly at: number
  /** Base64. */
  readonly signature: string
}

/** A fault of one line, from 1; line 0: of the whole. */
export interface ExportFault {
  readonly line: number
  readonly why: string
}

export interface ExportVerdict {
  readonly messages: number
  /** Of them: deleted by their authors, hidden by moderators, of private rooms. */
  readonly deleted: number
  readonly hidden: number
  /** Signed, but only the exporter's word links the text to it: nobody else can open it. */
  readonly sealed: number
  /** Different authors. */
  readonly authors: number
  readonly seal?: Seal
  readonly faults: readonly ExportFault[]
}

/** A line as it stands in the file, without what only HTML, or a terminal, would take for its own. */
export const exportLine = (line: object): string => jsonLineForPages(line)

/** What a seal signs: all lines, the last one without its seal. */
export const sealMessage = (digest: Uint8Array, at: number): Uint8Array =>
  concat(utf8('lanchat/export/1'), digest, uint(at, 6))

/** Sums up the lines one by one, so that none of them need be kept. */
export class LinesDigest {
  readonly #crypto: Crypto
  #digest = new Uint8Array(32)

  constructor(crypto: Crypto) {
    this.#crypto = crypto
  }

  add(line: string): void {
    this.#digest = new Uint8Array(this.#crypto.hash(concat(this.#digest, utf8(line))))
  }

  get bytes(): Uint8Array {
    return this.#digest
  }
}

interface ExportedLine {
  readonly id?: unknown
  readonly from?: { readonly id?: unknown }
  readonly text?: unknown
  readonly ts?: unknown
  readonly order?: unknown
  readonly edited?: unknown
  readonly action?: unknown
  readonly private?: unknown
  readonly deleted?: unknown
  readonly hidden?: unknown
  readonly replyTo?: unknown
  readonly signed?: unknown
  readonly links?: unknown
  readonly seal?: unknown
}

/** lines: of the file, in order, none of them empty. */
export function verifyExport(crypto: Crypto, lines: Iterable<string>): ExportVerdict {
  const faults: ExportFault[] = []
  const authors = new Set<string>()
  const seen = new Set<string>()
  const digest = new LinesDigest(crypto)
  const speakers = new Speakers(crypto)
  let [messages, deleted, hidden, sealed] = [0, 0, 0, 0]
  let place: string | undefined
  let before = ''
  let seal: Seal | undefined
  for (const text of lines) {
    messages++
    const fault = (why: string) => faults.push({ line: messages, why })
    if (seal) fault('it stands behind the end of the export')
    if (/[<>]/.test(text)) fault('it holds < or >, which pages would take for their own')
    const line = objectOf(text)
    if (!line) {
      fault('it is no object')
      digest.add(text)
      continue
    }
    const { seal: said, ...rest } = line
    digest.add(said === undefined ? text : exportLine(rest))
    if (said !== undefined) seal = sealOf(said)
    const event = eventOf(crypto, line)
    const why = typeof event === 'string' ? event : faultOf(crypto, line, event, speakers)
    if (why !== undefined || typeof event === 'string') {
      fault(why ?? '')
      continue
    }
    place ??= event.net + event.room
    if (place !== event.net + event.room) fault('it is of another room')
    if (seen.has(event.id)) fault('it stands there twice')
    seen.add(event.id)
    const order = orderOf(event)
    if (order <= before) fault('it is not in order')
    before = order
    authors.add(event.author)
    if (line.deleted === true) deleted++
    else if (line.hidden === true) hidden++
    else if (line.private === true) sealed++
  }
  if (messages === 0) faults.push({ line: 0, why: 'it holds no message: nothing in it is signed' })
  else if (!seal || !isSealed(crypto, seal, digest.bytes))
    faults.push({ line: 0, why: seal ? 'it was changed after it was made' : 'its end is missing' })
  return { messages, deleted, hidden, sealed, authors: authors.size, ...(seal && { seal }), faults }
}

function objectOf(text: string): ExportedLine | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function sealOf(value: unknown): Seal | undefined {
  const { by, at, signature } = (value ?? {}) as Partial<Seal>
  const isWell = /^[0-9a-f]{64}$/.test(String(by)) && Number.isSafeInteger(at) && at! >= 0 && at! < 2 ** 48
  return isWell && typeof signature === 'string' ? { by: by!, at: at!, signature } : undefined
}

function isSealed(crypto: Crypto, { by, at, signature }: Seal, digest: Uint8Array): boolean {
  const bytes = fromBase64(signature)
  return bytes !== undefined && crypto.verify(sealMessage(digest, at), bytes, fromHex(by))
}

interface Parts {
  readonly headers?: unknown
  readonly signature?: unknown
  readonly body?: unknown
  readonly tombstone?: unknown
}

const partsOf = (list: unknown): readonly Parts[] =>
  Array.isArray(list) ? list.filter((each): each is Parts => typeof each === 'object' && each !== null) : []
const proofsOf = ({ signed }: ExportedLine): readonly Parts[] => partsOf(signed)

/** Which keys speak for whom: their first one, and those whose link both have signed (rule DV-1). */
class Speakers {
  readonly #crypto: Crypto
  readonly #proven = new Set<string>()

  constructor(crypto: Crypto) {
    this.#crypto = crypto
  }

  /** Of the network of this event, as the line shows, or one before it did. */
  isFor(person: unknown, { net, author }: Event, { links }: ExportedLine): boolean {
    const name = `${net} ${String(person)} ${author}`
    if (person === author || this.#proven.has(name)) return true
    const isShown = partsOf(links)
      .slice(0, LINKS_MAX)
      .some((link) => this.#isLink(link, net, person, author))
    if (isShown) this.#proven.add(name)
    return isShown
  }

  #isLink(link: Parts, net: string, person: unknown, device: PersonKey): boolean {
    const event = provenBy(this.#crypto, link)
    const body = bytesOf(link.body)
    if (typeof event === 'string' || !body || event.net !== net || event.room !== NETWORK_ROOM) return false
    const value = decodeBody(event.kind, body)
    return (
      value?.kind === 'device' &&
      value.link &&
      event.author === person &&
      hex(value.device) === device &&
      verifyCounter(this.#crypto, value.counter, event.author, device)
    )
  }
}

const bytesOf = (value: unknown): Uint8Array | undefined =>
  typeof value === 'string' ? fromBase64(value) : undefined

/** The event that the line's first proof proves; a string: why none is proven. */
const eventOf = (crypto: Crypto, line: ExportedLine): Event | string => {
  const [proof] = proofsOf(line)
  return proof ? provenBy(crypto, proof) : 'nothing is signed'
}

function provenBy(crypto: Crypto, { headers, signature, body }: Parts): Event | string {
  const bytes = bytesOf(headers)
  const signed = bytesOf(signature)
  if (!bytes || !signed || bytes.length < HEADER_BYTES) return 'what is signed is not whole'
  const first = decodeHeader(crypto, bytes.subarray(0, HEADER_BYTES))
  const bodies = Array.from(
    { length: Math.ceil(bytes.length / HEADER_BYTES) },
    () => null as Uint8Array | null,
  )
  bodies[0] = bytesOf(body) ?? null
  const run = parseRun(crypto, first.net, { headers: bytes, signature: signed, bodies })
  if (typeof run === 'string') return `what is signed breaks a rule (${run})`
  return typeof verifyRun(crypto, run) === 'string' ? 'its signature is wrong' : run.events[0]!
}

/** Does the line say what was signed? */
function faultOf(crypto: Crypto, line: ExportedLine, event: Event, speakers: Speakers): string | undefined {
  const { id, from, ts, order } = line
  if (id !== event.id) return 'its id is another one'
  if (!speakers.isFor(from?.id, event, line)) return 'its author is another one'
  if (ts !== event.at) return 'its time is another one'
  if (order !== orderOf(event)) return 'its order is another one'
  if (event.kind !== MESSAGE) return 'it is no message'
  if (line.deleted === true) return deletionFault(crypto, line, event, speakers)
  if (line.hidden === true) return line.text === '' ? undefined : 'it is hidden and has a text'
  return textFault(crypto, line, event, speakers)
}

function deletionFault(
  crypto: Crypto,
  line: ExportedLine,
  event: Event,
  speakers: Speakers,
): string | undefined {
  if (line.text !== '') return 'it is deleted and has a text'
  const [said, erasing] = proofsOf(line)
  if (erasing) return erasingFault(crypto, line, event, erasing, speakers)
  const bytes = bytesOf(said!.tombstone)
  const tombstone = bytes && parseTombstone(event.net, bytes)
  if (!tombstone || tombstone.id !== event.id || tombstone.author !== event.author)
    return 'nobody has signed that it is deleted'
  const { message, signature, key } = tombstoneCheck(tombstone)
  return crypto.verify(message, signature, key) ? undefined : 'the signature of its deletion is wrong'
}

/** Deleted from another device of its author, whose own has not signed it yet. */
function erasingFault(
  crypto: Crypto,
  line: ExportedLine,
  event: Event,
  proof: Parts,
  speakers: Speakers,
): string | undefined {
  const eraser = provenBy(crypto, proof)
  if (typeof eraser === 'string') return `its deletion: ${eraser}`
  const body = bytesOf(proof.body)
  const value = body && decodeBody(eraser.kind, body)
  const isOfIt = value?.kind === 'erase' && readIds(value.targets).includes(event.id)
  if (!isOfIt || eraser.net !== event.net || eraser.room !== event.room)
    return 'nobody has signed that it is deleted'
  return speakers.isFor(line.from?.id, eraser, line) ? undefined : 'its deletion is none of its author'
}

function textFault(crypto: Crypto, line: ExportedLine, event: Event, speakers: Speakers): string | undefined {
  const [said, edited] = proofsOf(line)
  const body = bytesOf(said!.body)
  if (!body) return 'what was said is missing'
  const edit = edited && provenBy(crypto, edited)
  if (typeof edit === 'string') return `its edit: ${edit}`
  if ((edit !== undefined) !== (line.edited === true)) return 'its edit is missing'
  const editBody = edited && bytesOf(edited.body)
  if (edit && !editBody) return 'what it was edited to is missing'
  const isOfRoom = edit?.kind === EDIT && edit.room === event.room && edit.net === event.net
  if (edit && !(isOfRoom && speakers.isFor(line.from?.id, edit, line)))
    return 'its edit is none of its author'
  const value = decodeBody(event.kind, body)
  // Sealed: whoever made the export could open it, and signs for it.
  if (!value && line.private === true) return undefined
  if (value?.kind !== 'message') return 'what was said cannot be read'
  if ((line.action === true) !== value.action) return 'what was said is another kind of message'
  const replyTo = value.replyTo ? hex(value.replyTo) : undefined
  if (line.replyTo !== replyTo) return 'what it answers is another message'
  if (!edit) return line.text === value.text ? undefined : 'its text is another one'
  const changed = decodeBody(edit.kind, editBody!)
  if (changed?.kind !== 'edit' || !equal(changed.target, fromHex(event.id)))
    return 'its edit is of another message'
  return line.text === changed.text ? undefined : 'its text is another one'
}

/** A seal over these lines. */
export const sealBy = (
  signer: { readonly key: Uint8Array; readonly sign: (message: Uint8Array) => Uint8Array },
  digest: Uint8Array,
  at: number,
): Seal => ({
  by: hex(signer.key),
  at,
  signature: toBase64(signer.sign(sealMessage(digest, at))),
})
