import { expect, it } from 'vitest'
import { NUMBER_BYTES_MAX, NumberReader, signed, writeNumber } from '../../src/node/packed-numbers.ts'

const NUMBERS = Array.from({ length: 49 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]).flat()

it('numbers are read as they were written, small ones from a byte', () => {
  const bytes = new Uint8Array(2 * NUMBERS.length * NUMBER_BYTES_MAX)
  let end = 0
  for (const number of NUMBERS) {
    end = writeNumber(bytes, end, number)
    end = writeNumber(bytes, end, signed(-number))
  }
  const reader = new NumberReader(bytes)
  for (const number of NUMBERS) expect([reader.next(), reader.nextSigned()]).toEqual([number, 0 - number])
  expect(reader.at).toBe(end)
  expect(writeNumber(bytes, 0, 127)).toBe(1)
  expect(writeNumber(bytes, 0, signed(-64))).toBe(1)
  expect(writeNumber(bytes, 0, 2 ** 49 - 1)).toBe(NUMBER_BYTES_MAX)
})

it('behind the end there is nothing, and whoever reads on can tell', () => {
  const reader = new NumberReader(Uint8Array.of(0x80))
  expect(reader.next()).toBe(0)
  expect(reader.at).toBe(2)
})
