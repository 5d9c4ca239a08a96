/** `lanchat network new [file]`: a code of random words in a file, and how to use it. Needs no network. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { CODE_BITS_MIN, codeBitsAtMost, newCode, WORDS_IN_CODE } from './code.ts'
import { EXIT } from './exit.ts'
import { nearest } from './nearest.ts'
import { OneShotError } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import { report } from './report.ts'
import { safeName } from './safe-text.ts'
import type { World } from './world.ts'

/**
 * The code is nowhere but in the file: not on the screen, where others look, nor in what a shell keeps.
 * --json prints { type: 'network', network, file, words, bits }. Throws UsageError.
 */
export async function network(
  world: World,
  settings: Settings,
  [act = '', asked]: readonly string[],
): Promise<number> {
  if (act !== 'new') {
    const near = nearest(act, ['new'])
    throw new UsageError(
      `network cannot ${safeName(act)}.${near ? ' Did you mean new?' : ''} Try: lanchat network new`,
    )
  }
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
