/**
 * From the start of the process to its `ready` line: with a hub on the LAN (a first start, and a start on a data dir that was
 * used before) and alone. One repetition starts each once, one after the other, and a bare Node as the floor under all of them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { createLab, type Host } from '../../test/lab/network.ts'
import type { Figure, Report } from '../figures.ts'
import { cpuMsOf, onLines, Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'
import { Phases } from './phases.ts'

export async function ready({ reps = 15 }: WorkOptions): Promise<Report> {
  const lab = createLab('bnr')
  try {
    const [hubHost, memberHost, host] = [lab.host('hub'), lab.host('member'), lab.host('starter')]
    const aloneHost = lab.host('alone', { bridges: ['elsewhere'] })
    const hub = new Program(lab, hubHost, { name: 'hub', dataDir: lab.directory('hub') })
    await hub.ready()
    const member = new Program(lab, memberHost, { name: 'member', dataDir: lab.directory('member') })
    await member.ready()

    let starts = 0
    const start = async (on: Host, dataDir = lab.directory(`start${++starts}`), args: string[] = []) => {
      const program = new Program(lab, on, { name: 'starter', dataDir, args })
      const tookMs = (await program.ready()).at - program.startedAt
      const cpuMs = program.cpuMs()
      await program.stop()
      return { program, tookMs, cpuMs }
    }
    const used = (await start(host)).program.dataDir
    const bare: number[] = []
    const bareCpu: number[] = []
    const first: number[] = []
    const firstCpu: number[] = []
    const again: number[] = []
    const alone: number[] = []
    const phases = new Phases()
    const phasesAlone = new Phases()
    for (let rep = 0; rep < reps; rep += 1) {
      const floor = await bareNode(host)
      bare.push(floor.tookMs)
      bareCpu.push(floor.cpuMs)
      const fresh = await start(host)
      first.push(fresh.tookMs)
      firstCpu.push(fresh.cpuMs)
      again.push((await start(host, used)).tookMs)
      alone.push((await start(aloneHost)).tookMs)
      const told = ['--log-level', 'debug']
      phases.add((await start(host, undefined, told)).program)
      phasesAlone.add((await start(aloneHost, undefined, told)).program)
    }
    const figures: Figure[] = [
      { name: 'bare node -e', unit: 'ms', samples: bare },
      {
        name: 'ready, hub on the LAN, first start',
        unit: 'ms',
        samples: first,
        targets: [
          { of: 'p50', atMost: 600 },
          { of: 'p95', atMost: 1000 },
        ],
      },
      {
        name: 'ready, hub on the LAN, started again',
        unit: 'ms',
        samples: again,
        targets: [
          { of: 'p50', atMost: 600 },
          { of: 'p95', atMost: 1000 },
        ],
      },
      { name: 'ready, alone', unit: 'ms', samples: alone, targets: [{ of: 'p50', atMost: 1600 }] },
      { name: 'bare node -e: CPU', unit: 'ms', samples: bareCpu },
      { name: 'ready, hub on the LAN, first start: CPU', unit: 'ms', samples: firstCpu },
      ...phases.figures('hub on the LAN'),
      ...phasesAlone.figures('alone'),
    ]
    return {
      work: 'ready',
      figures,
      notes: [
        'Rows "at ...": when a first start reached that point, ms since its process began, told by the process itself (--log-level debug).',
      ],
    }
  } finally {
    await lab.close()
  }
}

/** From spawn to the line that a Node without any program prints. */
async function bareNode(host: Host): Promise<{ tookMs: number; cpuMs: number }> {
  const from = performance.now()
  const program = 'console.log(1); setInterval(() => {}, 1000)'
  const child = spawn('ip', ['netns', 'exec', host.namespace, process.execPath, '-e', program])
  const at = await new Promise<number>((resolve) => onLines(child, 'stdout', (_, at) => resolve(at)))
  const cpuMs = cpuMsOf(child.pid!)
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { tookMs: at - from, cpuMs }
}
