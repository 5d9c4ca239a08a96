import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLine } from '../../src/wire/json-line.ts'

describe('a line of JSON', () => {
  it('moves nothing on a terminal, and means what it is made of', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('\u009b', '\u001b', '\u007f', 'a') }),
        (one, two) => {
          const value = { text: one, [two]: [two] }
          expect(jsonLine(value)).not.toMatch(/\p{Cc}/u)
          expect(JSON.parse(jsonLine(value))).toEqual(value)
        },
      ),
    )
  })
})
