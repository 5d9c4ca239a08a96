import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { isUtf8 } from '../../src/cli/chat.ts'
import { LineMode } from '../../src/cli/lines.ts'
import { plain } from '../../src/cli/render.ts'
import { LanchatError, type NodeEvent } from '../../src/node/index.ts'
import { BOB, FakeNode, SELF } from './fake-node.ts'
import { FakeWorld } from './fake-world.ts'

const message = (over: Partial<Extract<NodeEvent, { type: 'message' }>> = {}): NodeEvent => ({
  type: 'message',
  id: 'cd'.repeat(32),
  room: 'general',
  from: BOB,
  text: 'hi',
  ts: 5,
  order: '000000000005',
  ...over,
})

describe('line mode in a pipe', () => {
  let world: FakeWorld
  let ended: Promise<number>
  const start = async (): Promise<void> => {
    world = new FakeWorld()
    ended = world.run()
    await world.node.listened
  }
  afterEach(async () => {
    await world.signal('SIGTERM')
    await ended
  })

  it('takes lines, prints the chat, and exits 0 at the end of input', async () => {
    await start()
    world.stdin.end('hello\n/msg bob psst\n/me waves\n')
    expect(await world.line()).toBe('[general] anna: hello')
    expect(await world.line()).toBe('[me -> bob] psst')
    expect(await world.line()).toBe('[general] * anna waves')
    expect(await ended).toBe(0)
  })

  it('tells what goes on on stderr, never on stdout', async () => {
    await start()
    world.type('/nope', '/msg eve hi', '   ', 'x')
    expect(await world.line()).toBe('[general] anna: x')
    const errors = world.errors()
    expect(errors).toContain('You are anna on network lan; you are the hub.')
    expect(errors).toContain('! There is no command /nope, and nothing was sent.')
    expect(errors).toContain('NICK_UNKNOWN')
    expect(errors).toContain('! There is nothing to send: the text is empty.')
  })

  it('has what is to be known beside an answer on stderr where tables are for programs', async () => {
    world = new FakeWorld()
    ended = world.run('--plain')
    await world.node.listened
    world.node.execute = async (_, ref) => {
      const answer = {
        type: 'result',
        command: 'rooms',
        data: [{ name: 'lab' }],
        note: 'There are more.',
        ref,
      } as const
      world.node.emit(answer)
      return answer
    }
    world.type('/rooms')
    expect(await world.line()).toBe('lab')
    expect(world.errors()).toContain('There are more.')
  })

  it('takes a JSON object as text', async () => {
    await start()
    world.type('{"command":"/quit"}')
    expect(await world.line()).toBe('[general] anna: {"command":"/quit"}')
  })

  it.each<[NodeEvent, string]>([
    [message(), '[general] bob: hi'],
    [message({ room: 'lab', text: 'a\nb' }), '[lab] bob: a\n    b'],
    [message({ from: { ...BOB, label: 'bob~k3f9' } }), '[general] bob~k3f9: hi'],
    [message({ room: null, private: true, to: SELF }), '[bob -> me] hi'],
    // A private room is no talk between two.
    [message({ room: 'plans', private: true }), '[plans] bob: hi'],
    [message({ text: '\u001b[2J\u202eboo' }), '[general] bob: \ufffd[2Jboo'],
    [{ type: 'system', event: 'join', room: 'lab', user: BOB }, '* bob joined lab'],
    [{ type: 'system', event: 'create', room: 'lab', user: SELF }, '* you created lab'],
    [
      { type: 'system', event: 'kick', room: 'lab', user: BOB, by: SELF },
      '* bob was removed from lab by you',
    ],
    [{ type: 'presence', user: BOB, online: false }, '* bob is gone'],
    [{ type: 'result', command: '/who', data: null }, ''],
  ])('prints %j as a line', async (event, line) => {
    await start()
    world.node.emit(event)
    world.node.emit(message({ text: 'last' }))
    const lines = line === '' ? [] : line.split('\n')
    for (const expected of lines) expect(await world.line()).toBe(expected)
    expect(await world.line()).toBe('[general] bob: last')
  })

  it('prints history with its time', async () => {
    await start()
    world.node.emit(message({ history: true, ts: Date.parse('2026-11-20T14:03:09') }))
    expect(await world.line()).toBe('2026-11-20 14:03 [general] bob: hi')
  })

  it('prints answers as tables', async () => {
    await start()
    world.type('/rooms', '/help msg', '/quit')
    expect(await world.line()).toBe('name     members  joined')
    expect(await world.line()).toBe('general  2        yes')
    expect(await world.line()).toBe('lab      1        no')
    expect(await world.line()).toBe(
      '/msg <nick>[,<nick>...] <text>  a private message; to several, in a private room of just them',
    )
    expect(await ended).toBe(0)
    expect(world.node.isClosed).toBe(true)
  })

  it('says why a node cannot start, and exits 1', async () => {
    world = new FakeWorld({
      refuses: new LanchatError('DATA_DIR_IN_USE', 'Another lanchat is running here.'),
    })
    ended = world.run()
    expect(await ended).toBe(1)
    expect(world.errors()).toBe('lanchat: Another lanchat is running here.\n')
    expect(world.rest()).toBe('')
  })
})

describe('line mode on a terminal that shows no UTF-8', () => {
  it.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
    [{ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
  ])('is meant by the locale: with %j UTF-8 is %j', (env, shows) => {
    expect(isUtf8(env)).toBe(shows)
  })

  it('writes nothing but ASCII, since other bytes may be controls there', async () => {
    const [node, output] = [new FakeNode(), new PassThrough()]
    const mode = new LineMode({
      node,
      input: new PassThrough(),
      output,
      notices: new PassThrough(),
      gate: Promise.resolve(),
      paint: plain,
      tabs: false,
      asciiOnly: true,
    })
    node.emit(message({ text: 'na\u00efve \u041b \u{1f600}' }))
    const [written] = await once(output, 'data')
    expect(String(written)).toBe('[general] bob: na?ve ? ?\n')
    mode.close()
  })
})

describe('line mode on a terminal', () => {
  it('begins no row but the first of a text at the edge, so that none looks like a line of somebody else', async () => {
    const node = new FakeNode()
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 40 })
    const mode = new LineMode({
      node,
      input: new PassThrough(),
      output,
      notices: output,
      gate: Promise.resolve(),
      paint: plain,
      tabs: false,
      isWatched: true,
    })
    node.emit(message({ text: `${'x'.repeat(25)} [general] anna: I did it, not you` }))
    const [written] = await once(output, 'data')
    const rows = [`[general] bob: ${'x'.repeat(25)}`, '    [general] anna: I did it, not you']
    expect(String(written)).toBe(`${rows.join('\n')}\n`)
    mode.close()
  })
})
