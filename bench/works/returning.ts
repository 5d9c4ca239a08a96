/**
 * A node was away while 100,000 events (or --events) were written, in runs of 16 and then one by one. It is started again: time
 * until it holds them all, from the start of its process. One repetition is one return with the store as it was when it left.
 */
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Figure, Report } from '../figures.ts'
import { allEqual, Nodes, oneHub, SETTLE_MS } from '../nodes.ts'
import { CODE, NETWORK } from '../peers/lanchat.ts'
import type { WorkOptions } from '../run.ts'
import { load, planOf } from './repetition.ts'

const ASK_AGAIN_MS = 50
/** Who writes: one receiver, since nobody else is there to read. */
const WRITERS = { rooms: 1, members: 1, senders: 4, inFlight: 256, rate: 0 }

export async function returning({ reps = 5, events = 100_000 }: WorkOptions): Promise<Report> {
  const figures = [...(await after(events, 16, reps, 5000)), ...(await after(events, 1, reps, 12_000))]
  return {
    work: 'W7',
    figures,
    notes: [
      `Hub and returning node are processes on hosts of the lab, over TLS, and share the ${availableParallelism()} cores with the bench that asks them.`,
    ],
  }
}

async function after(events: number, together: number, reps: number, atMost: number): Promise<Figure[]> {
  const nodes = new Nodes('bnw')
  try {
    const code = nodes.lab.directory('code')
    writeFileSync(code, `${CODE}\n`, { mode: 0o600 })
    const args = ['--network', NETWORK, '--code-file', code, '--rate', '0']
    const hub = await nodes.start('hub', [...args, '--prefer-hub'])
    const away = await nodes.start('eve', args)
    await oneHub(nodes.all)
    await pause(SETTLE_MS)
    await allEqual(nodes.all)
    await away.stop()
    const left = `${away.dataDir}-left`
    cpSync(away.dataDir, left, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    const ready = (await hub.ready()).event
    const port = ready.type === 'ready' ? Number(new URL(ready.hub.url).port) : 0
    const settings = { tls: true, warmUpS: 0, texts: events, together }
    const plan = planOf('lanchat', WRITERS, { port, pids: [hub.pid] }, settings)
    await load(plan, ['ip', 'netns', 'exec', hub.host.namespace])
    await pause(SETTLE_MS)

    const returned: number[] = []
    const cpu: number[] = []
    const cpuHub: number[] = []
    for (let rep = 0; rep < reps; rep++) {
      rmSync(away.dataDir, { recursive: true, force: true })
      cpSync(left, away.dataDir, { recursive: true })
      const wanted = (await hub.holds()).digest
      const hubBefore = hub.cpuMs()
      const back = nodes.spawn('eve', args)
      while ((await back.holds()).digest !== wanted) await pause(ASK_AGAIN_MS)
      returned.push(performance.now() - back.startedAt)
      cpu.push(back.cpuMs())
      cpuHub.push(hub.cpuMs() - hubBefore)
      await back.stop()
    }
    const what = together === 1 ? 'one by one' : `in runs of ${together}`
    return [
      {
        name: `${events} missed events, written ${what}: held`,
        unit: 'ms',
        samples: returned,
        targets: [{ of: 'p50', atMost }],
      },
      { name: `... ${what}: CPU of the returning node`, unit: 'ms', samples: cpu },
      { name: `... ${what}: CPU of the hub`, unit: 'ms', samples: cpuHub },
    ]
  } finally {
    await nodes.close()
  }
}
