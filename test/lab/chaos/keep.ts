/** Keeps what there is to know of a run that failed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inPackage } from '../root.ts'
import type { Arena } from './arena.ts'

/** Histories, checkpoints, anomalies and logs, as JSON lines. Returns the folder. */
export function keep(arena: Arena, name: string): string {
  const folder = join(inPackage('.chaos'), 'runs', `${name}-${Date.now()}`)
  mkdirSync(folder, { recursive: true })
  const write = (name: string, values: readonly object[]) =>
    writeFileSync(
      join(folder, `${name}.jsonl`),
      `${values.map((value) => JSON.stringify(value)).join('\n')}\n`,
    )
  write('anomalies', arena.anomalies())
  write(
    'checkpoints',
    arena.checkpoints.map((checkpoint) => ({ ...checkpoint, hubs: [...checkpoint.hubs] })),
  )
  for (const client of arena.clients) {
    write(client.name, client.entries)
    writeFileSync(join(folder, `${client.name}.log`), client.log)
  }
  return folder
}
