/** Vectors: what is remembered of rooms, which a hub may invent by the thousand. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { LaneRecords } from '../../src/node/lane-records.ts'
import { LaneTable } from '../../src/node/lane-table.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Unwritten } from '../../src/node/unwritten.ts'
import { Vectors } from '../../src/node/vectors.ts'
import { hex } from '../../src/wire/bytes.ts'
import { newControlLane } from '../../src/wire/event.ts'
import { type EventId, type PersonKey, personKey, type RoomId } from '../../src/wire/ids.ts'

const random = (n: number) => nodeCrypto.random(n)
const key = (): PersonKey => personKey(random(32))

function vectorsOf() {
  const table = new LaneTable(true)
  const records = new LaneRecords(nodeCrypto, new Unwritten(new MemoryStore()), table, () => {})
  const limitOf = () => Number.POSITIVE_INFINITY
  const vectors = new Vectors({ crypto: nodeCrypto, table, records, retentionMs: 1e10, limitOf })
  /** A lane of one event. */
  const add = (room: RoomId, author: PersonKey) => {
    const lane = table.open({ room, author, lane: newControlLane(nodeCrypto) })
    const id = hex(random(32)) as EventId
    Object.assign(lane, { n: 1, id, end: 1, endId: id })
    return lane
  }
  return { table, vectors, add }
}

describe('digests', () => {
  it('take little memory for each room of one lane, asked for or not', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const held = async () => {
      // What another thread sweeps is gone by the second time.
      for (let i = 0; i < 2; i++) {
        await new Promise((resolve) => setImmediate(resolve))
        collect()
      }
      return process.memoryUsage().heapUsed
    }
    const { vectors, add } = vectorsOf()
    const lanes = Array.from({ length: 4000 }, () => add(hex(random(16)) as RoomId, key()))
    const before = await held()
    for (const lane of lanes) vectors.changed(lane)
    for (const { room } of lanes) if (!vectors.isEmpty(room, 0)) vectors.digest(room, 0)
    const bytes = ((await held()) - before) / lanes.length
    // Two tables of 256 buckets were 4 KiB, and with the other 4 KiB that those make 8.
    expect(bytes).toBeLessThan(2048)
  })

  it('are as if made anew, whatever was asked before a lane came, grew or went', () => {
    const { table, vectors, add } = vectorsOf()
    const room = hex(random(16)) as RoomId
    const lanes = Array.from({ length: 40 }, () => add(room, key()))
    const isAsAnew = () => {
      const records = new LaneRecords(nodeCrypto, new Unwritten(new MemoryStore()), table, () => {})
      const limitOf = () => Number.POSITIVE_INFINITY
      const anew = new Vectors({ crypto: nodeCrypto, table, records, retentionMs: 1e10, limitOf })
      expect(vectors.buckets(room, 0)).toEqual(anew.buckets(room, 0))
      expect(vectors.digest(room, 0)).toEqual(anew.digest(room, 0))
      expect(vectors.isEmpty(room, 0)).toBe(anew.isEmpty(room, 0))
    }
    isAsAnew()
    vectors.changed(add(room, key()))
    isAsAnew()
    const [first, ...others] = lanes
    first!.forkAt = 1
    vectors.changed(first!)
    isAsAnew()
    for (const lane of others) {
      Object.assign(lane, { n: 0, end: 0 })
      vectors.changed(lane)
      table.remove(lane)
    }
    isAsAnew()
  })
})
