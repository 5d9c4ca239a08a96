import fc from 'fast-check'
import { expect, test } from 'vitest'
import { better, type Claim } from '../../src/node/choice/rank.ts'
import { FLAG } from '../../src/node/choice.ts'
import type { PersonKey } from '../../src/wire/ids.ts'

const claim: fc.Arbitrary<Claim> = fc.record({
  key: fc.constantFrom('1', '2', '3', '4', '5').map((digit) => digit.repeat(64) as PersonKey),
  members: fc.integer({ min: 0, max: 3 }),
  flags: fc.integer({ min: 0, max: 127 }),
})
const key = (digit: string) => digit.repeat(64) as PersonKey

test('better is a total order of hubs with different keys', () => {
  fc.assert(
    fc.property(claim, claim, claim, (a, b, c) => {
      if (a.key !== b.key) expect(better(a, b)).toBe(!better(b, a))
      if (better(a, b) && better(b, c)) expect(better(a, c)).toBe(true)
      expect(better(a, a)).toBe(false)
    }),
  )
})

test.each([
  ['reachable before pinned', FLAG.reachable, 0, FLAG.pinned, 9],
  ['pinned before preferred', FLAG.pinned, 0, FLAG.preferred, 9],
  ['preferred before members', FLAG.preferred, 0, 0, 9],
  ['members before id', 0, 2, 0, 1],
  ['then the lower id', 0, 1, 0, 1],
])('%s', (_, flags, members, otherFlags, otherMembers) => {
  const a = { key: members === otherMembers ? key('1') : key('9'), flags, members }
  const b = { key: key('2'), flags: otherFlags, members: otherMembers }
  expect(better(a, b)).toBe(true)
  expect(better(b, a)).toBe(false)
})
