/** A node in memory, alone or with people that a test plays by emitting their events. */
import {
  type Answer,
  type Command,
  LanchatError,
  type Node,
  type NodeEvent,
  type Room,
} from '../../src/node/index.ts'

type Ready = Extract<NodeEvent, { type: 'ready' }>
type Message = Extract<NodeEvent, { type: 'message' }>

export const SELF = { id: 'aa'.repeat(32), name: 'anna' }
export const BOB = { id: 'bb'.repeat(32), name: 'bob' }

export interface FakeOptions {
  /** Becomes ready by itself, in the turn after it has a listener. Default true. */
  readonly isReady?: boolean
  /** Own events are stored at once. Default true. */
  readonly stores?: boolean
}

export class FakeNode implements Node {
  readonly self = SELF
  readonly ready: Promise<Ready>
  readonly closed = new Promise<void>(() => {})
  /** Resolves when somebody listens. */
  readonly listened: Promise<void>
  /** What was asked, in order. */
  readonly asked: Command[] = []
  metAnyone = false
  /** What `unread` answers; refused where there is none. */
  unread: readonly unknown[] | undefined
  isClosed = false
  settled = true
  /** How many wanted to hear what others write. */
  readers = 0
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  readonly #rooms = new Map<string, { members: Set<string> }>([
    ['general', { members: new Set([SELF.id, BOB.id]) }],
    ['lab', { members: new Set([BOB.id]) }],
  ])
  readonly #messages: Message[] = []
  readonly #stores: boolean
  #resolveReady!: (ready: Ready) => void
  #rejectReady!: (error: unknown) => void
  #listen!: () => void
  #settle!: () => void
  readonly #settling = new Promise<void>((resolve) => {
    this.#settle = resolve
  })
  #last: Promise<unknown> = Promise.resolve()
  #ids = 0

  constructor({ isReady = true, stores = true }: FakeOptions = {}) {
    this.#stores = stores
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    this.ready.catch(() => {})
    this.listened = new Promise((resolve) => {
      this.#listen = resolve
    })
    if (isReady) this.listened.then(() => setImmediate(() => this.becomeReady()))
  }

  becomeReady(): void {
    const ready: Ready = {
      type: 'ready',
      self: SELF,
      network: 'lan',
      hub: { ...SELF, url: 'wss://127.0.0.1:1', self: true },
      epoch: 1,
      room: 'general',
    }
    this.emit(ready)
    this.#resolveReady(ready)
  }

  giveUp(code: string): void {
    this.#rejectReady(new LanchatError(code, `The fake gave up: ${code}.`))
  }

  emit(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  on(listener: (event: NodeEvent) => void, hears: 'all' | 'own' = 'all'): () => void {
    this.#listeners.add(listener)
    if (hears === 'all') this.readers++
    this.#listen()
    return () => this.#listeners.delete(listener)
  }

  execute(command: Command, ref?: unknown): Promise<Answer> {
    this.asked.push(command)
    const answer = this.#last.then(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return this.#carryOut(command, ref)
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  settle(): Promise<void> {
    return this.settled ? Promise.resolve() : this.#settling
  }

  /** Everything said so far is stored now. */
  store(): void {
    for (const { id, self } of this.#messages) {
      if (self) this.emit({ type: 'ack', id, state: 'stored', copies: 0, alone: true })
    }
    this.settled = true
    this.#settle()
  }

  async join(): Promise<Room> {
    throw new TypeError('the command line does not use rooms')
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #carryOut(command: Command, ref: unknown): Answer {
    const answer = this.#answer(command, ref)
    this.emit(answer)
    if (answer.type === 'sent') this.#follow(command, answer)
    return answer
  }

  #follow(command: Command, { id, room, text, to }: Extract<Answer, { type: 'sent' }>): void {
    const message: Message = {
      type: 'message',
      id,
      room,
      from: SELF,
      text,
      ts: 1_000_000 + this.#ids,
      order: String(this.#ids).padStart(12, '0'),
      self: true,
      ...(to && { private: true, to }),
      ...(command.do === 'say' && command.action && { action: true }),
    }
    this.#messages.push(message)
    this.emit(message)
    this.settled = this.#stores
    if (this.#stores) this.emit({ type: 'ack', id, state: 'stored', copies: 0, alone: true })
  }

  #answer(command: Command, ref: unknown): Answer {
    const refuse = (code: string): Answer => ({
      type: 'error',
      code,
      message: `The fake refuses: ${code}.`,
      ref,
    })
    const result = (name: string, data: unknown, more: { room?: string } = {}): Answer => ({
      type: 'result',
      command: name,
      data,
      ...more,
      ref,
    })
    const system = (event: 'create' | 'join' | 'leave' | 'delete' | 'nick', room: string | null): Answer => ({
      type: 'system',
      event,
      room,
      user: SELF,
      ref,
    })
    const room =
      'room' in command && command.room !== undefined ? this.#rooms.get(nameOf(command.room)) : undefined
    switch (command.do) {
      case 'say':
        if (command.room === `@${BOB.id}`)
          return { type: 'sent', id: this.#newId(), room: null, to: BOB, text: command.text, ref }
        if (!room) return refuse('ROOM_UNKNOWN')
        return { type: 'sent', id: this.#newId(), room: command.room, text: command.text, ref }
      case 'msg':
        if (command.to !== 'bob') return refuse('NICK_UNKNOWN')
        return { type: 'sent', id: this.#newId(), room: null, to: BOB, text: command.text, ref }
      case 'create':
        if (room) return refuse('ROOM_NAME_TAKEN')
        this.#rooms.set(command.room, { members: new Set([SELF.id]) })
        return system('create', command.room)
      case 'join':
        if (command.room === '@bob') return result('join', { with: BOB })
        if (!room) return refuse('ROOM_UNKNOWN')
        if (room.members.has(SELF.id)) return result('join', null, { room: nameOf(command.room) })
        room.members.add(SELF.id)
        return system('join', nameOf(command.room))
      case 'leave':
        if (command.room === 'general') return refuse('ROOM_FIXED')
        return room?.members.delete(SELF.id) ? system('leave', nameOf(command.room)) : result('leave', null)
      case 'delete':
        if (command.room === 'general') return refuse('ROOM_FIXED')
        return this.#rooms.delete(command.room) ? system('delete', command.room) : refuse('ROOM_UNKNOWN')
      case 'nick':
        return system('nick', null)
      case 'rooms': {
        const rows = [...this.#rooms].map(([name, { members }]) => ({
          name,
          members: members.size,
          joined: members.has(SELF.id),
        }))
        return result('rooms', rows)
      }
      case 'who':
        return result('who', [
          { ...SELF, online: true, self: true },
          { ...BOB, online: false },
        ])
      case 'whois':
        return command.who === 'bob' ? result('whois', BOB) : refuse('NICK_UNKNOWN')
      case 'history':
        if (!room) return refuse('ROOM_UNKNOWN')
        return result(
          'history',
          this.#messages.filter((message) => message.room === command.room).slice(-command.count),
          { room: nameOf(command.room) },
        )
      case 'read':
        return result('read', null)
      case 'unread':
        return this.unread ? result('unread', this.unread) : refuse('COMMAND_UNKNOWN')
      case 'hub':
        return result('hub', { hub: SELF, epoch: 1, members: 1, line: [], ranks: [] })
      case 'status':
        return result('status', { network: 'lan', online: true })
      default:
        return refuse('COMMAND_UNKNOWN')
    }
  }

  #newId(): string {
    this.#ids += 1
    return this.#ids.toString(16).padStart(64, '0')
  }
}

/** A room's name, in any case; lab has a suffix too, as where another room has its name. */
const nameOf = (typed: string): string => (typed === '~k3f9' ? 'lab' : typed.toLowerCase())
