import { expect, test } from 'vitest'
import { Receipts } from '../../src/hub/index.ts'
import type { LaneName } from '../../src/hub/receipts.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { readUint } from '../../src/wire/bytes.ts'
import { generalRoom } from '../../src/wire/ids.ts'
import { Author, NET } from '../node/author.ts'

const room = generalRoom(nodeCrypto, NET)
const [ann, bob] = [1, 2].map((n) => {
  const author = new Author(n)
  return { author: author.person, room, lane: author.contentLane() }
}) as [LaneName, LaneName]
/** Receipts over a disk that holds so much of every lane. */
function receiptsOn(disk: { n: number }) {
  const receipts = new Receipts(() => disk.n)
  for (const { author, room, lane } of [ann, bob]) receipts.owe(author, room, lane, 3)
  const taken = (grown?: readonly LaneName[]) =>
    receipts.take(grown).map(({ author, frame }) => {
      if (frame.type !== 'ack') throw new Error(frame.type)
      return [author, readUint(frame.entries, 8, 4)]
    })
  return { receipts, taken }
}

test('what is on disk is acknowledged once', () => {
  const disk = { n: 2 }
  const { receipts, taken } = receiptsOn(disk)
  expect(taken()).toEqual([
    [ann.author, 2],
    [bob.author, 2],
  ])
  expect(taken()).toEqual([])
  disk.n = 5
  expect(taken()).toEqual([
    [ann.author, 5],
    [bob.author, 5],
  ])
  expect(receipts.size).toBe(0)
})

test('of lanes that grew only those are looked at, and of these those that somebody waits for', () => {
  const { receipts, taken } = receiptsOn({ n: 3 })
  const other = new Author(3)
  expect(taken([bob, { author: other.person, room, lane: other.contentLane() }])).toEqual([[bob.author, 3]])
  expect(receipts.size).toBe(1)
  expect(taken()).toEqual([[ann.author, 3]])
})

test('what an author was told before is not said again with what it writes next, unless it asks', () => {
  const disk = { n: 3 }
  const { receipts, taken } = receiptsOn(disk)
  taken()
  const { author, room, lane } = ann
  receipts.owe(author, room, lane, 5, 3)
  expect(taken()).toEqual([])
  disk.n = 4
  expect(taken()).toEqual([[author, 4]])
  receipts.owe(author, room, lane, 4)
  expect(taken()).toEqual([[author, 4]])
  disk.n = 5
  expect(taken()).toEqual([[author, 5]])
  expect(receipts.size).toBe(0)
})
