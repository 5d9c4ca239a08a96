/** createNode: the Node API over the shell. */
import type { Answer, Command, MessageEvent, NodeEvent } from './events.ts'
import type { Node, NodeOptions, Room } from './index.ts'
import { NodeShell } from './io/node.ts'
import { LanchatError } from './lanchat-error.ts'

/** Messages that a slow `for await` may lag behind before the oldest are dropped. */
const BUFFER_MAX = 1000

/**
 * Starts a node. Rejects with LanchatError: DATA_DIR_IN_USE, DATA_DIR_UNWRITABLE, IDENTITY_INVALID, NICK_INVALID,
 * NETWORK_INVALID. Events begin after the turn in which it resolves.
 */
export async function createNode(options: NodeOptions = {}): Promise<Node> {
  options.signal?.throwIfAborted()
  const shell = await NodeShell.open(options)
  const close = () => shell.close()
  const execute = (command: Command, ref?: unknown) => shell.execute(command, ref)
  return {
    get self() {
      return shell.self
    },
    on: (listener) => shell.on(listener),
    ready: shell.ready,
    execute,
    join: (name) => joinRoom(shell, name),
    get settled() {
      return shell.settled
    },
    settle: (signal) => shell.settle(signal),
    get metAnyone() {
      return shell.metAnyone
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function joinRoom(shell: NodeShell, name: string): Promise<Room> {
  await shell.ready
  accepted(await shell.execute({ do: 'join', room: name }))
  return {
    name,
    send: (text) => send(shell, name, text),
    messages: (options) => messages(shell, name, options?.signal),
  }
}

/** Throws what a command was refused with. */
function accepted(answer: Answer): Answer {
  if (answer.type === 'error') throw new LanchatError(answer.code, answer.message)
  return answer
}

function send(
  shell: NodeShell,
  room: string,
  text: string,
): Promise<{ id: string; copies: number; replicated: Promise<void> }> {
  return new Promise((resolve, reject) => {
    let id: string | undefined
    let replicate: () => void = () => {}
    const replicated = new Promise<void>((settle) => {
      replicate = settle
    })
    // The answer is told among the events, before any ack of it.
    const ref = Symbol('send')
    const stop = shell.on((event: NodeEvent) => {
      if (event.type === 'sent' && event.ref === ref) id = event.id
      if (event.type !== 'ack' || event.id !== id) return
      if (event.state === 'stored') resolve({ id: event.id, copies: event.copies, replicated })
      if (event.state !== 'replicated') return
      replicate()
      stop()
    })
    shell.execute({ do: 'say', room, text }, ref).then((answer) => {
      if (answer.type === 'sent') return
      stop()
      const refusal =
        answer.type === 'error' ? answer : { code: 'FAILED', message: 'The message was not sent.' }
      reject(new LanchatError(refusal.code, refusal.message))
    }, reject)
  })
}

async function* messages(
  shell: NodeShell,
  room: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<MessageEvent> {
  const buffer: MessageEvent[] = []
  let wake: () => void = () => {}
  const stop = shell.on((event) => {
    if (event.type !== 'message' || event.room !== room) return
    buffer.push(event)
    if (buffer.length > BUFFER_MAX) buffer.shift()
    wake()
  })
  const onAbort = () => wake()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal?.aborted) {
      const next = buffer.shift()
      if (next) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    stop()
    signal?.removeEventListener('abort', onAbort)
  }
}
