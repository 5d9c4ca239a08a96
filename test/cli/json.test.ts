import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { LanchatError, type NodeEvent } from '../../src/node/index.ts'
import { PICTURE_BYTES_MAX } from '../../src/wire/limits.ts'
import { BOB, FakeNode, SELF } from './fake-node.ts'
import { FakeWorld } from './fake-world.ts'

let world: FakeWorld
let ended: Promise<number>

async function start(node = new FakeNode(), ...flags: string[]): Promise<void> {
  world = new FakeWorld({ node })
  ended = world.run('--json', ...flags)
  await node.listened
}

async function startReady(): Promise<void> {
  await start()
  await world.next('ready')
}

afterEach(async () => {
  await world.signal('SIGTERM')
  await ended
})

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

describe('what stdout tells', () => {
  it('prints history, then ready, as the node tells them', async () => {
    const node = new FakeNode({ isReady: false })
    await start(node)
    node.emit(message({ history: true }))
    node.becomeReady()
    expect(await world.printed()).toEqual(message({ history: true }))
    expect(await world.printed()).toEqual({
      type: 'ready',
      self: SELF,
      network: 'lan',
      hub: { ...SELF, url: 'wss://127.0.0.1:1', self: true },
      epoch: 1,
      room: 'general',
    })
  })

  it.each<NodeEvent>([
    { type: 'hub', hub: { ...BOB, url: 'wss://10.0.0.2:27470', self: false }, epoch: 2 },
    { type: 'offline', reason: 'the hub has gone' },
    { type: 'presence', user: BOB, online: true },
    { type: 'system', event: 'kick', room: 'lab', user: BOB, by: SELF },
    { type: 'error', code: 'DISK_FULL', message: 'The disk is full.' },
    { type: 'ack', id: 'ef'.repeat(32), state: 'replicated', copies: 2 },
    message({ text: 'colour \u001b[31m and \u202e stay verbatim', private: true, room: null, to: SELF }),
  ])('prints $type as the node emits it', async (event) => {
    await startReady()
    world.node.emit(event)
    expect(await world.printed()).toEqual(event)
  })

  it('prints sent, the own message, then its ack', async () => {
    await startReady()
    world.type('hello')
    const sent = await world.printed()
    expect(sent).toEqual({ type: 'sent', id: sent.id, room: 'general', text: 'hello' })
    expect(await world.printed()).toMatchObject({
      type: 'message',
      id: sent.id,
      self: true,
      from: SELF,
      text: 'hello',
    })
    expect(await world.printed()).toEqual({
      type: 'ack',
      id: sent.id,
      state: 'stored',
      copies: 0,
      alone: true,
    })
  })

  it('prints nothing of what another session asked but what everybody hears', async () => {
    await startReady()
    const [one, two] = [{}, {}]
    world.node.emit({ type: 'sent', id: 'a1', room: 'general', text: 'x', ref: one })
    world.node.emit({ type: 'ack', id: 'a1', state: 'stored', copies: 1 })
    world.node.emit({ type: 'result', command: '/who', data: [], ref: two })
    world.node.emit({ type: 'system', event: 'topic', room: 'lab', user: SELF, ref: two })
    expect(await world.printed()).toEqual({ type: 'system', event: 'topic', room: 'lab', user: SELF })
  })
})

