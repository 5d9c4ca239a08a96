import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import {
  Bot,
  type BotError,
  type BotOptions,
  type CommandContext,
  type Context,
  type MessageContext,
  type MessageEvent,
  type Node,
  type PresenceContext,
  type SystemContext,
  type Who,
} from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'

let lan: Lan
let anna: Node
let logged: string[]
beforeEach(async () => {
  lan = createLan()
  logged = []
  anna = await lan.node({ name: 'anna' })
})
afterEach(() => lan.close())

const makeBot = (options: BotOptions = {}) =>
  new Bot({ name: 'dice', node: lan.node, log: (level, text) => logged.push(`${level} ${text}`), ...options })

/** The text of the next message to anna from somebody else. */
function heard(node: Node = anna): Promise<MessageEvent> {
  return new Promise((resolve) => {
    const stop = node.on((event) => {
      if (event.type !== 'message' || event.self || event.history) return
      stop()
      resolve(event)
    })
  })
}

async function says(text: string, room = 'general', node = anna): Promise<void> {
  const answer = await node.execute({ do: 'say', room, text })
  if (answer.type === 'error') throw new Error(answer.message)
}

/** Anna says it, and hears this back. */
async function answerTo(text: string, room = 'general'): Promise<string> {
  const answer = heard()
  await says(text, room)
  return (await answer).text
}

/** Anna writes privately to somebody as soon as their profile is here. */
async function tells(to: string, text: string): Promise<void> {
  for (;;) {
    const answer = await anna.execute({ do: 'msg', to, text })
    if (answer.type === 'sent') return
  }
}

