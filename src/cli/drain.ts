/**
 * `lanchat hub --drain`: asks the lanchat running on this data dir to hand the hub over, and waits until another one is
 * hub. The process stays, as a member that is hub again only where nobody else can be: whoever stops it then stops
 * nothing that others need.
 */
import type { HubInfo } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { EXIT } from './exit.ts'
import { granted, oneShot } from './one-shot.ts'
import type { Settings } from './options.ts'
import { safeName } from './safe-text.ts'
import type { World } from './world.ts'

/** A hand-over takes some milliseconds: somebody waits for this. */
const LOOK_MS = 50

/** Exit code 0: another one is hub. 75: nobody else can be at the moment; it hands over as soon as somebody can. */
export function drain(world: World, settings: Settings): Promise<number> {
  return oneShot(
    world,
    settings,
    async ({ remote, output }) => {
      const ask = async (command: string) => {
        const answer = await granted(remote.ask({ command }))
        return (answer.type === 'result' ? answer.data : {}) as { readonly hub: HubInfo | null }
      }
      const until = performance.now() + settings.timeoutMs
      let data = await ask('/hub drain')
      while ((data.hub === null || data.hub.self) && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
        data = await ask('/hub')
      }
      const isDone = data.hub !== null && !data.hub.self
      output.write(settings.json ? `${jsonLine({ type: 'drain', done: isDone, ...data })}\n` : said(data))
      return isDone ? EXIT.ok : EXIT.later
    },
    { runningOnly: true },
  )
}

const said = ({ hub }: { readonly hub: HubInfo | null }): string =>
  hub && !hub.self
    ? `${safeName(hub.name)} is the hub now; this one is a member and may be stopped.\n`
    : 'Nobody else can be hub at the moment; this one hands over as soon as somebody can.\n'
