import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Editor, edit, emptyEditor, insert, sent, typeInSearch } from '../../../src/cli/screen/editor.ts'

/** A text with | where the cursor stands, as a state; and back. */
const state = (shown: string): Editor => ({
  ...emptyEditor,
  text: shown.replace('|', ''),
  cursor: shown.indexOf('|'),
})
const shown = ({ text, cursor }: Editor): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`
const press = (editor: Editor, ...keys: string[]): Editor =>
  keys.reduce((e, key) => edit(e, key) ?? e, editor)
const withHistory = (...lines: string[]): Editor =>
  lines.reduce((editor, line) => sent(insert(editor, line)), emptyEditor)

describe('a key in the line', () => {
  it.each<[string, string, string]>([
    ['left', 'ab|c', 'a|bc'],
    ['left', 'e\u0301|', '|e\u0301'],
    ['left', 'a👩‍👩‍👧|', 'a|👩‍👩‍👧'],
    ['right', '|🇩🇪x', '🇩🇪|x'],
    ['right', 'a|', 'a|'],
    ['C-b', '|a', '|a'],
    ['C-a', 'one two|', '|one two'],
    ['C-e', '|one two', 'one two|'],
    ['C-a', 'one\ntwo|', 'one\n|two'],
    ['M-b', 'one two|', 'one |two'],
    ['M-f', '|one two', 'one| two'],
    ['C-left', 'ein Über|', 'ein |Über'],
    ['backspace', 'a👍🏽|b', 'a|b'],
    ['backspace', '|a', '|a'],
    ['delete', 'a|日b', 'a|b'],
    ['C-d', 'a|b', 'a|'],
    ['C-k', 'one| two', 'one|'],
    ['C-k', 'one|\ntwo', 'one|two'],
    ['C-u', 'one |two', '|two'],
    ['C-w', 'see http://a/b |x', 'see |x'],
    ['M-d', 'one |two three', 'one | three'],
    ['M-backspace', 'a/b|', 'a/|'],
    ['C-t', 'ab|', 'ba|'],
    ['C-t', 'a|b', 'ba|'],
    ['C-t', '|ab', '|ab'],
    ['M-enter', 'one|two', 'one\n|two'],
    ['up', 'one\ntwo|', 'one|\ntwo'],
    ['up', 'a\nlong|', 'a|\nlong'],
    ['down', 'o|ne\ntwo', 'one\nt|wo'],
  ])('%s: %s -> %s', (key, before, after) => {
    expect(shown(press(state(before), key))).toBe(after)
  })

  it('C-y puts back what was killed last, and Backspace kills nothing', () => {
    expect(shown(press(state('one two|'), 'C-w', 'C-w', 'C-y'))).toBe('one |')
    expect(shown(press(state('one two|'), 'C-w', 'backspace', 'C-y'))).toBe('onetwo|')
  })

  it('is none of the editor: undefined', () => {
    expect(edit(emptyEditor, 'f5')).toBeUndefined()
  })

  it('leaves the cursor between graphemes, whatever is pressed', () => {
    const keys = [
      'left',
      'right',
      'C-a',
      'C-e',
      'C-k',
      'C-u',
      'C-w',
      'C-y',
      'C-t',
      'M-b',
      'M-f',
      'M-d',
      'backspace',
      'delete',
      'up',
      'down',
      'M-enter',
    ]
    const texts = ['a', ' ', 'e\u0301', '👩‍👩‍👧', '🇩🇪', '日', '\n']
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...texts)),
        fc.array(fc.constantFrom(...keys, ...texts)),
        (start, acts) => {
          let editor = insert(emptyEditor, start.join(''))
          for (const act of acts) editor = texts.includes(act) ? insert(editor, act) : press(editor, act)
          const ends = [
            0,
            ...[...new Intl.Segmenter().segment(editor.text)].map((s) => s.index + s.segment.length),
          ]
          expect(ends).toContain(editor.cursor)
        },
      ),
    )
  })
})

describe('history', () => {
  it('goes up and down and keeps what was being written', () => {
    const editor = insert(withHistory('one', 'two'), 'draft')
    expect(shown(press(editor, 'up'))).toBe('two|')
    expect(shown(press(editor, 'up', 'up', 'up'))).toBe('one|')
    expect(shown(press(editor, 'up', 'up', 'down', 'down', 'down'))).toBe('draft|')
  })

  it('holds no line twice in a row, and none that is empty', () => {
    expect(withHistory('one', 'one', '  ', 'two').history).toEqual(['one', 'two'])
  })

  it('is searched by C-r, in any case; C-r again goes further back', () => {
    const editor = press(withHistory('Hello bob', 'other', 'hello anna'), 'C-r')
    const found = typeInSearch(editor, editor.search!, 'hel')
    expect(found.text).toBe('hello anna')
    const older = press(found, 'C-r')
    expect(older.text).toBe('Hello bob')
    const none = press(older, 'C-r')
    expect([none.text, none.search?.found]).toEqual(['Hello bob', false])
    expect(press(older, 'escape').text).toBe('')
    expect(shown(press(older, 'C-a'))).toBe('|Hello bob')
    expect(press(older, 'C-a').search).toBeUndefined()
  })
})
