/** `lanchat export [room]`: all of a room's history this node holds, oldest first, with what proves it. */
import type { MessageEvent, Seal } from '../node/index.ts'
import type { OwnOptions } from './calls.ts'
import { GENERAL, HISTORY_MAX } from './commands.ts'
import { EXIT } from './exit.ts'
import { exportPage, FORMATS, type Format } from './export-page.ts'
import { granted, type OneShot, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import type { Remote } from './remote.ts'
import { unopenedText } from './render.ts'
import type { World } from './world.ts'

/** What was damaged is brought back after 15 s at the latest, and most of what others hold has come by then. */
const COMING_MS_MAX = 30_000
const COMING_AGAIN_MS = 250

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
  const read = async ({ remote, output, say }: OneShot) => {
    const until = performance.now() + COMING_MS_MAX
    let all = await readAll(remote, name, exportLine)
    if (all.isPartial) say('More is still coming in, from others or from the disk: waiting for it.')
    while (all.isPartial && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, COMING_AGAIN_MS))
      all = await readAll(remote, name, exportLine)
    }
    const { lines, unopened } = all
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
    if (unopened > 0) say(unopenedText(unopened))
    if (all.isPartial) say('More was still coming in: this may not be all. Export again later.')
    return EXIT.ok
  }
  return oneShot(world, settings, read, { storedWillDo: true })
}

interface AllRead {
  readonly lines: string[]
  readonly unopened: number
  readonly isPartial: boolean
}

/** Page by page, the newest first. isPartial: more was still coming in meanwhile. */
async function readAll(remote: Remote, name: string, exportLine: (line: object) => string): Promise<AllRead> {
  // Kept as text until the oldest is here.
  const pages: string[][] = []
  let unopened = 0
  let isPartial = false
  for (let before = ''; ; ) {
    const bound = before && ` --before ${before}`
    const answer = await granted(remote.ask({ command: `/export ${HISTORY_MAX} ${name}${bound}` }))
    if (answer.type !== 'result') throw new TypeError('/export was answered by something else')
    const messages = answer.data as readonly MessageEvent[]
    pages.push(messages.map(exportLine))
    unopened += answer.unopened ?? 0
    isPartial ||= answer.partial === true
    if (messages.length < HISTORY_MAX) break
    before = messages[0]!.order
  }
  return { lines: pages.reverse().flat(), unopened, isPartial }
}