describe('lines of text', () => {
  it('send to the current room', async () => {
    await startReady()
    world.type('hello', '/join lab', 'in the lab', '/leave', 'back')
    expect(await world.answer()).toMatchObject({ type: 'sent', room: 'general', text: 'hello' })
    expect(await world.answer()).toMatchObject({ type: 'system', event: 'join', room: 'lab' })
    expect(await world.answer()).toMatchObject({ type: 'sent', room: 'lab', text: 'in the lab' })
    expect(await world.answer()).toMatchObject({ type: 'system', event: 'leave', room: 'lab' })
    expect(await world.answer()).toMatchObject({ type: 'sent', room: 'general', text: 'back' })
  })

  it('may start with a slash written twice', async () => {
    await startReady()
    world.type('//usr/bin', '//', '//quit')
    expect(await world.answer()).toMatchObject({ type: 'sent', text: '/usr/bin' })
    expect(await world.answer()).toMatchObject({ type: 'sent', text: '/' })
    expect(await world.answer()).toMatchObject({ type: 'sent', text: '/quit' })
  })

  it('are kept verbatim, JSON that is no object too', async () => {
    await startReady()
    const texts = ['  two  spaces ', '[1, 2]', '42', '{not json', 'tab\there', '\u202eabc', ' /quit']
    world.type(...texts)
    for (const text of texts) expect(await world.answer()).toMatchObject({ type: 'sent', text })
  })

  it('name emoji only by request', async () => {
    await startReady()
    world.type(':wave:', '/emoji upside')
    expect(await world.next('sent')).toMatchObject({ text: ':wave:' })
    expect(await world.next('result')).toMatchObject({
      command: '/emoji',
      data: [{ name: 'upside_down', emoji: '🙃' }],
    })
  })

  it('end with a newline, with or without a carriage return, or with the input', async () => {
    await startReady()
    world.stdin.end('one\r\ntwo\nthree')
    for (const text of ['one', 'two', 'three']) expect(await world.answer()).toMatchObject({ text })
    expect(await ended).toBe(0)
  })

  it('do nothing when empty, and are refused when there is only white space', async () => {
    await startReady()
    world.type('', '   ', '\t', 'x')
    expect(await world.answer()).toMatchObject({ type: 'error', code: 'TEXT_EMPTY' })
    expect(await world.answer()).toMatchObject({ type: 'error', code: 'TEXT_EMPTY' })
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'x' })
  })

  it('have at most 8,000 bytes', async () => {
    await startReady()
    world.type('é'.repeat(4000), `${'é'.repeat(4000)}x`, 'y'.repeat(1_000_000), 'after')
    expect(await world.answer()).toMatchObject({ type: 'sent' })
    expect(await world.answer()).toMatchObject({ type: 'error', code: 'TEXT_TOO_LONG' })
    expect(await world.answer()).toMatchObject({ type: 'error', code: 'TEXT_TOO_LONG' })
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'after' })
  })

  it('must be UTF-8', async () => {
    await startReady()
    world.stdin.write(Buffer.from([0x66, 0xff, 0xfe, 0x0a]))
    world.type('after')
    expect(await world.answer()).toEqual({ type: 'error', code: 'LINE_INVALID', message: expect.any(String) })
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'after' })
  })

  it('are answered in order, refusals among them', async () => {
    await startReady()
    const lines = Array.from({ length: 300 }, (_, i) =>
      i % 7 === 3 ? ' ' : i % 11 === 5 ? '/nope' : `line ${i}`,
    )
    world.type(...lines)
    for (const line of lines) {
      const answer = await world.answer()
      if (line === ' ') expect(answer.code).toBe('TEXT_EMPTY')
      else if (line === '/nope') expect(answer.code).toBe('COMMAND_UNKNOWN')
      else expect(answer.text).toBe(line)
    }
  })

  it('go to general before there is a hub', async () => {
    await start(new FakeNode({ isReady: false }))
    world.type('early')
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'early' })
  })

  it('that need an answer from the network wait until the node is ready', async () => {
    const node = new FakeNode({ isReady: false })
    await start(node)
    world.type('x', '/rooms')
    await world.next('ack')
    expect(node.asked).toMatchObject([{ do: 'say' }])
    node.becomeReady()
    expect((await world.printed()).type).toBe('ready')
    expect(await world.printed()).toMatchObject({ type: 'result', command: '/rooms' })
  })
})

describe('the current room', () => {
  it.each(['delete', 'kick', 'ban'] as const)('is general again after a %s', async (event) => {
    await startReady()
    world.type('/join lab')
    await world.answer()
    const [user, by] = event === 'delete' ? [BOB, undefined] : [SELF, BOB]
    world.node.emit({ type: 'system', event, room: 'lab', user, ...(by && { by }) })
    world.type('where am I')
    await world.next('system')
    expect(await world.answer()).toMatchObject({ type: 'sent', room: 'general' })
  })

  it('stays when somebody else is removed, and when a command is refused', async () => {
    await startReady()
    world.type('/join lab')
    await world.answer()
    world.node.emit({ type: 'system', event: 'kick', room: 'lab', user: BOB, by: SELF })
    world.type('/join nowhere', '/msg bob psst', 'here')
    await world.next('system')
    expect(await world.answer()).toMatchObject({ code: 'ROOM_UNKNOWN' })
    expect(await world.answer()).toMatchObject({ type: 'sent', room: null })
    expect(await world.answer()).toMatchObject({ type: 'sent', room: 'lab' })
  })
})

