/**
 * The line being written (it may have several lines), as readline would edit it. Pure: a key and a state give a state.
 * Positions are in UTF-16 units and always between graphemes.
 */
import { graphemes, next, previous, wordEnd, wordStart } from './graphemes.ts'

/** Lines of history kept. */
const HISTORY_MAX = 1000

export interface Editor {
  readonly text: string
  readonly cursor: number
  /** What was last killed; C-y puts it back. */
  readonly killed: string
  /** Lines sent, oldest first. */
  readonly history: readonly string[]
  /** Which line of the history is shown; history.length: the one being written. */
  readonly at: number
  /** What was being written when one went into the history. */
  readonly draft: string
  /** C-r: what is looked for, and what was in the line before. */
  readonly search?: { readonly query: string; readonly before: string; readonly found: boolean }
}

export const emptyEditor: Editor = { text: '', cursor: 0, killed: '', history: [], at: 0, draft: '' }

const put = (editor: Editor, text: string, cursor: number): Editor => ({ ...editor, text, cursor })

export function insert(editor: Editor, text: string): Editor {
  const { cursor } = editor
  return put(editor, editor.text.slice(0, cursor) + text + editor.text.slice(cursor), cursor + text.length)
}

/** Replaces a part of the text; the cursor stands behind what was put in. */
export const replace = (editor: Editor, from: number, to: number, text: string): Editor =>
  put(editor, editor.text.slice(0, from) + text + editor.text.slice(to), from + text.length)

/** Empties the line and remembers what it held. */
export function sent(editor: Editor): Editor {
  const { text } = editor
  const isNew = text.trim() !== '' && text !== editor.history.at(-1)
  const history = isNew ? [...editor.history, text].slice(-HISTORY_MAX) : editor.history
  return { ...emptyEditor, killed: editor.killed, history, at: history.length }
}

export const cleared = (editor: Editor): Editor => {
  const { search: _, ...rest } = editor
  return { ...rest, text: '', cursor: 0, at: editor.history.length, draft: '' }
}

