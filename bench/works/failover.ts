/**
 * Five nodes (or --nodes) on hosts of their own; the hub goes away, and at that moment a line is typed on each of the others:
 * time until each is stored. One repetition is one hub killed; half as many rounds stop it (SIGSTOP), and as many pull its
 * cable: those can be told from a slow hub only by waiting. Further hubs are killed with one line typed on one survivor: with
 * many nodes on few cores that is nearer to what one of them would see where each has a machine. And as often nothing is lost:
 * what as many lines typed at once take then is what the machine takes, and not the loss.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from '../figures.ts'
import { Nodes, names, oneHub, SETTLE_MS, sharing } from '../nodes.ts'
import type { Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

type Loss = 'nothing' | 'SIGKILL' | 'SIGKILL, one types' | 'SIGSTOP' | 'cable'

/**
 * What one round gave: ms from typed to stored of each line, until each survivor has shown one of them, and the
 * CPU time of all survivors, and of the next hub, until all are stored.
 */
interface Round {
  readonly tookMs: readonly number[]
  readonly shownMs: number
  readonly cpuMs: number
  readonly hubCpuMs: number
}

export async function failover({ reps = 10, nodes: count = 5 }: WorkOptions): Promise<Report> {
  const nodes = new Nodes('bno')
  try {
    for (const name of names(count)) await nodes.start(name)
    const half = Math.ceil(reps / 2)
    const plan: Loss[] = [
      ...Array<Loss>(half).fill('nothing'),
      ...Array<Loss>(reps).fill('SIGKILL'),
      ...Array<Loss>(reps).fill('SIGKILL, one types'),
      ...Array<Loss>(half).fill('SIGSTOP'),
      ...Array<Loss>(half).fill('cable'),
    ]
    const rounds: Record<Loss, Round[]> = {
      nothing: [],
      SIGKILL: [],
      'SIGKILL, one types': [],
      SIGSTOP: [],
      cable: [],
    }
    for (const [k, loss] of plan.entries()) {
      const hub = await oneHub(nodes.all)
      await pause(SETTLE_MS)
      rounds[loss].push(await lose(loss, hub, nodes.all, `round${k}`))
      if (loss === 'nothing') continue
      if (loss === 'cable') hub.host.linkUp()
      await hub.stop('SIGKILL')
      await nodes.start(hub.name)
    }
    const each = (loss: Loss) => rounds[loss].flatMap(({ tookMs }) => tookMs)
    const slowest = (loss: Loss) => rounds[loss].map(({ tookMs }) => Math.max(...tookMs))
    const silent = [{ of: 'p99', atMost: 2500 }] as const
    const quick = [
      { of: 'p50', atMost: 100 },
      { of: 'p99', atMost: 500 },
    ] as const
    return {
      work: 'failover',
      figures: [
        {
          name: `nothing lost: line stored, slowest of ${count - 1}`,
          unit: 'ms',
          samples: slowest('nothing'),
        },
        {
          name: `hub killed: line stored, slowest of ${count - 1}`,
          unit: 'ms',
          samples: slowest('SIGKILL'),
          targets: quick,
        },
        { name: 'hub killed: line stored, each survivor', unit: 'ms', samples: each('SIGKILL') },
        { name: 'hub killed, one types: line stored', unit: 'ms', samples: each('SIGKILL, one types') },
        {
          name: 'hub killed, one types: shown by the last',
          unit: 'ms',
          samples: rounds['SIGKILL, one types'].map(({ shownMs }) => shownMs),
          targets: quick,
        },
        { name: 'hub stopped: line stored, each', unit: 'ms', samples: each('SIGSTOP'), targets: silent },
        { name: 'cable pulled: line stored, each', unit: 'ms', samples: each('cable'), targets: silent },
        {
          name: 'hub killed: CPU of a survivor until then',
          unit: 'ms',
          samples: rounds.SIGKILL.map(({ cpuMs }) => cpuMs / (count - 1)),
        },
        {
          name: 'hub killed: CPU of the next hub until then',
          unit: 'ms',
          samples: rounds.SIGKILL.map(({ hubCpuMs }) => hubCpuMs),
        },
        {
          name: 'hub killed, one types: CPU of a survivor',
          unit: 'ms',
          samples: rounds['SIGKILL, one types'].map(({ cpuMs }) => cpuMs / (count - 1)),
        },
      ],
      notes: [
        'The node that was lost is started again after each round, and joins.',
        sharing(count, availableParallelism()),
      ],
    }
  } finally {
    await nodes.close()
  }
}

/** Loses the hub, has lines typed at once, waits until all are stored. */
async function lose(loss: Loss, hub: Program, all: readonly Program[], ref: string): Promise<Round> {
  const survivors = all.filter((program) => program !== hub)
  const typing =
    loss === 'SIGKILL, one types' ? [survivors[Math.floor(Math.random() * survivors.length)]!] : survivors
  const marks = new Map(survivors.map((program) => [program, program.events.length]))
  const cpuBefore = survivors.map((program) => program.cpuMs())
  if (loss === 'cable') hub.host.linkDown()
  else if (loss !== 'nothing') hub.signal(loss === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL')
  const at = performance.now()
  for (const program of typing) program.say(`${ref} of ${program.name}`, ref)
  // Looked for in what has come by then: to watch for 29 lines at 29 nodes takes CPU time from those who send them.
  const storedAt = await Promise.all(typing.map((program) => program.stored(ref, marks.get(program))))
  const cpu = survivors.map((program, k) => program.cpuMs() - cpuBefore[k]!)
  const text = `${ref} of ${typing.at(-1)!.name}`
  const shownAt = await Promise.all(survivors.map((program) => program.shown(text, marks.get(program))))
  return {
    tookMs: storedAt.map((each) => each - at),
    shownMs: Math.max(...shownAt) - at,
    cpuMs: cpu.reduce((sum, each) => sum + each, 0),
    hubCpuMs: cpu[survivors.findIndex(({ id }) => id === typing[0]!.hubId)] ?? 0,
  }
}
