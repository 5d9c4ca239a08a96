/** Processes that are killed, asked to end, or stand still. */
import type { Client } from '../client.ts'
import { type Nemesis, type Plan, pick } from '../nemesis.ts'

function killed(client: Client, signal: NodeJS.Signals): Plan {
  return {
    about: `${signal} ${client.name}`,
    holds: [`process ${client.name}`],
    start: () => client.end(signal),
    async stop() {
      client.start()
    },
  }
}

export const killHub: Nemesis = {
  name: 'kill hub',
  lastsMs: [2000, 8000],
  plan: (arena) => killed(arena.hub, 'SIGKILL'),
}

export const killOne: Nemesis = {
  name: 'kill one',
  lastsMs: [500, 8000],
  plan: (arena, random) => killed(pick(arena.clients, random), 'SIGKILL'),
}

/** The hub and another one at once. */
export const killTwo: Nemesis = {
  name: 'kill hub and another',
  lastsMs: [2000, 8000],
  plan(arena, random) {
    const { hub } = arena
    const other = pick(
      arena.clients.filter((client) => client !== hub),
      random,
    )
    return {
      about: `SIGKILL ${hub.name} and ${other.name}`,
      holds: [`process ${hub.name}`, `process ${other.name}`],
      async start() {
        await Promise.all([hub.end(), other.end()])
      },
      async stop() {
        hub.start()
        other.start()
      },
    }
  },
}

/** Asked to end, it hands over first. */
export const quitHub: Nemesis = {
  name: 'quit hub',
  lastsMs: [1000, 5000],
  plan: (arena) => killed(arena.hub, 'SIGTERM'),
}

function paused(client: Client): Plan {
  return {
    about: `SIGSTOP ${client.name}`,
    holds: [`process ${client.name}`],
    async start() {
      client.signal('SIGSTOP')
    },
    async stop() {
      client.signal('SIGCONT')
    },
  }
}

export const pauseHub: Nemesis = {
  name: 'pause hub',
  lastsMs: [800, 10_000],
  plan: (arena) => paused(arena.hub),
}

export const pauseOne: Nemesis = {
  name: 'pause one',
  lastsMs: [800, 10_000],
  plan: (arena, random) => paused(pick(arena.clients, random)),
}

/** One machine's wall clock jumps by a day while it runs, and back. */
export const clock: Nemesis = {
  name: 'clock',
  lastsMs: [4000, 15_000],
  plan(arena, random) {
    const client = pick(arena.clients, random)
    const { clock } = client
    if (clock === undefined) return undefined
    const offset = random() < 0.5 ? '+1d' : '-1d'
    return {
      about: `clock of ${client.name} ${offset}`,
      // One machine at a time: netNow is the median of three (CL-1).
      holds: ['clocks'],
      async start() {
        clock.set(offset)
      },
      async stop() {
        clock.set('+0')
      },
    }
  },
}
