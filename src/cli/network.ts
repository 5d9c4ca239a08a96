/**
 * `lanchat network new NAME [file]`: a network that belongs to you, and the invitation into it. `lanchat network show FILE`:
 * an invitation as QR and words. `lanchat network new [file.code]`: a code of random words alone. These without a network;
 * `show` without a file and `newcode [file]` ask the lanchat running here, or visit the network.
 */
import type { InvitationData, ResultEvent } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { refusalText } from '../wire/refusal.ts'
import type { OwnOptions } from './calls.ts'
import { CODE_BITS_MIN, codeBitsAtMost, newCode, WORDS_IN_CODE } from './code.ts'
import { EXIT, toldOf } from './exit.ts'
import { qrLines } from './first-contact.ts'
import { FreshFile } from './made-file.ts'
import { nearest } from './nearest.ts'
import { granted, OneShotError, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import type { Remote } from './remote.ts'
import { invitationText } from './render.ts'
import { report } from './report.ts'
import { safeName } from './safe-text.ts'
import { shellWord } from './shell-word.ts'
import { readSmallFile } from './small-file.ts'
import { whyOf } from './system-error.ts'
import type { World } from './world.ts'

const ACTS = ['new', 'show', 'newcode'] as const

/** Throws UsageError. */
export async function network(
  world: World,
  settings: Settings,
  { reason }: OwnOptions,
  [act = '', name, file]: readonly string[],
): Promise<number> {
  if (reason !== undefined && act !== 'newcode')
    throw new UsageError(`network ${safeName(act)} takes no --reason.`)
  if (act === 'show' && file === undefined)
    return name === undefined ? showPresent(world, settings) : show(world, settings, name)
  if (act === 'newcode' && file === undefined) return newcode(world, settings, name, String(reason ?? ''))
  if (act === 'new')
    return isFile(name) && file === undefined
      ? code(world, settings, name)
      : found(world, settings, name!, file)
  const near = nearest(act, ACTS)
  throw new UsageError(
    `network cannot ${safeName(act)}${ACTS.some((known) => known === act) ? ' so many things at once' : ''}.${near && near !== act ? ` Did you mean ${near}?` : ''} Try: lanchat network new NAME`,
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
    new FreshFile(file).fill(`${text}\n`)
    say(
      { type: 'network', network, file, owner, words: WORDS_IN_CODE, bits },
      `The network ${network} is yours (${owner.slice(0, 8)}). The invitation into it is in ${file}.`,
    )
    hint(
      [
        `Use it on every machine: lanchat --code-file ${shellWord(file)}`,
        `Carry the file on a stick, or show it as a QR and as words: lanchat network show ${shellWord(file)}`,
        'Whoever has it can come in, unless you type /membersonly on; then /admit lets people in, one by one.',
        'Has it got into wrong hands? lanchat network newcode makes a new one; /expel keeps somebody out.',
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
    const { network, owner } = invitation
    const words = invitationWords(invitation)
    say(
      { type: 'invitation', network, owner, text, words },
      await shownText({ network, owner, text, words }, settings),
    )
    hint(WORDS_HINT(network))
    return EXIT.ok
  })
}

const WORDS_HINT = (network: string) =>
  `Whoever types the words puts them in a file: lanchat --network ${network} --code-file FILE. The QR holds the text of the invitation.`

const shownText = async (invitation: InvitationData, settings: Settings): Promise<string> =>
  [...(settings.json ? [] : await qrLines(invitation.text)), invitationText(invitation)].join('\n')

const asked = async (remote: Remote): Promise<InvitationData> => {
  const answer = await granted(remote.ask({ command: '/invitation' }))
  return (answer as ResultEvent).data as InvitationData
}

/** The invitation by the code in force. As `show`. */
function showPresent(world: World, settings: Settings): Promise<number> {
  return oneShot(
    world,
    settings,
    async ({ remote, output }) => {
      const invitation = await asked(remote)
      const text = settings.json
        ? jsonLine({ type: 'invitation', ...invitation })
        : await shownText(invitation, settings)
      output.write(`${text}\n`)
      return EXIT.ok
    },
    { storedWillDo: true },
  )
}

/** --json prints the `system` object, with `file` where the new invitation was written to one. */
function newcode(
  world: World,
  settings: Settings,
  file: string | undefined,
  reason: string,
): Promise<number> {
  return oneShot(world, settings, async ({ remote, output }) => {
    const fresh = file === undefined ? undefined : new FreshFile(file)
    const made = await granted(remote.ask({ command: `/newcode ${reason}` })).catch((error: unknown) => {
      fresh?.discard()
      throw error
    })
    if (fresh) await fillWithInvitation(fresh, remote)
    const { ref: _, ...told } = made as { ref?: unknown; text?: string }
    const where = file === undefined ? 'lanchat network show shows it.' : `The new invitation is in ${file}.`
    output.write(
      settings.json
        ? `${jsonLine({ ...told, ...(file !== undefined && { file }) })}\n`
        : `This network has a new code: members go on by themselves, invitations from before let nobody in any more. ${where}\n`,
    )
    return EXIT.ok
  })
}

/** The code is in force by now, whatever becomes of the file: people are told how they get at it. */
async function fillWithInvitation(fresh: FreshFile, remote: Remote): Promise<void> {
  const { text } = await asked(remote).catch((error: unknown) => {
    fresh.discard()
    throw withCodeMade(error)
  })
  try {
    fresh.fill(`${text}\n`)
  } catch (error) {
    throw withCodeMade(error)
  }
}

function withCodeMade(error: unknown): OneShotError {
  const { code, message } = toldOf(error)
  return new OneShotError(
    code,
    `This network has a new code, but it is in no file: ${message} lanchat network show shows the invitation.`,
  )
}

function readText(file: string): string {
  try {
    return readSmallFile(file).trim()
  } catch (error) {
    throw new OneShotError('FILE_UNREADABLE', refusalText('FILE_UNREADABLE', { file, why: whyOf(error) }))
  }
}

/** The code is nowhere but in the file: not on the screen, where others look, nor in what a shell keeps. --json prints { type: 'network', network, file, words, bits }. */
function code(world: World, settings: Settings, asked: string | undefined): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const name = settings.node.network ?? 'lan'
    const file = asked ?? `${name}.code`
    const { code, bits } = newCode()
    new FreshFile(file).fill(`${code}\n`)
    say(
      { type: 'network', network: name, file, words: WORDS_IN_CODE, bits },
      `A code of ${WORDS_IN_CODE} random words (${bits} bits) is in ${file}.`,
    )
    const use = `lanchat ${settings.node.network === undefined ? '' : `--network ${name} `}--code-file ${shellWord(file)}`
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

/** What to say of a code somebody chose; undefined for a good one. */
export function codeWarning(code: string): string | undefined {
  const bits = codeBitsAtMost(code)
  if (bits >= CODE_BITS_MIN) return undefined
  return `This network's code is easy to guess (${bits} bits at most; ${CODE_BITS_MIN} are asked for). Make a better one: lanchat network new`
}
