import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Input, KeyDecoder } from '../../../src/cli/screen/keys.ts'

const read = (...chunks: string[]): Input[] => {
  const decoder = new KeyDecoder()
  return [...chunks.flatMap((chunk) => decoder.feed(chunk)), ...decoder.flush()]
}
const text = (text: string): Input => ({ is: 'text', text })
const key = (name: string): Input => ({ is: 'key', key: name })

describe('what a terminal sends', () => {
  it.each<[string, string, Input[]]>([
    ['letters and emoji', 'hé👩‍👩‍👧日', [text('hé👩‍👩‍👧日')]],
    ['Enter', 'a\r', [text('a'), key('enter')]],
    ['Alt-Enter', '\u001b\r', [key('M-enter')]],
    ['control keys', '\u0001\u0012\u001a', [key('C-a'), key('C-r'), key('C-z')]],
    ['Backspace, both', '\u007f\u0008', [key('backspace'), key('backspace')]],
    ['Alt letters and digits', '\u001bb\u001b1', [key('M-b'), key('M-1')]],
    ['Alt-Backspace', '\u001b\u007f', [key('M-backspace')]],
    ['arrows in both modes', '\u001b[A\u001bOB', [key('up'), key('down')]],
    ['arrows with modifiers', '\u001b[1;5C\u001b[1;3D', [key('C-right'), key('M-left')]],
    ['Alt as a first Escape', '\u001b\u001b[C', [key('M-right')]],
    ['Home, End, Delete', '\u001b[H\u001b[4~\u001b[3~', [key('home'), key('end'), key('delete')]],
    ['Shift-Tab', '\t\u001b[Z', [key('tab'), key('S-tab')]],
    ['CSI u', '\u001b[97;5u\u001b[13;3u\u001b[65;2u', [key('C-a'), key('M-enter'), text('A')]],
    ['modifyOtherKeys', '\u001b[27;5;117~', [key('C-u')]],
    [
      'focus',
      '\u001b[O\u001b[I',
      [
        { is: 'focus', isHere: false },
        { is: 'focus', isHere: true },
      ],
    ],
    ['the cursor', '\u001b[12;40R', [{ is: 'position', row: 12, column: 40 }]],
    [
      'answers nobody asked for',
      '\u001b]11;rgb:0/0/0\u0007a\u001bP1$r\u001b\\b\u001b[?1;2c',
      [text('a'), text('b')],
    ],
    ['unknown keys', '\u001b[99~\u001bOzx', [text('x')]],
    ['a lone Escape', '\u001b', [key('escape')]],
    ['two Escapes and a letter', '\u001b\u001bx', [key('escape'), key('M-x')]],
    ['Alt-[, never followed', '\u001b[', [key('M-[')]],
  ])('%s', (_, bytes, inputs) => {
    expect(read(bytes)).toEqual(inputs)
  })

  it('takes a bracketed paste as one, whatever is in it', () => {
    expect(read('\u001b[200~one\r\ntwo\u001b[31m\ttab\u0007\rthree\u001b[201~x')).toEqual([
      { is: 'paste', text: 'one\ntwo[31m\ttab\nthree' },
      text('x'),
    ])
  })

  it('takes many lines that come at once as a paste, where the terminal does not mark pastes', () => {
    expect(read('1\r2\r3\r4\r')).toEqual([{ is: 'paste', text: '1\n2\n3\n4\n' }])
    // A long one comes in several pieces; the last of them may look typed, and would answer the question about it.
    expect(read('1\r2\r3\r4\r5', '6\r7\r8\r9\rten', '\r')).toEqual([
      { is: 'paste', text: '1\n2\n3\n4\n56\n7\n8\n9\nten\n' },
    ])
    expect(read('1\r2\r3\r4\r5', '\u001b[A')).toEqual([{ is: 'paste', text: '1\n2\n3\n4\n5' }, key('up')])
    expect(read('1\r2\r')).toEqual([text('1'), key('enter'), text('2'), key('enter')])
  })

  it('takes a paste whose end does not come as it is, and the end where it comes late', () => {
    const decoder = new KeyDecoder()
    expect(decoder.feed('\u001b[200~pasted\rtext')).toEqual([])
    expect(decoder.feed('\u001b')).toEqual([])
    expect(decoder.isPasting).toBe(true)
    expect(decoder.flush()).toEqual([{ is: 'paste', text: 'pasted\ntext' }])
    expect([decoder.isPasting, decoder.isWaiting]).toEqual([false, false])
    expect(decoder.feed('x\r')).toEqual([text('x'), key('enter')])
    expect(decoder.feed('more\rof it\u001b[201~y\r')).toEqual([
      { is: 'paste', text: 'more\nof it' },
      text('y'),
      key('enter'),
    ])
    expect(decoder.feed('\u001b[200~a\u001b[201~')).toEqual([{ is: 'paste', text: 'a' }])
    decoder.feed('\u001b[200~b')
    decoder.flush()
    expect(decoder.feed('z\u001b[200~c\u001b[201~')).toEqual([text('z'), { is: 'paste', text: 'c' }])
  })

  it('reads the same however the bytes are cut', () => {
    const whole =
      'ab\u001b[1;5C\u001b[200~p\rq\u001b[201~\u001bOA\u001b\r\u001b]0;t\u0007\u001b[97;5u\u001b\u001b[C日e\u0301\u007f.'
    const joined = (inputs: Input[]) => {
      const all: Input[] = []
      for (const input of inputs) {
        const last = all.at(-1)
        if (input.is === 'text' && last?.is === 'text') all.splice(-1, 1, text(last.text + input.text))
        else all.push(input)
      }
      return all
    }
    const expected = joined(read(whole))
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length]
        const chunks = at.slice(1).map((end, i) => whole.slice(at[i], end))
        expect(joined(read(...chunks))).toEqual(expected)
      }),
    )
  })

  it('never throws, and never gives a control character as text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({
            unit: fc.constantFrom(
              '\u001b',
              '[',
              'O',
              ']',
              '2',
              '0',
              '~',
              ';',
              'a',
              '\r',
              '\u0007',
              '\u009b',
              'é',
            ),
          }),
        ),
        (chunks) => {
          for (const input of read(...chunks)) {
            if (input.is === 'text') expect(input.text).not.toMatch(/\p{Cc}/u)
            if (input.is === 'paste') expect(input.text).not.toMatch(/[^\P{Cc}\n\t]/u)
          }
        },
      ),
    )
  })
})