describe('structured lines', () => {
  it('send text, with newlines, to the current room, another one, or a person', async () => {
    await startReady()
    world.type(
      { text: 'a\nb', ref: 1 },
      { text: '/quit', room: 'lab' },
      { text: 'psst', to: 'bob', ref: { deep: [1] } },
    )
    expect(await world.answer()).toMatchObject({ type: 'sent', room: 'general', text: 'a\nb', ref: 1 })
    const second = await world.answer()
    expect(second).toMatchObject({ type: 'sent', room: 'lab', text: '/quit' })
    expect(second).not.toHaveProperty('ref')
    expect(await world.answer()).toMatchObject({
      type: 'sent',
      room: null,
      to: BOB,
      text: 'psst',
      ref: { deep: [1] },
    })
  })

  it('carry commands, and ref comes back in every kind of answer', async () => {
    await startReady()
    world.type(
      { command: '/create quiz', ref: 'system' },
      { command: '/who', ref: 'result' },
      { command: '/create quiz', ref: 'error' },
      { command: '/msg bob one\ntwo', ref: null },
      { command: '/nope', ref: 0 },
    )
    expect(await world.answer()).toMatchObject({
      type: 'system',
      event: 'create',
      room: 'quiz',
      ref: 'system',
    })
    expect(await world.answer()).toMatchObject({ type: 'result', command: '/who', ref: 'result' })
    expect(await world.answer()).toMatchObject({ code: 'ROOM_NAME_TAKEN', command: '/create', ref: 'error' })
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'one\ntwo', ref: null })
    expect(await world.answer()).toMatchObject({ code: 'COMMAND_UNKNOWN', command: '/nope', ref: 0 })
  })

  it.each([
    {},
    { ref: 7 },
    { text: 5, ref: 7 },
    { text: null, ref: 7 },
    { text: 'x', room: 5, ref: 7 },
    { text: 'x', room: '', ref: 7 },
    { text: 'x', to: ['bob'], ref: 7 },
    { text: 'x', room: 'lab', to: 'bob', ref: 7 },
    { text: 'x', rom: 'lab', ref: 7 },
    { text: 'half \ud800', ref: 7 },
    { command: 5, ref: 7 },
    { command: '', ref: 7 },
    { command: '/who', room: 'lab', ref: 7 },
    { command: '/who', text: 'x', ref: 7 },
  ])('that ask for something else are invalid: %j', async (line) => {
    await startReady()
    world.type(line, 'after')
    const { message, ...error } = await world.answer()
    expect(error).toEqual({ type: 'error', code: 'LINE_INVALID', ...('ref' in line && { ref: 7 }) })
    expect(message).toBeTypeOf('string')
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'after' })
    expect(world.node.asked).toHaveLength(1)
  })

  it('whose ref is nested so deep that no answer could hold it are invalid, and what follows is taken', async () => {
    await startReady()
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
    world.type(`{"text":"x","ref":${deep}}`, `{"txt":"x","ref":${deep}}`, { text: 'after', ref: [[1]] })
    for (const _ of [1, 2]) {
      const { message, ...error } = await world.answer()
      expect(error).toEqual({ type: 'error', code: 'LINE_INVALID' })
      expect(message).toContain('levels')
    }
    expect(await world.answer()).toMatchObject({ type: 'sent', text: 'after', ref: [[1]] })
    expect(world.node.asked).toHaveLength(1)
  })

  it.runIf(process.platform !== 'win32')(
    'that name a file which is none are refused without reading it',
    async () => {
      await startReady()
      world.type(
        { command: '/profile picture /dev/zero', ref: 1 },
        { command: '/profile picture /', ref: 2 },
        'after',
      )
      expect(await world.answer()).toMatchObject({ code: 'FILE_UNREADABLE', ref: 1 })
      expect(await world.answer()).toMatchObject({ code: 'FILE_UNREADABLE', ref: 2 })
      expect(await world.answer()).toMatchObject({ type: 'sent', text: 'after' })
    },
  )

  it.runIf(existsSync('/proc/self/pagemap'))(
    'that name a file without an end read no more of it than there is room for',
    async () => {
      await startReady()
      world.type({ command: '/profile picture /proc/self/pagemap', ref: 1 })
      await world.answer()
      const [asked] = world.node.asked as [{ do: string; picture: Uint8Array }]
      expect([asked.do, asked.picture.length]).toEqual(['profile', PICTURE_BYTES_MAX + 1])
    },
  )

  it('without text, or with too much, are refused with their ref', async () => {
    await startReady()
    world.type({ text: '', ref: 1 }, { text: ' \n ', ref: 2 }, { text: 'x'.repeat(8001), ref: 3 })
    expect(await world.answer()).toMatchObject({ code: 'TEXT_EMPTY', ref: 1 })
    expect(await world.answer()).toMatchObject({ code: 'TEXT_EMPTY', ref: 2 })
    expect(await world.answer()).toMatchObject({ code: 'TEXT_TOO_LONG', ref: 3 })
  })

  it('may be escaped at length', async () => {
    await startReady()
    const text = '\u0001'.repeat(8000)
    world.type({ text })
    expect(await world.answer()).toMatchObject({ type: 'sent', text })
  })
})

