/** Cables, switches and firewalls. */

import { nft, run } from '../../net.ts'
import type { Arena } from '../arena.ts'
import { SWITCH } from '../arena.ts'
import type { Client } from '../client.ts'
import { type Nemesis, type Plan, pick } from '../nemesis.ts'
import { slowCable } from '../slow-cable.ts'

const cable = (client: Client) => `cable ${client.name}`

/** Pulled out of the machine: it notices at once. */
export const cableOut: Nemesis = {
  name: 'cable out',
  lastsMs: [3000, 12_000],
  plan(arena, random) {
    const client = pick(arena.clients, random)
    return {
      about: `cable of ${client.name} out`,
      holds: [cable(client)],
      async start() {
        client.host.linkDown()
      },
      async stop() {
        client.host.linkUp()
      },
    }
  },
}

/** Every 3 s out or in. */
export const flapping: Nemesis = {
  name: 'flapping cable',
  lastsMs: [9000, 18_000],
  plan(arena, random) {
    const client = pick(arena.clients, random)
    let timer: ReturnType<typeof setInterval> | undefined
    return {
      about: `cable of ${client.name} flaps`,
      holds: [cable(client)],
      async start() {
        let isUp = false
        client.host.linkDown()
        timer = setInterval(() => {
          isUp = !isUp
          if (isUp) client.host.linkUp()
          else client.host.linkDown()
        }, 3000)
      },
      async stop() {
        clearInterval(timer)
        client.host.linkUp()
      },
    }
  },
}

/** One direction of a cable swallows everything, and nobody is told: a deaf host sends, a mute one hears. */
export const oneWay: Nemesis = {
  name: 'one-way cable',
  lastsMs: [4000, 12_000],
  plan(arena, random) {
    const client = random() < 0.5 ? arena.hub : pick(arena.clients, random)
    const isDeaf = random() < 0.5
    const [namespace, device] = isDeaf
      ? [arena.lab.switches, client.host.nics[0]!.port]
      : [client.host.namespace, 'eth0']
    const qdisc = (verb: 'add' | 'del') =>
      run('tc', [
        '-n',
        namespace,
        'qdisc',
        verb,
        'dev',
        device,
        'root',
        ...(verb === 'add' ? ['blackhole'] : []),
      ])
    return {
      about: `${client.name} is ${isDeaf ? 'deaf' : 'mute'}`,
      holds: [cable(client)],
      async start() {
        qdisc('add')
      },
      async stop() {
        qdisc('del')
      },
    }
  },
}

/** A fifth of all frames is lost, at every host. */
export const loss: Nemesis = {
  name: '20 % loss',
  lastsMs: [8000, 20_000],
  plan: (arena) => ({
    about: '20 % loss everywhere',
    holds: ['loss'],
    async start() {
      for (const { host } of arena.clients)
        nft(
          host.namespace,
          `table netdev chaos {
            chain ingress { type filter hook ingress device "eth0" priority 0; numgen random mod 100 < 20 drop; }
          }`,
        )
    },
    async stop() {
      for (const { host } of arena.clients) nft(host.namespace, 'delete table netdev chaos')
    },
  }),
}

/** 200 ms each way, 50 more or less, for half of the hosts. */
export const delay: Nemesis = {
  name: '200 ms delay',
  lastsMs: [8000, 20_000],
  plan(arena, random) {
    const some = shuffled(arena.clients, random).slice(0, Math.ceil(arena.clients.length / 2))
    const undo: (() => Promise<void>)[] = []
    return {
      about: `200 ms delay for ${names(some)}`,
      holds: [...some.map(cable), 'switches'],
      async start() {
        for (const { host } of some) undo.push(await slowCable(arena.lab, host, 200, 50))
      },
      async stop() {
        for (const one of undo) await one()
      },
    }
  },
}

/** Each group on a switch of its own; the first stays where it is. */
function split(arena: Arena, groups: readonly (readonly Client[])[]): Plan {
  return {
    about: `islands ${groups.map(names).join(' | ')}`,
    holds: ['switches'],
    async start() {
      for (const [index, group] of groups.entries())
        if (index > 0) for (const { host } of group) host.moveTo(`${SWITCH}${index + 1}`)
    },
    async stop() {
      for (const { host } of arena.clients) host.moveTo(SWITCH)
    },
  }
}

export const halves: Nemesis = {
  name: 'two halves',
  lastsMs: [6000, 20_000],
  plan(arena, random) {
    const all = shuffled(arena.clients, random)
    const middle = Math.floor(all.length / 2)
    return split(arena, [all.slice(0, middle), all.slice(middle)])
  },
}

/** One alone: the hub as often as anybody else. */
export const oneAlone: Nemesis = {
  name: 'one alone',
  lastsMs: [6000, 20_000],
  plan(arena, random) {
    const one = random() < 0.5 ? arena.hub : pick(arena.clients, random)
    return split(arena, [arena.clients.filter((client) => client !== one), [one]])
  },
}

export const islands: Nemesis = {
  name: 'three islands',
  lastsMs: [6000, 20_000],
  plan(arena, random) {
    const all = shuffled(arena.clients, random)
    const third = Math.max(1, Math.floor(all.length / 3))
    return split(arena, [all.slice(2 * third), all.slice(0, third), all.slice(third, 2 * third)])
  },
}

/** Two hosts do not hear each other; all others hear both. */
export const pair: Nemesis = {
  name: 'two that do not reach each other',
  lastsMs: [6000, 20_000],
  plan(arena, random) {
    const [a, b] = [arena.hub, pick(others(arena, arena.hub), random)]
    return {
      about: `no way between ${a.name} and ${b.name}`,
      holds: [`firewall ${a.name}`],
      async start() {
        nft(
          a.host.namespace,
          `table inet chaos {
            chain input { type filter hook input priority 0; ip saddr ${b.host.address} drop; }
            chain output { type filter hook output priority 0; ip daddr ${b.host.address} drop; }
          }`,
        )
      },
      async stop() {
        nft(a.host.namespace, 'delete table inet chaos')
      },
    }
  },
}

/** All start anew, the first of them behind a firewall that lets no connection in: another has to be hub. */
export const firewalledFirst: Nemesis = {
  name: 'first starter firewalled',
  lastsMs: [8000, 12_000],
  plan(arena, random) {
    const first = pick(arena.clients, random)
    return {
      about: `${first.name} starts first, behind a firewall`,
      holds: [`firewall ${first.name}`, ...arena.clients.map(({ name }) => `process ${name}`)],
      async start() {
        await Promise.all(arena.clients.map((client) => client.end('SIGTERM')))
        nft(
          first.host.namespace,
          `table inet chaos {
            chain input { type filter hook input priority 0; iif lo accept; tcp flags & (syn | ack) == syn drop; }
          }`,
        )
        first.start()
        await first.ready()
        for (const client of others(arena, first)) client.start()
      },
      async stop() {
        nft(first.host.namespace, 'delete table inet chaos')
      },
    }
  },
}

const others = (arena: Arena, than: Client) => arena.clients.filter((client) => client !== than)
const names = (clients: readonly Client[]) => clients.map(({ name }) => name).join(' ')

function shuffled<T>(from: readonly T[], random: () => number): T[] {
  return from
    .map((value) => ({ value, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ value }) => value)
}
