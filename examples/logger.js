// @ts-check
/**
 * Writes a room to a file, one JSON object a line: each message once, over restarts of its own and changes of hub.
 * Start: node examples/logger.js --room general; the file is general.jsonl.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { run } from './run.js'

/** As many as one question is answered with at most. */
const PAGE = 1000

/**
 * @param {import('lanchat').Bot} bot
 * @param {string} room
 * @param {string} file
 */
export async function logger(bot, room, file) {
  const known = idsIn(file)
  /** @param {import('lanchat').MessageEvent} message */
  const write = ({ id, ts, from, text }) => {
    if (known.has(id)) return
    known.add(id)
    appendFileSync(file, `${JSON.stringify({ id, ts, from: from.id, name: from.name, text })}\n`)
  }
  await bot.start()
  // What is said from now on waits until what was said before is written: own words and those of bots too.
  /** @type {import('lanchat').MessageEvent[] | undefined} */
  let waiting = []
  bot.node.on((event) => {
    if (event.type !== 'message' || event.room !== room) return
    if (waiting) waiting.push(event)
    else write(event)
  })
  // All of it, not just what is behind the last line: what another half of the network brings stands further up.
  const missed = []
  for (let before = ''; ; ) {
    const page = await bot.node.execute({ do: 'history', room, count: PAGE, ...(before && { before }) })
    if (page.type !== 'result') throw new Error('message' in page ? page.message : page.type)
    const messages = /** @type {import('lanchat').MessageEvent[]} */ (page.data)
    const [oldest] = messages
    if (!oldest) break
    missed.unshift(...messages.filter(({ id }) => !known.has(id)))
    before = oldest.order
  }
  for (const message of [...missed, ...waiting]) write(message)
  waiting = undefined
}

/**
 * The ids of the lines of a file. One that a crash cut off is ended, and its message written again.
 *
 * @param {string} file
 */
function idsIn(file) {
  /** @type {Set<string>} */
  const ids = new Set()
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n')
  for (const line of text.split('\n')) {
    try {
      ids.add(JSON.parse(line).id)
    } catch {
      // Cut off, or empty.
    }
  }
  return ids
}

await run(import.meta.url, 'logger', (bot, [room = 'general']) => logger(bot, room, `${room}.jsonl`))
