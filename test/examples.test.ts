import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bridge } from '../examples/bridge.js'
import { dice } from '../examples/dice.js'
import { logger } from '../examples/logger.js'
import { moderator } from '../examples/moderator.js'
import { poll } from '../examples/poll.js'
import { welcome } from '../examples/welcome.js'
import { Bot, type MessageEvent, type Node } from '../src/node/index.ts'
import { createLan, type Lan } from '../src/node/testing.ts'
import { Loopback } from './e2e/loopback.ts'
import { LabProcess } from './lab/process.ts'

let lan: Lan
let anna: Node
beforeEach(async () => {
  lan = createLan()
  anna = await lan.node({ name: 'anna' })
})
afterEach(() => lan.close())

/** The text of the next message from a bot, once anna has said something in the room. */
async function answerTo(text: string, room = 'general', node = anna): Promise<string> {
  const answer = heard(node)
  await says(text, room, node)
  return (await answer).text
}

function heard(node: Node): Promise<MessageEvent> {
  return new Promise((resolve) => {
    const stop = node.on((event) => {
      if (event.type !== 'message' || event.self || !event.from.bot) return
      stop()
      resolve(event)
    })
  })
}

async function says(text: string, room: string, node: Node): Promise<void> {
  const answer = await node.execute({ do: 'say', room, text })
  if (answer.type === 'error') throw new Error(answer.message)
}

/** Starts a bot; once it has answered, its profile is known to anna too. */
async function start(setUp: (bot: Bot) => unknown, rooms: string[] = []): Promise<Bot> {
  const bot = new Bot({ name: 'bot', rooms, node: lan.node })
  setUp(bot)
  await bot.start()
  return bot
}

describe('the dice bot', () => {
  it('rolls what is asked for', async () => {
    await start(dice)
    expect(await answerTo('!roll')).toMatch(/^anna rolls [1-6]$/)
    expect(await answerTo('!roll 2d1000')).toMatch(/^Like this/)
    expect(await answerTo('!roll 1')).toMatch(/^Like this/)
    expect(await answerTo('!roll 3d6')).toMatch(/^anna rolls [1-6] \+ [1-6] \+ [1-6] = \d+$/)
  })
})

describe('the welcome bot', () => {
  it('greets who joins its room, and who speaks for the first time, once', async () => {
    await start(
      (bot) => {
        welcome(bot)
        bot.hears('again', (ctx) => ctx.reply('still here'))
      },
      ['games'],
    )
    const greeting = heard(anna)
    for (;;) if ((await anna.execute({ do: 'join', room: 'games' })).type === 'system') break
    expect((await greeting).text).toBe('Welcome to games, anna!')
    expect(await answerTo('again', 'games')).toBe('still here')
    const ben = await lan.node({ name: 'ben' })
    await ben.ready
    expect(await answerTo('hi', 'general', ben)).toMatch(/^Hello, ben! /)
  })
})

describe('the poll bot', () => {
  it('counts one vote for each person, until it is closed', async () => {
    await start(poll)
    expect(await answerTo('!vote 1')).toBe('There is no poll here. !poll begins one.')
    expect(await answerTo('!poll "Tea?" yes')).toMatch(/^Like this/)
    expect(await answerTo('!poll "Tea or coffee?" tea coffee')).toBe(
      'Tea or coffee? Vote with !vote and a number: 1 tea, 2 coffee',
    )
    expect(await answerTo('!vote 3')).toBe('Vote with a number from 1 to 2.')
    expect(await answerTo('!vote 1')).toBe('Tea or coffee? tea: 1, coffee: 0')
    expect(await answerTo('!vote 2')).toBe('Tea or coffee? tea: 0, coffee: 1')
    expect(await answerTo('!close')).toBe('Tea or coffee? tea: 0, coffee: 1')
    expect(await answerTo('!result')).toBe('There is no poll here. !poll begins one.')
  })
})

