/**
 * A node was away while 10,000 lines (or --events) were typed on four others, each line signed for itself. It is started again:
 * time until it holds them all, from the start of its process and from its first link. One repetition is one return with the
 * store as it was when it left.
 */
import { cpSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from '../figures.ts'
import { allEqual, Nodes, oneHub, SETTLE_MS } from '../nodes.ts'
import type { Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const AUTHORS = ['ann', 'bob', 'cid', 'dan']
/** Lines of one author under way at once while the history is made. */
const WINDOW = 32
const ASK_AGAIN_MS = 20
const LINK_UP = /start: link up at ([0-9.]+) ms$/

export async function catchUp({ reps = 5, events: count = 10_000 }: WorkOptions): Promise<Report> {
  const nodes = new Nodes('bnc')
  try {
    // Any rate: what is measured is the return, not how the history came to be.
    for (const name of AUTHORS)
      await nodes.start(name, ['--rate', '0', ...(name === 'ann' ? ['--prefer-hub'] : [])])
    const away = await nodes.start('eve')
    await oneHub(nodes.all)
    await pause(SETTLE_MS)
    await allEqual(nodes.all)
    await away.stop()
    const left = `${away.dataDir}-left`
    cpSync(away.dataDir, left, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    const authors = nodes.all.filter((program) => program !== away)
    await Promise.all(authors.map((author) => write(author, Math.ceil(count / authors.length))))
    const held = await allEqual(authors)
    const hub = await oneHub(authors)
    await pause(SETTLE_MS)

    const fromStart: number[] = []
    const fromLink: number[] = []
    const ready: number[] = []
    const cpu: number[] = []
    const cpuHub: number[] = []
    for (let rep = 0; rep < reps; rep++) {
      rmSync(away.dataDir, { recursive: true, force: true })
      cpSync(left, away.dataDir, { recursive: true })
      const wanted = (await hub.holds()).digest
      const hubBefore = hub.cpuMs()
      const back = nodes.spawn('eve', ['--log-level', 'debug'])
      while ((await back.holds()).digest !== wanted) await pause(ASK_AGAIN_MS)
      const tookMs = performance.now() - back.startedAt
      fromStart.push(tookMs)
      cpu.push(back.cpuMs())
      cpuHub.push(hub.cpuMs() - hubBefore)
      fromLink.push(tookMs - linkUpMs(back))
      ready.push((await back.ready()).at - back.startedAt)
      await back.stop()
    }
    return {
      work: 'catch-up',
      figures: [
        {
          name: `${count} missed lines held, from process start`,
          unit: 'ms',
          samples: fromStart,
          targets: [{ of: 'p50', atMost: 3000 }],
        },
        { name: '... from its first link', unit: 'ms', samples: fromLink },
        { name: 'ready, from process start', unit: 'ms', samples: ready },
        { name: 'CPU of the returning node', unit: 'ms', samples: cpu },
        { name: 'CPU of the hub meanwhile', unit: 'ms', samples: cpuHub },
      ],
      notes: [
        `${held} events in all. Hub, three other nodes and the returning one share ${availableParallelism()} cores.`,
      ],
    }
  } finally {
    await nodes.close()
  }
}

async function write(author: Program, count: number): Promise<void> {
  for (let k = 0; k < count; k += WINDOW) {
    const refs = Array.from({ length: Math.min(WINDOW, count - k) }, (_, i) => `line${k + i}`)
    const from = author.events.length
    for (const ref of refs) author.say(`${ref} of ${author.name}: ${'x'.repeat(80)}`, ref)
    const last = refs[refs.length - 1]!
    await author.stored(last, from)
  }
}

/** ms after the start of its process. */
function linkUpMs(program: Program): number {
  for (const line of program.log) {
    const ms = LINK_UP.exec(line)?.[1]
    if (ms !== undefined) return Number(ms)
  }
  return 0
}