describe('a bot', () => {
  it('answers a command in the room where it was given', async () => {
    const bot = makeBot({ rooms: ['games'] })
    bot.command('roll', (ctx) => ctx.reply(`rolled ${ctx.args.join('+')}`))
    await bot.start()
    expect(await answerTo('!roll 2 "six sided"')).toBe('rolled 2+six sided')
    for (;;) if ((await anna.execute({ do: 'join', room: 'games' })).type === 'system') break
    const answer = heard()
    await says('!ROLL', 'games')
    expect(await answer).toMatchObject({ room: 'games', text: 'rolled ', from: { name: 'dice', bot: true } })
  })

  it('answers a private message privately, where commands need no prefix', async () => {
    const bot = makeBot()
    bot.command('roll', (ctx) => ctx.reply('six'))
    await bot.start()
    const answer = heard()
    await tells('dice', 'roll')
    expect(await answer).toMatchObject({ private: true, room: null, text: 'six' })
  })

  it('can be called by its name, and by another prefix', async () => {
    const bot = makeBot({ prefix: '.' })
    bot.command(['roll', 'throw'], (ctx) => ctx.reply(`${ctx.command}: ${ctx.rest}`))
    await bot.start()
    expect(await answerTo('@Dice: throw  a  b ')).toBe('throw: a  b')
    expect(await answerTo('.roll')).toBe('roll: ')
  })

  it('hears words and expressions', async () => {
    const bot = makeBot()
    bot.hears(/(\d+) \+ (\d+)/g, (ctx) => ctx.reply(String(Number(ctx.match[1]) + Number(ctx.match[2]))))
    bot.hears('hello', (ctx) => ctx.reply(`${ctx.match} yourself`))
    await bot.start()
    expect(await answerTo('what is 3 + 4?')).toBe('7')
    expect(await answerTo('and 3 + 5?')).toBe('8')
    expect(await answerTo('Hello')).toBe('Hello yourself')
  })

  it('wraps handlers around each other, and stops at the one that does not pass on', async () => {
    const steps: string[] = []
    const bot = makeBot()
    bot.use(async (ctx, next) => {
      if (ctx.event.type !== 'message') return next()
      steps.push('in')
      ctx.state.count = 1
      await next()
      steps.push('out')
    })
    bot.on('message', async (ctx) => {
      steps.push(`message ${String(ctx.state.count)}`)
      await ctx.reply('done')
    })
    bot.on('message', () => {
      steps.push('never')
    })
    await bot.start()
    await answerTo('x')
    await answerTo('y')
    expect(steps.slice(0, 4)).toEqual(['in', 'message 1', 'out', 'in'])
    expect(steps).not.toContain('never')
  })

  it('hears of rooms and people', async () => {
    const bot = makeBot()
    const joined = new Promise<SystemContext>((resolve) => void bot.on('system:create', resolve))
    const came = new Promise<PresenceContext>((resolve) => {
      bot.on('presence:online', (ctx) => ctx.user.id !== anna.self.id && resolve(ctx))
    })
    await bot.start()
    await anna.execute({ do: 'create', room: 'games' })
    expect(await joined).toMatchObject({ room: 'games', user: { name: 'anna' }, from: { name: 'anna' } })
    const ben = await lan.node({ name: 'ben' })
    expect((await came).user.id).toBe(ben.self.id)
  })

  it('leaves itself and other bots alone, unless asked', async () => {
    const parrot = makeBot({ name: 'parrot' })
    const echo = (ctx: MessageContext) => ctx.reply(`${ctx.text}!`)
    parrot.on('message', echo)
    await parrot.start()
    const other = makeBot({ name: 'other' })
    other.on('message', echo)
    await other.start()
    const curious = makeBot({ name: 'curious', bots: true, own: true })
    const seen: string[] = []
    const done = new Promise<void>((resolve) => {
      curious.on('message', (ctx) => {
        seen.push(`${ctx.from.name} ${ctx.text}`)
        if (seen.length === 4) resolve()
      })
    })
    await curious.start()
    await says('hi')
    await Promise.all([done, curious.send('general', 'hm')])
    // Had one of the two answered the other or curious, there would be more than one ! somewhere.
    expect(seen.toSorted()).toEqual(['anna hi', 'curious hm', 'other hi!', 'parrot hi!'])
  })

  it('leaves history alone, unless asked', async () => {
    await (await anna.join('general')).send('before')
    const seen: string[] = []
    const bot = makeBot()
    bot.on('message', (ctx) => ctx.reply(`saw ${ctx.text}`))
    const historian = makeBot({ name: 'historian', history: true })
    const told = new Promise<void>((resolve) => {
      historian.on('message', (ctx) => {
        seen.push(ctx.text)
        resolve()
      })
    })
    await Promise.all([bot.start(), historian.start(), told])
    expect(await answerTo('now')).toBe('saw now')
    expect(seen[0]).toBe('before')
  })

  it('handles one room in order, and several side by side', async () => {
    const steps: string[] = []
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const bot = makeBot({ rooms: ['games'] })
    bot.on('message', async (ctx) => {
      steps.push(`begin ${ctx.text}`)
      if (ctx.text === 'one') await held
      steps.push(`end ${ctx.text}`)
      await ctx.reply(`done ${ctx.text}`)
    })
    await bot.start()
    for (;;) if ((await anna.execute({ do: 'join', room: 'games' })).type === 'system') break
    await says('one')
    await says('two')
    expect(await answerTo('three', 'games')).toBe('done three')
    expect(steps).toEqual(['begin one', 'begin three', 'end three'])
    const answers = heard()
    release()
    expect((await answers).text).toBe('done one')
  })

  it('makes the rooms that do not exist, and joins those that do', async () => {
    const first = makeBot({ rooms: ['games'] })
    const second = makeBot({ name: 'second', rooms: ['games'] })
    await Promise.all([first.start(), second.start()])
    const { data } = (await first.node.execute({ do: 'rooms' })) as { data: { name: string }[] }
    expect(data.map(({ name }) => name).toSorted()).toEqual(['games', 'general'])
  })

  it('takes slips of its author at once', async () => {
    const bot = makeBot()
    expect(() => bot.on('mesage' as 'message', () => {})).toThrow(TypeError)
    expect(() => bot.command('two words', () => {})).toThrow(TypeError)
    const none = 5 as unknown as () => void
    for (const slip of [
      () => bot.use(none),
      () => bot.on('message', none),
      () => bot.on(5 as unknown as 'message', () => {}),
      () => bot.hears('x', none),
      () => bot.hears(5 as unknown as string, () => {}),
      () => bot.hears(undefined as unknown as string, () => {}),
      () => bot.command('x', none),
      () => bot.command(5 as unknown as string, () => {}),
    ])
      expect(slip).toThrow(/^(A handler is|There is no filter|What a bot hears|A command cannot)/)
    expect(() => bot.send('general', 'too early')).toThrow('not been started')
  })
})

