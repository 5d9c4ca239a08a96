/** Disks that are full, damaged, or lose what was not synced. */
import { closeSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Nemesis, pick } from '../nemesis.ts'

export const fullDisk: Nemesis = {
  name: 'full disk',
  lastsMs: [5000, 12_000],
  plan(arena, random) {
    const small = arena.clients.filter(({ disk }) => disk.kind === 'tmpfs')
    if (small.length === 0) return undefined
    const client = pick(small, random)
    return {
      about: `disk of ${client.name} full`,
      holds: [`disk ${client.name}`],
      async start() {
        client.disk.fill()
        // What is left of the last block of a log would take a short text.
        arena.write(client, ` ${'x'.repeat(7000)}`)
      },
      async stop() {
        client.disk.free()
      },
    }
  },
}

/** Files of the store of a killed process are cut, flipped, emptied or gone: its device counts as lost. */
export const damage: Nemesis = {
  name: 'damaged store',
  lastsMs: [1000, 4000],
  plan(arena, random) {
    const client = pick(
      arena.clients.filter(({ disk }) => disk.kind === 'directory'),
      random,
    )
    if (client === undefined) return undefined
    const harm = pick(HARMS, random)
    return {
      about: `store of ${client.name}: ${harm.name}`,
      holds: [`process ${client.name}`, `disk ${client.name}`],
      async start() {
        await client.end()
        client.lost()
        harm.do(client.disk.outside, random)
      },
      async stop() {
        client.start()
      },
    }
  },
}

interface Harm {
  readonly name: string
  do(directory: string, random: () => number): void
}

const HARMS: readonly Harm[] = [
  { name: 'CURRENT is gone', do: (directory) => each(directory, /^CURRENT$/, (path) => rmSync(path)) },
  { name: 'MANIFEST is cut', do: (directory) => each(directory, /^MANIFEST-/, halve) },
  {
    name: 'tables are flipped',
    do: (directory, random) => each(directory, /\.(ldb|log)$/, (path) => flip(path, random)),
  },
  { name: 'the log is cut', do: (directory) => each(directory, /\.log$/, halve) },
  {
    name: 'a table or log is empty',
    do: (directory) => each(directory, /\.(ldb|log)$/, (path) => truncateSync(path, 0)),
  },
]

/** Files of LevelDB below, by name: those of a store, wherever the data dir keeps it. */
function each(directory: string, name: RegExp, harm: (path: string) => void): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && name.test(entry.name)) harm(join(entry.parentPath, entry.name))
}

function halve(path: string): void {
  truncateSync(path, Math.floor(statSync(path).size / 2))
}

function flip(path: string, random: () => number): void {
  const { size } = statSync(path)
  if (size === 0) return
  const file = openSync(path, 'r+')
  for (let i = 0; i < 8; i += 1)
    writeSync(file, Buffer.from([Math.floor(random() * 256)]), 0, 1, Math.floor(random() * size))
  closeSync(file)
}

/** The power of all machines that can lose it fails at one moment: what was synced is left. */
export const powerCut: Nemesis = {
  name: 'power cut',
  lastsMs: [1000, 3000],
  plan(arena) {
    const all = arena.clients.filter(({ disk }) => disk.kind === 'image')
    if (all.length === 0) return undefined
    return {
      about: `power cut for ${all.map(({ name }) => name).join(' ')}`,
      holds: all.flatMap(({ name }) => [`process ${name}`, `disk ${name}`]),
      async start() {
        for (const client of all) client.signal('SIGSTOP')
        for (const { disk } of all) disk.freeze()
        await Promise.all(all.map((client) => client.end()))
        for (const { disk } of all) disk.thaw()
      },
      async stop() {
        for (const client of all) client.start()
      },
    }
  },
}
