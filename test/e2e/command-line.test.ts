/** The contract of the command line, read from real processes' stdout, stderr and exit codes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Loopback } from './loopback.ts'

let lan: Loopback
beforeEach(() => {
  lan = new Loopback()
})
afterEach(() => lan.close())

const HEX = /^[0-9a-f]{64}$/

describe('alone', () => {
  it('becomes hub, says so, and stores what is typed on its own disk', async () => {
    const ada = lan.chat('ada')
    const ready = await ada.event('ready')
    expect(ready).toMatchObject({
      self: { name: 'ada' },
      network: lan.network,
      hub: { self: true },
      room: 'general',
    })
    expect(ready.self.id).toMatch(HEX)
    expect(ready.hub.id).toBe(ready.self.id)
    ada.type({ text: 'hello', ref: 'r' })
    const sent = await ada.event('sent')
    expect(sent).toEqual({
      type: 'sent',
      id: expect.stringMatching(HEX),
      room: 'general',
      text: 'hello',
      ref: 'r',
    })
    const ack = await ada.event('ack')
    expect(ack).toEqual({ type: 'ack', id: sent.id, state: 'stored', copies: 0, alone: true })
    expect(ada.events.map(({ type }) => type)).toEqual(['ready', 'sent', 'message', 'ack'])
    expect(ada.events[2]).toMatchObject({
      id: sent.id,
      room: 'general',
      from: ready.self,
      text: 'hello',
      self: true,
    })
    ada.process.end()
    expect((await ada.process.exited).code).toBe(0)
  })

  it('keeps everything through a restart: history before ready', async () => {
    const first = lan.chat('ada')
    first.type('one', 'two', '/quit')
    expect((await first.process.exited).code).toBe(0)
    const second = lan.chat('ada')
    const ready = await second.event('ready')
    const told = second.events.map((event) =>
      event.type === 'message' ? [event.text, event.history] : event.type,
    )
    expect(told.slice(0, 3)).toEqual([['one', true], ['two', true], 'ready'])
    expect(ready.self.id).toBe((await first.event('message')).from.id)
  })

  it('answers every command once', async () => {
    const ada = lan.chat('ada')
    expect(await ada.ask({ command: '/create lab --topic rats' })).toMatchObject({
      type: 'system',
      event: 'create',
      room: 'lab',
    })
    expect(await ada.ask({ text: 'in the lab' })).toMatchObject({ type: 'sent', room: 'lab' })
    expect(await ada.ask({ command: '/me waves' })).toMatchObject({
      type: 'sent',
      room: 'lab',
      text: 'waves',
    })
    expect(await ada.ask({ command: '/join lab' })).toMatchObject({
      type: 'result',
      command: '/join',
      data: null,
    })
    expect(await ada.ask({ command: '/create lab' })).toMatchObject({
      type: 'error',
      code: 'ROOM_NAME_TAKEN',
    })
    expect(await ada.ask({ command: '/history 1' })).toMatchObject({
      type: 'result',
      command: '/history',
      data: [{ type: 'message', text: 'waves', action: true }],
    })
    expect(await ada.ask({ command: '/rooms' })).toMatchObject({
      type: 'result',
      data: expect.arrayContaining([
        { name: 'general', members: 1, joined: true },
        { name: 'lab', members: 1, joined: true, topic: 'rats' },
      ]),
    })
    expect(await ada.ask({ command: '/who' })).toMatchObject({
      type: 'result',
      data: [{ name: 'ada', online: true, self: true }],
    })
    expect(await ada.ask({ command: '/hub' })).toMatchObject({
      type: 'result',
      data: { hub: { name: 'ada' }, members: 1 },
    })
    expect(await ada.ask({ command: '/nick augusta' })).toMatchObject({
      type: 'system',
      event: 'nick',
      room: null,
      user: { name: 'augusta' },
    })
    expect(await ada.ask({ command: '/leave' })).toMatchObject({
      type: 'system',
      event: 'leave',
      room: 'lab',
    })
    expect(await ada.ask({ command: '/leave' })).toMatchObject({ type: 'error', code: 'ROOM_FIXED' })
    expect(await ada.ask({ command: '/delete lab' })).toMatchObject({
      type: 'system',
      event: 'delete',
      room: 'lab',
    })
    expect(await ada.ask({ command: '/join lab' })).toMatchObject({ type: 'error', code: 'ROOM_UNKNOWN' })
    expect(await ada.ask({ command: '/msg nobody hi' })).toMatchObject({
      type: 'error',
      code: 'NICK_UNKNOWN',
      command: '/msg',
    })
    expect(await ada.ask({ command: '/quit' })).toMatchObject({
      type: 'result',
      command: '/quit',
      data: null,
    })
    expect((await ada.process.exited).code).toBe(0)
  })

  it('is not ended by any bad line', async () => {
    const ada = lan.chat('ada')
    const bad = [
      '   ',
      '/nope',
      '/history 0',
      '{"text":5}',
      '{}',
      'x'.repeat(8001),
      'y'.repeat(300_000),
      '/create',
    ]
    ada.type(...bad, 'still here')
    await ada.event('message', ({ text }) => text === 'still here')
    const codes = ada.events.flatMap((event) => (event.type === 'error' ? [event.code] : []))
    expect(codes).toEqual([
      'TEXT_EMPTY',
      'COMMAND_UNKNOWN',
      'COMMAND_USAGE',
      'LINE_INVALID',
      'LINE_INVALID',
      'TEXT_TOO_LONG',
      'TEXT_TOO_LONG',
      'COMMAND_USAGE',
    ])
  })

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with %i, in the chat and as hub', async (signal, code) => {
    const ada = lan.chat('ada')
    const hub = lan.start('hub', 'hub')
    await ada.event('ready')
    ada.process.signal(signal)
    expect((await ada.process.exited).code).toBe(code)
    // It prints nothing; it has its data dir once it listens for signals.
    const isOpen = () => readdirSync(join(lan.home, 'hub')).some((name) => name.endsWith('.sock'))
    await vi.waitUntil(() => existsSync(join(lan.home, 'hub')) && isOpen(), 60_000)
    hub.signal(signal)
    expect((await hub.exited).code).toBe(code)
    expect(hub.lines).toEqual([])
  })

  it('ends silently with 0 when nobody reads its stdout any more', async () => {
    const child = spawn(process.execPath, lan.argv('ada', '--json'), { env: { ...process.env, ...lan.env } })
    let err = ''
    child.stderr.on('data', (text) => {
      err += text
    })
    child.stdin.on('error', () => {})
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.write('anybody?\n')
    const [code] = await once(child, 'exit')
    expect([code, err]).toEqual([0, ''])
  })

  it('takes lines from a pipe and prints the chat', async () => {
    const ada = lan.start('ada')
    ada.send('hello')
    ada.send('/nope')
    ada.end()
    expect((await ada.exited).code).toBe(0)
    expect(ada.lines).toEqual(['[general] ada: hello'])
    expect(ada.stderr).toContain('There is no command /nope')
  })

  it('exits 3 after --timeout when it may not be hub and nobody is there', async () => {
    expect(await lan.run('ada', '--json', '--never-hub', '--timeout', '0.5')).toMatchObject({ code: 3 })
    expect(await lan.run('ada', 'send', 'general', 'x', '--timeout', '0.5')).toMatchObject({
      code: 3,
      out: [],
    })
  })

  it('prints its name and key without any network', async () => {
    const { code, out } = await lan.run('ada', 'id', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out[0]!)).toEqual({ type: 'id', id: expect.stringMatching(HEX), name: 'ada' })
  })
})

describe('two people', () => {
  it('talk in rooms and in private, and see each other come and go', async () => {
    const ada = lan.chat('ada')
    const bob = lan.chat('bob', '--peer', await ada.address())
    expect((await bob.event('ready')).hub).toMatchObject({ name: 'ada', self: false })
    const { user } = await ada.event('presence', (event) => event.online)
    expect(user.id).toBe((await bob.event('ready')).self.id)
    ada.type('hello bob')
    expect(await bob.event('message')).toMatchObject({
      from: { name: 'ada' },
      room: 'general',
      text: 'hello bob',
    })
    bob.type('hello ada')
    const { id } = await bob.event('sent')
    expect(await bob.event('ack', (ack) => ack.id === id)).toMatchObject({ state: 'stored', copies: 1 })
    expect(await ada.event('message', (message) => message.id === id)).toMatchObject({ text: 'hello ada' })
    bob.type('/msg ada psst')
    expect(await ada.event('message', (message) => message.private === true)).toMatchObject({
      room: null,
      from: { name: 'bob' },
      to: { name: 'ada' },
      text: 'psst',
    })
    bob.type('/quit')
    expect((await bob.process.exited).code).toBe(0)
    await ada.event('presence', (event) => !event.online && event.user.id === user.id)
  })

  it('exit 75 when the hub was lost, and send what was typed at the next start', async () => {
    const ada = lan.chat('ada')
    const peer = await ada.address()
    const bob = lan.chat('bob', '--peer', peer, '--never-hub', '--timeout', '0.5')
    await bob.event('ready')
    await ada.process.kill()
    await bob.event('offline')
    bob.type('kept')
    bob.process.end()
    expect((await bob.process.exited).code).toBe(75)
    const again = lan.chat('ada')
    const back = lan.chat('bob', '--peer', await again.address(), '--never-hub')
    expect(await again.event('message', ({ text }) => text === 'kept')).toMatchObject({
      from: { name: 'bob' },
    })
    back.process.end()
    expect((await back.process.exited).code).toBe(0)
  })

  it('hear nothing of how many dials are under way', async () => {
    // All are begun in one turn.
    const peers = Array.from({ length: 12 }, (_, i) => ['--peer', `127.9.9.${i + 1}:1`]).flat()
    const ada = lan.chat('ada', ...peers)
    await ada.event('ready')
    ada.process.end()
    await ada.process.exited
    expect(ada.process.stderr).not.toContain('MaxListeners')
  })

  it('exit 4 where the code is wrong', async () => {
    const code = (name: string) => {
      writeFileSync(join(lan.home, `${name}.code`), `the code of ${name}\n`)
      return ['--code-file', join(lan.home, `${name}.code`)]
    }
    const ada = lan.chat('ada', ...code('ada'))
    const bob = lan.chat('bob', ...code('bob'), '--peer', await ada.address(), '--timeout', '2')
    expect(await bob.event('error')).toMatchObject({ code: 'CODE_WRONG' })
    expect((await bob.process.exited).code).toBe(4)
  })
})

describe('beside a running lanchat', () => {
  it('one-shot commands use it by its control socket', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    expect(await lan.run('ada', 'send', 'general', 'from', 'outside')).toEqual({ code: 0, out: [], err: '' })
    await ada.event('message', ({ text }) => text === 'from outside')
    expect(ada.events.filter(({ type }) => type === 'sent')).toEqual([])
    const who = await lan.run('ada', 'who', '--json')
    expect(JSON.parse(who.out[0]!)).toMatchObject({
      type: 'result',
      command: '/who',
      data: [{ name: 'ada' }],
    })
    const history = await lan.run('ada', 'history', 'general')
    expect(history.out).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d \[general\] ada: from outside$/),
    ])
    const status = await lan.run('ada', 'status', '--json')
    expect(JSON.parse(status.out[0]!)).toMatchObject({ type: 'result', command: '/status' })
    const tail = lan.start('ada', 'tail', '--json')
    // It says nothing at first: what it prints shows that it listens.
    let told = false
    void tail
      .find(() => true)
      .then(() => {
        told = true
      })
    for (let n = 0; !told; n++) await ada.ask({ text: `line ${n}` })
    expect(JSON.parse(tail.lines[0]!)).toMatchObject({ type: 'message', room: 'general', self: true })
    tail.signal('SIGINT')
    expect((await tail.exited).code).toBe(130)
  })

  it('a second chat on the same data dir is refused with 1', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    const json = await lan.run('ada', '--json')
    expect(json.code).toBe(1)
    expect(json.out.map((line) => JSON.parse(line))).toEqual([
      { type: 'error', code: 'DATA_DIR_IN_USE', message: expect.any(String) },
    ])
    const lines = await lan.run('ada')
    expect(lines).toMatchObject({
      code: 1,
      out: [],
      err: expect.stringMatching(/^lanchat: Another lanchat uses/),
    })
  })
})
