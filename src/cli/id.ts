/**
 * `lanchat id [show | export <file> | import <file>]`: who this data dir is; needs no network. `id devices`, `link <nick>`,
 * `accept <nick>`, `unlink <id>`: several devices of one person; these ask the lanchat running here, or visit the network.
 */
import { jsonLine } from '../wire/json-line.ts'
import type { OwnOptions } from './calls.ts'
import { EXIT } from './exit.ts'
import { logTo } from './log.ts'
import { nearest } from './nearest.ts'
import { granted, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import { passphraseFor } from './passphrase.ts'
import { question } from './question.ts'
import { Remote } from './remote.ts'
import { report } from './report.ts'
import { safeName, safeText } from './safe-text.ts'
import { shellWord } from './shell-word.ts'
import { table } from './tables.ts'
import type { World } from './world.ts'

const ACTS = ['show', 'export', 'import', 'devices', 'link', 'accept', 'unlink'] as const

/** Throws UsageError. --json prints { type: 'id', id, name } or { type: 'id', id, file, ... }. */
export async function id(
  world: World,
  settings: Settings,
  own: OwnOptions,
  [act = 'show', file]: readonly string[],
): Promise<number> {
  if (act === 'show' && file === undefined) return show(world, settings)
  if (act === 'devices' && file === undefined) return question(world, settings, '/device')
  if (isLinking(act)) return linking(world, settings, act, file)
  if (act !== 'export' && act !== 'import') {
    const near = nearest(act, ACTS)
    throw new UsageError(
      `id shows, exports, imports or links; it cannot ${safeName(act)}.${near ? ` Did you mean ${near}?` : ''}`,
    )
  }
  if (file === undefined) throw new UsageError(`id ${act} needs a file: lanchat id ${act} <file>.`)
  return act === 'export' ? exportTo(world, settings, own, file) : importFrom(world, settings, own, file)
}

/** What is typed in the chat for each. */
const LINKING = { link: 'ask', accept: 'accept', unlink: 'remove' } as const
const isLinking = (act: string): act is keyof typeof LINKING => Object.hasOwn(LINKING, act)

/** Both sides agree: link on the new device, accept on the first one. --json prints the `system` object. */
function linking(
  world: World,
  settings: Settings,
  act: keyof typeof LINKING,
  who: string | undefined,
): Promise<number> {
  if (who === undefined) throw new UsageError(`id ${act} needs to know whom: lanchat id ${act} <name or id>.`)
  return oneShot(world, settings, async ({ remote, output }) => {
    const answer = await granted(remote.ask({ command: `/device ${LINKING[act]} ${who}` }))
    const { ref: _, ...told } = answer as { ref?: unknown; text?: string }
    output.write(`${settings.json ? jsonLine(told) : safeText(told.text ?? '')}\n`)
    return EXIT.ok
  })
}

function show(world: World, settings: Settings): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const { id, name } = await selfOf(world, settings, (line) => hint(`lanchat: ${line}`))
    say({ type: 'id', id, name }, table({ name, id }, { tabs: settings.plain }))
    return EXIT.ok
  })
}

function exportTo(world: World, settings: Settings, own: OwnOptions, file: string): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const passphrase = await passphraseFor(world, own, 'new')
    if (passphrase.length < 12)
      hint('This passphrase is short: whoever gets the file may guess it. Six random words are good.')
    const { exportIdentity } = await world.load()
    const { id } = await exportIdentity(file, passphrase, settings.node.dataDir)
    say(
      { type: 'id', id, file },
      `The identity ${id.slice(0, 8)} is in ${file}, sealed with your passphrase.`,
    )
    hint(
      `On the new machine: lanchat id import ${shellWord(file)}\nDo not go on using both: one identity lives in one place at a time.`,
    )
    return EXIT.ok
  })
}

function importFrom(world: World, settings: Settings, own: OwnOptions, file: string): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const passphrase = await passphraseFor(world, own, 'known')
    const { importIdentity } = await world.load()
    const { dataDir } = settings.node
    const { id, isSame, kept } = await importIdentity(file, passphrase, {
      dataDir,
      replace: own.replace === true,
    })
    const short = id.slice(0, 8)
    say(
      { type: 'id', id, file, ...(isSame && { same: true }), ...(kept !== undefined && { kept }) },
      isSame ? `This data directory is ${short} already.` : `This data directory is ${short} now.`,
    )
    if (kept !== undefined) hint(`The identity that was here lies in ${kept}.`)
    return EXIT.ok
  })
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
