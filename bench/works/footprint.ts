/**
 * What it takes to have lanchat: memory of an idle node after 30 s and its CPU meanwhile, as hub of two and as member; the
 * package, and all that is installed with it. One repetition is one start of a pair of nodes.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createLab } from '../../test/lab/network.ts'
import type { Figure, Report } from '../figures.ts'
import { PROJECT, Program, rssMiBOf } from '../program.ts'
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
      'Installs: sums of file sizes.',
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
    await pause(IDLE_MS / 2)
    const cpuOf = (programs: readonly Program[]) => programs.map((program) => program.cpuMs())
    const before = [cpuOf(hubs), cpuOf(members)]
    await pause(IDLE_MS / 2)
    const perSecond = [cpuOf(hubs), cpuOf(members)].map((after, k) =>
      after.map((ms, rep) => (ms - before[k]![rep]!) / (IDLE_MS / 2000)),
    )
    const targets = [{ of: 'p50', atMost: 90 }] as const
    return [
      {
        name: 'RSS of an idle hub after 30 s',
        unit: 'MiB',
        samples: hubs.map(({ pid }) => rssMiBOf(pid)),
        targets,
      },
      {
        name: 'RSS of an idle member after 30 s',
        unit: 'MiB',
        samples: members.map(({ pid }) => rssMiBOf(pid)),
        targets,
      },
      { name: 'CPU of an idle hub per second', unit: 'ms', samples: perSecond[0]! },
      { name: 'CPU of an idle member per second', unit: 'ms', samples: perSecond[1]! },
    ]
  } finally {
    await lab.close()
  }
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
    const own = sizeOf(join(folder, 'package'))
    // As people get it, and as somebody gets it who has a clone.
    const user = join(folder, 'user')
    mkdirSync(user)
    writeFileSync(join(user, 'package.json'), '{}')
    npm(user, 'install', '--silent', '--no-save', join(folder, packed.filename))
    const clone = join(folder, 'clone')
    mkdirSync(clone)
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      cpSync(PROJECT + file, join(clone, file))
    npm(clone, 'ci', '--omit=dev', '--silent')
    return [
      { name: 'package, packed', unit: 'KiB', samples: [packed.size / KIB] },
      { name: 'package, unpacked', unit: 'KiB', samples: [own / KIB] },
      {
        name: 'npm install of the package, with all it needs',
        unit: 'MiB',
        samples: [sizeOf(user) / MIB],
        targets: [{ of: 'p50', atMost: 25 }],
      },
      {
        name: 'npm ci --omit=dev in a clone: node_modules',
        unit: 'MiB',
        samples: [sizeOf(join(clone, 'node_modules')) / MIB],
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
