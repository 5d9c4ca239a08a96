import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageWatch, wsMessages } from '../../../src/node/io/ws-frame.ts'

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
