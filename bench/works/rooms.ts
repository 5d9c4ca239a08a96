/**
 * A large network: 1,000 people, 200 rooms, 1,000,000 messages (or --events). A node that has all of it is started again and
 * again: time to `ready`, memory, opening a room (its last 50 lines), and searches over everything. One repetition is one
 * start, with 20 rooms and 100 searches behind it; meanwhile the store is read through, as it is behind each start. After the
 * last one the same is done once more when that is over, so that CPU time is what was asked for and nothing else.
 */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { createLab } from '../../test/lab/network.ts'
import type { Figure, Report } from '../figures.ts'
import { Program } from '../program.ts'
import { NETWORK, roomsStore, wordOf } from '../rooms-store.ts'
import type { WorkOptions } from '../run.ts'

const MESSAGES = 1_000_000
const ROOMS_OPENED = 20
const SEARCHES = 100
const ASK_AGAIN_MS = 1000
/** CPU of a second in which nothing is read through any more. */
const IDLE_CPU_MS = 150
const IDLE_SECONDS = 3

export async function rooms({ reps = 5, events = MESSAGES }: WorkOptions): Promise<Report> {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const dataDir = await roomsStore(events, say)
  const lab = createLab('bnr')
  const readyMs: number[] = []
  const readyMiB: number[] = []
  const cpuMs: number[] = []
  const opened: Taken = { ms: [], cpuMs: [] }
  const searched: Taken = { ms: [], cpuMs: [] }
  const calm = { opened: { ms: [], cpuMs: [] } as Taken, searched: { ms: [], cpuMs: [] } as Taken }
  const heapMiB: number[] = []
  const totalMiB: number[] = []
  const peakMiB: number[] = []
  try {
    const start = (rep: number) =>
      new Program(lab, lab.host(`me${rep}`, { bridges: [`lan${rep}`] }), {
        name: 'me',
        dataDir,
        args: ['--network', NETWORK],
      })
    const first = start(0)
    await first.ready()
    await joinAll(first)
    say('waiting for the search index')
    await searchable(first)
    await first.stop()
    for (let rep = 1; rep <= reps; rep++) {
      const program = start(rep)
      const { at } = await program.ready()
      readyMs.push(at - program.startedAt)
      readyMiB.push(memoryOf(program, 'VmRSS'))
      cpuMs.push(program.cpuMs())
      await open(program, opened)
      await searchable(program)
      await search(program, rep, searched)
      heapMiB.push(memoryOf(program, 'RssAnon'))
      totalMiB.push(memoryOf(program, 'VmRSS'))
      if (rep === reps) {
        say('waiting until the store is read through')
        await readThrough(program)
        await open(program, calm.opened)
        await search(program, rep, calm.searched)
        peakMiB.push(memoryOf(program, 'VmHWM'))
      }
      await program.stop()
    }
  } finally {
    await lab.close()
  }
  const figures: Figure[] = [
    { name: 'start to ready', unit: 'ms', samples: readyMs, targets: [{ of: 'p50', atMost: 2000 }] },
    { name: '... CPU until then', unit: 'ms', samples: cpuMs },
    { name: '... RSS then', unit: 'MiB', samples: readyMiB },
    {
      name: 'RSS after all rooms and searches',
      unit: 'MiB',
      samples: totalMiB,
      targets: [{ of: 'max', atMost: 250 }],
    },
    { name: '... of it without files mapped', unit: 'MiB', samples: heapMiB },
    { name: 'RSS at its highest, while the store is read through', unit: 'MiB', samples: peakMiB },
    {
      name: 'a room opened: its last 50 lines',
      unit: 'ms',
      samples: opened.ms,
      targets: [{ of: 'p95', atMost: 30 }],
    },
    { name: '... once the store is read through', unit: 'ms', samples: calm.opened.ms },
    { name: '... CPU then', unit: 'ms', samples: calm.opened.cpuMs },
    { name: 'search', unit: 'ms', samples: searched.ms, targets: [{ of: 'p95', atMost: 100 }] },
    { name: '... once the store is read through', unit: 'ms', samples: calm.searched.ms },
    { name: '... CPU then', unit: 'ms', samples: calm.searched.cpuMs },
  ]
  return {
    work: 'rooms',
    figures,
    notes: [
      `1,000 people, 200 rooms, ${events} messages. Searches: one to three words of all ranks, a beginning, a person, a room, days, links.`,
      'A node alone looks for others for 0.7 to 1 s, counted from its first question by mDNS, before it is ready.',
    ],
  }
}

/** The generator writes no joins of the node's own key with its clock: the rooms are entered once, as people do. */
async function joinAll(program: Program): Promise<void> {
  const list = (await program.ask('/rooms')) as readonly { readonly name: string; readonly joined: boolean }[]
  for (const { name, joined } of list) if (!joined) await program.ask(`/join ${name}`)
}

/** Resolves once all that is stored is in the index. */
async function searchable(program: Program): Promise<void> {
  for (;;) {
    const answer = await program.answer('/search --limit 1 nothingofthekind')
    if (answer.unsearched === undefined) return
    await pause(ASK_AGAIN_MS)
  }
}

/** Resolves once the program does hardly anything any more: on a busy machine it may just have had no turn. */
async function readThrough(program: Program): Promise<void> {
  for (let idle = 0; idle < IDLE_SECONDS; ) {
    const before = program.cpuMs()
    await pause(ASK_AGAIN_MS)
    idle = program.cpuMs() - before < IDLE_CPU_MS ? idle + 1 : 0
  }
}

async function open(program: Program, taken: Taken): Promise<void> {
  for (let k = 1; k <= ROOMS_OPENED; k++)
    await timed(program, `/history 50 room${((k * 37) % 199) + 1}`, taken)
}

async function search(program: Program, rep: number, taken: Taken): Promise<void> {
  for (let k = 0; k < SEARCHES; k++) await timed(program, `/search ${queryOf(rep * SEARCHES + k)}`, taken)
}

/** What answers took: until they were here, and of CPU meanwhile. */
interface Taken {
  readonly ms: number[]
  readonly cpuMs: number[]
}

async function timed(program: Program, command: string, { ms, cpuMs }: Taken): Promise<void> {
  const before = performance.now()
  const cpuBefore = program.cpuMs()
  await program.ask(command)
  ms.push(performance.now() - before)
  cpuMs.push(program.cpuMs() - cpuBefore)
}

/** What people look for: common and rare words, alone and together, and all that narrows it. */
function queryOf(k: number): string {
  const common = wordOf(k % 50)
  const usual = wordOf(100 + ((k * 7) % 900))
  const rare = wordOf(5000 + ((k * 131) % 40_000))
  switch (k % 10) {
    case 0:
      return common
    case 1:
      return usual
    case 2:
      return rare
    case 3:
      return `${common} ${usual}`
    case 4:
      return `${usual} ${rare}`
    case 5:
      return `${common} ${wordOf((k + 1) % 50)} ${wordOf((k + 2) % 50)}`
    case 6:
      return `${usual} from:person${1 + (k % 900)}`
    case 7:
      return `${common} in:room${1 + (k % 199)} after:30d`
    case 8:
      return `${rare.slice(0, 5)}* before:20d`
    default:
      return `"${common} ${wordOf((k + 3) % 20)}"`
  }
}

/** From proc(5), status. */
function memoryOf({ pid }: Program, field: 'VmRSS' | 'VmHWM' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+([0-9]+) kB$`, 'm').exec(status)?.[1]) / 1024
}
