/**
 * `lanchat status --watch`: looks at the node every second. On a terminal a picture is drawn over the one before, in
 * the terminal's own scrollback, so nothing has to be put back at the end; elsewhere a line, with --json an object.
 */
import type { StatusData } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { isColourful, isUtf8 } from './chat.ts'
import { granted, oneShot } from './one-shot.ts'
import type { Settings } from './options.ts'
import { lineOf, picture, type Rates, ratesOf } from './picture.ts'
import { colourful, plain } from './render.ts'
import type { World } from './world.ts'

const EVERY_MS = 1000

/** --json prints { type: 'status', at, ...data, rates } each second. Ends by a signal. */
export function watch(world: World, settings: Settings): Promise<number> {
  const { stdout, env } = world
  const isDrawn = stdout.isTTY === true && env.TERM !== 'dumb' && !settings.plain && !settings.json
  const isUnicode = isUtf8(env)
  const paint = isColourful(world, settings) ? colourful : plain
  let drawn = 0

  const show = (status: StatusData, rates: Rates): string => {
    if (settings.json) return `${jsonLine(objectOf(status, rates))}\n`
    if (!isDrawn) return `${new Date().toISOString().slice(11, 19)}  ${lineOf(status, rates)}\n`
    // One column and one row less than there are: no terminal scrolls or wraps then.
    const lines = picture(status, rates, { paint, isUnicode, columns: (stdout.columns ?? 80) - 1 })
    const kept = lines.slice(0, Math.max(1, (stdout.rows ?? 24) - 1))
    const back = drawn > 0 ? `\r\u001b[${drawn}A\u001b[J` : ''
    drawn = kept.length
    return `${back}${kept.join('\n')}\n`
  }

  return oneShot(world, settings, async ({ remote, output }) => {
    let before: StatusData | undefined
    for (let at = performance.now(); ; ) {
      const answer = await granted(remote.ask({ command: '/status' }))
      if (answer.type === 'result') {
        const status = answer.data as StatusData
        const now = performance.now()
        output.write(show(status, ratesOf(status, before, (now - at) / 1000)))
        before = status
        at = now
      }
      await output.drained()
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  })
}

function objectOf(status: StatusData, { links, ...rates }: Rates): object {
  return {
    type: 'status',
    at: Date.now(),
    ...status,
    links: status.links.map((link) => {
      const rate = links.get(`${link.id}/${link.address ?? ''}`)
      return rate ? { ...link, rates: rate } : link
    }),
    rates,
  }
}
