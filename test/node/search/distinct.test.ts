import { expect, it } from 'vitest'
import { Distinct, KEPT_MAX } from '../../../src/node/search/distinct.ts'
import { seeded } from '../../lab/chaos/round.ts'

it('the different ones of some numbers come first, in their order, again and again', () => {
  const random = seeded(5)
  const distinct = new Distinct()
  for (let round = 0; round < 2000; round++) {
    const most = round % 100 === 0 ? 4000 : 40
    const numbers = Array.from(
      { length: Math.floor(random() * most) },
      () =>
        // Some share their lower 32 bits, and so their slot.
        Math.floor(random() * most) + (random() < 0.5 ? 2 ** 32 * Math.floor(random() * 200) : 0),
    )
    const given = Float64Array.from([...numbers, -1])
    const kept = distinct.moveFirst(given, numbers.length)
    expect([...given.subarray(0, kept)]).toEqual([...new Set(numbers)].slice(0, KEPT_MAX))
  }
})
