/**
 * Five nodes (or --nodes), each of which loses every fifth packet that comes to it, for 10 minutes (or --minutes), while
 * somebody says a line every second. Whatever changes the hub is a false take-over: nobody goes away. In the end every node
 * must have printed every line. One repetition is one network; all of them run at the same time, each in a lab of its own.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from '../figures.ts'
import { allEqual, Nodes, names, oneHub, SETTLE_MS, sharing } from '../nodes.ts'
import type { Program, Stamped } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const PERCENT = 20
const LINE_EVERY_MS = 1000

interface Run {
  /** Hubs after the first one. */
  readonly takeOvers: number
  /** Nodes that said that they had none. */
  readonly offline: number
  /** Lines that some node never printed, or printed twice. */
  readonly wrong: number
  /** From typed to printed, each line on each other node, ms. */
  readonly deliveredMs: readonly number[]
}

export async function loss({ reps = 3, minutes = 10, nodes: count = 5 }: WorkOptions): Promise<Report> {
  const runs = await Promise.all(
    Array.from({ length: reps }, (_, k) => lossy(`bl${String.fromCharCode(97 + k)}`, count, minutes)),
  )
  return {
    work: 'loss',
    figures: [
      {
        name: `${PERCENT} % loss, ${minutes} min: false take-overs`,
        unit: 'times',
        samples: runs.map(({ takeOvers }) => takeOvers),
        targets: [{ of: 'p50', atMost: 0 }],
      },
      {
        name: '... lines lost or printed twice',
        unit: 'times',
        samples: runs.map(({ wrong }) => wrong),
        targets: [{ of: 'max', atMost: 0 }],
      },
      {
        name: '... nodes that told of being offline',
        unit: 'times',
        samples: runs.map(({ offline }) => offline),
      },
      {
        name: '... typed to printed, each line on each other node',
        unit: 'ms',
        samples: runs.flatMap(({ deliveredMs }) => deliveredMs),
        targets: [{ of: 'p99', atMost: 3000 }],
      },
    ],
    notes: [
      `${PERCENT} % of the packets that come to each node are dropped by nftables, in both directions of every link.`,
      `${reps} networks of ${count} at the same time. ${sharing(reps * count, availableParallelism())}`,
    ],
  }
}

async function lossy(prefix: string, count: number, minutes: number): Promise<Run> {
  const nodes = new Nodes(prefix)
  try {
    for (const name of names(count)) await nodes.start(name)
    await oneHub(nodes.all)
    await pause(SETTLE_MS)
    const first = reignsOf((await oneHub(nodes.all)).events).at(-1) ?? ''
    const marks = nodes.all.map((program) => program.events.length)
    for (const program of nodes.all) program.host.loss(PERCENT)
    const typedAt = new Map<string, { at: number; by: Program }>()
    for (const end = performance.now() + minutes * 60_000; performance.now() < end; ) {
      const by = nodes.all[Math.floor(Math.random() * count)]!
      const text = `line ${typedAt.size} of ${by.name}`
      typedAt.set(text, { at: by.say(text, text), by })
      await pause(LINE_EVERY_MS)
    }
    for (const program of nodes.all) program.host.openFirewall()
    await oneHub(nodes.all)
    await allEqual(nodes.all)
    const since = nodes.all.map((program, k) => program.events.slice(marks[k]))
    const reigns = new Set(since.flatMap((events) => reignsOf(events)))
    reigns.delete(first)
    const offline = since.flat().filter(({ event }) => event.type === 'offline').length
    const deliveredMs: number[] = []
    let wrong = 0
    for (const [text, { at, by }] of typedAt)
      for (const [k, program] of nodes.all.entries()) {
        const prints = since[k]!.filter(({ event }) => event.type === 'message' && event.text === text)
        if (prints.length !== 1) wrong++
        else if (program !== by) deliveredMs.push(prints[0]!.at - at)
      }
    return { takeOvers: reigns.size, offline, wrong, deliveredMs }
  } finally {
    await nodes.close()
  }
}

/** Each hub told of, with its epoch: one that comes back with the same was never replaced. */
const reignsOf = (events: readonly Stamped[]): string[] =>
  events.flatMap(({ event }) =>
    event.type === 'hub' || event.type === 'ready' ? [`${event.hub.id}/${event.epoch}`] : [],
  )
