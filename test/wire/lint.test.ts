import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, packValue, unpackValue } from '../../src/wire/codec.ts'
import { lint } from '../../src/wire/lint.ts'
import { bytesOf, type HostileVector } from '../vectors/hostile.ts'
import { vectorFile } from '../vectors/json.ts'

const hostile = vectorFile<HostileVector[]>('msgpack.json')

describe('hostile msgpack', () => {
  it.each(hostile)('is refused as $fault: $name', (vector) => {
    const bytes = bytesOf(vector)
    const times = [1, 2, 3].map(() => {
      const before = performance.now()
      expect(decodeFrame(bytes)).toBe(vector.fault)
      return performance.now() - before
    })
    // The best of three: the machine may be busy.
    expect(Math.min(...times)).toBeLessThan(200)
  })
})

describe('the lint', () => {
  it('lets pass what our own packer makes of plain values', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, false),
        fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie('value'), { maxLength: 20 }),
        fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          tie('value'),
          { maxKeys: 5, noNullPrototype: true },
        ),
      ),
    }))
    fc.assert(
      fc.property(value, (plain) => {
        const bytes = packValue(plain)
        // Integral floats beyond 32 bits are packed as doubles; all else has a form that the lint takes.
        expect(lint(bytes)).toBeUndefined()
        expect(unpackValue(bytes)).toHaveProperty('value')
      }),
      { numRuns: 300 },
    )
  })

  it('says of any bytes whether they are one whole value, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const fault = lint(bytes)
        const unpacked = unpackValue(bytes)
        if (fault) expect(unpacked).toBe(fault)
      }),
      { numRuns: 3000 },
    )
  })
})
