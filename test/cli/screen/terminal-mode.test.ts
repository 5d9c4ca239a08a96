import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { colourful, type Paint, plain } from '../../../src/cli/render.ts'
import type { Host } from '../../../src/cli/screen/host.ts'
import { TerminalMode } from '../../../src/cli/screen/terminal-mode.ts'
import type { NodeEvent } from '../../../src/node/index.ts'
import { BOB, FakeNode, type FakeOptions } from '../fake-node.ts'
import { Emulator } from './emulator.ts'

const NOW = new Date(2026, 10, 20, 14, 3).getTime()
let ids = 0

const message = (over: Partial<Extract<NodeEvent, { type: 'message' }>> = {}): NodeEvent => ({
  type: 'message',
  id: String(ids++).padStart(64, 'c'),
  room: 'general',
  from: BOB,
  text: 'hi',
  ts: NOW,
  order: '000000000005',
  ...over,
})

class FakeHost implements Host {
  ends = new Set<() => void>()
  continues = new Set<() => void>()
  stops = new Set<() => void>()
  stopped: boolean[] = []
  constructor(readonly emulator: Emulator) {}
  onEnd = (listener: () => void) => add(this.ends, listener)
  onStop = (listener: () => void) => add(this.stops, listener)
  onContinue = (listener: () => void) => add(this.continues, listener)
  stop = (isOwn: boolean) => {
    this.stopped.push(isOwn)
  }
  write = (text: string) => {
    this.emulator.show(text)
  }
}

function add(set: Set<() => void>, listener: () => void): () => void {
  set.add(listener)
  return () => set.delete(listener)
}

interface StartOptions extends FakeOptions {
  readonly columns?: number
  readonly rows?: number
  readonly paint?: Paint
  readonly reflows?: boolean
}

async function start({
  columns = 60,
  rows = 16,
  paint = plain,
  reflows = false,
  ...fake
}: StartOptions = {}) {
  const node = new FakeNode(fake)
  const screen = new Emulator(columns, rows, reflows)
  const host = new FakeHost(screen)
  const { input, output } = screen
  const gate = Promise.resolve()
  const mode = new TerminalMode({ node, input, output, gate, paint, host, now: () => NOW })
  onTestFinished(() => mode.close())
  const ended = mode.run()
  await screen.shows('You are anna')
  await screen.cursorBehind('[general] anna: ')
  await screen.shows('[1:general]')
  return { node, screen, host, mode, ended }
}

