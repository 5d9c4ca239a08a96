import { expect, test } from 'vitest'
import { liftsOf } from '../../src/node/acts/lifts.ts'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'
import type { EventId } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import { Author } from './author.ts'

const ben = new Author(2).person
const anna = new Author(1).person

test('what was for a time, hundreds of times, ends by as many joins as name it, each of which counts (RM-10, KI-10)', () => {
  const ended = (count: number, target = ben, until = 5) =>
    Array.from({ length: count }, (_, i) => ({
      id: `${until}${i}`.padStart(64, '0') as EventId,
      target,
      until,
    }))
  const lifts = liftsOf([...ended(600), ...ended(1, anna), ...ended(1, ben, 7)], ben, 6)
  expect(lifts.map((ids) => ids.length / 32)).toEqual([256, 256, 88])
  for (const ids of lifts) {
    const body = encodeBody(new Uint8Array(16), { kind: 'join', lifts: ids })
    expect(decodeBody(kindNumber('join'), body)).toMatchObject({ kind: 'join' })
  }
  expect(liftsOf(ended(1), anna, 6)).toEqual([])
  expect(liftsOf(ended(256), ben, 6)).toHaveLength(1)
})
