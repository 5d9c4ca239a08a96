// @ts-check
/** Greets everybody once: who joins a room of its own, or speaks for the first time. Start: node examples/welcome.js --room games */
import { run } from './run.js'

/** @param {import('lanchat').Bot} bot */
export function welcome(bot) {
  const known = new Set()

  /** @param {{ id: string, name: string }} person */
  const isNew = ({ id }) => !known.has(id) && Boolean(known.add(id))

  bot.on('system:join', (ctx) => {
    if (isNew(ctx.user)) return ctx.reply(`Welcome to ${ctx.room}, ${ctx.user.name}!`)
  })
  bot.on('message:room', async (ctx, next) => {
    if (isNew(ctx.from))
      await ctx.reply(`Hello, ${ctx.from.name}! /rooms shows what there is, /help what you can do.`)
    await next()
  })
}

await run(import.meta.url, 'welcome', welcome)