describe('errors of handlers', () => {
  it('go to catch, with what was handled, and the bot goes on', async () => {
    const errors: BotError[] = []
    const bot = makeBot()
    bot.command('fail', () => {
      throw new RangeError('no such die')
    })
    bot.command('twice', async (_, next) => {
      await next()
      await next()
    })
    bot.command('roll', (ctx) => ctx.reply('six'))
    bot.catch((error, ctx) => {
      errors.push(error)
      return ctx.reply(`sorry: ${error.message}`)
    })
    await bot.start()
    expect(await answerTo('!fail')).toBe('sorry: no such die')
    expect(await answerTo('!twice')).toBe('sorry: next() was called twice')
    expect(await answerTo('!roll')).toBe('six')
    expect(errors[0]!.cause).toBeInstanceOf(RangeError)
    expect(errors[0]!.context.from.name).toBe('anna')
  })

  it('are logged by default, those of catch too', async () => {
    const bot = makeBot()
    bot.command('fail', () => Promise.reject(new Error('broken')))
    bot.command('roll', (ctx) => ctx.reply('six'))
    await bot.start()
    await says('!fail')
    expect(await answerTo('!roll')).toBe('six')
    expect(logged.join('\n')).toContain('error A handler failed at a message of anna: Error: broken')
    bot.catch(() => {
      throw new Error('worse')
    })
    await says('!fail')
    expect(await answerTo('!roll')).toBe('six')
    expect(logged.join('\n')).toContain('worse')
  })

  it('may be anything that can be thrown, also what no text can be made of', async () => {
    const bot = makeBot()
    bot.command('fail', () => {
      throw Object.create(null)
    })
    bot.command('roll', (ctx) => ctx.reply('six'))
    await bot.start()
    await says('!fail')
    expect(await answerTo('!roll')).toBe('six')
    expect(logged.join('\n')).toContain(
      'error A handler failed at a message of anna: something that is no text',
    )
  })

  it('of a reply that is no text are told as well, and the bot goes on', async () => {
    const bot = makeBot()
    bot.command('count', (ctx) => ctx.reply(42 as unknown as string))
    bot.command('roll', (ctx) => ctx.reply('six'))
    bot.catch((error, ctx) => ctx.reply(`sorry: ${(error.cause as { code: string }).code}`))
    await bot.start()
    expect(await answerTo('!count')).toBe('sorry: COMMAND_INVALID')
    expect(await answerTo('!roll')).toBe('six')
  })

  it('are told what a reply was refused for', async () => {
    const refused = new Promise<BotError>((resolve) => {
      const bot = makeBot()
      bot.command('long', (ctx) => ctx.reply('x'.repeat(9000)))
      bot.catch(resolve)
      void bot.start().then(() => says('!long'))
    })
    expect((await refused).cause).toMatchObject({ code: 'TEXT_TOO_LONG' })
  })
})

describe('the life of a bot', () => {
  it('ends with its signal: contexts hear of it, the node is closed', async () => {
    const abort = new AbortController()
    const bot = makeBot({ signal: abort.signal })
    const handling = new Promise<Context>((resolve) => {
      bot.on('message', (ctx) => {
        resolve(ctx)
        return new Promise<void>((done) => ctx.signal.addEventListener('abort', () => done()))
      })
    })
    await bot.start()
    await says('x')
    const { signal } = await handling
    abort.abort()
    await bot.stop()
    expect(signal.aborted).toBe(true)
    expect(await bot.node.execute({ do: 'rooms' })).toMatchObject({ code: 'OFFLINE' })
  })

  it('cannot begin after its end', async () => {
    const bot = makeBot()
    const starting = bot.start()
    await bot.stop()
    await expect(starting).rejects.toMatchObject({ code: 'OFFLINE' })
    const other = makeBot({ signal: AbortSignal.abort(new Error('given up')) })
    await expect(other.start()).rejects.toThrow('given up')
    await expect(bot.start()).rejects.toMatchObject({ code: 'OFFLINE' })
  })

  it('can be ended by a handler', async () => {
    const bot = makeBot()
    const ended = new Promise<void>((resolve) => {
      bot.command('quit', async (ctx) => {
        await ctx.bot.stop()
        resolve()
      })
    })
    await bot.start()
    await says('!quit')
    await ended
  })

  it('is as long as its block, with await using', async () => {
    let node: Node
    {
      await using bot = makeBot()
      await bot.start()
      node = bot.node
    }
    expect(await node.execute({ do: 'rooms' })).toMatchObject({ code: 'OFFLINE' })
  })

  it('ends with a node that is closed by somebody else', async () => {
    const node = await lan.node({ name: 'dice', bot: true })
    const bot = makeBot({ node })
    await bot.start()
    const next = bot.messages().next()
    await node.close()
    expect((await next).done).toBe(true)
    await bot.stop()
  })

  it('is given up with the reason of its signal, also while its node is made', async () => {
    const abort = new AbortController()
    const starting = makeBot({ signal: abort.signal }).start()
    abort.abort(new Error('given up'))
    await expect(starting).rejects.toThrow('given up')
  })

  it('leaves a node open that was given', async () => {
    const node = await lan.node({ name: 'dice', bot: true })
    const bot = makeBot({ node })
    await bot.start()
    await bot.stop()
    expect(await node.execute({ do: 'rooms' })).toMatchObject({ type: 'result' })
  })
})

