import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compare,
  concat,
  copy,
  equal,
  fromHex,
  hex,
  plain,
  readUint,
  uint,
  writeUint,
} from '../../src/wire/bytes.ts'

const anyBytes = fc.uint8Array({ maxLength: 40 })

describe('bytes', () => {
  it('come back from hex, upper case too', () => {
    fc.assert(fc.property(anyBytes, (bytes) => equal(fromHex(hex(bytes)), bytes)))
    expect(hex(fromHex('00FFa0'))).toBe('00ffa0')
    expect(hex(Uint8Array.of(1, 2, 3), 1, 2)).toBe('02')
  })

  it('are not made of what is no hex', () => {
    for (const text of ['0', '0g', ' 00', '0x00', '0é', '＀0']) expect(() => fromHex(text)).toThrow(TypeError)
  })

  it('hold big-endian numbers of 1 to 6 bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), fc.maxSafeNat(), (size, at, n) => {
        const value = n % 256 ** size
        const bytes = new Uint8Array(10)
        writeUint(bytes, at % 4, size, value)
        expect(readUint(bytes, at % 4, size)).toBe(value)
      }),
    )
    expect(hex(uint(2 ** 48 - 1, 6))).toBe('ffffffffffff')
    expect(hex(uint(258, 3))).toBe('000102')
  })

  it('are ordered by bytes, then by length', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(Math.sign(compare(a, b))).toBe(hex(a) < hex(b) ? -1 : hex(a) > hex(b) ? 1 : 0)
      }),
    )
  })

  it('are joined in order', () => {
    expect(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('are copied apart, also out of a Buffer', () => {
    const buffer = Buffer.from([1, 2, 3])
    const copied = copy(buffer, 1)
    buffer[1] = 9
    expect(copied).toEqual(Uint8Array.of(2, 3))
    expect(plain(buffer)).toEqual(Uint8Array.of(1, 9, 3))
    expect(plain(buffer).buffer).toBe(buffer.buffer)
  })
})
