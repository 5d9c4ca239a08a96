// @ts-check
/**
 * A bridge to another program: each line from stdin is said in the room, what others say there is printed. It ends with
 * stdin. Start: tail -F log.txt | node examples/bridge.js --name log --room logs
 */
import { createInterface } from 'node:readline'
import { run } from './run.js'

/**
 * @param {import('lanchat').Bot} bot
 * @param {string} room
 * @param {NodeJS.ReadableStream} input
 * @param {NodeJS.WritableStream} output
 */
export async function bridge(bot, room, input, output) {
  bot.on('message:room', (ctx) => {
    // One line for each message, and nothing in it that a terminal would obey; a label is always safe to show.
    const text = ctx.text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    if (ctx.room === room) output.write(`${ctx.from.label ?? ctx.from.name}: ${text}\n`)
  })
  await bot.start()
  const lines = createInterface({ input })
  // Ctrl-C ends it also while no line comes.
  bot.node.closed.then(() => lines.close())
  // The next line is read when this one is stored: nothing piles up here, and nothing is lost at the end.
  for await (const line of lines) {
    if (line.trim() === '') continue
    // A line that cannot be said, one that is too long perhaps, is no end of those behind it.
    await bot.send(room, line).catch((error) => {
      if (error.code === 'OFFLINE') throw error
      process.stderr.write(`A line was left out: ${error.message}\n`)
    })
  }
  await bot.stop()
}

await run(import.meta.url, 'bridge', (bot, [room = 'general']) =>
  bridge(bot, room, process.stdin, process.stdout),
)
