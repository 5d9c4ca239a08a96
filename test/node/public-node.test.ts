/** The Node API around the end of a node, and around names in other letters. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNode, type Node } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'

let lan: Lan
let anna: Node
beforeEach(async () => {
  lan = createLan()
  anna = await lan.node({ name: 'anna' })
})
afterEach(() => lan.close())

describe('a node that is closed', () => {
  it('ends the loops over its messages, behind what had come', async () => {
    const room = await anna.join('general')
    const messages = room.messages()
    await room.send('last words')
    await anna.close()
    await anna.closed
    const texts: string[] = []
    for await (const { text } of messages) texts.push(text)
    expect(texts).toEqual(['last words'])
    expect((await room.messages().next()).done).toBe(true)
  })

  it('rejects whoever waits for it to settle, or comes to wait', async () => {
    const ben = await lan.node({ name: 'ben', neverHub: true })
    await ben.ready
    lan.cut(anna, ben)
    await ben.execute({ do: 'say', room: 'general', text: 'into the dark' })
    expect(ben.settled).toBe(false)
    const settling = ben.settle()
    await Promise.all([ben.close(), expect(settling).rejects.toMatchObject({ code: 'OFFLINE' })])
    await expect(ben.settle()).rejects.toMatchObject({ code: 'OFFLINE' })
  })

  it('leaves nothing behind on a signal that lives longer', async () => {
    const abort = new AbortController()
    let listening = 0
    const { signal } = abort
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listening++
      add(...args)
    }) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listening--
      remove(...args)
    }) as typeof remove
    const ben = await lan.node({ name: 'ben', signal })
    await ben.close()
    await ben.closed
    expect(listening).toBe(0)
  })
})

describe('a listener', () => {
  it('that throws is told of on stderr, where nobody says where to log', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const stop = anna.on(() => {
      throw new Error('a slip')
    })
    await (await anna.join('general')).send('here')
    stop()
    expect(told).toHaveBeenCalledWith(expect.stringContaining('a listener threw: Error: a slip'))
    told.mockRestore()
  })

  it('may do something with a message at once: it is found', async () => {
    const ben = await lan.node({ name: 'ben' })
    const room = await ben.join('general')
    const answers: Promise<string>[] = []
    anna.on((event) => {
      if (event.type !== 'message' || event.self) return
      const { id: message } = event
      const react = { do: 'react', room: 'general', message, emoji: '👍', on: true } as const
      answers.push(anna.execute(react).then(({ type }) => type))
    })
    for (let n = 0; n < 10; n++) await room.send(`message ${n}`)
    while (answers.length < 10) await room.send('more')
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['reaction']))
  })
})

describe('a room', () => {
  it('is read by the name it has, whatever letters it was asked for in', async () => {
    const room = await anna.join('General')
    const messages = room.messages()
    await room.send('here')
    expect((await messages.next()).value.text).toBe('here')
  })
})

describe('createNode', () => {
  it('rejects with the reason of a signal that aborts meanwhile, and leaves the data dir free', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'lanchat-abort-'))
    const options = { dataDir, interfaces: ['127.0.0.1'], discovery: false, port: 0 }
    const abort = new AbortController()
    const making = createNode({ ...options, signal: abort.signal })
    abort.abort(new Error('given up'))
    await expect(making).rejects.toThrow('given up')
    const node = await createNode(options)
    await expect(createNode(options)).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining('another node of this process: give each a dataDir of its own'),
    })
    await node.close()
    await rm(dataDir, { recursive: true })
  })
})
