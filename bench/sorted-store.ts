/**
 * A large store written in one go: all entries are gathered in memory, and written in the order of their keys, first each
 * second one, then those in between. LevelDB then merges all of it once, into tables of the size that those of a store that grew
 * have (each that is open is mapped into memory whole); entries in the order in which they are made, half of them under
 * hashes, have it rewrite a large store many times over, and what comes in order is never merged and lies in larger tables.
 */
import { Level } from '../src/node/io/commonjs.ts'
import { type Database, FILE_BYTES_MAX } from '../src/node/io/level-database.ts'
import type { StoreOp } from '../src/node/store.ts'
import { keyBytes } from '../src/node/store-key.ts'

const CHUNK_BYTES = 2 ** 20
const BATCH_ENTRIES = 4000
const HEAD_BYTES = 4
/** Entries whose keys begin alike: u16 length of the key, u16 of the value, both, again and again. */
class Shard {
  readonly #chunks: Buffer[] = []
  #free = 0

  add(key: Uint8Array, value: Uint8Array): void {
    const length = HEAD_BYTES + key.length + value.length
    if (length > this.#free) {
      if (this.#free >= HEAD_BYTES) this.#chunks.at(-1)!.writeUInt16BE(0, CHUNK_BYTES - this.#free)
      this.#chunks.push(Buffer.allocUnsafe(CHUNK_BYTES))
      this.#free = CHUNK_BYTES
    }
    const chunk = this.#chunks.at(-1)!
    const at = CHUNK_BYTES - this.#free
    chunk.writeUInt16BE(key.length, at)
    chunk.writeUInt16BE(value.length, at + 2)
    chunk.set(key, at + HEAD_BYTES)
    chunk.set(value, at + HEAD_BYTES + key.length)
    this.#free -= length
    if (this.#free >= HEAD_BYTES) chunk.writeUInt16BE(0, CHUNK_BYTES - this.#free)
  }

  /** By key; what was written later under the same key stands. */
  entries(): { readonly key: Buffer; value: Buffer }[] {
    const all: { readonly key: Buffer; value: Buffer }[] = []
    for (const chunk of this.#chunks)
      for (let at = 0; at + HEAD_BYTES <= CHUNK_BYTES; ) {
        const keyEnd = at + HEAD_BYTES + chunk.readUInt16BE(at)
        const end = keyEnd + chunk.readUInt16BE(at + 2)
        if (keyEnd === at + HEAD_BYTES) break
        all.push({ key: chunk.subarray(at + HEAD_BYTES, keyEnd), value: chunk.subarray(keyEnd, end) })
        at = end
      }
    // The sort is stable: of the same key the last one is the latest.
    all.sort((a, b) => Buffer.compare(a.key, b.key))
    return all.filter(({ key }, k) => k + 1 === all.length || !key.equals(all[k + 1]!.key))
  }
}

export class SortedStore {
  readonly #shards = new Map<string, Shard>()

  /** Only what is put: a store that is made deletes nothing. */
  add(ops: readonly StoreOp[]): void {
    for (const [kind, key, value] of ops) {
      if (kind === 'del') throw new TypeError('a store that is made deletes nothing')
      const name = key.slice(0, 2)
      const shard = this.#shards.get(name) ?? new Shard()
      this.#shards.set(name, shard)
      shard.add(keyBytes(key), value)
    }
  }

  /** dir: the folder of a store, closed. */
  async writeTo(dir: string): Promise<void> {
    const db = new Level<Uint8Array, Uint8Array>(dir, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      maxFileSize: FILE_BYTES_MAX,
    }) as unknown as Database
    await db.open()
    for (const half of [0, 1])
      for (const name of [...this.#shards.keys()].sort()) {
        const entries = this.#shards.get(name)!.entries()
        for (let k = 0; k < entries.length; k += BATCH_ENTRIES) {
          const batch = db.batch()
          for (const [i, { key, value }] of entries.slice(k, k + BATCH_ENTRIES).entries())
            if (i % 2 === half) batch.put(key, value)
          await batch.write({ sync: false })
        }
      }
    await db.compactRange(Uint8Array.of(0), Uint8Array.of(0xff))
    await db.close()
  }
}
