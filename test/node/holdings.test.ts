import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { holdingsOf } from '../../src/node/holdings.ts'
import { Author, replicaOf } from './author.ts'

const anna = new Author(1)
const ben = new Author(2)

test('nodes that hold the same say so with one digest, whatever order it came in', () => {
  const runs = [anna.run(anna.contentLane(), ['1', '2']), ben.run(ben.controlLane(), ['topic'])]
  const [one, other] = [replicaOf().replica, replicaOf().replica]
  for (const run of runs) one.add(run)
  for (const run of runs.reverse()) other.add(run)
  expect(holdingsOf(nodeCrypto, one)).toEqual(holdingsOf(nodeCrypto, other))
  expect(holdingsOf(nodeCrypto, one).events).toBe(3)
})

test('one event more makes another digest', () => {
  const lane = anna.contentLane()
  const first = anna.run(lane, ['1'])
  const { replica } = replicaOf()
  replica.add(first)
  const before = holdingsOf(nodeCrypto, replica)
  replica.add(anna.run(lane, ['2'], first))
  const after = holdingsOf(nodeCrypto, replica)
  expect(after.digest).not.toBe(before.digest)
  expect(after.events).toBe(2)
})
