/** The Node API over whatever runs a core: the shell on a real network, or the in-memory LAN of tests. */
import { Backlog } from './backlog.ts'
import type { Answer, Command, EnteredTalk, MessageEvent, NodeEvent, ReadyEvent } from './events.ts'
import type { Node, Room } from './index.ts'
import { LanchatError } from './lanchat-error.ts'
import { Posts } from './posts.ts'

/** A core that is run by somebody. Each member means what it means in Node. */
export interface Running {
  readonly self: { readonly id: string; readonly name: string }
  readonly ready: Promise<ReadyEvent>
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
  const close = async () => {
    await running.close()
    posts.close()
  }
  // A node that gave up has closed itself.
  running.ready.catch(() => posts.close())
  signal?.addEventListener('abort', () => void close(), { once: true })
  return {
    get self() {
      return running.self
    },
    on: (listener, hears) => running.on(listener, hears),
    ready: running.ready,
    execute: (command, ref) => running.execute(command, ref),
    join: (name) => joinRoom(running, posts, name),
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

async function joinRoom(running: Running, posts: Posts, asked: string): Promise<Room> {
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
  const name = other === undefined ? asked : `@${other}`
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
      const stop = running.on((event) => {
        if (event.type === 'message' && isHere(event)) backlog.push(event)
      })
      const backlog = new Backlog<MessageEvent>(options ?? {}, stop)
      return backlog
    },
  }
}
