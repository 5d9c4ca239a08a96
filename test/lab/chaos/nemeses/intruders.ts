/** Machines of others on the same LAN: without the code, and with it. */

import type { Host } from '../../network.ts'
import type { LabProcess } from '../../process.ts'
import { fixture } from '../../root.ts'
import type { Arena } from '../arena.ts'
import type { Nemesis } from '../nemesis.ts'

/** What a process of a stranger does until it is killed. */
function intruding(
  name: string,
  lastsMs: readonly [number, number],
  about: string,
  begin: (arena: Arena, from: Host) => Promise<LabProcess>,
  /** When it has ended: what it held is gone with it. */
  ended: (arena: Arena, from: Host) => void = () => {},
): Nemesis {
  return {
    name,
    lastsMs,
    plan(arena) {
      let running: LabProcess | undefined
      let from: Host | undefined
      return {
        about,
        holds: [name],
        async start() {
          from = arena.stranger()
          running = await begin(arena, from)
        },
        async stop() {
          await running?.kill()
          if (from) ended(arena, from)
        },
      }
    },
  }
}

async function intruder(arena: Arena, from: Host, mode: string, more: object = {}): Promise<LabProcess> {
  const { hub, network, code } = arena
  const target = { host: hub.host.address, port: hub.port, network, ...(code !== undefined && { code }) }
  const process = arena.lab.spawn(from, [
    'node',
    fixture('intruder.js'),
    JSON.stringify({ mode, ...target, ...more }),
  ])
  await process.next((line) => line === 'ready')
  return process
}

/** mDNS packets in the name of this network. */
async function forge(
  arena: Arena,
  from: Host,
  mode: string,
  argument: string,
  where: object = {},
): Promise<LabProcess> {
  const real = JSON.stringify({ nn: arena.nn, net8: arena.net8, ...where })
  const process = arena.lab.spawn(from, ['node', fixture('hostile.js'), mode, from.address, argument, real])
  await process.next((line) => line === 'sent')
  return process
}

export const storm: Nemesis = intruding(
  'mDNS storm',
  [3000, 6000],
  'mDNS storm of 20,000 names',
  (arena, from) => forge(arena, from, 'storm', '20000'),
)

export const goodbyes: Nemesis = intruding(
  'forged goodbyes',
  [3000, 6000],
  'forged goodbyes of all',
  async (arena, from) => {
    const [first, ...others] = arena.instances
    for (const instance of others) await forge(arena, from, 'goodbye', instance)
    return forge(arena, from, 'goodbye', first!)
  },
)

/** Known names at an address where somebody without the code answers everybody with noise. */
export const lure: Nemesis = intruding(
  'rogue without the code',
  [5000, 10_000],
  'a rogue without the code',
  async (arena, from) => {
    const port = 4711
    const process = await intruder(arena, from, 'lure', { port })
    const where = { address: from.address, port }
    for (const instance of [...arena.instances, '00c0ffee00c0ffee'])
      await forge(arena, from, 'lure', instance, where)
    return process
  },
)

export const boast: Nemesis = intruding(
  'rogue with the code',
  [5000, 10_000],
  'a rogue that claims to be the hub of 500',
  (arena, from) => intruder(arena, from, 'boast'),
)

/** A real lanchat, preferred as hub, that forgets to relay one in three. */
export const withholding: Nemesis = intruding(
  'withholding hub',
  [10_000, 20_000],
  'a hub that withholds 1 in 3',
  async (arena, from) => {
    const home = arena.lab.directory('home')
    const argv = [
      '--json',
      '--name',
      from.name,
      '--data-dir',
      arena.lab.directory(from.name),
      '--prefer-hub',
      ...arena.args,
    ]
    const process = arena.lab.spawn(from, ['node', fixture('withholding-hub.js'), ...argv], {
      env: { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home },
    })
    await process.next((line) => line.startsWith('{"type":"ready"'))
    return process
  },
  (arena, from) => arena.lostForGood(from.name),
)

/** A member that reads nothing; a long text now and then fills what lies between. */
export const slowReader: Nemesis = intruding(
  'slow reader',
  [6000, 12_000],
  'a member that reads nothing',
  async (arena, from) => {
    const process = await intruder(arena, from, 'slow')
    for (const client of arena.clients)
      for (let i = 0; i < 20; i += 1) if (client.isReady) arena.write(client, ` ${'long '.repeat(1400)}`)
    return process
  },
)

export const flood: Nemesis = intruding(
  'connection flood',
  [4000, 8000],
  '3,000 connections to the hub',
  (arena, from) => intruder(arena, from, 'flood', { count: 3000 }),
)
