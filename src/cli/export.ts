/** `lanchat export [room]`: all of a room's history this node holds, oldest first, one message object a line. */
import type { MessageEvent } from '../node/index.ts'
import { GENERAL, HISTORY_MAX } from './commands.ts'
import { EXIT } from './exit.ts'
import { granted, type OneShot, oneShot } from './one-shot.ts'
import type { Settings } from './options.ts'
import type { World } from './world.ts'

/** What comes while it is read is left out. */
export function exportRoom(world: World, settings: Settings, room: string = GENERAL): Promise<number> {
  const name = room.replace(/^#/, '')
  const read = async ({ remote, output }: OneShot) => {
    // Read from the newest backwards, so pages are kept as text until the oldest is here.
    const pages: string[] = []
    for (let before = ''; ; ) {
      const bound = before && ` --before ${before}`
      const answer = await granted(remote.ask({ command: `/history ${HISTORY_MAX} ${name}${bound}` }))
      if (answer.type !== 'result') return EXIT.failure
      const messages = answer.data as readonly MessageEvent[]
      pages.push(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
      if (messages.length < HISTORY_MAX) break
      before = messages[0]!.order
    }
    for (const page of pages.reverse()) {
      output.write(page)
      await output.drained()
    }
    return EXIT.ok
  }
  return oneShot(world, settings, read, { storedWillDo: true })
}
