/**
 * Postings: which docs hold which words, as they stand in one value of a segment, the words by their numbers (term-numbers.ts).
 *
 *   ahead head           of each word: how far its number is from the one before; then by the lower two bits of `head`
 *   0                    one doc, `head >> 2`
 *   1                    `head >> 2` bytes of docs, each as far as it is from the one before
 *   2                    `head >> 2` bytes: bits1, then docs as before, and below them so many bits of the word that is next
 *                        (nextOf)
 *
 * All numbers are LEB128. The more docs hold a word the more bits are kept of what is next, so that about as few docs of each
 * segment are read in vain for a phrase, however common its words are; and the closer these docs are, so that both together take
 * two bytes. That is what an index of each two neighbours would tell, of which there are far more than words.
 */
import { NumberReader, writeNumber } from '../packed-numbers.ts'
import { NEXT_BITS } from './term-numbers.ts'

/** Words that are looked for. */
export interface Terms {
  /** Numbers from <= n < to. */
  readonly from: number
  readonly to: number
  /** Only where this is next (nextOf), or where it is not known what is. */
  readonly next?: number
}

const ONE = 0
const PLAIN = 1
const FOLLOWED = 2
/** Of fewer docs it is not kept what is next. */
const FOLLOWED_MIN = 8
/** Of a doc and what is next: 16 bits and NEXT_BITS. */
const POSTING_BYTES_MAX = 4
/** Before the docs of a word. */
const HEAD_BYTES_MAX = 5 + 3 + 1

/** How many bytes there have to be for an entry of so many docs. */
export const entryBytesMax = (count: number): number => HEAD_BYTES_MAX + POSTING_BYTES_MAX * count

/** A doc and what is next in one number, as packEntry takes them. */
export const posting = (doc: number, next: number): number => (doc << NEXT_BITS) | next

/** Writes an entry of postings[first, last), ascending, at `at`, where there is room for it; returns where it ends. */
export function packEntry(
  bytes: Uint8Array,
  at: number,
  ahead: number,
  postings: Uint32Array,
  first: number,
  last: number,
  isFollowed: boolean,
): number {
  const count = last - first
  const headAt = writeNumber(bytes, at, ahead)
  if (count === 1) return writeNumber(bytes, headAt, ((postings[first]! >>> NEXT_BITS) << 2) | ONE)
  const bits = isFollowed ? nextBitsOf(count) : 0
  const mask = (1 << bits) - 1
  // The length before what it is the length of: as many bytes for it as the longest needs.
  const lengthMax = POSTING_BYTES_MAX * count + 1
  const headBytes = lengthMax < 2 ** 5 ? 1 : lengthMax < 2 ** 12 ? 2 : 3
  const start = headAt + headBytes
  let end = start
  if (bits > 0) bytes[end++] = bits
  let before = 0
  let nextBefore = 0
  for (let k = first; k < last; k++) {
    const each = postings[k]!
    const doc = each >>> NEXT_BITS
    let rest = ((doc - before) << bits) | (each & mask)
    // Said twice: the same doc again, and the same is next.
    if (k > first && rest === nextBefore) continue
    before = doc
    nextBefore = each & mask
    for (; rest > 127; rest >>>= 7) bytes[end++] = (rest & 127) | 128
    bytes[end++] = rest
  }
  let head = ((end - start) << 2) | (bits > 0 ? FOLLOWED : PLAIN)
  for (let k = 1; k < headBytes; k++, head >>>= 7) bytes[headAt + k - 1] = (head & 127) | 128
  bytes[start - 1] = head
  return end
}

const nextBitsOf = (count: number): number =>
  count < FOLLOWED_MIN ? 0 : Math.min(NEXT_BITS, 31 - Math.clz32(count))

/** Docs of these words, ascending, a list for each word. docs: so many there are; undefined where another one is named. */
export function unpackEntries(
  bytes: Uint8Array,
  { from, to, next }: Terms,
  docs: number,
): Uint16Array[] | undefined {
  const lists: Uint16Array[] = []
  const reader = new NumberReader(bytes)
  for (let number = 0; reader.at < bytes.length; ) {
    number += reader.next()
    const head = reader.next()
    if (number >= to) break
    const [kind, value] = [head & 3, head >>> 2]
    if (kind !== ONE) reader.at += value
    if (number < from) continue
    if (kind === ONE) {
      if (value >= docs) return undefined
      lists.push(Uint16Array.of(value))
      continue
    }
    const start = reader.at - value
    const bits = kind === FOLLOWED ? bytes[start]! : 0
    const list = unpackDocs(bytes, kind === FOLLOWED ? start + 1 : start, reader.at, bits, next, docs)
    if (!list) return undefined
    lists.push(list)
  }
  return lists
}

function unpackDocs(
  bytes: Uint8Array,
  from: number,
  to: number,
  bits: number,
  next: number | undefined,
  docs: number,
): Uint16Array | undefined {
  if (to > bytes.length || bits > NEXT_BITS) return undefined
  const mask = next === undefined ? 0 : (1 << bits) - 1
  const wanted = (next ?? 0) & mask
  const found = new Uint16Array(to - from)
  let count = 0
  let doc = 0
  for (let at = from; at < to; ) {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value |= (byte & 127) << shift
      if (byte < 128 || at >= to) break
    }
    doc += value >>> bits
    if (doc >= docs) return undefined
    if ((value & mask) !== wanted || (count > 0 && found[count - 1] === doc)) continue
    found[count++] = doc
  }
  return found.subarray(0, count)
}
