// @ts-check
/** What the examples share: the options of the command line, the signals that end a bot. */
import { realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Bot } from 'lanchat'

/**
 * Runs an example where its file is the one that node was started with; imported by a test, it does nothing.
 *
 * @param {string} url of the example's file
 * @param {string} name the bot's nick, unless --name says another
 * @param {(bot: Bot, rooms: readonly string[]) => unknown} setUp gives the bot its handlers
 */
export async function run(url, name, setUp) {
  const [, main] = process.argv
  if (main === undefined || pathToFileURL(realpathSync(main)).href !== url) return
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: name },
      room: { type: 'string', multiple: true, default: [] },
      network: { type: 'string', default: 'lan' },
      'data-dir': { type: 'string' },
      port: { type: 'string' },
      peer: { type: 'string', multiple: true },
      interface: { type: 'string', multiple: true },
      'no-discovery': { type: 'boolean' },
    },
  })
  const rooms = values.room
  const bot = new Bot({
    name: values.name,
    rooms: rooms.filter((room) => room !== 'general'),
    network: values.network,
    ...(process.env.LANCHAT_CODE && { code: process.env.LANCHAT_CODE }),
    ...(values['data-dir'] !== undefined && { dataDir: values['data-dir'] }),
    ...(values.port !== undefined && { port: Number(values.port) }),
    ...(values.peer && { peers: values.peer }),
    ...(values.interface && { interfaces: values.interface }),
    ...(values['no-discovery'] && { discovery: false }),
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => bot.stop())
  const setting = setUp(bot, rooms.length > 0 ? rooms : ['general'])
  await bot.start()
  console.error(`${values.name} is on the network ${values.network}; Ctrl-C ends it.`)
  await setting
}
