/** Concurrent acts in all orders: the same result everywhere, and mistakes that are planted are found. */

import { describe, expect, it } from 'vitest'
import { permutations } from '../node/rooms/world.ts'
import { numbersFrom } from '../seeded.ts'
import { Happening, type Mistake, type Piece, shown } from './acts-orders.ts'

/** In the order of the seed. */
function shuffled(pieces: readonly Piece[], seed: number): Piece[] {
  const random = numbersFrom(seed)
  const left = [...pieces]
  return Array.from(pieces, () => left.splice(random(left.length), 1)[0]!)
}

/** An order in which a node shows something else than one that gets all in the order of writing; undefined: none. */
async function differing(happening: Happening, orders: Iterable<readonly Piece[]>, mistake?: Mistake) {
  const asWritten = [...happening.before, ...happening.acts]
  const told = await shown(happening, asWritten, { mistake, isScanned: false })
  for (const order of orders) if ((await shown(happening, order, { mistake })) !== told) return order
  return undefined
}

function* behind(happening: Happening): Iterable<Piece[]> {
  for (const order of permutations(happening.acts)) yield [...happening.before, ...order]
}

describe('moderation, deletion, keys, devices and roles at once', () => {
  it.each([
    [7, 1],
    [6, 2],
    [5, 6],
  ])(
    '%i acts are the same in every order, for %i seeds',
    async (count, seeds) => {
      for (let seed = 1; seed <= seeds; seed++) {
        const happening = new Happening(100 * count + seed, count)
        expect(await differing(happening, behind(happening)), `seed ${seed}`).toBeUndefined()
      }
    },
    600_000,
  )

  it('40 acts, and all that was before them, are the same in random orders', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const happening = new Happening(seed, 40)
      const all = [...happening.before, ...happening.acts]
      const orders = [1, 2, 3, 4].map((n) => shuffled(all, 10 * seed + n))
      expect(await differing(happening, orders), `seed ${seed}`).toBeUndefined()
    }
  }, 600_000)
})

describe('a mistake that decides at arrival', () => {
  const mistakes: Mistake[] = [
    'refuses what would not count now',
    'forgets content beyond a cut',
    'deletes only what it holds',
  ]
  it.each(mistakes)(
    '%s: is found',
    async (mistake) => {
      for (let seed = 1; seed <= 200; seed++) {
        const happening = new Happening(seed, 30)
        const all = [...happening.before, ...happening.acts]
        const orders = [1, 2, 3].map((n) => shuffled(all, 10 * seed + n))
        if (await differing(happening, orders, mistake)) return
      }
      expect.unreachable('not found within 200 seeds')
    },
    600_000,
  )
})
