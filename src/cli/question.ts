/** `lanchat rooms`, `who`, `history`, `status`: one question, its answer printed. */
import { jsonLine } from '../wire/json-line.ts'
import { isColourful } from './chat.ts'
import { EXIT } from './exit.ts'
import { granted, type OneShotOptions, oneShot } from './one-shot.ts'
import type { Settings } from './options.ts'
import { colourful, notesOf, plain, resultText } from './render.ts'
import { inRows } from './screen/wrap.ts'
import type { World } from './world.ts'

/** command: as typed in the chat, with its slash. --json prints the `result` object. */
export function question(
  world: World,
  settings: Settings,
  command: string,
  options: OneShotOptions = {},
): Promise<number> {
  const ask: Parameters<typeof oneShot>[2] = async ({ remote, ready, output, say }) => {
    const answer = await granted(remote.ask({ command: command.trim() }))
    if (answer.type !== 'result') return EXIT.failure
    const { ref: _, ...result } = answer
    const paint = isColourful(world, settings) ? colourful : plain
    const look = { paint, tabs: settings.plain, self: ready.self.id }
    if (settings.json) output.write(`${jsonLine(result)}\n`)
    else {
      const text = resultText(answer.command, answer.data, look, answer)
      // Tabs are for programs, also where people look at them.
      const shown = settings.plain ? text : inRows(text, world.stdout)
      if (text !== '') output.write(`${shown}\n`)
      if (settings.plain) for (const note of notesOf(answer)) say(note)
    }
    return EXIT.ok
  }
  return oneShot(world, settings, ask, options)
}