describe('the bridge', () => {
  it('says what comes in, prints what others say, and ends with its input', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    const bot = new Bot({ name: 'bridge', node: lan.node })
    const bridged = bridge(bot, 'general', input, output)
    await bot.start()
    const said = heard(anna)
    input.write('one line\n\n')
    expect((await said).text).toBe('one line')
    await says('two\nlines\u001b[2J', 'general', anna)
    const [printed] = await new Promise<string[]>((resolve) =>
      output.once('data', (bytes) => resolve([String(bytes)])),
    )
    expect(printed).toBe('anna: two lines [2J\n')
    const last = heard(anna)
    input.end('the end')
    expect((await last).text).toBe('the end')
    await bridged
  })

  it('leaves a line out that is too long for a message, and says those behind it', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    const bot = new Bot({ name: 'bridge', node: lan.node })
    const bridged = bridge(bot, 'general', input, output)
    await bot.start()
    const said = heard(anna)
    input.end(`${'x'.repeat(9000)}\nthe next`)
    expect((await said).text).toBe('the next')
    await bridged
  })

  it('ends with its bot, also while no line comes', async () => {
    const input = new PassThrough()
    const bot = new Bot({ name: 'bridge', node: lan.node })
    const bridged = bridge(bot, 'general', input, new PassThrough())
    await bot.start()
    await bot.stop()
    await bridged
  })
})

describe('the logger', () => {
  it('writes each message once, over its own restarts and a line that a crash cut off', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'lanchat-logger-'))
    const file = join(dir, 'general.jsonl')
    const texts = async () =>
      (await readFile(file, 'utf8'))
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => (JSON.parse(line) as MessageEvent).text)
    await says('one', 'general', anna)
    for (const text of ['two', 'four']) {
      const bot = new Bot({ name: 'logger', node: lan.node })
      await logger(bot, 'general', file)
      await (await anna.join('general')).send(text)
      while (!(await texts()).includes(text)) await new Promise((resolve) => setImmediate(resolve))
      await bot.stop()
      if (text === 'four') break
      await says('three', 'general', anna)
      await appendFile(file, '{"id":"cut o')
    }
    expect(await texts()).toEqual(['one', 'two', 'three', 'four'])
    await rm(dir, { recursive: true })
  })
})

describe('the moderator', () => {
  it('hides what is not wanted, also where an edit brings it in, and bans who goes on', async () => {
    const bot = new Bot({ name: 'moderator', rooms: ['games'], node: lan.node })
    await moderator(bot, 'games')
    const hidden: string[] = []
    const banned = new Promise<string>((resolve) =>
      anna.on((event) => {
        if (event.type !== 'system') return
        if (event.event === 'hide') hidden.push(String(event.message))
        if (event.event === 'ban') resolve(event.user.name)
      }),
    )
    const entered = () => anna.join('games').catch(() => undefined)
    let room = await entered()
    for (; !room; room = await entered());
    const { id } = await room.send('nothing')
    await room.edit(id, 'spam')
    const second = await room.send('more spam')
    void room.send('even more spam').catch(() => {})
    expect(await banned).toBe('anna')
    expect(hidden.slice(0, 2)).toEqual([id, second.id])
    expect(hidden.length).toBe(3)
  })
})

describe('an example as it is started', () => {
  it('meets real nodes over loopback, and ends with SIGTERM', async () => {
    const real = new Loopback()
    try {
      const ada = real.chat('ada')
      const peer = await ada.address()
      const script = fileURLToPath(new URL('../examples/dice.js', import.meta.url))
      const options = ['--network', real.network, '--data-dir', `${real.home}/dice`, '--peer', peer]
      const bound = ['--interface', '127.0.0.1', '--no-discovery', '--port', '0']
      const bot = new LabProcess([process.execPath, script, ...options, ...bound], { env: real.env })
      try {
        await ada.event('presence', ({ online }) => online)
        ada.type('!roll 6')
        const answer = await ada.event('message', ({ self }) => !self)
        expect(answer).toMatchObject({
          from: { name: 'dice', bot: true },
          text: expect.stringMatching(/^ada rolls \d$/),
        })
        bot.signal('SIGTERM')
        expect((await bot.exited).code).toBe(0)
      } finally {
        await bot.kill()
      }
    } finally {
      await real.close()
    }
  })
})
