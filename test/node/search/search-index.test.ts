import { beforeAll, describe, expect, it } from 'vitest'
import { factKey } from '../../../src/node/keys.ts'
import { MemoryStore } from '../../../src/node/memory-store.ts'
import { SEGMENT_DOCS } from '../../../src/node/search/search-index.ts'
import type { Searchable } from '../../../src/node/search/segment.ts'
import { utf8 } from '../../../src/wire/bytes.ts'
import type { VerifiedRun } from '../../../src/wire/event.ts'
import { Author, NOW, ROOM, replicaOf } from '../author.ts'
import { finish, indexOf, started, texts } from './indexed.ts'

const anna = new Author(1)
const COUNT = 2 * SEGMENT_DOCS + 500

/** Runs of 64: message k says its number, and every hundredth that it is one. */
function runsOf(count: number): VerifiedRun[] {
  const lane = anna.contentLane()
  const runs: VerifiedRun[] = []
  for (let at = 0; at < count; at += 64) {
    const texts = Array.from({ length: Math.min(64, count - at) }, (_, k) => {
      const number = at + k
      return `number${number} is said${number % 100 === 0 ? ', a hundred' : ''}`
    })
    runs.push(anna.run(lane, texts, runs.at(-1), NOW + at))
  }
  return runs
}

