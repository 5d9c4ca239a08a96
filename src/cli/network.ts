/**
 * `lanchat network new NAME [file]`: a network that belongs to you, and the invitation into it. `lanchat network show FILE`:
 * an invitation as QR and words. `lanchat network new [file.code]`: a code of random words alone. All without a network.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { CODE_BITS_MIN, codeBitsAtMost, newCode, WORDS_IN_CODE } from './code.ts'
import { EXIT } from './exit.ts'
import { qrLines } from './first-contact.ts'
import { nearest } from './nearest.ts'
import { OneShotError } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import { report } from './report.ts'
import { safeName } from './safe-text.ts'
import type { World } from './world.ts'

const ACTS = ['new', 'show'] as const
const WORDS_IN_LINE = 8

/** Throws UsageError. */
export async function network(
  world: World,
  settings: Settings,
  [act = '', name, file]: readonly string[],
): Promise<number> {
  if (act === 'show' && name !== undefined && file === undefined) return show(world, settings, name)
  if (act === 'new')
    return isFile(name) && file === undefined
      ? code(world, settings, name)
      : found(world, settings, name!, file)
  const near = nearest(act, ACTS)
  const why = act === 'show' ? 'network show needs a file.' : `network cannot ${safeName(act)}.`
  throw new UsageError(
    `${why}${near && near !== act ? ` Did you mean ${near}?` : ''} Try: lanchat network new NAME`,
  )
}

/** No name, or that of a file for a code: no network of one's own is meant. */
const isFile = (name: string | undefined): boolean => name === undefined || /[\\/]|\.code$/.test(name)

/** --json prints { type: 'network', network, file, owner, words, bits }. */
function found(world: World, settings: Settings, name: string, asked: string | undefined): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const { newInvitation } = await import('../node/index.ts')
    const { code, bits } = newCode()
    const { network, owner, text } = await newInvitation(name, code, settings.node.dataDir)
    const file = asked ?? `${network}.invitation`
    writeFresh(file, `${text}\n`)
    say(
      { type: 'network', network, file, owner, words: WORDS_IN_CODE, bits },
      `The network ${network} is yours (${owner.slice(0, 8)}). The invitation into it is in ${file}.`,
    )
    hint(
      [
        `Use it on every machine: lanchat --code-file ${file}`,
        `Carry the file on a stick, or show it as a QR and as words: lanchat network show ${file}`,
        'Whoever has it can come in, unless you type /membersonly on; then /admit lets people in, one by one.',
        'Has it got into wrong hands? /expel keeps somebody out, and /role NICK admin gives you help.',
      ].join('\n'),
    )
    return EXIT.ok
  })
}

/** On the screen, where others may look: people ask for it. --json prints { type: 'invitation', network, owner, text, words }. */
function show(world: World, settings: Settings, file: string): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const { invitationIn, invitationWords } = await import('../node/index.ts')
    const text = readText(file)
    const invitation = invitationIn(text)
    if (!invitation) throw new OneShotError('FILE_INVALID', `${file} holds no invitation, or a damaged one.`)
    const words = invitationWords(invitation)
    const { network, owner } = invitation
    const lines: string[] = []
    for (let at = 0; at < words.length; at += WORDS_IN_LINE)
      lines.push(`  ${words.slice(at, at + WORDS_IN_LINE).join(' ')}`)
    const qr = settings.json ? [] : await qrLines(text)
    say(
      { type: 'invitation', network, owner, text, words },
      [...qr, `The network ${network}, in words:`, ...lines].join('\n'),
    )
    hint(
      `Whoever types the words puts them in a file: lanchat --network ${network} --code-file FILE. The QR holds the text of the invitation.`,
    )
    return EXIT.ok
  })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new OneShotError(
      'FILE_INVALID',
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    )
  }
}

/** The code is nowhere but in the file: not on the screen, where others look, nor in what a shell keeps. --json prints { type: 'network', network, file, words, bits }. */
function code(world: World, settings: Settings, asked: string | undefined): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const name = settings.node.network ?? 'lan'
    const file = asked ?? `${name}.code`
    const { code, bits } = newCode()
    writeFresh(file, `${code}\n`)
    say(
      { type: 'network', network: name, file, words: WORDS_IN_CODE, bits },
      `A code of ${WORDS_IN_CODE} random words (${bits} bits) is in ${file}.`,
    )
    const use = `lanchat ${settings.node.network === undefined ? '' : `--network ${name} `}--code-file ${file}`
    hint(
      [
        `Use it on every machine: ${use}`,
        'Carry the file on a stick, or read the words out to those who may join.',
        'Who has the code reads and writes everything in the open rooms of this network; there is no way to take it back but a new one.',
      ].join('\n'),
    )
    return EXIT.ok
  })
}

/** For its owner alone; an existing file is left as it is. */
function writeFresh(file: string, text: string): void {
  let fd: number
  try {
    fd = openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new OneShotError(
        'FILE_EXISTS',
        `${file} exists already and is left as it is. Please name another file.`,
      )
    throw new OneShotError('FILE_UNWRITABLE', `${file} cannot be written (${code}).`)
  }
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** What to say of a code somebody chose; undefined for a good one. */
export function codeWarning(code: string): string | undefined {
  const bits = codeBitsAtMost(code)
  if (bits >= CODE_BITS_MIN) return undefined
  return `This network's code is easy to guess (${bits} bits at most; ${CODE_BITS_MIN} are asked for). Make a better one: lanchat network new`
}
