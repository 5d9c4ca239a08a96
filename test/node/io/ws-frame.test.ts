import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWhole, MessageWatch, messageAt, wsMessages } from '../../../src/node/io/ws-frame.ts'

const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 130 }), fc.constantFrom(65_535, 65_536)), {
  minLength: 1,
  maxLength: 6,
})

describe('websocket framing', () => {
  it('writes headers as RFC 6455 has them, masked with zero where the dialer sends', () => {
    const payload = Uint8Array.of(1, 2, 3)
    expect([...wsMessages([payload], false)]).toEqual([0x82, 3, 1, 2, 3])
    expect([...wsMessages([payload], true)]).toEqual([0x82, 0x83, 0, 0, 0, 0, 1, 2, 3])
    expect([...wsMessages([new Uint8Array(300)], false).subarray(0, 4)]).toEqual([0x82, 126, 1, 44])
    expect([...wsMessages([new Uint8Array(65_536)], false).subarray(0, 10)]).toEqual([
      0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0,
    ])
  })

  it('sees every message end, however the bytes are cut', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.array(fc.nat(), { maxLength: 10 }), (lengths, masked, cuts) => {
        const bytes = wsMessages(
          lengths.map((length) => new Uint8Array(length)),
          masked,
        )
        const watch = new MessageWatch()
        const ends = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)
        let at = 0
        for (const end of [...ends, bytes.length]) {
          watch.feed(bytes.subarray(at, end))
          at = end
        }
        expect(watch.completed).toBe(lengths.length)
        expect(watch.underWay).toBe(false)
      }),
    )
  })

  it('knows bytes of whole messages, and reads each of them, but no bytes that were cut', () => {
    const short = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(short, fc.boolean(), fc.nat(), (payloads, masked, cut) => {
        const bytes = wsMessages(payloads, masked)
        const heads = new Set([0])
        const read: Uint8Array[] = []
        expect(isWhole(bytes, masked)).toBe(true)
        for (let at = 0; at < bytes.length; ) {
          const message = messageAt(bytes, at, masked)
          read.push(message)
          at = message.byteOffset + message.length - bytes.byteOffset
          heads.add(at)
        }
        expect(read).toEqual(payloads)
        const end = cut % bytes.length
        expect(isWhole(bytes.subarray(0, end), masked)).toBe(heads.has(end))
        expect(isWhole(bytes, !masked)).toBe(false)
      }),
    )
  })

  it('takes nothing else for whole: text, control frames, fragments, extensions, lengths of 64 bits', () => {
    for (const first of [0x81, 0x88, 0x89, 0x8a, 0x02, 0x80, 0x00, 0xc2, 0xa2, 0x92])
      expect(isWhole(Uint8Array.of(0x82, 1, 7, first, 1, 7), false)).toBe(false)
    expect(isWhole(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 7), false)).toBe(false)
  })

  it('takes the mask off', () => {
    const bytes = Uint8Array.of(0x82, 0x85, 1, 2, 3, 4, 0x11, 0x22, 0x33, 0x44, 0x55)
    expect([...messageAt(bytes, 0, true)]).toEqual([0x10, 0x20, 0x30, 0x40, 0x54])
  })

  it('is under way from the first byte to the last, over fragments and pings between them', () => {
    const watch = new MessageWatch()
    const states: [boolean, number][] = []
    for (const chunk of [[0x02], [1], [7], [0x89, 0], [0x00, 0], [0x80, 2, 8], [9]]) {
      watch.feed(Uint8Array.from(chunk))
      states.push([watch.underWay, watch.completed])
    }
    expect(states).toEqual([
      [true, 0],
      [true, 0],
      [true, 0],
      [true, 0],
      [true, 0],
      [true, 0],
      [false, 1],
    ])
  })
})
