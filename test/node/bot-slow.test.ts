/** Handlers that are slower than what comes, or never end. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Bot, type MessageEvent, type Node, type NodeEvent } from '../../src/node/index.ts'

const ANNA = { id: 'a'.repeat(64), name: 'anna' }

let tell: (event: NodeEvent) => void
let logged: string[]
let bot: Bot
beforeEach(async () => {
  vi.useFakeTimers()
  logged = []
  // What a bot needs of a node, and nothing that takes time of its own.
  const node = {
    self: { id: 'b'.repeat(64), name: 'bot' },
    ready: Promise.resolve(),
    on: (listener: typeof tell, hears?: string) => {
      if (hears !== 'own') tell = listener
      return () => {}
    },
  } as unknown as Node
  bot = new Bot({ node, log: (_, text) => logged.push(text) })
  await bot.start()
})
afterEach(async () => {
  const stopped = bot.stop()
  await vi.runAllTimersAsync()
  await stopped
  vi.useRealTimers()
})

function says(count: number): void {
  const message = { type: 'message', room: 'games', from: ANNA, text: 'x', ts: 1, order: '' } as const
  for (let n = 0; n < count; n++) tell({ ...message, id: String(n) } satisfies MessageEvent)
}

it('a handler that is at work for half a minute is told of, with what waits for it', async () => {
  bot.on('message', () => new Promise(() => {}))
  says(2)
  await vi.advanceTimersByTimeAsync(29_000)
  expect(logged).toEqual([])
  await vi.advanceTimersByTimeAsync(2000)
  expect(logged).toEqual([expect.stringContaining('at work at a message of anna for 30 s')])
  expect(logged[0]).toContain('in games waits')
})

it('a burst that handlers cannot follow is told of every ten seconds, not with each event', async () => {
  let handled = 0
  bot.on('message', () => {
    handled++
    return new Promise((resolve) => setTimeout(resolve, 100))
  })
  says(3000)
  expect(logged).toEqual([expect.stringContaining('Events were dropped (1 so far)')])
  await vi.advanceTimersByTimeAsync(200_000)
  expect(handled).toBe(1001)
  says(3000)
  expect(logged[1]).toContain('(2000 so far)')
  expect(logged.length).toBe(2)
})
