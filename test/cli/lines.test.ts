import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { LineMode } from '../../src/cli/lines.ts'
import { colourful, plain } from '../../src/cli/render.ts'
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
    expect(await world.line()).toBe('/msg <nick>[,<nick>...] <text>  a private message')
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

describe('line mode on a terminal', () => {
  class Terminal extends PassThrough {
    readonly isTTY = true
    readonly columns = 40
  }

  async function start(paint = plain) {
    const node = new FakeNode()
    const [input, output, notices] = [new PassThrough(), new Terminal(), new PassThrough()]
    const gate = Promise.resolve()
    const mode = new LineMode({ node, input, output, notices, gate, paint, tabs: false, isTerminal: true })
    const ended = mode.run()
    let screen = ''
    let look = () => {}
    output.on('data', (chunk) => {
      screen += chunk
      look()
    })
    const shows = (text: string) =>
      new Promise<void>((resolve) => {
        look = () => screen.includes(text) && resolve()
        look()
      })
    await shows('You are anna')
    await shows('[general] ')
    return {
      node,
      input,
      mode,
      ended,
      shows,
      wipe: () => {
        screen = ''
      },
      screen: () => screen,
    }
  }

  it('draws the prompt, with what is being typed, below a message that comes', async () => {
    const { node, input, shows, wipe, mode } = await start()
    input.write('half a th')
    await shows('half a th')
    wipe()
    node.emit(message())
    await shows('[general] bob: hi\n')
    await shows('[general] anna: half a th')
    mode.close()
  })

  it('does not repeat what was typed, and prompts for the room entered', async () => {
    const { input, shows, screen, wipe, node, mode } = await start()
    input.write('hello\r')
    await shows('hello')
    wipe()
    input.write('/join lab\r')
    await shows('you joined lab')
    await shows('[lab] anna: ')
    expect(screen()).not.toContain('[general] anna: hello')
    expect(node.asked).toMatchObject([
      { do: 'say', text: 'hello' },
      { do: 'join', room: 'lab' },
    ])
    mode.close()
  })

  it('clears the line at Ctrl-C, and ends at Ctrl-C on an empty one', async () => {
    const { input, ended, node, shows } = await start()
    input.write('never said')
    await shows('never said')
    input.write('\u0003')
    input.write('\u0003')
    expect(await ended).toBe('interrupt')
    expect(node.asked).toEqual([])
  })

  it('ends at Ctrl-D, and at /quit', async () => {
    const first = await start()
    first.input.write('\u0004')
    expect(await first.ended).toBe('end')
    const second = await start()
    second.input.write('/quit\r')
    expect(await second.ended).toBe('quit')
  })

  it('completes commands, rooms and nicks', async () => {
    const { input, shows, node, mode } = await start()
    node.emit(message({ room: 'laboratory' }))
    input.write('/hist\t')
    await shows('/history ')
    input.write('\u0015/join labo\t')
    await shows('/join laboratory ')
    input.write('\u0015bo\t')
    await shows('bob: ')
    mode.close()
  })

  it('colours a person by the key, not by the name', async () => {
    const { node, shows, screen, wipe, mode } = await start(colourful)
    wipe()
    node.emit(message({ text: 'one' }))
    await shows('one')
    const colour = /(\u001b\[\d+m)bob/.exec(screen())?.[1]
    wipe()
    node.emit(message({ text: 'two', from: { ...BOB, name: 'robert' } }))
    await shows('two')
    expect(screen()).toContain(`${colour}robert`)
    mode.close()
  })
})