describe('the end', () => {
  it('/quit answers with result null, closes the node and exits 0', async () => {
    await startReady()
    world.type('last words', { command: '/quit', ref: 9 }, 'never sent')
    expect(await world.answer()).toMatchObject({ type: 'sent' })
    expect(await world.answer()).toEqual({ type: 'result', command: '/quit', data: null, ref: 9 })
    expect(await ended).toBe(0)
    expect(world.node.isClosed).toBe(true)
    expect(world.node.asked).toHaveLength(1)
  })

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s closes the node and exits %i', async (name, code) => {
    await startReady()
    await world.signal(name)
    expect(await ended).toBe(code)
    expect(world.node.isClosed).toBe(true)
  })

  it('a second signal does not wait', async () => {
    await startReady()
    world.node.close = () => new Promise(() => {})
    await world.signal('SIGINT')
    await world.signal('SIGTERM')
    expect(world.exitedNow).toBe(143)
    ended = Promise.resolve(0)
  })

  it('of input exits 0 once everything is stored', async () => {
    const node = new FakeNode({ stores: false })
    await start(node)
    world.type('x')
    world.stdin.end()
    const { id } = await world.next('sent')
    await world.next('message')
    node.store()
    expect(await world.printed()).toMatchObject({ type: 'ack', id, state: 'stored' })
    expect(await ended).toBe(0)
  })

  it('of input without anything typed still waits for ready, and exits 0', async () => {
    await start()
    world.stdin.end()
    expect((await world.printed()).type).toBe('ready')
    expect(await ended).toBe(0)
  })

  it('of input exits 3 after --timeout if nobody was ever found', async () => {
    await start(new FakeNode({ isReady: false, stores: false }), '--timeout', '0.05')
    world.stdin.end('kept in the outbox\n')
    expect(await world.answer()).toMatchObject({ type: 'sent' })
    expect(await ended).toBe(3)
  })

  it('of input exits 75 after --timeout if the hub was lost', async () => {
    const node = new FakeNode({ stores: false })
    node.metAnyone = true
    await start(node, '--timeout', '0.05')
    world.stdin.end('kept in the outbox\n')
    expect(await ended).toBe(75)
  })

  it('stdout closed by its reader exits 0 without a word', async () => {
    await startReady()
    world.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    expect(await ended).toBe(0)
    expect(world.errors()).toBe('')
    expect(world.node.isClosed).toBe(true)
  })

  it('a wrong code prints an error object and exits 4', async () => {
    const node = new FakeNode({ isReady: false })
    await start(node)
    node.giveUp('CODE_WRONG')
    expect(await world.printed()).toEqual({ type: 'error', code: 'CODE_WRONG', message: expect.any(String) })
    expect(await ended).toBe(4)
    expect(node.isClosed).toBe(true)
  })

  it('a node that cannot start prints an error object and exits 1', async () => {
    world = new FakeWorld({
      refuses: new LanchatError('DATA_DIR_IN_USE', 'Another lanchat is running here.'),
    })
    ended = world.run('--json')
    expect(await world.printed()).toEqual({
      type: 'error',
      code: 'DATA_DIR_IN_USE',
      message: 'Another lanchat is running here.',
    })
    expect(await ended).toBe(1)
    expect(world.errors()).toBe('')
  })
})
