/** Whose witness is believed (rule AK-12). */
import { expect, test } from 'vitest'
import { Standing } from '../../../src/node/guard/standing.ts'
import type { PersonKey } from '../../../src/wire/ids.ts'

const keys = Array.from({ length: 6 }, (_, i) => `${i}`.repeat(64) as PersonKey) as [
  PersonKey,
  PersonKey,
  PersonKey,
  PersonKey,
  PersonKey,
  PersonKey,
]
const [hub, a, b, c, d, e] = keys

test('the hub and the first three of the line are believed, nobody else (AK-12)', () => {
  const standing = new Standing()
  standing.note(hub, [a, b, c, d], 0)
  expect(keys.filter((key) => standing.has(key, 0))).toEqual([hub, a, b, c])
})

test('who stood there a moment ago is believed for half a minute, so that no signature on its way is lost', () => {
  const standing = new Standing()
  standing.note(hub, [a, b, c], 0)
  standing.note(a, [b, c, e], 1000)
  expect(keys.filter((key) => standing.has(key, 30_000))).toEqual([hub, a, b, c, e])
  expect(standing.has(hub, 31_000)).toBe(false)
  standing.note(undefined, [], 40_000)
  expect(standing.has(a, 69_000)).toBe(true)
  expect(standing.has(d, 40_000)).toBe(false)
})
