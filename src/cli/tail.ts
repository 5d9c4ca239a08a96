/** `lanchat tail [room]`: messages as they come, until a signal. */
import { isColourful } from './chat.ts'
import { oneShot } from './one-shot.ts'
import type { Settings } from './options.ts'
import { colourful, plain, render } from './render.ts'
import type { World } from './world.ts'

/** room: only this one; without it all, private talks too. --json prints the `message` objects. */
export function tail(world: World, settings: Settings, room: string | undefined): Promise<number> {
  const only = room?.replace(/^#/, '')
  return oneShot(world, settings, ({ remote, ready, output }) => {
    const look = {
      paint: isColourful(world, settings) ? colourful : plain,
      tabs: settings.plain,
      self: ready.self.id,
    }
    remote.on((event) => {
      if (event.type !== 'message' || event.history || (only !== undefined && event.room !== only)) return
      output.write(`${settings.json ? JSON.stringify(event) : render(event, look)!.text}\n`)
    })
    return new Promise<number>(() => {})
  })
}
