/**
 * Five nodes on five hosts; the hub goes away, and at that moment a line is typed on each of the other four: time until each
 * is stored. One repetition is one hub killed; a few more rounds stop it (SIGSTOP) or pull its cable, for information: those
 * can be told from a slow hub only by waiting.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createLab, type Lab } from '../../test/lab/network.ts'
import type { Report } from '../figures.ts'
import { Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const NODES = ['ann', 'bob', 'cid', 'dan', 'eve']
/** Members open their warm links to the line within 5 s of its being published. */
const SETTLE_MS = 6000
const SILENT_ROUNDS = 3

type Loss = 'SIGKILL' | 'SIGSTOP' | 'cable'

export async function failover({ reps = 10 }: WorkOptions): Promise<Report> {
  const lab = createLab('bno')
  try {
    const nodes = new Map<string, Program>()
    for (const name of NODES) nodes.set(name, await startOn(lab, name))
    const taken: Record<Loss, number[]> = { SIGKILL: [], SIGSTOP: [], cable: [] }
    const worst: number[] = []
    const plan: Loss[] = [
      ...Array<Loss>(reps).fill('SIGKILL'),
      ...Array<Loss>(SILENT_ROUNDS).fill('SIGSTOP'),
      ...Array<Loss>(SILENT_ROUNDS).fill('cable'),
    ]
    for (const [round, loss] of plan.entries()) {
      const hub = await oneHub([...nodes.values()])
      await pause(SETTLE_MS)
      const survivors = [...nodes.values()].filter((node) => node !== hub)
      const marks = survivors.map((node) => node.events.length)
      if (loss === 'cable') hub.host.linkDown()
      else hub.signal(loss)
      const ref = `round${round}`
      const typedAt = survivors.map((node) => node.say(`${ref} of ${node.name}`, ref))
      const storedAt = await Promise.all(survivors.map((node, k) => node.stored(ref, marks[k])))
      const tookMs = storedAt.map((at, k) => at - typedAt[k]!)
      taken[loss].push(...tookMs)
      if (loss === 'SIGKILL') worst.push(Math.max(...tookMs))
      if (loss === 'cable') hub.host.linkUp()
      await hub.stop('SIGKILL')
      nodes.set(hub.name, await startOn(lab, hub.name))
    }
    return {
      work: 'failover',
      figures: [
        {
          name: 'hub killed: line stored, each survivor',
          unit: 'ms',
          samples: taken.SIGKILL,
          targets: [{ of: 'p50', atMost: 500 }],
        },
        { name: 'hub killed: line stored, slowest of 4', unit: 'ms', samples: worst },
        { name: 'hub stopped (SIGSTOP): line stored', unit: 'ms', samples: taken.SIGSTOP },
        { name: 'cable of the hub pulled: line stored', unit: 'ms', samples: taken.cable },
      ],
      notes: ['The killed node is started again after each round, and joins.'],
    }
  } finally {
    await lab.close()
  }
}

const hosts = new Map<string, ReturnType<Lab['host']>>()

async function startOn(lab: Lab, name: string): Promise<Program> {
  const host = hosts.get(name) ?? lab.host(name)
  hosts.set(name, host)
  const program = new Program(lab, host, { name, dataDir: lab.directory(name) })
  await program.ready()
  return program
}

/** The node that all of them follow, once they agree. */
async function oneHub(nodes: readonly Program[]): Promise<Program> {
  for (;;) {
    const ids = new Set(nodes.map((node) => node.hubId))
    const [id] = ids
    const hub = nodes.find((node) => node.id === id)
    if (ids.size === 1 && hub) return hub
    const later = nodes.map((node) =>
      node.when(({ type }) => type === 'hub' || type === 'offline', node.events.length),
    )
    await Promise.race(later)
    for (const wait of later) wait.catch(() => {})
  }
}
