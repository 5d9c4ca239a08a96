// @ts-check
/**
 * Polls, one at a time in each room: `!poll "Tea or coffee?" tea coffee`, then `!vote 2` (again to change one's mind),
 * `!result`, `!close`. Start: node examples/poll.js
 */
import { run } from './run.js'

/** @typedef {{ question: string, choices: readonly string[], votes: Map<string, number> }} Poll */

/** @param {import('lanchat').Bot} bot */
export function poll(bot) {
  /** @type {Map<string, Poll>} */
  const polls = new Map()

  // Commands of a poll make sense in a room alone, where the others see them.
  bot.command(['poll', 'vote', 'result', 'close'], (ctx, next) =>
    ctx.room === null ? ctx.reply('Polls are for rooms: ask me there.') : next(),
  )
  bot.command('poll', (ctx) => {
    const [question, ...choices] = ctx.args
    if (question === undefined || choices.length < 2)
      return ctx.reply('Like this: !poll "Tea or coffee?" tea coffee')
    polls.set(String(ctx.room), { question, choices, votes: new Map() })
    const list = choices.map((choice, i) => `${i + 1} ${choice}`).join(', ')
    return ctx.reply(`${question} Vote with !vote and a number: ${list}`)
  })
  bot.command(['vote', 'result', 'close'], (ctx) => {
    const open = polls.get(String(ctx.room))
    if (!open) return ctx.reply('There is no poll here. !poll begins one.')
    if (ctx.command === 'vote') {
      const number = Number(ctx.args[0])
      if (!open.choices[number - 1]) return ctx.reply(`Vote with a number from 1 to ${open.choices.length}.`)
      // One vote for each person, the last one counts.
      open.votes.set(ctx.from.id, number)
    }
    if (ctx.command === 'close') polls.delete(String(ctx.room))
    return ctx.reply(standing(open))
  })
}

/** @param {Poll} poll */
function standing({ question, choices, votes }) {
  const count = (/** @type {number} */ number) => [...votes.values()].filter((vote) => vote === number).length
  return `${question} ${choices.map((choice, i) => `${choice}: ${count(i + 1)}`).join(', ')}`
}

await run(import.meta.url, 'poll', poll)