const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1
const lineEnd = (text: string, at: number) => {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

function kill(editor: Editor, from: number, to: number): Editor {
  if (from === to) return editor
  const { text } = editor
  return { ...editor, text: text.slice(0, from) + text.slice(to), cursor: from, killed: text.slice(from, to) }
}

const erase = (editor: Editor, from: number, to: number): Editor => ({
  ...kill(editor, from, to),
  killed: editor.killed,
})

const KEYS: Readonly<Record<string, (editor: Editor) => Editor>> = {
  left: (e) => put(e, e.text, previous(e.text, e.cursor)),
  right: (e) => put(e, e.text, next(e.text, e.cursor)),
  home: (e) => put(e, e.text, lineStart(e.text, e.cursor)),
  end: (e) => put(e, e.text, lineEnd(e.text, e.cursor)),
  'M-b': (e) => put(e, e.text, wordStart(e.text, e.cursor)),
  'M-f': (e) => put(e, e.text, wordEnd(e.text, e.cursor)),
  backspace: (e) => erase(e, previous(e.text, e.cursor), e.cursor),
  delete: (e) => erase(e, e.cursor, next(e.text, e.cursor)),
  'C-k': (e) => {
    const end = lineEnd(e.text, e.cursor)
    return kill(e, e.cursor, end === e.cursor ? next(e.text, end) : end)
  },
  'C-u': (e) => kill(e, lineStart(e.text, e.cursor), e.cursor),
  'C-w': (e) => {
    // Up to white space, as in a shell: a whole address goes at once.
    const before = /\S*\s*$/u.exec(e.text.slice(0, e.cursor))![0]
    return kill(e, e.cursor - before.length, e.cursor)
  },
  'M-d': (e) => kill(e, e.cursor, wordEnd(e.text, e.cursor)),
  'M-backspace': (e) => kill(e, wordStart(e.text, e.cursor), e.cursor),
  'C-y': (e) => insert(e, e.killed),
  'C-t': transpose,
  'M-enter': (e) => insert(e, '\n'),
  up: (e) => vertical(e, -1) ?? older(e),
  down: (e) => vertical(e, 1) ?? newer(e),
  'C-p': older,
  'C-n': newer,
}
const SAME: Readonly<Record<string, string>> = {
  'C-b': 'left',
  'C-f': 'right',
  'C-a': 'home',
  'C-e': 'end',
  'C-left': 'M-b',
  'M-left': 'M-b',
  'C-right': 'M-f',
  'M-right': 'M-f',
  'C-delete': 'M-d',
  'C-backspace': 'M-backspace',
  'C-d': 'delete',
  'S-enter': 'M-enter',
}

/** The state after a key; undefined where the key is none of an editor's. */
export function edit(editor: Editor, key: string): Editor | undefined {
  if (editor.search) return searchKey(editor, editor.search, key)
  if (key === 'C-r') {
    return { ...editor, search: { query: '', before: editor.text, found: true }, at: editor.history.length }
  }
  return KEYS[SAME[key] ?? key]?.(editor)
}

function transpose(editor: Editor): Editor {
  const { text } = editor
  const cursor = editor.cursor === text.length ? previous(text, text.length) : editor.cursor
  const from = previous(text, cursor)
  const to = next(text, cursor)
  if (from === cursor || to === cursor) return editor
  return put(
    editor,
    text.slice(0, from) + text.slice(cursor, to) + text.slice(from, cursor) + text.slice(to),
    to,
  )
}

/** One line up or down within the text; undefined where there is none. */
function vertical(editor: Editor, by: -1 | 1): Editor | undefined {
  const { text, cursor } = editor
  const start = lineStart(text, cursor)
  const column = graphemes(text.slice(start, cursor)).length
  const target = by < 0 ? start - 1 : lineEnd(text, cursor) + 1
  if (target < 0 || target > text.length) return undefined
  const to = lineStart(text, target)
  const line = graphemes(text.slice(to, lineEnd(text, to)))
  return put(editor, text, to + line.slice(0, column).join('').length)
}

function showHistory(editor: Editor, at: number): Editor {
  const draft = editor.at === editor.history.length ? editor.text : editor.draft
  const text = at === editor.history.length ? draft : editor.history[at]!
  return { ...editor, text, cursor: text.length, at, draft }
}

function older(editor: Editor): Editor {
  return editor.at > 0 ? showHistory(editor, editor.at - 1) : editor
}

function newer(editor: Editor): Editor {
  return editor.at < editor.history.length ? showHistory(editor, editor.at + 1) : editor
}

// --- C-r ------------------------------------------------------------------------------------------------------------

type Search = NonNullable<Editor['search']>

/** Characters typed while the history is searched narrow the search. */
export function typeInSearch(editor: Editor, search: Search, text: string): Editor {
  return find(editor, { ...search, query: search.query + text }, editor.history.length - 1)
}

function searchKey(editor: Editor, search: Search, key: string): Editor {
  const { search: _, ...accepted } = editor
  switch (key) {
    case 'C-r':
      return search.query === '' ? editor : find(editor, search, editor.at - 1)
    case 'backspace': {
      const query = search.query.slice(0, previous(search.query, search.query.length))
      return find({ ...editor, text: search.before }, { ...search, query }, editor.history.length - 1)
    }
    case 'escape':
    case 'C-g':
    case 'C-c':
      return { ...accepted, text: search.before, cursor: search.before.length, at: editor.history.length }
    default:
      return edit(accepted, key) ?? accepted
  }
}

/** The newest line at or before `from` that contains the query, in any case. */
function find(editor: Editor, search: Search, from: number): Editor {
  const query = search.query.toLowerCase()
  for (let at = from; query !== '' && at >= 0; at--) {
    const text = editor.history[at]!
    if (text.toLowerCase().includes(query)) {
      return { ...editor, text, cursor: text.length, at, search: { ...search, found: true } }
    }
  }
  return { ...editor, search: { ...search, found: query === '' } }
}
