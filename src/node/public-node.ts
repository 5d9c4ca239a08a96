/** The Node API over whatever runs a core: the shell on a real network, or the in-memory LAN of tests. */
import { Backlogs } from './backlog.ts'
import type { Answer, Command, EnteredTalk, MessageEvent, NodeEvent, ReadyEvent } from './events.ts'
import type { Node, Room } from './index.ts'
import { LanchatError } from './lanchat-error.ts'
import { Posts } from './posts.ts'

/** A core that is run by somebody. Each member means what it means in Node. */
export interface Running {
  readonly self: { readonly id: string; readonly name: string }
  readonly ready: Promise<ReadyEvent>
  readonly closed: Promise<void>
  readonly settled: boolean
  readonly metAnyone: boolean
  on(listener: (event: NodeEvent) => void, hears?: 'all' | 'own'): () => void
  execute(command: Command, ref?: unknown): Promise<Answer>
  settle(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** The public face of a running core. signal: closes it. */
export function publicNode(running: Running, signal?: AbortSignal): Node {
  const posts = new Posts(running)
  const backlogs = new Backlogs<MessageEvent>()
  const close = async () => {
    await running.close()
    posts.close()
  }
  const aborted = () => void close()
  // A node that gave up has closed itself.
  void running.closed.then(() => {
    signal?.removeEventListener('abort', aborted)
    posts.close()
    // What came until then is still read.
    backlogs.finish()
  })
  running.ready.catch(() => posts.close())
  if (signal?.aborted) aborted()
  else signal?.addEventListener('abort', aborted, { once: true })
  return {
    get self() {
      return running.self
    },
    on: (listener, hears) => running.on(listener, hears),
    ready: running.ready,
    closed: running.closed,
    execute: (command, ref) => running.execute(command, ref),
    join: (name) => joinRoom(running, posts, backlogs, name),
    get settled() {
      return running.settled
    },
    settle: (signal) => running.settle(signal),
    get metAnyone() {
      return running.metAnyone
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** By which name the room's messages come: what was asked for may be it in other letters. */
async function shownName(
  carryOut: (command: Command) => Promise<Answer>,
  entered: Answer,
  asked: string,
): Promise<string> {
  if (entered.type === 'system') return entered.room ?? asked
  const rooms = await carryOut({ do: 'rooms' })
  const names =
    rooms.type === 'result' ? (rooms.data as readonly { name: string }[]).map(({ name }) => name) : []
  const alike = names.filter((name) => name.toLowerCase() === asked.toLowerCase())
  return names.includes(asked) ? asked : (alike[0] ?? asked)
}

async function joinRoom(
  running: Running,
  posts: Posts,
  backlogs: Backlogs<MessageEvent>,
  asked: string,
): Promise<Room> {
  await running.ready
  const carryOut = async (command: Command): Promise<Answer> => {
    const answer = await running.execute(command)
    if (answer.type === 'error') throw new LanchatError(answer.code, answer.message)
    return answer
  }
  const entered = await carryOut({ do: 'join', room: asked })
  const data = entered.type === 'result' ? (entered.data as EnteredTalk | null) : null
  const other = data?.with.id
  // A name may come to somebody else, an id never does.
  const name = other === undefined ? await shownName(carryOut, entered, asked) : `@${other}`
  const isHere = ({ room, self, from, to }: MessageEvent): boolean =>
    other === undefined ? room === name : room === null && (self ? to?.id : from.id) === other
  return {
    name: asked,
    send: (text) => posts.post({ do: 'say', room: name, text }),
    reply: (message, text) => posts.post({ do: 'reply', room: name, message, text }),
    edit: async (message, text) => void (await carryOut({ do: 'edit', room: name, message, text })),
    delete: async (message) => void (await carryOut({ do: 'erase', room: name, message })),
    react: async (message, emoji, on = true) =>
      void (await carryOut({ do: 'react', room: name, message, emoji, on })),
    messages: (options) => {
      let stop = () => {}
      const backlog = backlogs.open(options ?? {}, isHere, () => stop())
      if (backlog.isEnded) return backlog
      stop = running.on((event) => {
        if (event.type === 'message' && isHere(event)) backlog.push(event)
      })
      return backlog
    },
  }
}
