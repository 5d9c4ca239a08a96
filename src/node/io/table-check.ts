/**
 * Table check: do the checksums of a database's tables hold? LevelDB itself does not look at them when it reads: a flipped
 * bit in the key of a block without compression leads its binary search astray, and an event that a scan shows is not
 * found when it is asked for. Format: LevelDB, doc/table_format.md; Snappy, format_description.txt; CRC-32C of RFC 3720.
 */
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NumberReader } from '../packed-numbers.ts'

const FOOTER_BYTES = 48
/** Of a block compressed by Snappy. */
const SNAPPY = 1
const MAGIC = 0xdb4775248b80fb57n
/** Behind each block: its compression, and the checksum of block and compression. */
const TRAILER_BYTES = 5
/** Tables differ little in size. */
const SPARE_BYTES = 256 * 1024
/** Checked between two turns of the event loop. */
const PART_BYTES = 256 * 1024

/**
 * The first table in this folder with a damaged block; undefined: none. One that has no footer yet is being written, one that
 * is gone by then was merged into others: LevelDB itself notices where such a one is missing.
 */
export async function damagedTable(dir: string): Promise<string | undefined> {
  const names = await readdir(dir).catch(() => [])
  // One after the other into the same memory: what is thrown away in such pieces stays for long.
  let memory = Buffer.alloc(0)
  for (const name of names.filter((each) => /\.(ldb|sst)$/.test(each)).sort()) {
    const size = await stat(join(dir, name)).then(
      (about) => about.size,
      () => 0,
    )
    if (size > memory.length) memory = Buffer.alloc(size + SPARE_BYTES)
    const table = await readInto(join(dir, name), memory).catch(() => undefined)
    if (table && !(await isWhole(table))) return name
  }
  return undefined
}

/** The file as the beginning of this memory; of one that grew meanwhile a part, which has no footer. */
async function readInto(path: string, memory: Buffer): Promise<Buffer> {
  const file = await open(path)
  try {
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(memory, length, memory.length - length)
      length += bytesRead
      if (bytesRead === 0) return memory.subarray(0, length)
    }
  } finally {
    await file.close()
  }
}

interface Handle {
  readonly offset: number
  readonly size: number
}

async function isWhole(table: Buffer): Promise<boolean> {
  if (table.length < FOOTER_BYTES || table.readBigUInt64LE(table.length - 8) !== MAGIC) return true
  const reader = new NumberReader(table, table.length - FOOTER_BYTES)
  // What the filter of keys lies in, and what the entries lie in.
  const indexes = [nextHandle(reader), nextHandle(reader)].map((each) => soundBlock(table, each))
  let seen = 0
  for (const index of indexes) {
    if (!index) return false
    for (const handle of handlesIn(index)) {
      if (!soundBlock(table, handle)) return false
      seen += handle.size
      if (seen < PART_BYTES) continue
      seen = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return true
}

/** A block and its compression; undefined where the checksum does not hold. */
function soundBlock(table: Buffer, { offset, size }: Handle): Buffer | undefined {
  if (!(offset + size + TRAILER_BYTES <= table.length)) return undefined
  const block = table.subarray(offset, offset + size + 1)
  return maskOf(crc32c(block)) === table.readUInt32LE(offset + size + 1) ? block : undefined
}

/** The blocks that an index names: entries of a key and a handle, then where each of them begins. */
function* handlesIn(index: Buffer): Iterable<Handle> {
  const plain = index.subarray(0, -1)
  const block = index.at(-1) === SNAPPY ? unsnapped(plain) : plain
  const end = block.length - 4 - 4 * block.readUInt32LE(block.length - 4)
  const reader = new NumberReader(block)
  while (reader.at < end) {
    // What the key has in common with the one before it; nothing in an index.
    reader.next()
    const keyBytes = reader.next()
    const valueBytes = reader.next()
    reader.at += keyBytes
    yield nextHandle(new NumberReader(block, reader.at))
    reader.at += valueBytes
  }
}

const nextHandle = (reader: NumberReader): Handle => ({ offset: reader.next(), size: reader.next() })

/** Undoes Snappy. The checksum held: what it is made of is as it was written. */
function unsnapped(bytes: Buffer): Buffer {
  const reader = new NumberReader(bytes)
  const out = Buffer.alloc(reader.next())
  let to = 0
  while (reader.at < bytes.length) {
    const tag = reader.byte()
    const kind = tag & 3
    if (kind === 0) {
      let size = tag >> 2
      if (size >= 60) {
        const width = size - 59
        size = bytes.readUIntLE(reader.at, width)
        reader.at += width
      }
      to += bytes.copy(out, to, reader.at, reader.at + size + 1)
      reader.at += size + 1
      continue
    }
    const size = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const width = kind === 3 ? 4 : kind
    const low = bytes.readUIntLE(reader.at, width)
    reader.at += width
    const back = kind === 1 ? ((tag >> 5) << 8) | low : low
    // Byte by byte: what is copied may have been copied a moment ago.
    for (let i = 0; i < size; i++, to++) out[to] = out[to - back]!
  }
  return out
}

/** Eight tables: eight bytes at a time (Kounavis and Berry, 2005). */
const TABLES = tables()

function tables(): readonly Int32Array[] {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
    first[byte] = crc
  }
  const all = [first]
  for (let k = 1; k < 8; k++) all.push(all[k - 1]!.map((crc) => (crc >>> 8) ^ first[crc & 255]!))
  return all
}

function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as Eight
  let crc = -1
  let at = 0
  for (const end = bytes.length - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      t7[crc & 255]! ^
      t6[(crc >>> 8) & 255]! ^
      t5[(crc >>> 16) & 255]! ^
      t4[crc >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}

type Eight = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]

/** As LevelDB stores a checksum, so that one of bytes with checksums in them is no trap. */
const maskOf = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
