/** `lanchat export [room]`: all of a room's history this node holds, oldest first, with what proves it. */
import type { MessageEvent, Seal } from '../node/index.ts'
import type { OwnOptions } from './calls.ts'
import { GENERAL, HISTORY_MAX } from './commands.ts'
import { EXIT } from './exit.ts'
import { exportPage, FORMATS, type Format } from './export-page.ts'
import { granted, type OneShot, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import type { World } from './world.ts'

/** What comes while it is read is left out. Throws UsageError where the format is none. */
export async function exportRoom(
  world: World,
  settings: Settings,
  { format = 'jsonl' }: OwnOptions,
  room: string = GENERAL,
): Promise<number> {
  if (!FORMATS.includes(format as Format))
    throw new UsageError(`--format must be one of ${FORMATS.join(', ')}.`)
  const name = room.replace(/^#/, '')
  const { exportDigest, exportLine } = await world.load()
  const read = async ({ remote, output }: OneShot) => {
    // Read from the newest backwards, so pages are kept as text until the oldest is here.
    const pages: string[][] = []
    for (let before = ''; ; ) {
      const bound = before && ` --before ${before}`
      const answer = await granted(remote.ask({ command: `/export ${HISTORY_MAX} ${name}${bound}` }))
      if (answer.type !== 'result') return EXIT.failure
      const messages = answer.data as readonly MessageEvent[]
      pages.push(messages.map(exportLine))
      if (messages.length < HISTORY_MAX) break
      before = messages[0]!.order
    }
    const lines = pages.reverse().flat()
    const last = lines.at(-1)
    if (last !== undefined) {
      const answer = await granted(remote.ask({ command: `/seal ${exportDigest(lines)}` }))
      if (answer.type !== 'result') return EXIT.failure
      lines[lines.length - 1] = exportLine({ ...JSON.parse(last), seal: answer.data as Seal })
    }
    if (format === 'jsonl')
      for (const line of lines) {
        output.write(`${line}\n`)
        await output.drained()
      }
    else output.write(exportPage(format as Format, lines))
    return EXIT.ok
  }
  return oneShot(world, settings, read, { storedWillDo: true })
}
