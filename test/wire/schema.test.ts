/** What is taken without the schema checker is what that takes. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { bin, bins, blob, bool, later, list, nil, shape, text, time, uintOf } from '../../src/wire/schema.ts'

const bytes = (length: number) => new Uint8Array(length)
const schemas = {
  bin: bin(8),
  bins: bins(8, 2),
  blob: blob(9),
  u8: uintOf(8),
  u16: uintOf(16),
  u32: uintOf(32),
  time,
  bool,
  text: text(6),
  nilOrBytes: nil(bin(8)),
  nilOrNumber: nil(uintOf(8)),
  numbers: list(uintOf(8), 2),
  texts: list(nil(text(6)), 2),
  laterNumber: later(uintOf(8), 7),
} satisfies Record<string, v.GenericSchema>

const values: readonly unknown[] = [
  ...[0, 1, 6, 7, 8, 9, 10, 16, 17, 24].map(bytes),
  Buffer.alloc(8),
  ...[0, -0, 1, -1, 0.5, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, Number.NaN, Infinity],
  ...['', 'ab', 'abc', 'abcdef', 'abcdefg', 'ääa', 'äää', 'ääää', '漢字', '漢字a', '😀', '😀😀', '\ud800'],
  ...[true, false, null, undefined, {}, 8n, new Uint16Array(4), new ArrayBuffer(8)],
  ...[[], [1], [1, 2], [1, 2, 3], [256], [null], [''], ['abcdef', null], ['äää'], ['ääää'], [undefined]],
]

describe('a field of a frame', () => {
  for (const [name, schema] of Object.entries(schemas))
    it(`is taken or refused as its schema says (${name})`, () => {
      const { parse } = shape({ field: schema })
      for (const value of values) {
        const checked = v.safeParse(schema, value)
        expect(parse([value]), String(value)).toEqual(checked.success ? { field: checked.output } : null)
      }
    })
})