describe('the search index', () => {
  let full: MemoryStore
  let runs: VerifiedRun[]
  beforeAll(async () => {
    runs = runsOf(COUNT)
    const { replica, store, save } = replicaOf()
    const index = indexOf(replica, store)
    for (const run of runs) replica.add(run)
    await save()
    finish(index)
    full = store
  })
  const copy = () => new MemoryStore({ entries: full.snapshot() })
  const segmentKeys = (store: MemoryStore) => store.list({ from: 's', to: 't' }).map(([key]) => key)

  it('is in the store but for the last docs, which are read again after a start', async () => {
    const store = copy()
    expect(segmentKeys(store).filter((key) => key.endsWith('0000'))).toHaveLength(2)
    const replica = await started(store)
    const index = indexOf(replica, store)
    index.begin()
    expect(index.unread).toBe(500)
    // Each slice of 300 looks at 300 of them.
    expect(finish(index)).toBeLessThan(4)
    expect(await texts(index, replica, store, 'hundred', 3)).toEqual([
      'number8600 is said, a hundred',
      'number8500 is said, a hundred',
      'number8400 is said, a hundred',
    ])
    expect(await texts(index, replica, store, 'number17 said')).toEqual(['number17 is said'])
    expect(await texts(index, replica, store, 'said', 1000)).toHaveLength(1000)
    expect(await texts(index, replica, store, 'hundred', 1000)).toHaveLength(87)
  })

  it('takes in few long texts at a time', async () => {
    const { replica, store, save } = replicaOf()
    const index = indexOf(replica, store)
    const lane = anna.contentLane()
    let last: VerifiedRun | undefined
    for (let k = 0; k < 64; k++) {
      last = anna.run(lane, ['\u1100 '.repeat(2000)], last, NOW + k)
      replica.add(last)
    }
    await save()
    index.work(32)
    expect(index.unread).toBe(62)
    finish(index)
    expect(index.unread).toBe(0)
  })

  it('holds no word as it was written', () => {
    const bytes = full.snapshot().filter(([key]) => !'be'.includes(key[0]!))
    for (const [, value] of bytes) expect(Buffer.from(value).includes('hundred')).toBe(false)
  })

  it('is searched as well while a segment is being written', async () => {
    const { replica, store, save } = replicaOf()
    const index = indexOf(replica, store)
    for (const run of runs) replica.add(run)
    await save()
    for (let slices = 0; index.isBehind; slices++) {
      index.work(64)
      if (slices % 10 !== 0) continue
      const searched = index.searchables().reduce((sum, { count }) => sum + count, 0)
      expect(searched + index.unread).toBe(COUNT)
    }
  })

  it('is made anew where the disk has damaged it, or lost a part of it', async () => {
    for (const harm of ['flip', 'lose'] as const) {
      const store = copy()
      const key = segmentKeys(store).find((each) => each.endsWith('0001'))!
      const value = Uint8Array.from(store.get(key)!)
      value[99]! ^= 1
      await store.write([harm === 'flip' ? ['put', key, value] : ['del', key]], true)
      const replica = await started(store)
      const index = indexOf(replica, store)
      index.begin()
      finish(index)
      await texts(index, replica, store, 'hundred', 1000)
      expect(index.isBehind).toBe(true)
      finish(index)
      expect(await texts(index, replica, store, 'hundred', 1000)).toHaveLength(87)
      expect(segmentKeys(store).filter((each) => each.endsWith('0000'))).toHaveLength(2)
      expect(index.isBehind).toBe(false)
    }
  })

  it('is made anew where an earlier program made it another way, and what that wrote is deleted', async () => {
    const store = copy()
    const before = segmentKeys(store)
    const known = JSON.parse(new TextDecoder().decode(store.get(factKey('search'))!)) as { format: number }
    const earlier = utf8(JSON.stringify({ ...known, format: known.format - 1 }))
    // Not as this program writes it.
    const spoilt = before.map((key) => ['put', key, Uint8Array.of(1, 2, 3)] as const)
    await store.write([['put', factKey('search'), earlier], ...spoilt], true)
    const replica = await started(store)
    const index = indexOf(replica, store)
    index.begin()
    expect(index.unread).toBe(COUNT)
    finish(index)
    expect(await texts(index, replica, store, 'hundred', 1000)).toHaveLength(87)
    expect(segmentKeys(store).filter((key) => before.includes(key))).toEqual([])
    expect(segmentKeys(store).filter((key) => key.endsWith('0000'))).toHaveLength(2)
    const again = indexOf(await started(store), store)
    again.begin()
    expect(again.unread).toBe(500)
  })

  it('holds each word of a text of as many as there can be, and little memory for many such texts', async () => {
    const { replica, store, save } = replicaOf()
    const index = indexOf(replica, store)
    const signsAt = (start: number, count: number) =>
      String.fromCodePoint(...Array.from({ length: count }, (_, k) => 0x4e00 + start + k))
    const lane = anna.contentLane()
    let last: VerifiedRun | undefined
    for (let k = 0; k < 80; k++) {
      // 2,666 signs are 7,998 bytes.
      last = anna.run(lane, [signsAt(100 * k, 2666)], last, NOW + k)
      replica.add(last)
    }
    await save()
    finish(index)
    expect(index.searchables().length).toBeGreaterThan(1)
    for (const at of [0, 1, 1023, 1024, 1025, 2000, 2664, 2665])
      expect(await texts(index, replica, store, signsAt(at, 1), 100)).toHaveLength(1 + Math.floor(at / 100))
    expect(await texts(index, replica, store, signsAt(2660, 6), 100)).toHaveLength(27)
    expect(await texts(index, replica, store, signsAt(7900 + 2634, 32))).toHaveLength(1)
    expect(await texts(index, replica, store, signsAt(7900 + 2635, 32))).toHaveLength(0)
  })

  describe('of texts so long that few of them fill a segment', () => {
    const SEGMENTS = 6
    let long: VerifiedRun[]
    let total = 0
    beforeAll(() => {
      const lane = anna.contentLane()
      long = []
      // As many words as a text can have; a segment takes 32 of each of its docs.
      const words = ' a'.repeat(3900)
      total = Math.ceil((SEGMENTS * 32 * SEGMENT_DOCS) / 3900)
      for (let n = 0; n < total; n++) long.push(anna.run(lane, [`long${n}${words}`], long.at(-1), NOW + n))
    })

    it('finds each of them once, and none of another segment in its place', async () => {
      const { replica, store, save } = replicaOf()
      const index = indexOf(replica, store)
      for (const run of long) replica.add(run)
      await save()
      finish(index)
      expect(segmentKeys(store).filter((key) => key.endsWith('0000')).length).toBeGreaterThanOrEqual(
        SEGMENTS - 1,
      )
      for (let n = 0; n < total; n += 7) {
        const [text, ...more] = await texts(index, replica, store, `long${n}`)
        expect([text?.split(' ')[0], more]).toEqual([`long${n}`, []])
      }
    })

    it('leaves a search what it was given, though its segment has been written since', async () => {
      const { replica, save } = replicaOf()
      const store = new MemoryStore()
      const index = indexOf(replica, store)
      const isIn = (n: number) => {
        const from = index.numbers.of(`long${n}`)
        return { from, to: from + 1 }
      }
      const given: { part: Searchable; n: number }[] = []
      for (const [n, run] of long.entries()) {
        replica.add(run)
        finish(index, 1)
        if (n % 100 === 50) given.push({ part: index.searchables()[0]!, n })
      }
      await save()
      expect(segmentKeys(store).filter((key) => key.endsWith('0000')).length).toBeGreaterThanOrEqual(
        SEGMENTS - 1,
      )
      expect(given.length).toBeGreaterThan(1)
      for (const { part, n } of given) {
        const docs = part.postings(isIn(n))!
        expect([...docs].map((doc) => part.docs(part.blockOf(doc))!.n(doc))).toEqual([n + 1])
      }
    })
  })

  it('finds nothing of what is deleted', async () => {
    const store = copy()
    const replica = await started(store)
    const index = indexOf(replica, store)
    replica.delete(anna.delete(runs[0]!.events[17]!))
    await store.write(replica.takeOps(), true)
    expect(await texts(index, replica, store, 'number17')).toEqual([])
    expect(await texts(index, replica, store, 'number16')).toHaveLength(1)
  })

  it('reads again what it could not open, once it can', async () => {
    let isOpen = false
    const { replica, store, save } = replicaOf()
    const index = indexOf(replica, store, () => isOpen)
    for (const run of runs.slice(0, 3)) replica.add(run)
    await save()
    finish(index)
    expect(await texts(index, replica, store, 'said')).toEqual([])
    index.roomChanged(ROOM)
    finish(index)
    expect(await texts(index, replica, store, 'said')).toEqual([])
    isOpen = true
    index.roomChanged(ROOM)
    finish(index)
    expect(await texts(index, replica, store, 'said', 1000)).toHaveLength(192)
  })
})
