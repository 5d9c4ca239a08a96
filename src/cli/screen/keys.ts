/**
 * What a terminal sends, as keys. Bytes of one key may come in several pieces, and a lone Escape looks like the start
 * of a longer one: feed() keeps what is unfinished, and flush() is called when nothing more came for a moment.
 *
 * Read are xterm's sequences (invisible-island.net/xterm/ctlseqs: CSI, SS3, bracketed paste, focus, cursor position),
 * modifyOtherKeys and CSI u. Answers that nobody asked for (OSC, DCS, APC, PM, SOS) are swallowed whole.
 */

export type Input =
  /** Characters to insert. */
  | { readonly is: 'text'; readonly text: string }
  /** A key by name, modifiers first: 'a' never, 'C-a', 'M-b', 'up', 'C-left', 'S-tab', 'enter', 'M-enter', 'escape'. */
  | { readonly is: 'key'; readonly key: string }
  /** Pasted, as the terminal says; line ends are newlines. */
  | { readonly is: 'paste'; readonly text: string }
  | { readonly is: 'focus'; readonly isHere: boolean }
  /** The answer to a question for the cursor, both from 1. */
  | { readonly is: 'position'; readonly row: number; readonly column: number }

/** More is no message any more; what follows is dropped. */
const PASTE_CHARS_MAX = 1 << 20
/** An answer longer than this has no end: it is given up. */
const SEQUENCE_CHARS_MAX = 4096
const ESCAPE = '\u001b'
const PASTE_START = '\u001b[200~'
const PASTE_END = '\u001b[201~'
/** Without bracketed paste, a piece with more line ends than a person types at once is a paste. */
const TYPED_LINES_MAX = 3

const FINALS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'begin',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  M: 'enter',
}
const NUMBERS: Readonly<Record<number, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
}
const CODES: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  13: 'enter',
  27: 'escape',
  32: 'space',
  127: 'backspace',
}

export class KeyDecoder {
  #rest = ''
  #paste: string | undefined
  /** One whose end nothing marks: what follows at once belongs to it. */
  #unmarked: string | undefined
  /** A marked one was given up: its end may still come. */
  #isEndDue = false

  /** A marked paste has no end yet: call flush() if nothing follows for long, since keys would be swallowed for ever. */
  get isPasting(): boolean {
    return this.#paste !== undefined
  }

  /** Something is unfinished that no marked paste is: call flush() if nothing follows soon. */
  get isWaiting(): boolean {
    return this.#unmarked !== undefined || (this.#rest !== '' && this.#paste === undefined)
  }

