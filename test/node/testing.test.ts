import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command, HubEvent, MessageEvent, Node, NodeEvent } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'

let lan: Lan
beforeEach(() => {
  lan = createLan()
})
afterEach(() => lan.close())

/** Resolves with the first event from now on that passes. */
function heard<E extends NodeEvent>(node: Node, passes: (event: NodeEvent) => event is E): Promise<E> {
  return new Promise((resolve) => {
    const stop = node.on((event) => {
      if (!passes(event)) return
      stop()
      resolve(event)
    })
  })
}
const says =
  (text: string) =>
  (event: NodeEvent): event is MessageEvent =>
    event.type === 'message' && event.text === text

/** Asks until the answer is as wanted. */
async function until(node: Node, command: Command, isWanted: (data: unknown) => boolean): Promise<void> {
  for (;;) {
    const answer = await node.execute(command)
    if (answer.type === 'result' && isWanted(answer.data)) return
  }
}

describe('an in-memory LAN', () => {
  it('is a network of one hub and its members', async () => {
    const nodes = await Promise.all([lan.node({ name: 'anna' }), lan.node({ name: 'ben' })])
    const [a, b] = await Promise.all(nodes.map((node) => node.ready))
    expect([a!.hub.name, b!.hub.name]).toEqual(['anna', 'anna'])
    expect([a!.self.name, b!.self.name]).toEqual(['anna', 'ben'])
  })

  it('lets a node alone store what it says', async () => {
    const node = await lan.node({ name: 'anna' })
    const room = await node.join('general')
    await expect(room.send('hello')).resolves.toMatchObject({ copies: 0 })
  })

  it('answers a command that is none with a code, and those behind it', async () => {
    const node = await lan.node({ name: 'anna' })
    await node.ready
    const odd = [
      { do: 'say', text: 'no room' },
      { do: 'say', room: 'general', text: 42 },
      { do: 'say', room: 'general' },
      { do: 'history', room: 'general', count: 5, before: [[]] },
      { do: 'invite', room: 'general', to: ['ben', null] },
      { do: 'presence', mode: 'asleep' },
      { do: 'nothing' },
      {},
      undefined,
      null,
      5,
    ] as unknown as Command[]
    for (const command of odd)
      expect(await node.execute(command)).toMatchObject({ type: 'error', code: 'COMMAND_INVALID' })
    const room = await node.join('general')
    for (const command of [{ do: 'join' }, { do: 'kick', who: 'ada' }, { do: 'create' }, { do: 'roles' }])
      expect(await node.execute(command as Command)).toMatchObject({
        code: 'COMMAND_INVALID',
        message: expect.stringContaining('room must be a text'),
      })
    await expect(room.send(42 as unknown as string)).rejects.toMatchObject({ code: 'COMMAND_INVALID' })
    await expect(room.send('hello')).resolves.toMatchObject({ copies: 0 })
  })

  it('carries messages, and says when others hold them', async () => {
    const [anna, ben, carl] = await Promise.all(['anna', 'ben', 'carl'].map((name) => lan.node({ name })))
    const room = await anna!.join('general')
    await Promise.all([ben!.ready, carl!.ready])
    await until(anna!, { do: 'hub' }, (data) => (data as { line: unknown[] }).line.length === 2)
    const arrived = heard(ben!, says('hello'))
    const { replicated } = await room.send('hello')
    expect((await arrived).from).toEqual({ id: anna!.self.id, name: 'anna' })
    await replicated
  })

  it('tells nobody messages of others where nobody listens, and has them in the history all the same', async () => {
    const [anna, ben] = await Promise.all(['anna', 'ben'].map((name) => lan.node({ name })))
    const told: string[] = []
    ben!.on((event) => {
      if (event.type === 'message') told.push(event.text)
    }, 'own')
    const room = await anna!.join('general')
    await ben!.ready
    await room.send('unheard')
    const isHeld = (data: unknown) => (data as { text: string }[]).some(({ text }) => text === 'unheard')
    await until(ben!, { do: 'history', room: 'general', count: 10 }, isHeld)
    expect(told).toEqual([])
    const arrived = heard(ben!, says('heard'))
    await room.send('heard')
    await arrived
    expect(told).toEqual(['heard'])
  })

  it('carries private messages', async () => {
    const [anna, ben] = await Promise.all(['anna', 'ben'].map((name) => lan.node({ name })))
    await Promise.all([anna!.ready, ben!.ready])
    await until(anna!, { do: 'who' }, (data) =>
      (data as { name: string }[]).some(({ name }) => name === 'ben'),
    )
    const arrived = heard(ben!, says('psst'))
    expect(await anna!.execute({ do: 'msg', to: 'ben', text: 'psst' })).toMatchObject({ type: 'sent' })
    expect(await arrived).toMatchObject({ private: true, room: null })
  })

  it('gives a newcomer the history', async () => {
    const anna = await lan.node({ name: 'anna' })
    await (await anna.join('general')).send('before')
    const ben = await lan.node({ name: 'ben' })
    const told = heard(ben, says('before'))
    expect((await told).history).toBe(true)
  })

  it('goes on with another hub when the hub closes', async () => {
    const anna = await lan.node({ name: 'anna' })
    await anna.ready
    const ben = await lan.node({ name: 'ben' })
    expect((await ben.ready).hub.name).toBe('anna')
    const moved = heard(ben, (event): event is HubEvent => event.type === 'hub')
    await anna.close()
    expect((await moved).hub.self).toBe(true)
  })

  it('cuts two nodes apart and heals', async () => {
    const [anna, ben] = await Promise.all(['anna', 'ben'].map((name) => lan.node({ name })))
    await Promise.all([anna!.ready, ben!.ready])
    lan.cut(anna!, ben!)
    await heard(ben!, (event): event is HubEvent => event.type === 'hub' && event.hub.self)
    await (await anna!.join('general')).send('over here')
    const arrived = heard(ben!, says('over here'))
    lan.heal()
    await arrived
  })

  it('closes at once, and what waits learns of it', async () => {
    const anna = await lan.node({ name: 'anna' })
    const never = anna.ready
    await lan.close()
    await expect(never).rejects.toMatchObject({ code: 'OFFLINE' })
    await expect(lan.node()).rejects.toMatchObject({ code: 'OFFLINE' })
    await lan.close()
  })

  it('refuses a name that is none', async () => {
    await expect(lan.node({ name: 'a b' })).rejects.toMatchObject({ code: 'NICK_INVALID' })
  })

  it('closes a node when its signal aborts', async () => {
    const abort = new AbortController()
    const anna = await lan.node({ name: 'anna', signal: abort.signal })
    await anna.ready
    abort.abort()
    await anna.close()
    expect(await anna.execute({ do: 'rooms' })).toMatchObject({ type: 'error', code: 'OFFLINE' })
  })

  it('keeps two LANs apart', async () => {
    await using other = createLan()
    const [anna, ben] = await Promise.all([lan.node({ name: 'anna' }), other.node({ name: 'ben' })])
    const [a, b] = await Promise.all([anna.ready, ben.ready])
    expect([a.hub.self, b.hub.self]).toEqual([true, true])
  })
})

describe('messages of a room', () => {
  it('come from the call on, also before the first is asked for, and end with the signal', async () => {
    const anna = await lan.node({ name: 'anna' })
    const room = await anna.join('general')
    const abort = new AbortController()
    const messages = room.messages({ signal: abort.signal })
    await room.send('one')
    await room.send('two')
    const texts: string[] = []
    for await (const { text } of messages) {
      texts.push(text)
      if (texts.length === 2) abort.abort()
    }
    expect(texts).toEqual(['one', 'two'])
  })

  it('drop the oldest where the reader lags behind', async () => {
    const anna = await lan.node({ name: 'anna' })
    const room = await anna.join('general')
    const messages = room.messages({ max: 2 })
    for (const text of ['one', 'two', 'three']) await room.send(text)
    expect((await messages.next()).value?.text).toBe('two')
    await messages.return?.()
  })
})
