/** `lanchat verify <file>`: is an export what its authors signed, and what the device that made it wrote? No network is needed. */
import { readFile, stat } from 'node:fs/promises'
import type { ExportVerdict, MessageEvent } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { refusalText } from '../wire/refusal.ts'
import { EXIT } from './exit.ts'
import { isPageOf, readExport } from './export-page.ts'
import type { Settings } from './options.ts'
import { Output } from './output.ts'
import { safeName, safeText } from './safe-text.ts'
import { whyOf } from './system-error.ts'
import type { World } from './world.ts'

/** Faults that people are told of one by one. */
const FAULTS_MAX = 20
/** Names that people are told of, with their keys. */
const NAMES_MAX = 20
/** As much of a key as people compare. */
const KEY_DIGITS = 16
/** No name of ours is longer; one that somebody made up may be. */
const NAME_CHARS_MAX = 80

export async function verify(world: World, settings: Settings, file: string): Promise<number> {
  const output = new Output(world.stdout)
  const errors = new Output(world.stderr)
  const code = await check(world, settings, file, output, errors)
  await Promise.all([output.flushed(), errors.flushed()])
  return code
}

async function check(
  world: World,
  settings: Settings,
  file: string,
  output: Output,
  errors: Output,
): Promise<number> {
  let text: string
  try {
    text = await textOf(file)
  } catch (error) {
    const message = refusalText('FILE_UNREADABLE', { file, why: whyOf(error) })
    if (settings.json) output.write(`${jsonLine({ type: 'error', code: 'FILE_UNREADABLE', message })}\n`)
    else errors.write(`lanchat: ${safeText(message)}\n`)
    return EXIT.failure
  }
  const { checkExport } = await world.load()
  const read = readExport(text)
  const found = checkExport(read?.lines ?? [])
  // What people see must be what its lines say.
  const isShown = read !== undefined && (read.format === 'jsonl' || isPageOf(read.format, read.lines, text))
  const why = read ? 'the page does not show what its lines say' : 'it is no export'
  const faults = [...found.faults, ...(isShown ? [] : [{ line: 0, why }])]
  const verdict = { ...found, faults }
  const isGood = faults.length === 0
  if (settings.json) output.write(`${jsonLine({ type: 'verify', file, good: isGood, ...verdict })}\n`)
  else output.write(`${safeText(verdictText(file, verdict, isGood ? namesIn(read?.lines ?? []) : []))}\n`)
  return isGood ? EXIT.ok : EXIT.failure
}

async function textOf(file: string): Promise<string> {
  const found = await stat(file)
  if (found.isCharacterDevice() || found.isBlockDevice()) throw new Error('it is no file')
  return readFile(file, 'utf8').catch((error) => {
    throw error instanceof RangeError ? new Error('it is too long') : error
  })
}

/** Who is called what in it: no signature is over a name, so a page may call anybody anything. */
function namesIn(lines: readonly string[]): string[] {
  const named = new Set<string>()
  for (const line of lines) {
    const { from } = JSON.parse(line) as MessageEvent
    const name = safeName(String(from.label ?? from.name)).slice(0, NAME_CHARS_MAX)
    named.add(`  ${from.id.slice(0, KEY_DIGITS)}  ${name}`)
  }
  return [...named]
}

function verdictText(file: string, verdict: ExportVerdict, names: readonly string[]): string {
  const { messages, deleted, hidden, sealed, authors, seal, faults } = verdict
  if (faults.length > 0) {
    const told = faults.slice(0, FAULTS_MAX).map(({ line, why }) => (line > 0 ? `line ${line}: ${why}` : why))
    const more = faults.length > FAULTS_MAX ? [`and ${faults.length - FAULTS_MAX} more`] : []
    return [`${file} is not what was signed:`, ...told, ...more].join('\n')
  }
  const parts = [
    `${messages} ${messages === 1 ? 'message' : 'messages'} of ${authors} ${authors === 1 ? 'key' : 'keys'}`,
    ...(deleted > 0 ? [`${deleted} deleted by their authors`] : []),
    ...(hidden > 0 ? [`${hidden} hidden by moderators`] : []),
  ]
  const lines = [`${file}: ${parts.join(', ')}. All signatures are good.`]
  if (seal)
    lines.push(
      `Made by ${seal.by.slice(0, KEY_DIGITS)} on ${new Date(seal.at).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    )
  if (names.length > 0) {
    const more = names.length > NAMES_MAX ? [`  and ${names.length - NAMES_MAX} more`] : []
    lines.push(
      'The names are the word of whoever made it, for these keys:',
      ...names.slice(0, NAMES_MAX),
      ...more,
    )
  }
  if (sealed > 0)
    lines.push(
      `${sealed} ${sealed === 1 ? 'was' : 'were'} said in private: signed by their authors as they were sealed, the text is the word of whoever made this.`,
    )
  return lines.join('\n')
}
