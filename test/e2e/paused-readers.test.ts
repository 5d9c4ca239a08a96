/**
 * No queue without an end at the edges of a process: somebody pipes in lines as fast as they are read, and a reader has stopped.
 * The memory of all who are in between stays where it was.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectControl } from '../../src/node/index.ts'
import { Held, INSPECTED } from '../lab/held.ts'
import { type Chat, Loopback } from './loopback.ts'

const TEXT = 'x'.repeat(7000)
/** By then code is compiled, heaps have grown to what they need, and the store has its caches. */
const FIRST_LINES = 3000
/** 70 MB: more than all queues and all buffers of the system in between. */
const FURTHER_LINES = 10_000
/** Lines under way between sender and test: the pipe's own backpressure, as the test has it. */
const UNDER_WAY = 200
/** The caches of the store, and freed memory in pieces: with nobody paused it is the same, up to 48 MiB. */
const GROWTH_MIB_MAX = 64
const MINUTES_MS = 240_000

const loopback = new Loopback()
loopback.nodeOptions = INSPECTED
let hub: Chat
let sender: Chat
let reader: Chat
let held: Held[]
let peer: string[]
let sent = 0

beforeAll(async () => {
  hub = loopback.chat('hub', '--rate', '0')
  peer = ['--never-hub', '--peer', await hub.address()]
  sender = loopback.chat('sender', ...peer)
  reader = loopback.chat('reader', ...peer)
  await Promise.all([sender.event('ready'), reader.event('ready')])
  held = await Promise.all([hub, sender].map(({ process }) => Held.of(process)))
  await write(FIRST_LINES)
}, MINUTES_MS)
afterAll(() => loopback.close())

/** As fast as they are on the sender's disk; resolves when another member has printed the last. */
async function write(lines: number): Promise<void> {
  const end = sent + lines
  while (sent < end) {
    sent += UNDER_WAY
    const last = `${sent}`
    for (let k = 1; k < UNDER_WAY; k++) sender.type({ text: TEXT })
    sender.type({ text: last, ref: last })
    await sender.process.find((line) => line.includes(`"ref":"${last}"`))
    if (sent >= end) await reader.process.find((line) => line.includes(`"text":"${last}"`))
    for (const { process } of [hub, sender, reader]) process.lines.length = 0
  }
}

const heldMiB = () => Promise.all(held.map((each) => each.mib()))

/** Further lines are written, of which neither the hub nor who writes them keeps anything. */
async function expectNoGrowth(): Promise<void> {
  const before = await heldMiB()
  await write(FURTHER_LINES)
  for (const [k, mib] of (await heldMiB()).entries()) expect(mib - before[k]!).toBeLessThan(GROWTH_MIB_MAX)
}

describe('memory stays where it was, while somebody writes without a pause, and', () => {
  it(
    'a client of the control socket has stopped reading',
    async () => {
      const client = (await connectControl(join(loopback.home, 'hub')))!
      client.pause()
      await expectNoGrowth()
      client.destroy()
    },
    MINUTES_MS,
  )

  it(
    'a member is stopped',
    async () => {
      const stopped = loopback.chat('stopped', ...peer)
      await stopped.event('ready')
      stopped.process.signal('SIGSTOP')
      await expectNoGrowth()
      await stopped.process.kill()
    },
    MINUTES_MS,
  )

  it(
    'nobody reads what a member prints',
    async () => {
      const unread = loopback.chat('unread', ...peer)
      await unread.event('ready')
      unread.process.stopReading()
      await expectNoGrowth()
      // It holds 64 MiB of what is not read, and gives its reader up then.
      await unread.process.kill()
    },
    MINUTES_MS,
  )
})
