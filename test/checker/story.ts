/** Histories told by hand: a good run unless something is left out or planted. */
import type { Checkpoint, Entry, Level, Run, Shown } from './history.ts'

/** A distributive Omit: entries without their time. */
type Untimed<E> = E extends unknown ? Omit<E, 'atMs'> : never

interface Saying {
  readonly room?: string
  /** Who is shown it; default all. */
  readonly to?: readonly string[]
  /** Default stored and replicated. */
  readonly levels?: readonly Level[]
  readonly alone?: boolean
  readonly order?: string
}

export class Story {
  readonly #entries = new Map<string, Entry[]>()
  readonly #held = new Map<string, Shown[]>()
  readonly #checkpoints: Checkpoint[] = []
  readonly #rooms = new Set<string>()
  #atMs = 0
  #count = 0

  constructor(...clients: string[]) {
    for (const client of clients) {
      this.#entries.set(client, [])
      this.#held.set(client, [])
      this.#begins(client)
    }
  }

  #tick(): number {
    this.#atMs += 5000
    return this.#atMs
  }

  /** The next entry comes 10 ms after the last one. */
  soon(): void {
    this.#atMs += 10 - 5000
  }

  /** One entry, 5 s later. */
  add(client: string, entry: Untimed<Entry>): this {
    this.#entries.get(client)!.push({ ...entry, atMs: this.#tick() } as Entry)
    return this
  }

  /** The message that saying this here and now makes. */
  message(from: string, text: string, options: Saying = {}): Shown {
    this.#count += 1
    const number = String(this.#count).padStart(4, '0')
    const { room = 'general', order = number } = options
    this.#rooms.add(room)
    return { id: `id${number}`, text, room, from, order, ts: this.#atMs + 5000 }
  }

  /** Somebody says something and it goes well. */
  says(from: string, text: string, options: Saying = {}): Shown {
    const message = this.message(from, text, options)
    const { levels = ['stored', 'replicated'], alone = false, to = [...this.#entries.keys()] } = options
    this.add(from, { what: 'invoke', text, room: message.room })
    this.add(from, { what: 'sent', text, id: message.id })
    for (const client of to) this.shows(client, message)
    for (const level of levels) this.ok(from, message.id, level, alone ? 0 : level === 'stored' ? 1 : 2)
    return message
  }

  ok(client: string, id: string, level: Level, copies: number): this {
    return this.add(client, { what: 'ok', id, level, copies, alone: copies === 0 })
  }

  /** It is shown, and held from now on. */
  shows(client: string, message: Shown): this {
    this.#held.get(client)!.push(message)
    return this.add(client, { what: 'shown', message })
  }

  /** It came while no process ran, or as history: held, and not shown. */
  holds(client: string, message: Shown): this {
    this.#held.get(client)!.push(message)
    return this
  }

  /** A store is gone for good; the next process begins empty. */
  loses(client: string): this {
    this.#held.set(client, [])
    return this.restarts(client, () => this.add(client, { what: 'lost' }))
  }

  restarts(client: string, meanwhile: () => void = () => {}): this {
    this.add(client, { what: 'end' })
    meanwhile()
    return this.#begins(client)
  }

  #begins(client: string): this {
    this.add(client, { what: 'start' })
    return this.add(client, { what: 'ready', wallMs: this.#atMs + 5000 })
  }

  forgets(client: string, message: Shown): this {
    const held = this.#held.get(client)!.filter(({ id }) => id !== message.id)
    this.#held.set(client, held)
    return this
  }

  /** Healed and quiet: everybody reads what it holds, in order, and follows the first. */
  rests(change: (checkpoint: Checkpoint) => Checkpoint = (same) => same): this {
    const clients = [...this.#entries.keys()]
    const read = (client: string, room: string) => ({
      client,
      room,
      messages: this.#held
        .get(client)!
        .filter((message) => message.room === room)
        .sort((a, b) => (a.order < b.order ? -1 : 1)),
    })
    const members = (room: string) =>
      room.startsWith('@') ? clients.filter((client) => room.slice(1).split('+').includes(client)) : clients
    const checkpoint: Checkpoint = {
      atMs: this.#tick(),
      reads: [...this.#rooms].flatMap((room) => members(room).map((client) => read(client, room))),
      hubs: new Map(clients.map((client) => [client, clients[0]])),
    }
    this.#checkpoints.push(change(checkpoint))
    return this
  }

  get run(): Run {
    const histories = [...this.#entries].map(([client, entries]) => ({ client, entries }))
    return { histories, checkpoints: this.#checkpoints }
  }
}