  feed(chunk: string): Input[] {
    const isPlain = this.#rest === '' && this.#paste === undefined
    if (this.#unmarked !== undefined ? !chunk.includes(ESCAPE) : isPlain && isUnmarkedPaste(chunk)) {
      this.#unmarked = added(this.#unmarked ?? '', chunk)
      return []
    }
    const late = this.#lateEnd(chunk)
    if (late >= 0) this.#unmarked = added(this.#unmarked ?? '', (this.#rest + chunk).slice(0, late))
    const out = this.#endUnmarked()
    this.#rest = (this.#rest + chunk).slice(late < 0 ? 0 : late + PASTE_END.length)
    while (this.#rest !== '') {
      if (this.#paste !== undefined) {
        if (!this.#endPaste(out)) break
        continue
      }
      const used = this.#one(this.#rest, out)
      if (used === 0) break
      this.#rest = this.#rest.slice(used)
    }
    return out
  }

  /** Nothing followed: what waits is taken as what it is so far. */
  flush(): Input[] {
    if (this.#paste !== undefined) return this.#giveUpPaste()
    if (!this.isWaiting) return []
    if (this.#unmarked !== undefined) return this.#endUnmarked()
    const [first, ...rest] = this.#rest
    this.#rest = ''
    if (first !== '\u001b') return []
    if (rest.length === 0) return [key('escape')]
    // Alt with a bracket: the start of a sequence that never came.
    return rest.length === 1 ? [key(`M-${rest[0]}`)] : []
  }

  #giveUpPaste(): Input[] {
    // Escape, or the beginning of an end, is no text.
    const text = added(this.#paste!, this.#rest.replace(/\u001b(\[(2(01?)?)?)?$/, ''))
    this.#paste = undefined
    this.#rest = ''
    this.#isEndDue = true
    return text === '' ? [] : [{ is: 'paste', text: cleanPaste(text) }]
  }

  /** Where the end of a paste that was given up lies in what is not read yet; -1: it does not. What lies before it was pasted. */
  #lateEnd(chunk: string): number {
    if (!this.#isEndDue) return -1
    const text = this.#rest + chunk
    const end = text.indexOf(PASTE_END)
    const start = text.indexOf(PASTE_START)
    if (end >= 0 || start >= 0) this.#isEndDue = false
    return start >= 0 && start < end ? -1 : end
  }

  #endUnmarked(): Input[] {
    const text = this.#unmarked
    this.#unmarked = undefined
    return text === undefined || text === '' ? [] : [{ is: 'paste', text: cleanPaste(text) }]
  }

  #endPaste(out: Input[]): boolean {
    const end = this.#rest.indexOf(PASTE_END)
    // The end's own start may be the last that came.
    const take = end >= 0 ? end : Math.max(0, this.#rest.length - PASTE_END.length + 1)
    this.#paste = added(this.#paste!, this.#rest.slice(0, take))
    this.#rest = this.#rest.slice(end >= 0 ? end + PASTE_END.length : take)
    if (end < 0) return false
    out.push({ is: 'paste', text: cleanPaste(this.#paste) })
    this.#paste = undefined
    return true
  }

  /** Reads one key from the start of text; how many characters it took, 0: it is not all here. */
  #one(text: string, out: Input[]): number {
    const run = /^[^\p{Cc}]+/u.exec(text)
    if (run) {
      out.push({ is: 'text', text: run[0] })
      return run[0].length
    }
    if (text[0] !== '\u001b') {
      out.push(key(controlName(text.charCodeAt(0))))
      return 1
    }
    const next = text[1]
    if (next === undefined) return 0
    if (next === '[') return this.#csi(text, out)
    if (next === 'O') return ss3(text, out)
    if (']P_^X'.includes(next)) return answer(text)
    if (next === '\u001b') {
      // Alt with an arrow, as some terminals send it: the first Escape only adds Alt.
      if (/^\u001b\u001b[[O]/.test(text)) {
        const inner: Input[] = []
        const used = this.#one(text.slice(1), inner)
        if (used === 0) return 0
        for (const input of inner) out.push(input.is === 'key' ? key(`M-${input.key}`) : input)
        return used + 1
      }
      if (text.length === 2) return 0
      out.push(key('escape'))
      return 1
    }
    const character = String.fromCodePoint(text.codePointAt(1)!)
    out.push(key(`M-${/\p{Cc}/u.test(character) ? controlName(character.charCodeAt(0)) : character}`))
    return 1 + character.length
  }

  #csi(text: string, out: Input[]): number {
    const match = /^\u001b\[([0-?]*)([ -/]*)([@-~])/.exec(text)
    if (!match) {
      // A byte that no sequence contains: the sequence is broken off there.
      const broken = /^\u001b\[[0-?]*[ -/]*[^ -~]/.exec(text)
      if (broken) return Math.max(2, broken[0].length - 1)
      return text.length > SEQUENCE_CHARS_MAX ? text.length : 0
    }
    const [all, parameters = '', middle, final = ''] = match
    if (middle !== '' || /^[<=>?]/.test(parameters)) return all.length
    if (final === '~' && parameters === '200') this.#paste = ''
    else {
      const input = csiInput(parameters, final)
      if (input) out.push(input)
    }
    return all.length
  }
}

/** What is pasted, with more of it; what is too much is not looked at. */
const added = (paste: string, more: string): string =>
  paste.length < PASTE_CHARS_MAX ? (paste + more).slice(0, PASTE_CHARS_MAX) : paste

const key = (name: string): Input => ({ is: 'key', key: name })

function csiInput(parameters: string, final: string): Input | undefined {
  const [first = 0, second = 1, third = 0] = parameters
    .split(';')
    .map((part) => Number.parseInt(part, 10) || 0)
  if (final === 'I' || final === 'O') return { is: 'focus', isHere: final === 'I' }
  if (final === 'Z') return key('S-tab')
  if (final === 'R' && parameters.includes(';')) return { is: 'position', row: first, column: second }
  if (final === 'u') return codeInput(first, second)
  if (final === '~') {
    if (first === 27) return codeInput(third, second)
    const name = NUMBERS[first]
    return name === undefined ? undefined : key(modified(name, second))
  }
  const name = FINALS[final]
  return name === undefined ? undefined : key(modified(name, second))
}

/** A key by its code point and modifiers: CSI u and modifyOtherKeys. */
function codeInput(code: number, modifiers: number): Input | undefined {
  const name = CODES[code]
  if (name !== undefined) {
    const named = modified(name, modifiers)
    return named === 'space' || named === 'S-space' ? { is: 'text', text: ' ' } : key(named)
  }
  if (code < 32 || code > 0x10ffff) return undefined
  const character = String.fromCodePoint(code)
  const bits = modifiers - 1
  if ((bits & 6) === 0) return { is: 'text', text: bits & 1 ? character.toUpperCase() : character }
  return key(modified(character, modifiers & ~1 ? modifiers : 1))
}

/** xterm: 1 + shift 1 + alt 2 + ctrl 4. */
function modified(name: string, modifiers: number): string {
  const bits = Math.max(0, modifiers - 1)
  const shift = bits & 1 && name.length > 1 ? 'S-' : ''
  return `${bits & 4 ? 'C-' : ''}${bits & 2 ? 'M-' : ''}${shift}${name}`
}

function ss3(text: string, out: Input[]): number {
  const final = text[2]
  if (final === undefined) return 0
  const name = FINALS[final]
  if (name !== undefined) out.push(key(name))
  return 3
}

/** A string that the terminal sent by itself, up to its end (BEL or ST). */
function answer(text: string): number {
  const end = /\u0007|\u001b\\|\u009c/.exec(text)
  if (end) return end.index + end[0].length
  return text.length > SEQUENCE_CHARS_MAX ? text.length : 0
}

function controlName(code: number): string {
  if (code === 0x0d || code === 0x0a) return 'enter'
  if (code === 0x09) return 'tab'
  if (code === 0x7f || code === 0x08) return 'backspace'
  if (code === 0) return 'C-space'
  if (code < 0x20) return `C-${String.fromCharCode(code + 0x40).toLowerCase()}`
  return 'unknown'
}

function isUnmarkedPaste(chunk: string): boolean {
  if (chunk.includes(ESCAPE)) return false
  const lines = chunk.split(/\r\n|\r|\n/)
  return lines.length - 1 > TYPED_LINES_MAX && lines.filter((line) => line !== '').length > TYPED_LINES_MAX
}

/** Newlines as they are in a message; no other control but tab may come in by a paste. */
const cleanPaste = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(/\p{Cc}/gu, (c) => (c === '\n' || c === '\t' ? c : ''))
