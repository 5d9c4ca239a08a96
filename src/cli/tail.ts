/** `lanchat tail [room or @nick]`: messages as they come, until a signal. */
import type { MessageEvent, ResultEvent } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { isColourful } from './chat.ts'
import { granted, oneShot } from './one-shot.ts'
import { type Settings, UsageError } from './options.ts'
import type { Remote } from './remote.ts'
import { colourful, plain, render } from './render.ts'
import { inRows } from './screen/wrap.ts'
import type { World } from './world.ts'

/**
 * where: only this room, or with `@nick` the talk with somebody; without it all of them. Where it is none that this person is in,
 * it is refused. --json prints the `message` objects. Rejects with UsageError where it is empty.
 */
export async function tail(world: World, settings: Settings, where: string | undefined): Promise<number> {
  if (where?.trim() === '') throw new UsageError('Which room?')
  return oneShot(world, settings, async ({ remote, ready, output }) => {
    const isWanted = where === undefined ? async () => true : await wanted(remote, where.replace(/^#/, ''))
    const look = {
      paint: isColourful(world, settings) ? colourful : plain,
      tabs: settings.plain,
      self: ready.self.id,
    }
    let before = Promise.resolve()
    remote.on((event) => {
      if (event.type !== 'message' || event.history) return
      before = before.then(async () => {
        if (!(await isWanted(event))) return
        output.write(`${settings.json ? jsonLine(event) : inRows(render(event, look)!.text, world.stdout)}\n`)
      })
    })
    return new Promise<number>(() => {})
  })
}

type IsWanted = (message: MessageEvent) => Promise<boolean>

/** Which messages are. Rejects where none can come: it would wait for ever in silence. */
async function wanted(remote: Remote, where: string): Promise<IsWanted> {
  if (!where.startsWith('@')) return ofRoom(remote, where)
  const answer = await granted(remote.ask({ command: `/whois ${where}` }))
  const { id } = (answer as { data?: { id?: unknown } }).data ?? {}
  return async ({ room, self, from, to }) => room === null && (self && to ? to : from).id === id
}

/**
 * By the name that messages give it, however it was typed: by its suffix alone too. It may be called otherwise later, as a
 * private room is once its name can be read, so what a name unheard of stands for is asked.
 */
async function ofRoom(remote: Remote, where: string): Promise<IsWanted> {
  const ask = () => remote.ask({ command: `/history 1 ${where}` })
  const { room: meant = where } = (await granted(ask())) as ResultEvent
  const names = new Set([meant])
  const others = new Set<string>()
  // Rooms come and go: a name may stand for another one now.
  remote.on((event) => event.type === 'system' && others.clear())
  return async ({ room }) => {
    if (room === null || others.has(room)) return false
    if (!names.has(room)) {
      const answer = await ask()
      if (answer.type === 'result' && answer.room !== undefined) names.add(answer.room)
    }
    if (!names.has(room)) others.add(room)
    return names.has(room)
  }
}
