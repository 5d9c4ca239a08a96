/** A passphrase from a file, or typed without being shown. Never from an argument or the environment: others can read those. */
import type { OwnOptions } from './calls.ts'
import { OneShotError } from './one-shot.ts'
import { UsageError } from './options.ts'
import { readSmallFile } from './small-file.ts'
import { whyOf } from './system-error.ts'
import type { World } from './world.ts'

/** More than anybody types as a passphrase. */
const TYPED_MAX = 1024

/**
 * new: typed twice, and both must be alike. Throws UsageError where there is none to be had; OneShotError INTERRUPTED
 * at Ctrl-C.
 */
export async function passphraseFor(world: World, own: OwnOptions, kind: 'new' | 'known'): Promise<string> {
  const file = own['passphrase-file']
  const passphrase = file === undefined ? await typed(world, kind) : fromFile(String(file))
  if (passphrase === '') throw new UsageError('An empty passphrase protects nothing.')
  return passphrase
}

function fromFile(file: string): string {
  let text: string
  try {
    text = readSmallFile(file)
  } catch (error) {
    throw new UsageError(`The passphrase file ${file} cannot be read (${whyOf(error)}).`)
  }
  return text.split(/\r?\n/, 1)[0]!
}

async function typed(world: World, kind: 'new' | 'known'): Promise<string> {
  if (!world.stdin.isTTY || !world.stdin.setRawMode)
    throw new UsageError(
      'There is no terminal to type a passphrase in; put it into a file and give --passphrase-file.',
    )
  const keys = new HiddenKeys(world)
  try {
    const first = await keys.line(kind === 'new' ? 'New passphrase: ' : 'Passphrase: ')
    if (kind === 'new' && first !== '' && (await keys.line('Once more: ')) !== first)
      throw new UsageError('The two passphrases differ.')
    return first
  } finally {
    keys.close()
  }
}

/** Enter, Ctrl-C, Ctrl-D. */
const END = /\r\n?|[\n\u0003\u0004]/u

/** The terminal without echo, until closed. */
class HiddenKeys {
  readonly #world: World
  /** Typed and not yet taken as a line. */
  #typed = ''
  #look: () => void = () => {}

  constructor(world: World) {
    this.#world = world
    world.stdin.setRawMode!(true)
    world.stdin.on('data', this.#take)
  }

  line(prompt: string): Promise<string> {
    this.#world.stderr.write(prompt)
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const end = END.exec(this.#typed)
        if (!end) return
        const line = this.#typed.slice(0, end.index)
        this.#typed = this.#typed.slice(end.index + end[0].length)
        this.#look = () => {}
        this.#world.stderr.write('\n')
        if (/[\r\n]/.test(end[0])) resolve(edited(line))
        else reject(new OneShotError('INTERRUPTED', 'Nothing was done.'))
      }
      this.#look()
    })
  }

  close(): void {
    this.#world.stdin.off('data', this.#take)
    this.#world.stdin.setRawMode!(false)
    this.#world.stdin.pause()
  }

  readonly #take = (chunk: Buffer | string): void => {
    this.#typed += String(chunk)
    if (this.#typed.length > TYPED_MAX) this.#typed = this.#typed.slice(-TYPED_MAX)
    this.#look()
  }
}

/** Backspace takes back one character, Ctrl-U all; other control keys are nothing. */
function edited(typed: string): string {
  const kept: string[] = []
  for (const key of typed) {
    if (key === '\u007f' || key === '\b') kept.pop()
    else if (key === '\u0015') kept.length = 0
    else if (key >= ' ') kept.push(key)
  }
  return kept.join('')
}
