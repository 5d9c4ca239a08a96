import { describe, expect, it, test } from 'vitest'
import { concat, utf8 } from '../../src/wire/bytes.ts'
import { decodeBody, encodeBody, packValue } from '../../src/wire/codec.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import { textSpan } from '../../src/wire/plain-text.ts'

const MESSAGE = kindNumber('message')
const salt = new Uint8Array(16).fill(9)
const spanned = (body: Uint8Array) => {
  const span = textSpan(body)
  return span && new TextDecoder().decode(body.subarray(span.from, span.to))
}

describe('the text of a message', () => {
  const texts = ['', 'hi', 'x'.repeat(31), 'x'.repeat(32), 'y'.repeat(255), 'y'.repeat(256), 'z'.repeat(8000)]
  test.each(texts.map((text) => [text.length, text] as const))(
    'of %i letters is found in its body',
    (_, text) => {
      for (const replyTo of [null, new Uint8Array(32).fill(1)])
        for (const action of [true, false])
          expect(spanned(encodeBody(salt, { kind: 'message', text, action, replyTo }))).toBe(text)
    },
  )

  it('is told of no body that is not, to the last byte, one of a message', () => {
    const good = encodeBody(salt, {
      kind: 'message',
      text: 'hello',
      action: false,
      replyTo: new Uint8Array(32),
    })
    const bad = [
      concat(good, utf8('x')),
      ...Array.from({ length: good.length }, (_, end) => good.subarray(0, end)),
      ...[
        ['x'.repeat(8001), false, null],
        ['x', 1, null],
        ['x', false, new Uint8Array(31)],
        ['x', false],
        [7, false, null],
      ].map((value) => concat(salt, packValue(value))),
    ]
    for (const body of bad) {
      expect(decodeBody(MESSAGE, body)).toBeNull()
      expect(textSpan(body)).toBeUndefined()
    }
  })

  it('is left to the decoder where fields of a later version follow', () => {
    expect(textSpan(concat(salt, packValue(['x', false, null, 7])))).toBeUndefined()
  })

  it('of a body with any byte changed is that of the decoder, or left to it', () => {
    const good = encodeBody(salt, { kind: 'message', text: 'hello', action: false, replyTo: null })
    for (let at = 16; at < good.length; at++)
      for (let value = 0; value < 128; value++) {
        const body = Uint8Array.from(good)
        body[at] = value
        const text = spanned(body)
        if (text !== undefined) expect(decodeBody(MESSAGE, body)).toMatchObject({ text })
      }
  })
})
