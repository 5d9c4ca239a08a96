/** `lanchat send <room or @nick> [text]`: one message; success is "stored". */
import type { Readable } from 'node:stream'
import { jsonLine } from '../wire/json-line.ts'
import { EXIT, within } from './exit.ts'
import { granted, OneShotError, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import type { World } from './world.ts'

/** Far more than a text may have: the session says what is too long. */
const STDIN_BYTES_MAX = 32 * 1024

/** words: where to, then the text; none or `-` reads it from stdin. Throws UsageError where there is no text to come. */
export async function send(world: World, settings: Settings, words: readonly string[]): Promise<number> {
  const [where = '', ...said] = words
  const isPiped = said.length === 0 || (said.length === 1 && said[0] === '-')
  if (isPiped && said.length === 0 && world.stdin.isTTY) throw new UsageError('What is to be sent?')
  const text = isPiped ? await textOf(world.stdin) : said.join(' ')
  const to = where.startsWith('@') ? { to: where.slice(1) } : { room: where.replace(/^#/, '') }
  return oneShot(world, settings, async ({ remote, output, isRunning }) => {
    const stored = new Set<string>()
    const keptBack = new Map<string, OneShotError>()
    let wake = () => {}
    remote.on((event) => {
      if (settings.json && (event.type === 'ack' || event.type === 'sent')) {
        const { ref: _, ...rest } = { ref: undefined, ...event }
        output.write(`${jsonLine(rest)}\n`)
      }
      if (event.type === 'ack') stored.add(event.id)
      if (event.type === 'error' && event.id !== undefined)
        keptBack.set(event.id, new OneShotError(event.code, event.message))
      wake()
    })
    const answer = await granted(remote.ask({ text, ...to }))
    if (answer.type !== 'sent') return EXIT.failure
    const arrived = new Promise<void>((resolve) => {
      wake = () => (stored.has(answer.id) || keptBack.has(answer.id)) && resolve()
      wake()
    })
    if (await within(arrived, settings.timeoutMs)) {
      const why = keptBack.get(answer.id)
      if (why && !stored.has(answer.id)) throw why
      return EXIT.ok
    }
    const goesOn = isRunning
      ? 'The lanchat running here goes on trying.'
      : 'It is sent when lanchat is started again.'
    throw new OneShotError('OFFLINE', `The message is not stored yet. ${goesOn}`)
  })
}

/** All of a stream as text without its last newline. Throws UsageError where it is no UTF-8 or far too long. */
async function textOf(input: Readable): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of input) {
    const part: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += part.length
    if (size > STDIN_BYTES_MAX) throw new UsageError('The text on stdin is too long for one message.')
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)).replace(/\r?\n$/, '')
  } catch {
    throw new UsageError('The text on stdin is not valid UTF-8.')
  }
}