describe('messages of a bot', () => {
  it('are read in a loop, of one room or of all, until the bot stops', async () => {
    const bot = makeBot({ rooms: ['games'] })
    const messages = bot.messages()
    const games = bot.messages({ room: 'games' })
    await bot.start()
    for (;;) if ((await anna.execute({ do: 'join', room: 'games' })).type === 'system') break
    await says('one')
    await says('two', 'games')
    const texts: string[] = []
    for await (const { text } of messages) {
      texts.push(text)
      if (texts.length === 2) break
    }
    expect(texts).toEqual(['one', 'two'])
    expect((await games.next()).value.text).toBe('two')
    const last = games.next()
    await bot.stop()
    expect((await last).done).toBe(true)
    expect((await bot.messages().next()).done).toBe(true)
  })

  it('are none for a signal that has aborted before', async () => {
    expect((await makeBot().messages({ signal: AbortSignal.abort() }).next()).done).toBe(true)
  })

  it('are dropped where the reader lags behind, oldest or newest first', async () => {
    const bot = makeBot()
    const lastOnes = bot.messages({ max: 2 })
    const firstOnes = bot.messages({ max: 2, drop: 'newest' })
    bot.hears('three', (ctx) => ctx.reply('all here'))
    await bot.start()
    await says('one')
    await says('two')
    await answerTo('three')
    expect([lastOnes.dropped, firstOnes.dropped]).toEqual([1, 1])
    const texts = async (messages: AsyncIterableIterator<MessageEvent>) =>
      [(await messages.next()).value.text, (await messages.next()).value.text] as string[]
    expect([await texts(lastOnes), await texts(firstOnes)]).toEqual([
      ['two', 'three'],
      ['one', 'two'],
    ])
  })
})

describe('types', () => {
  it('narrow by filter, by has, and by kind of pattern', () => {
    const bot = new Bot()
    bot.on('message:room', (ctx) => {
      expectTypeOf(ctx.room).toEqualTypeOf<string>()
      expectTypeOf(ctx.text).toEqualTypeOf<string>()
    })
    bot.on('message:private', (ctx) => {
      expectTypeOf(ctx.room).toEqualTypeOf<null>()
      expectTypeOf(ctx.event.private).toEqualTypeOf<true>()
    })
    bot.on('system:join', (ctx) => {
      expectTypeOf(ctx.event.event).toEqualTypeOf<'join'>()
      expectTypeOf(ctx.user).toExtend<Who>()
      // @ts-expect-error: a system event has no text
      void ctx.text
    })
    bot.on(['message', 'presence:online'], (ctx) => {
      expectTypeOf(ctx.event.type).toEqualTypeOf<'message' | 'presence'>()
      if (ctx.has('presence:online')) expectTypeOf(ctx.event.online).toEqualTypeOf<true>()
    })
    bot.use((ctx) => {
      expectTypeOf(ctx).toEqualTypeOf<Context>()
      if (ctx.has('message')) expectTypeOf(ctx.text).toEqualTypeOf<string>()
    })
    bot.hears(/a/, (ctx) => expectTypeOf(ctx.match).toEqualTypeOf<RegExpExecArray>())
    bot.hears('a', (ctx) => expectTypeOf(ctx.match).toEqualTypeOf<string>())
    bot.command('a', (ctx) => {
      expectTypeOf(ctx).toEqualTypeOf<CommandContext>()
      expectTypeOf(ctx.args).toEqualTypeOf<readonly string[]>()
    })
    // As process.env gives it, with exactOptionalPropertyTypes.
    const none = undefined as string | undefined
    expect(new Bot({ name: none, dataDir: none, code: none })).toBeInstanceOf(Bot)
    // @ts-expect-error: no such filter
    expect(() => bot.on('massage', () => {})).toThrow(TypeError)
  })
})
