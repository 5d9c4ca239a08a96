// @ts-check
/** Rolls dice: `!roll`, `!roll 20` (one die of 20 sides), `!roll 3d6`. Start: node examples/dice.js */
import { run } from './run.js'

/** @param {import('lanchat').Bot} bot */
export function dice(bot) {
  bot.command('roll', (ctx) => {
    const asked = /^(?:(\d{1,2})d)?(\d{1,3})$/i.exec(ctx.rest || '6')
    const [count, sides] = [Number(asked?.[1] ?? 1), Number(asked?.[2] ?? 0)]
    if (count < 1 || sides < 2) return ctx.reply('Like this: !roll, !roll 20, !roll 3d6')
    const rolls = Array.from({ length: count }, () => 1 + Math.floor(Math.random() * sides))
    const sum = rolls.reduce((a, b) => a + b)
    return ctx.reply(`${ctx.from.name} rolls ${count > 1 ? `${rolls.join(' + ')} = ${sum}` : sum}`)
  })
}

await run(import.meta.url, 'dice', dice)
