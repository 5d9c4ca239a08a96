/** `lanchat complete rooms|to`: names for the completion of shells, one a line. Only asks a lanchat that runs: Tab waits for nobody. */
import { EXIT, within } from './exit.ts'
import { type Settings, UsageError } from './options.ts'
import { Output } from './output.ts'
import { Remote } from './remote.ts'
import type { World } from './world.ts'

const WAIT_MS_MAX = 1000
/** Of names with other signs shells would make something else. */
const PLAIN_NAME = /^[\p{L}\p{N}_.-]+$/u

export async function complete(world: World, settings: Settings, what: string): Promise<number> {
  if (what !== 'rooms' && what !== 'to') throw new UsageError('complete knows rooms and to.')
  const { connectControl } = await world.load()
  const control = await connectControl(settings.node.dataDir)
  if (!control) return EXIT.ok
  const remote = new Remote(control, control)
  const names: string[] = []
  const asked = (async () => {
    names.push(...(await namesOf(remote, '/rooms')))
    if (what === 'to') names.push(...(await namesOf(remote, '/who general')).map((nick) => `@${nick}`))
  })()
  await within(Promise.race([asked, remote.closed]), WAIT_MS_MAX)
  control.destroy()
  const output = new Output(world.stdout)
  output.write([...new Set(names)].map((name) => `${name}\n`).join(''))
  await output.flushed()
  return EXIT.ok
}

async function namesOf(remote: Remote, command: string): Promise<string[]> {
  const answer = await remote.ask({ command })
  if (answer.type !== 'result') return []
  const rows = answer.data as readonly {
    readonly name: string | null
    readonly label?: string
    readonly self?: true
  }[]
  return rows
    .filter((row) => !row.self)
    .map((row) => row.label ?? row.name ?? '')
    .filter((name) => PLAIN_NAME.test(name))
}
