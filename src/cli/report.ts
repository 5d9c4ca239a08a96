/** Calls that need no node: what they say goes to stdout, what went wrong to stderr, with --json both as objects. */
import { jsonLine } from '../wire/json-line.ts'
import { exitCodeOf, toldOf } from './exit.ts'
import { type Settings, UsageError } from './options.ts'
import { Output } from './output.ts'
import { indented } from './safe-text.ts'
import type { World } from './world.ts'

export interface Report {
  /** object: printed with --json; text: else. */
  say(object: Readonly<Record<string, unknown>>, text: string): void
  /** For people alone, on stderr; nothing with --json. */
  hint(text: string): void
}

/** Runs act; returns the exit code: that of act, else of what it threw. UsageErrors go through. */
export async function report(
  world: World,
  settings: Settings,
  act: (report: Report) => Promise<number>,
): Promise<number> {
  const output = new Output(world.stdout)
  const errors = new Output(world.stderr)
  let code: number
  try {
    code = await act({
      say: (object, text) => output.write(`${settings.json ? jsonLine(object) : text}\n`),
      hint: (text) => settings.json || errors.write(`${text}\n`),
    })
  } catch (error) {
    if (error instanceof UsageError) throw error
    const told = toldOf(error)
    if (settings.json) output.write(`${jsonLine({ type: 'error', ...told })}\n`)
    else errors.write(`lanchat: ${indented(told.message)}\n`)
    code = exitCodeOf(told.code)
  }
  await Promise.all([output.flushed(), errors.flushed()])
  return code
}
