/**
 * What it takes to have lanchat: memory of an idle node after 30 s (alone as hub; as member), the package, and all that is
 * installed with it. One repetition is one start of a pair of nodes.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createLab } from '../../test/lab/network.ts'
import type { Figure, Report } from '../figures.ts'
import { PROJECT, Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const IDLE_MS = 30_000
const KIB = 1024
const MIB = 1024 * KIB

export async function footprint({ reps = 10 }: WorkOptions): Promise<Report> {
  return {
    work: 'footprint',
    figures: [...(await memory(reps)), ...installed()],
    notes: [
      'RSS counts what is shared with other processes of the same program, Node itself for the most part.',
      'Install: the packed package with what `npm ci --omit=dev` adds, sum of file sizes.',
    ],
  }
}

/** All pairs at once, each on a LAN of its own: they are idle, and 30 s pass only once. */
async function memory(reps: number): Promise<Figure[]> {
  const lab = createLab('bnf')
  try {
    const hubs: Program[] = []
    const members: Program[] = []
    for (let rep = 0; rep < reps; rep += 1) {
      const start = async (name: string) => {
        const host = lab.host(`${name}${rep}`, { bridges: [`lan${rep}`] })
        const program = new Program(lab, host, { name, dataDir: lab.directory(`${name}${rep}`) })
        await program.ready()
        return program
      }
      hubs.push(await start('hub'))
      members.push(await start('member'))
    }
    await pause(IDLE_MS)
    const targets = [{ of: 'p50', atMost: 90 }] as const
    return [
      { name: 'RSS of an idle hub after 30 s', unit: 'MiB', samples: hubs.map(rssMiB), targets },
      { name: 'RSS of an idle member after 30 s', unit: 'MiB', samples: members.map(rssMiB), targets },
    ]
  } finally {
    await lab.close()
  }
}

function rssMiB({ pid }: Program): number {
  const kib = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / KIB
}

function installed(): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'lanchat-footprint-'))
  try {
    const npm = (cwd: string, ...args: string[]) =>
      execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    const [packed] = JSON.parse(npm(PROJECT, 'pack', '--json', '--pack-destination', folder)) as [
      { filename: string; size: number },
    ]
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', folder])
    const root = join(folder, 'package')
    const own = sizeOf(root)
    execFileSync('cp', [`${PROJECT}package-lock.json`, root])
    npm(root, 'ci', '--omit=dev', '--silent')
    const all = own + sizeOf(join(root, 'node_modules'))
    return [
      { name: 'package, packed', unit: 'KiB', samples: [packed.size / KIB] },
      { name: 'package, unpacked', unit: 'KiB', samples: [own / KIB] },
      {
        name: 'install with all it needs at run time',
        unit: 'MiB',
        samples: [all / MIB],
        targets: [{ of: 'p50', atMost: 25 }],
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bytes of all files below. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((bytes, entry) => bytes + statSync(join(entry.parentPath, entry.name)).size, 0)
}
