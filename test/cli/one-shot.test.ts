import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ControlDesk } from '../../src/cli/control-desk.ts'
import { LanchatError } from '../../src/node/index.ts'
import { BOB, FakeNode, SELF } from './fake-node.ts'
import { FakeWorld } from './fake-world.ts'

/** One end of a connection in memory. */
class End extends Duplex {
  other: End | undefined
  override _read(): void {}
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.other?.push(chunk)
    done()
  }
  override _final(done: () => void): void {
    this.other?.push(null)
    done()
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.other?.destroyed) this.other?.push(null)
    done(error)
  }
}

function pair(): [End, End] {
  const [one, other] = [new End(), new End()]
  one.other = other
  other.other = one
  return [one, other]
}

/** A world in which a lanchat is running already, with this node. */
function worldBeside(node: FakeNode): FakeWorld {
  const desk = new ControlDesk(1000)
  desk.open(node)
  const [client, server] = pair()
  desk.serve(server)
  return new FakeWorld({ node, control: client, refuses: new Error('there is a lanchat already') })
}

const objects = (world: FakeWorld) =>
  world
    .rest()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe.each([
  ['with a node of its own', () => new FakeWorld()],
  ['beside a running lanchat', () => worldBeside(new FakeNode())],
])('a one-shot command %s', (_, worldOf) => {
  it('send exits 0 once the message is stored, in silence', async () => {
    const world = worldOf()
    expect(await world.run('send', 'general', 'hello', 'there')).toBe(0)
    expect([world.rest(), world.errors()]).toEqual(['', ''])
  })

  it('tells what others wrote about a refusal harmlessly', async () => {
    const world = worldOf()
    world.node.execute = async () => ({
      type: 'error',
      code: 'BANNED',
      message: 'You are banned (\u001b]0;x\u0007\u001b[2J\u202e\nlanchat: all is well).',
    })
    expect(await world.run('send', 'general', 'hello')).toBe(4)
    expect(world.errors()).toBe(
      'lanchat: You are banned (\ufffd]0;x\ufffd\ufffd[2J\n    lanchat: all is well).\n',
    )
  })

  it('send --json prints sent and ack', async () => {
    const world = worldOf()
    expect(await world.run('send', '@bob', 'psst', '--json')).toBe(0)
    const [sent, ack, ...more] = objects(world)
    expect(sent).toEqual({ type: 'sent', id: sent.id, room: null, to: BOB, text: 'psst' })
    expect(ack).toMatchObject({ type: 'ack', id: sent.id, state: 'stored' })
    expect(more).toEqual([])
  })

  it('send takes the text from stdin, newlines and all but the last', async () => {
    const world = worldOf()
    world.stdin.end('one\ntwo\n')
    expect(await world.run('send', '#general', '-', '--json')).toBe(0)
    expect(objects(world)[0]).toMatchObject({ room: 'general', text: 'one\ntwo' })
  })

  it('send says what is refused, and exits 1', async () => {
    const world = worldOf()
    expect(await world.run('send', '@nobody', 'x')).toBe(1)
    expect(world.errors()).toMatch(/^lanchat: .*NICK_UNKNOWN/)
  })

  it('rooms, who, status and history print their answer', async () => {
    const rooms = worldOf()
    expect(await rooms.run('rooms', '--plain')).toBe(0)
    expect(rooms.rest()).toBe('general\t2\tyes\nlab\t1\tno\n')
    const who = worldOf()
    expect(await who.run('who', '--json')).toBe(0)
    expect(objects(who)).toEqual([
      {
        type: 'result',
        command: '/who',
        data: [expect.objectContaining(SELF), expect.objectContaining(BOB)],
      },
    ])
    const status = worldOf()
    expect(await status.run('status')).toBe(0)
    expect(status.rest()).toContain('network  lan')
    const history = worldOf()
    expect(await history.run('history', 'lab', '5', '--json')).toBe(0)
    expect(objects(history)).toEqual([{ type: 'result', command: '/history', data: [], room: 'lab' }])
  })

  it('search says what it did not look at, with --plain on stderr alone', async () => {
    const note = 'What is older was not looked at.'
    const searched = async (...flags: string[]) => {
      const world = worldOf()
      world.node.execute = async (_, ref) => {
        const answer = { type: 'result' as const, command: 'search', data: [], note, unsearched: 5000, ref }
        world.node.emit(answer)
        return answer
      }
      expect(await world.run('search', 'lunch', ...flags)).toBe(0)
      return [world.rest(), world.errors()]
    }
    expect((await searched())[0]).toContain(`Nothing found.\n${note}\n5000 events`)
    const [plain, told] = await searched('--plain')
    expect(plain).not.toContain('not looked at')
    expect(told).toMatch(/^lanchat: What is older was not looked at\.\nlanchat: 5000 events were not/)
    const [json, silence] = await searched('--json')
    expect([JSON.parse(json!), silence]).toEqual([expect.objectContaining({ note, unsearched: 5000 }), ''])
  })

  it('export waits while more is coming in, and says how much cannot be opened, on stderr alone', async () => {
    const world = worldOf()
    let pages = 0
    world.node.execute = async (_, ref) => {
      const more = pages++ === 0 ? { partial: true as const } : { unopened: 2 }
      const answer = { type: 'result' as const, command: 'export', data: [], ...more, ref }
      world.node.emit(answer)
      return answer
    }
    expect(await world.run('export')).toBe(0)
    expect(pages).toBe(2)
    expect(world.rest()).toBe('')
    expect(world.errors()).toBe(
      [
        'lanchat: More is still coming in, from others or from the disk: waiting for it.\n',
        'lanchat: 2 messages are left out: this device has no key for them, or the text is not here.\n',
      ].join(''),
    )
  })

  it('history with a count that is none exits 2', async () => {
    const world = worldOf()
    expect(await world.run('history', 'lab', 'many')).toBe(2)
    expect(world.errors()).toContain('The number of messages must be a whole one, 1 to 1000.')
    expect(world.errors()).not.toContain('/history')
  })

  it('id prints name and key', async () => {
    const world = worldOf()
    expect(await world.run('id', '--json')).toBe(0)
    expect(objects(world)).toEqual([{ type: 'id', ...SELF }])
  })

  it('ends by signal with its code', async () => {
    const world = worldOf()
    const ended = world.run('tail')
    await world.signal('SIGINT')
    expect(await ended).toBe(130)
  })
})

