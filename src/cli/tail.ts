/** `lanchat tail [room or @nick]`: messages as they come, until a signal. */
import type { MessageEvent, ResultEvent } from '../node/index.ts'
import { fold } from '../wire/fold.ts'
import { jsonLine } from '../wire/json-line.ts'
import { isColourful } from './chat.ts'
import { granted, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import type { Remote } from './remote.ts'
import { colourful, plain, render } from './render.ts'
import type { World } from './world.ts'

/**
 * where: only this room, or with `@nick` the talk with somebody; without it all of them. Where it is none that this person is in,
 * it is refused. --json prints the `message` objects. Rejects with UsageError where it is empty.
 */
export async function tail(world: World, settings: Settings, where: string | undefined): Promise<number> {
  if (where?.trim() === '') throw new UsageError('Which room?')
  return oneShot(world, settings, async ({ remote, ready, output }) => {
    const isWanted = where === undefined ? () => true : await wanted(remote, where.replace(/^#/, ''))
    const look = {
      paint: isColourful(world, settings) ? colourful : plain,
      tabs: settings.plain,
      self: ready.self.id,
    }
    remote.on((event) => {
      if (event.type !== 'message' || event.history || !isWanted(event)) return
      output.write(`${settings.json ? jsonLine(event) : render(event, look)!.text}\n`)
    })
    return new Promise<number>(() => {})
  })
}

/** Which messages are. Rejects where none can come: it would wait for ever in silence. */
async function wanted(remote: Remote, where: string): Promise<(message: MessageEvent) => boolean> {
  if (where.startsWith('@')) {
    const answer = await granted(remote.ask({ command: `/whois ${where}` }))
    const { id } = (answer as { data?: { id?: unknown } }).data ?? {}
    return ({ room, self, from, to }) => room === null && (self && to ? to : from).id === id
  }
  const answer = await granted(remote.ask({ command: `/history 1 ${where}` }))
  // However it was typed, by its suffix alone too.
  const { room: meant = where } = answer as ResultEvent
  return ({ room }) => room !== null && fold(room) === fold(meant)
}
