/** `lanchat id`: who this data dir is. Needs no network. */
import { EXIT, exitCodeOf, toldOf } from './exit.ts'
import { logTo } from './log.ts'
import type { Settings } from './options.ts'
import { Output } from './output.ts'
import { Remote } from './remote.ts'
import { table } from './tables.ts'
import type { World } from './world.ts'

/** --json prints { type: 'id', id, name }. */
export async function printId(world: World, settings: Settings): Promise<number> {
  const output = new Output(world.stdout)
  const errors = new Output(world.stderr)
  let code: number = EXIT.ok
  try {
    const self = await selfOf(world, settings, (line) => errors.write(`lanchat: ${line}\n`))
    const { id, name } = self
    output.write(
      settings.json
        ? `${JSON.stringify({ type: 'id', id, name })}\n`
        : `${table({ name, id }, { tabs: settings.plain })}\n`,
    )
  } catch (error) {
    const told = toldOf(error)
    if (settings.json) output.write(`${JSON.stringify({ type: 'error', ...told })}\n`)
    else errors.write(`lanchat: ${told.message}\n`)
    code = exitCodeOf(told.code)
  }
  await Promise.all([output.flushed(), errors.flushed()])
  return code
}

async function selfOf(world: World, settings: Settings, log: (line: string) => void) {
  const { createNode, connectControl } = await world.load()
  const control = await connectControl(settings.node.dataDir)
  if (control) {
    const remote = new Remote(control, control)
    const ready = await Promise.race([remote.ready, remote.closed])
    control.destroy()
    if (ready) return ready.self
  }
  const node = await createNode({
    ...settings.node,
    discovery: false,
    neverHub: true,
    visitor: true,
    port: 0,
    log: logTo(log, settings.logLevel ?? 'error'),
  })
  node.ready.catch(() => {})
  const { id, name } = node.self
  await node.close()
  return { id, name }
}