describe('the chat on a terminal', () => {
  it('puts messages into the scrollback once, with time and day, above what is being typed', async () => {
    const { node, screen } = await start()
    screen.type('half a th')
    await screen.cursorBehind('[general] anna: half a th')
    node.emit(message())
    node.emit(message({ text: 'two\nlines', ts: NOW + 86_400_000 }))
    await screen.shows('lines')
    expect(screen.rows).toEqual([
      '-- Fri, 20 Nov 2026 --',
      '14:03 * You are anna on network lan; you are the hub. /help ',
      '    lists commands.',
      '14:03 bob: hi',
      '-- Sat, 21 Nov 2026 --',
      '14:03 bob: two',
      '    lines',
      'lan | you are the hub | [1:general]',
      '[general] anna: half a th',
    ])
    expect(screen.beforeCursor).toBe('[general] anna: half a th')
  })

  it('has no row of a text that looks like a line of somebody else', async () => {
    const { node, screen } = await start()
    node.emit(message({ text: `${'x'.repeat(60 - '14:03 bob:  '.length)} 14:03 anna: I quit` }))
    node.emit(message({ text: 'the next one' }))
    await screen.shows('the next one')
    expect(screen.rows.filter((row) => row.includes('I quit'))).toEqual(['    14:03 anna: I quit'])
  })

  it('keeps the last lines while the terminal takes nothing, and says how many it left out', async () => {
    const { node, screen } = await start()
    const { output } = screen
    let behind = 1 << 21
    Object.defineProperty(output, 'writableLength', { get: () => behind })
    Object.defineProperty(output, 'writableNeedDrain', { get: () => behind > 0 })
    for (let n = 1; n <= 1000; n++) node.emit(message({ text: `line ${n}.` }))
    await vi.waitUntil(() => output.listenerCount('drain') > 0, 60_000)
    expect(screen.rows.some((row) => row.includes('line 1'))).toBe(false)
    behind = 0
    output.emit('drain')
    await screen.shows('line 1000.')
    expect(screen.rows.some((row) => row.includes('-- 800 lines left out'))).toBe(true)
    expect(screen.rows.some((row) => row.endsWith('line 801.'))).toBe(true)
    expect(screen.rows.some((row) => row.endsWith('line 800.'))).toBe(false)
  })

  it('keeps so many talks, whatever number of strangers begins one', async () => {
    const { node, screen } = await start({ rows: 6, columns: 100 })
    for (let n = 0; n < 2000; n++) {
      const from = { id: n.toString(16).padStart(64, '0'), name: `eve${n}` }
      node.emit(message({ text: `psst ${n}`, from, room: null, private: true }))
    }
    await screen.shows('psst 1999')
    screen.type('\u001ba')
    // The oldest that is kept, of 200 with general.
    await screen.cursorBehind('[@eve1801] anna: ')
  })

  it('shows a part of a message of thousands of lines', async () => {
    const { node, screen } = await start()
    const text = Array.from({ length: 2000 }, (_, n) => `row ${n}`).join('\n')
    node.emit(message({ text }))
    await screen.shows('… 1900 more lines: /history shows them')
    const isShown = (row: string) => /^(14:03 bob:| {3}) row \d+$/.test(row)
    expect(screen.rows.filter(isShown)).toHaveLength(100)
  })

  it('keeps everything in the scrollback, once, in order, while people type', async () => {
    const { node, screen } = await start({ rows: 8 })
    for (let n = 0; n < 200; n++) {
      node.emit(message({ text: `message ${n}` }))
      if (n % 10 === 0) screen.type('x')
    }
    await screen.shows('message 199')
    await screen.cursorBehind(`[general] anna: ${'x'.repeat(20)}`)
    const said = screen.rows.filter((row) => row.startsWith('14:03 bob: '))
    expect(said).toEqual(Array.from({ length: 200 }, (_, n) => `14:03 bob: message ${n}`))
    expect(screen.rows.filter((row) => row.startsWith('[general] anna: '))).toHaveLength(1)
  })

  it('shows an own message as not stored below, and in the scrollback once it is stored', async () => {
    const { node, screen } = await start({ stores: false })
    screen.type('hello\r')
    await screen.shows('14:03 anna: hello …'.slice(6))
    expect(screen.rows.at(-2)).toBe('lan | you are the hub | 1 not stored yet | [1:general]')
    node.emit(message({ text: 'meanwhile' }))
    await screen.shows('meanwhile')
    node.store()
    await screen.until(() => !screen.rows.some((row) => row.includes('…')))
    const rows = screen.rows.filter((row) => /meanwhile|hello/.test(row))
    expect(rows).toEqual(['14:03 bob: meanwhile', expect.stringMatching(/^\d\d:\d\d anna: hello$/)])
  })

  it('leaves what is not stored in the scrollback at the end, marked', async () => {
    const { screen, mode } = await start({ stores: false })
    screen.type('hello\r')
    await screen.shows('anna: hello …')
    mode.close()
    await screen.shows('anna: hello … not stored yet')
    expect(screen.rows.at(-1)).toMatch(/not stored yet$/)
  })

  it('is in a room by its name, however that was typed, and out of it again', async () => {
    const { screen } = await start()
    screen.type('/join lab\r')
    await screen.cursorBehind('[lab] anna: ')
    screen.type('/join general\r')
    await screen.cursorBehind('[general] anna: ')
    screen.type('/join LAB\r')
    await screen.cursorBehind('[lab] anna: ')
    screen.type('/leave ~k3f9\r')
    await screen.cursorBehind('[general] anna: ')
  })

  it('changes rooms by command, number and Alt-a, and counts what is unread elsewhere', async () => {
    const { node, screen } = await start()
    screen.type('/join lab\r')
    await screen.cursorBehind('[lab] anna: ')
    await screen.shows('-- lab --')
    node.emit(message({ text: 'hi anna!', mention: true }))
    await screen.shows('14:03 [general] bob: hi anna!')
    await screen.shows('1:general(1!) [2:lab]')
    screen.type('\u001ba')
    await screen.cursorBehind('[general] anna: ')
    await screen.shows('-- general, 1 unread above --')
    await screen.shows('[1:general] 2:lab')
    screen.type('\u001b2')
    await screen.cursorBehind('[lab] anna: ')
    screen.type('\u001b7')
    await screen.shows('There is no room 7')
    screen.type('hello\r')
    await screen.shows('anna: hello')
    expect(node.asked.findLast((each) => each.do === 'say')).toMatchObject({
      do: 'say',
      room: 'lab',
      text: 'hello',
    })
  })

  it('counts talks as rooms, and enters them, by number or name: what is typed goes to that person alone', async () => {
    const { node, screen } = await start()
    node.emit(message({ text: 'psst', private: true, room: null, to: { id: node.self.id, name: 'anna' } }))
    await screen.shows('[bob -> me] psst')
    await screen.shows('[1:general] 2:@bob(1!)')
    screen.type('\u001b2')
    await screen.cursorBehind('[@bob] anna: ')
    await screen.shows('-- @bob, 1 unread above --')
    screen.type('yes?\r')
    await screen.shows('[me -> bob] yes?')
    expect(node.asked).toContainEqual({ do: 'say', room: `@${BOB.id}`, text: 'yes?' })
    screen.type('/leave\r')
    await screen.cursorBehind('[general] anna: ')
    screen.type('/join @bob\r')
    await screen.cursorBehind('[@bob] anna: ')
    await screen.shows('What you type goes to bob alone now')
    screen.type('/react \u{1f44d}\r')
    await screen.shows('! The fake refuses')
    expect(node.asked).toContainEqual(
      expect.objectContaining({ do: 'react', room: `@${BOB.id}`, message: '^' }),
    )
  })

  it('takes for read what stands there once somebody types', async () => {
    const { node, screen } = await start()
    node.emit(message({ text: 'seen?' }))
    await screen.shows('seen?')
    expect(node.asked).not.toContainEqual({ do: 'read', room: 'general' })
    screen.type('x')
    await vi.waitFor(() => expect(node.asked).toContainEqual({ do: 'read', room: 'general' }), 60_000)
  })

  it('takes for read what stands in a room that a command enters', async () => {
    const { node, screen } = await start()
    node.emit(message({ room: 'lab', text: 'seen?' }))
    await screen.shows('2:lab(1)')
    screen.type('/join lab\r')
    await screen.cursorBehind('[lab] anna: ')
    expect(node.asked).toContainEqual({ do: 'read', room: 'lab' })
  })

  it('counts what is unread anew where another device has read it', async () => {
    const { node, screen } = await start()
    node.emit(message({ room: 'lab', text: 'hello' }))
    await screen.shows('2:lab(1)')
    node.unread = []
    node.emit({ type: 'read', room: 'lab', order: '000000000005' })
    await screen.until(() => !screen.rows.some((row) => row.includes('lab(1)')))
    node.emit(message({ room: 'lab', text: 'again' }))
    await screen.shows('2:lab(1)')
    screen.type('/read lab\r')
    await screen.until(() => !screen.rows.some((row) => row.includes('lab(1)')))
    expect(screen.rows.at(-2)).toContain('2:lab')
  })

  it('says a line in the room that the command before it enters', async () => {
    const { node, screen } = await start()
    screen.type('/join lab\rfirst\r')
    await screen.shows('anna: first')
    expect(node.asked.findLast((each) => each.do === 'say')).toMatchObject({
      do: 'say',
      room: 'lab',
      text: 'first',
    })
  })

  it('rings and marks where somebody names this person, and never for history', async () => {
    const { node, screen } = await start({ paint: colourful })
    node.emit(message({ text: 'Anna: look', history: true }))
    node.emit(message({ text: 'annabel is another' }))
    await screen.shows('another')
    expect(screen.bells).toBe(0)
    node.emit(message({ text: 'ask @ANNA', mention: true, notify: true }))
    await screen.until(() => screen.bells === 1)
    expect(screen.written).toContain('\u001b[1m\u001b[7m@ANNA\u001b[27m\u001b[22m')
    expect(screen.written).not.toContain('\u001b[7mannabel')
  })

  it('draws a line above what comes while nobody looks', async () => {
    const { node, screen } = await start()
    screen.type('\u001b[O')
    node.emit(message({ text: 'one' }))
    node.emit(message({ text: 'two' }))
    await screen.shows('bob: two')
    screen.type('\u001b[I')
    node.emit(message({ text: 'three' }))
    await screen.shows('bob: three')
    const rows = screen.rows.slice(screen.rows.indexOf('-- new since you looked away --'))
    expect(rows.slice(0, 4)).toEqual([
      '-- new since you looked away --',
      '14:03 bob: one',
      '14:03 bob: two',
      '14:03 bob: three',
    ])
  })

  it('tells who comes and goes together in one line, before what they say', async () => {
    const { node, screen } = await start()
    const people = Array.from({ length: 8 }, (_, n) => ({ id: `${n}`.repeat(64), name: `p${n}` }))
    for (const user of people) node.emit({ type: 'presence', user, online: true })
    node.emit({ type: 'presence', user: people[0]!, online: false })
    node.emit(message({ from: people[1]!, text: 'morning' }))
    await screen.shows('morning')
    expect(screen.rows.slice(3, 6)).toEqual([
      '14:03 * p1, p2, p3, p4, p5 and 2 others are here',
      '14:03 * p0 is gone',
      '14:03 p1: morning',
    ])
  })

  it('tells who has another name now, and calls the hub by it', async () => {
    const { node, screen } = await start()
    const nick = (name: string): NodeEvent => ({
      type: 'system',
      event: 'nick',
      room: null,
      user: { ...BOB, name },
    })
    node.emit({ type: 'hub', hub: { ...BOB, url: 'wss://10.0.0.2:27470', self: false }, epoch: 2 })
    node.emit(nick('bobby'))
    await screen.shows('bob is now called bobby')
    await screen.shows('| hub bobby |')
    node.emit(nick('rob'))
    await screen.shows('bobby is now called rob')
  })

  it('calls the hub by its name once that is known, however it became hub before', async () => {
    const { node, screen } = await start()
    const nameless = { ...BOB, name: BOB.id.slice(0, 8) }
    node.emit({ type: 'hub', hub: { ...nameless, url: 'wss://10.0.0.2:27470', self: false }, epoch: 2 })
    await screen.shows(`| hub ${nameless.name} |`)
    node.emit({ type: 'presence', user: BOB, online: true })
    await screen.shows('| hub bob |')
    node.emit({ type: 'offline', reason: 'lost' })
    await screen.shows('| looking for others |')
    node.emit(message({ history: true }))
    await screen.shows('bob: hi')
    expect(screen.rows.at(-2)).toContain('| looking for others |')
  })

  it('calls the hub as its person is called here, not as somebody else who was met first', async () => {
    const { node, screen } = await start()
    const hub = { ...BOB, label: 'bob~k3f9', url: 'wss://10.0.0.2:27470', self: false }
    node.emit({ type: 'hub', hub, epoch: 2 })
    await screen.shows('| hub bob~k3f9 |')
    node.emit({ type: 'system', event: 'contact', room: null, user: { ...BOB, label: 'Robert' } })
    await screen.shows('| hub Robert |')
  })

  it('takes nothing in that no message could hold', async () => {
    const { screen } = await start()
    screen.type(`\u001b[200~${'x'.repeat(100_000)}\u001b[201~`)
    await screen.shows('That is too long')
    expect(screen.beforeCursor).toBe('[general] anna: ')
  })

  it('tells the keys with all commands', async () => {
    const { screen } = await start({ columns: 120, rows: 40 })
    screen.type('/help\r')
    await screen.shows('Tab completes commands')
  })

  it('takes keys again where the end of a paste is lost', async () => {
    const { screen } = await start()
    screen.type('\u001b[200~pasted')
    await screen.cursorBehind('[general] anna: pasted')
    screen.type(' and typed\r')
    await screen.shows(' anna: pasted and typed')
  })

  it('sends a paste of many lines as one message, after a question', async () => {
    const { node, screen } = await start()
    screen.type('\u001b[200~/one\ntwo\nthree\n\u001b[201~')
    await screen.shows('Send the 3 lines pasted as one message?')
    expect(node.asked.some(({ do: what }) => what === 'say')).toBe(false)
    screen.type('\r')
    await screen.shows('    three')
    expect(node.asked.filter(({ do: what }) => what === 'say')).toMatchObject([{ text: '/one\ntwo\nthree' }])
    screen.type('\u001b[200~a\nb\u001b[201~\u0003')
    await screen.shows('[1:general]')
    await screen.cursorBehind('[general] anna: ')
    screen.type('\u001b[200~a\nb\u001b[201~e')
    await screen.cursorBehind('  b')
    screen.type('\u0003', `\u001b[200~${'long\n'.repeat(2000)}\u001b[201~\r`)
    await screen.shows('too long for one message')
    expect(node.asked.filter(({ do: what }) => what === 'say')).toHaveLength(1)
  })

  it('goes through what Tab offers, forth and back', async () => {
    const { node, screen } = await start()
    node.emit(message())
    node.emit(message({ from: { id: 'cc'.repeat(32), name: 'boris' } }))
    await screen.shows('boris: hi')
    screen.type('bo\t')
    await screen.cursorBehind('[general] anna: boris: ')
    await screen.shows('[boris:] bob:')
    screen.type('\t')
    await screen.cursorBehind('[general] anna: bob: ')
    screen.type('\u001b[Z')
    await screen.cursorBehind('[general] anna: boris: ')
    screen.type('look :tada\t')
    await screen.cursorBehind('[general] anna: boris: look 🎉 ')
  })

  it('completes a text by the name others know, also of whom one calls otherwise', async () => {
    const { node, screen } = await start()
    node.emit(message({ from: { id: 'cc'.repeat(32), name: 'maria', label: 'bossy' } }))
    node.emit(message({ from: { id: 'dd'.repeat(32), name: 'bob', label: 'bob~k3f9' } }))
    await screen.shows('bossy: hi')
    await screen.shows('bob~k3f9: hi')
    screen.type('boss\t')
    await screen.cursorBehind('[general] anna: maria: ')
    screen.type('and bob~\t')
    await screen.cursorBehind('[general] anna: maria: and bob~k3f9 ')
    screen.type('\u0003', '/msg mari\t')
    await screen.cursorBehind('[general] anna: /msg bossy ')
  })

  it('searches the history, and sends what it found by Enter', async () => {
    const { node, screen } = await start()
    screen.type('first thing\r', 'second\r')
    await screen.shows('anna: second')
    screen.type('\u0012fir')
    await screen.cursorBehind('(search: fir) first thing')
    screen.type('\r')
    await screen.cursorBehind('[general] anna: ')
    expect(node.asked.filter(({ do: what }) => what === 'say').at(-1)).toMatchObject({ text: 'first thing' })
  })

  it('clears the line at Ctrl-C, and ends at Ctrl-C twice on an empty one', async () => {
    const { screen, ended, node } = await start()
    screen.type('never said')
    await screen.cursorBehind('[general] anna: never said')
    screen.type('\u0003')
    await screen.cursorBehind('[general] anna: ')
    screen.type('\u0003')
    await screen.shows('Ctrl-C again leaves lanchat.')
    screen.type('x\u007f\u0003\u0003')
    expect(await ended).toBe('interrupt')
    expect(node.asked.some(({ do: what }) => what === 'say')).toBe(false)
  })

  it('ends at Ctrl-D, at /quit, and when the terminal goes away', async () => {
    const first = await start()
    first.screen.type('\u0004')
    expect(await first.ended).toBe('end')
    const second = await start()
    second.screen.type('/quit\r')
    expect(await second.ended).toBe('quit')
    const third = await start()
    third.screen.input.end()
    expect(await third.ended).toBe('end')
  })

  it('lets nobody move the cursor, colour the screen or fake a line', async () => {
    const { node, screen } = await start()
    const evil = '\u001b[2J\u001b[31m\u009b1A\u0007\u202e\r14:03 carl: I am a thief\n14:03 carl: really'
    node.emit(message({ text: evil, from: { id: 'ee'.repeat(32), name: '\u001b[5Ax\ny' } }))
    await screen.shows('really')
    expect(screen.rows.some((row) => row.startsWith('14:03 carl'))).toBe(false)
    expect(screen.rows[0]).toBe('-- Fri, 20 Nov 2026 --')
    expect(screen.bells).toBe(0)
    await screen.cursorBehind('[general] anna: ')
  })

  it('writes no colour and no attribute where the paint is plain', async () => {
    const { node, screen } = await start()
    node.emit(message({ text: 'anna?' }))
    await screen.shows('bob: anna?')
    screen.type('a\t\u0012x')
    await screen.shows('(')
    expect(screen.written).not.toMatch(/\u001b\[[\d;]*m/)
  })
})

describe('the prompt', () => {
  it('stays whole with wide, combining and joined characters, also where the terminal counts them otherwise', async () => {
    const { node, screen } = await start({ columns: 40 })
    const text = '日本語 e\u0301 👩‍👩‍👧 🇩🇪 '
    for (let n = 0; n < 4; n++) screen.type(text)
    await screen.until(() => screen.rows.join('').split('日本語').length === 5)
    node.emit(message())
    await screen.shows('bob: hi')
    screen.type('\u0015')
    await screen.cursorBehind('[general] anna: ')
    expect(screen.rows.slice(-3)).toEqual([
      '14:03 bob: hi',
      'lan | you are the hub | [1:general]',
      '[general] anna: ',
    ])
  })

  it.each([
    ['narrower', 30, 16],
    ['wider', 100, 16],
    ['lower', 60, 6],
    ['higher', 60, 40],
    ['tiny', 12, 4],
  ])('stays whole when the screen becomes %s', async (_, columns, rows) => {
    const { node, screen } = await start()
    node.emit(message({ text: 'before' }))
    screen.type('typed')
    await screen.cursorBehind('[general] anna: typed')
    await screen.shows('bob: before')
    screen.resize(columns, rows)
    node.emit(message({ text: 'after' }))
    await screen.until(() => screen.rows.join('').replaceAll(' ', '').includes('bob:after'))
    await screen.until(() => screen.beforeCursor.endsWith('typed'))
    const all = screen.rows.join('').replaceAll(' ', '')
    for (const once of ['bob:before', 'bob:after', 'typed']) expect(all.split(once)).toHaveLength(2)
  })

  it.each([
    ['cuts off', false],
    ['reflows', true],
  ])(
    'stays whole, and no message is lost, on a terminal that %s a row that no longer fits',
    async (_, reflows) => {
      const { node, screen } = await start({ reflows })
      node.emit(message({ text: 'before' }))
      await screen.shows('bob: before')
      screen.type('x'.repeat(30))
      await screen.until(() => screen.beforeCursor.endsWith('x'.repeat(30)))
      screen.resize(30, 16)
      await screen.until(() => /^ *x+$/.test(screen.beforeCursor))
      node.emit(message({ text: 'after' }))
      await screen.shows('bob: after')
      expect(screen.rows.join('').match(/x/g)).toHaveLength(30)
      expect(screen.rows.filter((row) => row === '14:03 bob: before')).toHaveLength(1)
    },
  )

  it('is drawn anew with the last messages at Ctrl-L', async () => {
    const { node, screen } = await start({ rows: 8 })
    for (let n = 0; n < 20; n++) node.emit(message({ text: `message ${n}` }))
    await screen.shows('message 19')
    screen.terminal.write('\u001b[Hgarbage\u001b[8;1H')
    screen.type('\u000c')
    await screen.until(() => !screen.rows.some((row) => row.includes('garbage')))
    await screen.cursorBehind('[general] anna: ')
    expect(screen.rows.slice(-3)).toEqual([
      '14:03 bob: message 19',
      'lan | you are the hub | [1:general]',
      '[general] anna: ',
    ])
  })

  it('shows a long text in a window of rows', async () => {
    const { screen } = await start({ rows: 10 })
    screen.type('one\u001b\rtwo\u001b\r', ...Array.from({ length: 30 }, (_, n) => `line ${n}\u001b\r`))
    await screen.shows('line 29')
    expect(screen.rows.filter((row) => row.startsWith('  line'))).toHaveLength(7)
  })
})

describe('the terminal', () => {
  const opened = ['\u001b[?2004h', '\u001b[?1004h']
  const closed = ['\u001b[?2004l', '\u001b[?1004l', '\u001b[?7h', '\u001b[?25h']

  it('is raw while it is used, and given back at the end without a trace of the composer', async () => {
    const { screen, mode, host } = await start()
    expect(screen.isRaw).toBe(true)
    for (const sequence of opened) expect(screen.written).toContain(sequence)
    mode.close()
    await screen.until(() =>
      closed.every((sequence) => screen.written.endsWith(sequence) || screen.written.includes(sequence)),
    )
    expect(screen.isRaw).toBe(false)
    expect(screen.rows.some((row) => row.startsWith('[general]'))).toBe(false)
    expect([host.ends.size, host.stops.size, host.continues.size]).toEqual([0, 0, 0])
  })

  it('is given back at once when the process ends or crashes', async () => {
    const { screen, host } = await start()
    for (const end of [...host.ends]) end()
    for (const sequence of closed) expect(screen.written).toContain(sequence)
    expect(screen.isRaw).toBe(false)
    await screen.until(() => !screen.rows.some((row) => row.startsWith('[general]')))
  })

  it('is given back while Ctrl-Z stops us, and taken again afterwards', async () => {
    const { screen, host } = await start()
    let wasRaw: boolean | undefined
    host.stop = (isOwn) => {
      wasRaw = screen.isRaw
      host.stopped.push(isOwn)
      screen.written = ''
    }
    screen.type('typed', '\u001a')
    await screen.until(() => opened.every((sequence) => screen.written.includes(sequence)))
    expect([wasRaw, screen.isRaw, host.stopped]).toEqual([false, true, [false]])
    await screen.cursorBehind('[general] anna: typed')
    expect(host.stops.size).toBe(1)
  })

  it('stops alone where it alone is told to', async () => {
    const { host } = await start()
    for (const stop of [...host.stops]) stop()
    expect(host.stopped).toEqual([true])
  })
})
