// @ts-check
/**
 * Looks after a room that it makes, and so owns: hides what has a word that is not wanted there, also where an edit brings it
 * in, and bans for an hour whoever does it a third time. Start: node examples/moderator.js --room games
 */
import { run } from './run.js'

const UNWANTED = /\bspam\b/i
const STRIKES_MAX = 3
const BAN_MS = 3_600_000

/**
 * @param {import('lanchat').Bot} bot
 * @param {string} room
 */
export async function moderator(bot, room) {
  /** @type {Map<string, number>} */
  const strikes = new Map()

  /**
   * @param {string} message
   * @param {string} who
   */
  const hide = async (message, who) => {
    const done = await bot.node.execute({ do: 'hide', room, message, on: true, reason: 'spam' })
    if (done.type === 'error') return console.error(done.message)
    const count = (strikes.get(who) ?? 0) + 1
    strikes.set(who, count)
    if (count < STRIKES_MAX) return
    strikes.delete(who)
    const banned = await bot.node.execute({ do: 'ban', room, who, forMs: BAN_MS, reason: 'spam' })
    if (banned.type === 'error') console.error(banned.message)
  }

  bot.on('message:room', (ctx, next) =>
    ctx.room === room && UNWANTED.test(ctx.text) ? hide(ctx.event.id, ctx.from.id) : next(),
  )
  await bot.start()
  bot.node.on((event) => {
    if (event.type === 'edit' && event.room === room && !event.self && UNWANTED.test(event.text))
      hide(event.id, event.from.id).catch(console.error)
  })
}

await run(import.meta.url, 'moderator', (bot, [room]) => moderator(bot, String(room)))
