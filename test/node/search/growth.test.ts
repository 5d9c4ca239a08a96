import { expect, it } from 'vitest'
import { Erasing } from '../../../src/node/erasing.ts'
import { factKey } from '../../../src/node/keys.ts'
import type { MemoryStore } from '../../../src/node/memory-store.ts'
import { SEGMENT_DOCS } from '../../../src/node/search/search-index.ts'
import { fromHex, utf8 } from '../../../src/wire/bytes.ts'
import type { VerifiedRun } from '../../../src/wire/event.ts'
import { ERASE_AFTER_MS, PERIOD_MS } from '../../../src/wire/limits.ts'
import { Author, NOW, replicaOf } from '../author.ts'
import { finish, indexOf, started, texts } from './indexed.ts'

const anna = new Author(1)
const ben = new Author(2)
const RETENTION = 180 * 24 * 3600 * 1000

/** More than a segment of messages, half of them said much later, and marks on the first of each half. */
async function filled() {
  const { replica, store, save } = replicaOf()
  const index = indexOf(replica, store)
  const later = NOW + 4 * PERIOD_MS
  for (const t of [NOW, later]) {
    replica.setNow(t)
    const lane = anna.contentLane(t)
    let last: VerifiedRun | undefined
    for (let at = 0; at < SEGMENT_DOCS + 64; at += 64) {
      last = anna.run(
        lane,
        Array.from({ length: 64 }, (_, k) => `number${at + k}`),
        last,
        t + at,
      )
      replica.add(last)
      if (at > 0) continue
      const target = fromHex(last.events[0]!.id)
      const marks = [
        { kind: 'edit', target, text: `changed ${t}` },
        { kind: 'reaction', target, emoji: '👍', on: true },
      ] as const
      replica.add(ben.runOf(ben.contentLane(t), marks, undefined, t + 1))
    }
    await save()
    finish(index)
  }
  return { replica, store, save, index, later }
}

const keysOf = (store: MemoryStore, from: string, to: string) => store.list({ from, to }).map(([key]) => key)
const heads = (store: MemoryStore) => keysOf(store, 's', 't').filter((key) => key.endsWith('0000'))

it('of lanes that are erased the index keeps nothing, though nobody ever searched', async () => {
  const { replica, store, save, index, later } = await filled()
  expect(heads(store)).toHaveLength(2)
  expect(keysOf(store, 'u', 'v')).toHaveLength(6)
  let sweeping = Promise.resolve()
  const erasing = new Erasing({
    replica,
    retentionMs: RETENTION,
    isDeleted: () => false,
    get: (key) => store.get(key),
    put: (op) => void store.write([op], true),
    keysErased: () => {},
    keysWanted: () => {},
    laneErased: (lane) => index.erased(lane),
    done: (time) => {
      sweeping = index.sweep((range) => store.scan(range), time)
    },
  })
  const time = NOW + 2 * PERIOD_MS + RETENTION + ERASE_AFTER_MS
  replica.setNow(time)
  while (erasing.tick(0, time) > 0) await save()
  await save()
  await sweeping
  finish(index)
  expect(heads(store)).toHaveLength(1)
  expect(keysOf(store, 'u', 'v')).toHaveLength(3)
  const periods = keysOf(store, 'y', 'z').map((key) => Number.parseInt(key.slice(97, 105), 16))
  expect(new Set(periods)).toEqual(new Set([Math.floor(later / PERIOD_MS)]))
  expect(await texts(index, replica, store, `changed ${later}`)).toEqual([])
})

it('a clock that is wrong takes nothing from the index, for nothing is erased by it alone', async () => {
  const { replica, store, save, index } = await filled()
  replica.setNow(NOW + 10 * RETENTION)
  replica.add(anna.run(anna.contentLane(NOW), ['one more']))
  await save()
  finish(index)
  replica.setNow(NOW + 5 * PERIOD_MS)
  expect(await texts(index, replica, store, 'number7')).toHaveLength(2)
})

it('an index of before is deleted, though the program ends before it is all made anew', async () => {
  const { store } = await filled()
  const before = keysOf(store, 's', 't')
  const knownIn = (): { format: number; segments: number[] } =>
    JSON.parse(new TextDecoder().decode(store.get(factKey('search'))!))
  const known = knownIn()
  await store.write(
    [['put', factKey('search'), utf8(JSON.stringify({ ...known, format: known.format - 1 }))]],
    true,
  )
  const replica = await started(store)
  const index = indexOf(replica, store)
  index.begin()
  while (knownIn().segments.includes(0)) index.work(1)
  const again = indexOf(await started(store), store)
  again.begin()
  finish(again)
  expect(keysOf(store, 's', 't').filter((key) => before.includes(key))).toEqual([])
  expect(heads(store)).toHaveLength(2)
})
