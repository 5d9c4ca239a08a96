/** `lanchat doctor`: why it does not work here, or that it does. Asks the lanchat running here, where one is. */
import type { Check, CheckName, NodeReport } from '../node/index.ts'
import { doctorText } from './doctor/text.ts'
import { verdictOf } from './doctor/verdict.ts'
import { EXIT } from './exit.ts'
import { nearest } from './nearest.ts'
import { type Settings, UsageError } from './options.ts'
import { Remote } from './remote.ts'
import { type Report, report } from './report.ts'
import { safeName } from './safe-text.ts'
import type { NodeModule, World } from './world.ts'

/**
 * Prints the verdict and all checks; --json as one object { type: 'doctor', ok, verdict, checks }. Exit code 1 where a check
 * fails, else 0. Rejects with UsageError where --check names no check.
 */
export function doctor(world: World, settings: Settings): Promise<number> {
  return report(world, settings, ({ say }) => checked(world, settings, say))
}

async function checked(world: World, settings: Settings, say: Report['say']): Promise<number> {
  const node = await world.load()
  const only = settings.checks && namesOf(settings.checks, node.CHECK_NAMES)
  const asked = askRunning(node, settings)
  const { dataDir, network, code, interfaces, peers, discovery } = settings.node
  const made = node.runChecks({
    ...(only && { only }),
    ...(dataDir !== undefined && { dataDir }),
    ...(network !== undefined && { network }),
    ...(code !== undefined && { code }),
    ...(interfaces && { interfaces }),
    ...(peers && { peers }),
    ...(discovery !== undefined && { discovery }),
    running: asked.report,
  })
  const byName = new Map<CheckName, Check>()
  for await (const check of made) byName.set(check.name, check)
  asked.close()
  const checks = node.CHECK_NAMES.flatMap((name) => byName.get(name) ?? [])
  const verdict = verdictOf(checks)
  const ok = checks.every(({ status }) => status !== 'fail')
  say({ type: 'doctor', ok, verdict, checks }, doctorText(verdict, checks, settings.plain))
  return ok ? EXIT.ok : EXIT.failure
}

function namesOf(words: readonly string[], names: readonly CheckName[]): CheckName[] {
  return words.map((word) => {
    const name = names.find((name) => name === word)
    if (name) return name
    const near = nearest(word, names)
    throw new UsageError(
      `There is no check ${safeName(word)}. ${near ? `Did you mean ${near}?` : `There are: ${names.join(', ')}.`}`,
    )
  })
}

/** What the lanchat running here answers; undefined where none runs or it does not understand. */
export function askRunning<T = NodeReport>(node: NodeModule, settings: Settings, command = '/doctor') {
  let close = () => {}
  const ask = async (): Promise<T | undefined> => {
    const control = await node.connectControl(settings.node.dataDir)
    if (!control) return undefined
    close = () => void control.destroy()
    const remote = new Remote(control, control)
    const answer = await Promise.race([remote.ask({ command }), remote.closed])
    return answer?.type === 'result' ? (answer.data as T) : undefined
  }
  const report = ask().catch(() => undefined)
  return { report, close: () => close() }
}
