import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type InputLine, inputLines } from '../../src/cli/input-lines.ts'

async function lines(chunks: readonly Uint8Array[], bytesMax?: number): Promise<InputLine[]> {
  const found: InputLine[] = []
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  for await (const line of inputLines(input, bytesMax)) found.push(line)
  return found
}

describe('lines of a stream', () => {
  it('do not depend on where chunks end', async () => {
    const text = fc.array(fc.constantFrom('a', 'é', '漢', '👩', '\n', '\r\n', '\n\n'), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (parts, size) => {
        const bytes = Buffer.from(parts.join(''))
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        )
        const whole = parts.join('').split(/\r?\n/)
        if (whole.at(-1) === '') whole.pop()
        expect(await lines(chunks)).toEqual(whole.map((text) => ({ text })))
      }),
    )
  })

  it('are broken when over the cap, and the next one is whole again', async () => {
    const chunks = [...'xxxxxxxxxxxxxxxx\nok\n'].map((c) => Buffer.from(c))
    expect(await lines(chunks, 8)).toEqual([{ broken: 'long' }, { text: 'ok' }])
  })

  it('are broken when they are no UTF-8', async () => {
    expect(await lines([Buffer.from([0xc3, 0x0a, 0x61, 0x0a, 0xed, 0xa0, 0x80])])).toEqual([
      { broken: 'garbled' },
      { text: 'a' },
      { broken: 'garbled' },
    ])
  })

  it('leave out a byte order mark at the start only', async () => {
    expect(await lines([Buffer.from('\ufeffa\n\ufeffb')])).toEqual([{ text: 'a' }, { text: '\ufeffb' }])
  })

  it('are none in an empty stream', async () => {
    expect(await lines([])).toEqual([])
  })
})