describe('a one-shot command', () => {
  it('visits: its own node never becomes hub and is closed', async () => {
    const world = new FakeWorld()
    await world.run('send', 'general', 'x')
    expect(world.options).toMatchObject({ visitor: true })
    expect(world.node.isClosed).toBe(true)
  })

  it('exits 3 where nobody is found, and leaves nothing behind', async () => {
    const world = new FakeWorld({ node: new FakeNode({ isReady: false }) })
    expect(await world.run('send', 'general', 'x', '--timeout', '0.05')).toBe(3)
    expect(world.errors()).toEqual(
      expect.stringMatching(/^lanchat: Nobody was found on this network within 0.05 s/),
    )
    expect(world.node.asked).toEqual([])
  })

  it('exits 3 when the node gives up by itself, and 4 when it is refused', async () => {
    const [lonely, refused] = [new FakeNode({ isReady: false }), new FakeNode({ isReady: false })]
    void lonely.listened.then(() => lonely.giveUp('TIMEOUT'))
    void refused.listened.then(() => refused.giveUp('CODE_WRONG'))
    expect(await new FakeWorld({ node: lonely }).run('rooms')).toBe(3)
    const world = new FakeWorld({ node: refused })
    expect(await world.run('rooms', '--json')).toBe(4)
    expect(objects(world)).toEqual([{ type: 'error', code: 'CODE_WRONG', message: expect.any(String) }])
  })

  it('exits 75 when a message is not stored in time', async () => {
    const world = worldBeside(new FakeNode({ stores: false }))
    expect(await world.run('send', 'general', 'x', '--timeout', '0.05')).toBe(75)
    expect(world.errors()).toContain('goes on trying')
  })

  it('refuses to speak for another network than the running one', async () => {
    const world = worldBeside(new FakeNode())
    expect(await world.run('rooms', '--network', 'other')).toBe(1)
    expect(world.errors()).toContain('on network lan')
  })

  it('exits 1 when its node cannot start', async () => {
    const world = new FakeWorld({ refuses: new LanchatError('DISK_FULL', 'The disk is full.') })
    expect(await world.run('rooms')).toBe(1)
    expect(world.errors()).toBe('lanchat: The disk is full.\n')
  })

  it('tail prints new messages, of one room if asked', async () => {
    const node = new FakeNode()
    const world = worldBeside(node)
    const ended = world.run('tail', 'lab', '--json')
    const send = (room: string, id: string, history = false) =>
      node.emit({
        type: 'message',
        id,
        room,
        from: BOB,
        text: id,
        ts: 1,
        order: '1',
        ...(history && { history: true as const }),
      })
    await node.ready
    // The client listens once its connection has told it that the node is ready.
    while (!world.stdout.readableLength) {
      send('general', 'no')
      send('lab', 'old', true)
      send('lab', 'yes')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await world.printed()).toMatchObject({ type: 'message', room: 'lab', id: 'yes' })
    await world.signal('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('tail finds a room as one types it, and the talk with somebody', async () => {
    const from = { ...BOB, name: 'other', id: 'cc'.repeat(32) }
    const said = { type: 'message', from: BOB, text: 'x', ts: 1, order: '1' } as const
    for (const [where, id] of [
      ['LAB', 'in lab'],
      ['~k3f9', 'in lab'],
      ['@bob', 'of bob'],
    ] as const) {
      const node = new FakeNode()
      const world = worldBeside(node)
      const ended = world.run('tail', where, '--json')
      await node.ready
      while (!world.stdout.readableLength) {
        node.emit({ ...said, id: 'in general', room: 'general' })
        node.emit({ ...said, id: 'of another', room: null, from, private: true, to: SELF })
        node.emit({ ...said, id: 'in lab', room: 'lab' })
        node.emit({ ...said, id: 'of bob', room: null, private: true, to: SELF })
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await world.printed()).toMatchObject({ id })
      await world.signal('SIGTERM')
      expect(await ended).toBe(143)
    }
  })

  it('tail goes on where its room is called otherwise meanwhile, and asks of others once', async () => {
    const node = new FakeNode()
    let label = '3f9ac012'
    let asked = 0
    node.execute = async (_, ref) => {
      asked++
      const answer = { type: 'result' as const, command: '/history', data: [], room: label, ref }
      node.emit(answer)
      return answer
    }
    const world = worldBeside(node)
    const ended = world.run('tail', '3f9ac012', '--json')
    const say = (room: string, text: string) =>
      node.emit({ type: 'message', id: text, room, from: BOB, text, ts: 1, order: '1' })
    await node.ready
    while (!world.stdout.readableLength) {
      say('3f9ac012', 'sealed')
      await new Promise((resolve) => setImmediate(resolve))
    }
    label = 'plans'
    for (const text of ['one', 'two']) say('general', text)
    for (const text of ['three', 'four']) say('plans', text)
    const told: unknown[] = []
    while (told.at(-1) !== 'four') told.push((await world.printed()).id)
    expect(new Set(told)).toEqual(new Set(['sealed', 'three', 'four']))
    expect(asked).toBe(2)
    await world.signal('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('history and tail begin no row but the first of a text at the edge of a terminal', async () => {
    const said = { type: 'message', id: 'x', room: 'lab', from: BOB, ts: 1, order: '1' } as const
    const text = `${'x'.repeat(80)} [lab] anna: I did it`
    const onTerminal = (world: FakeWorld) => void Object.assign(world.stdout, { isTTY: true, columns: 80 })

    const asked = new FakeWorld()
    onTerminal(asked)
    asked.node.execute = async (_, ref) => {
      const answer = { type: 'result' as const, command: '/history', data: [{ ...said, text }], ref }
      asked.node.emit(answer)
      return answer
    }
    expect(await asked.run('history', 'lab')).toBe(0)
    const [, ...further] = asked.rest().trimEnd().split('\n')
    expect(further.filter((row) => !row.startsWith('    '))).toEqual([])
    expect(further.join('')).toContain('I did it')

    const node = new FakeNode()
    const world = worldBeside(node)
    onTerminal(world)
    const ended = world.run('tail')
    await node.ready
    while (!world.stdout.readableLength) {
      node.emit({ ...said, text })
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await world.line()).toMatch(/^\[lab\]/)
    expect(await world.line()).toMatch(/^ {4}/)
    await world.signal('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('that lacks a word says which, as the help does', async () => {
    const world = new FakeWorld()
    expect(await world.run('search')).toBe(2)
    expect(world.errors()).toContain('lanchat: Something is missing: lanchat search <words..>.')
    // Also where an option's value is the name of another call.
    expect(await world.run('search', '--room', 'hub')).toBe(2)
    expect(world.errors()).toContain('lanchat: Something is missing: lanchat search <words..>.')
  })

  it('hub logs who is hub, and where', async () => {
    const world = new FakeWorld()
    const ended = world.run('hub')
    await world.node.ready
    world.node.emit({ type: 'hub', hub: { ...BOB, url: 'wss://10.0.0.2:27470', self: false }, epoch: 2 })
    await world.signal('SIGTERM')
    expect(await ended).toBe(143)
    const errors = world.errors()
    expect(errors).toMatch(
      /^lanchat: \S+ info You are anna on network lan; you are the hub\. \(127\.0\.0\.1:1\)$/m,
    )
    expect(errors).toMatch(/info The hub is bob now\. \(10\.0\.0\.2:27470\)$/m)
    // Else each line of its members would be put into words for nobody, at twice the cost of a delivery.
    expect(world.node.readers).toBe(0)
  })

  it.each([
    ['nosuch', 1, 'ROOM_UNKNOWN'],
    ['@nobody', 1, 'NICK_UNKNOWN'],
    ['', 2, 'Which room?'],
  ])('tail of %j says what is wrong in place of waiting in silence', async (where, code, why) => {
    const world = new FakeWorld()
    expect(await world.run('tail', where)).toBe(code)
    expect(world.errors()).toContain(why)
  })
})

describe('the control desk', () => {
  it("ends a client's session at /quit and leaves the node running", async () => {
    const node = new FakeNode()
    const desk = new ControlDesk(1000)
    desk.open(node)
    const [client, server] = pair()
    desk.serve(server)
    client.write('/quit\n')
    let text = ''
    for await (const chunk of client) text += chunk
    expect(text).toContain('{"type":"result","command":"/quit","data":null}')
    expect(node.isClosed).toBe(false)
  })

  it('serves who came before the node was there, telling how things stand', async () => {
    const node = new FakeNode()
    const desk = new ControlDesk(1000)
    const [client, server] = pair()
    desk.serve(server)
    desk.open(node)
    const [chunk] = (await new Promise((resolve) => client.once('data', (...args) => resolve(args)))) as [
      Buffer,
    ]
    expect(JSON.parse(String(chunk).split('\n')[0]!)).toMatchObject({ type: 'ready', self: SELF })
    node.emit({ type: 'hub', hub: { ...BOB, url: 'u', self: false }, epoch: 4 })
    const [late, end] = pair()
    desk.serve(end)
    const [greeting] = (await new Promise((resolve) => late.once('data', (...args) => resolve(args)))) as [
      Buffer,
    ]
    expect(JSON.parse(String(greeting))).toMatchObject({ type: 'ready', hub: BOB, epoch: 4 })
    desk.close()
  })
})
