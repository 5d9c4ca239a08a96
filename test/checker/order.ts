/** One order for all: it never changes (INV-2), is the same everywhere (INV-1), and puts answers behind (INV-3). */
import type { Facts } from './facts.ts'
import type { Anomaly, Checkpoint, Read, Shown } from './history.ts'

export function findReordered(facts: Facts): Anomaly[] {
  const found: Anomaly[] = []
  const orders = new Map<string, string>()
  const look = (client: string, atMs: number, { id, order, text }: Shown) => {
    const known = orders.get(id) ?? order
    orders.set(id, known)
    if (known === order) return
    const about = `${JSON.stringify(text)} stands at ${order} for ${client}, and stood at ${known}`
    found.push({ kind: 'reordered', atMs, about })
  }
  for (const life of facts.lives)
    for (const entry of life.entries) if (entry.what === 'shown') look(life.client, entry.atMs, entry.message)
  for (const { atMs, reads } of facts.run.checkpoints)
    for (const { client, room, messages } of reads) {
      for (const message of messages) look(client, atMs, message)
      const wrong = messages.findIndex((message, i) => i > 0 && message.order <= messages[i - 1]!.order)
      if (wrong < 0) continue
      const about = `${client} reads ${room} with ${JSON.stringify(messages[wrong]!.text)} behind ${JSON.stringify(messages[wrong - 1]!.text)}, against their order`
      found.push({ kind: 'reordered', atMs, about })
    }
  return found
}

export function findDiverged(facts: Facts): Anomaly[] {
  return facts.run.checkpoints.flatMap((checkpoint) => {
    const rooms = new Set(checkpoint.reads.map(({ room }) => room))
    return [...rooms].flatMap((room) => divergedIn(room, checkpoint))
  })
}

function divergedIn(room: string, { atMs, reads }: Checkpoint): Anomaly[] {
  const [first, ...others] = reads.filter((read) => read.room === room)
  return others.flatMap((other) => {
    const about = differenceOf(first!, other)
    return about === undefined ? [] : [{ kind: 'diverged' as const, atMs, about: `${room}: ${about}` }]
  })
}

function differenceOf(a: Read, b: Read): string | undefined {
  const [only, too] = [missing(a, b), missing(b, a)]
  if (only.length + too.length > 0)
    return `only ${a.client} reads ${list(only)}; only ${b.client} reads ${list(too)}`
  const at = a.messages.findIndex((message, i) => message.id !== b.messages[i]?.id)
  if (at < 0) return undefined
  return `at ${at} ${a.client} reads ${a.messages[at]!.text}, ${b.client} ${b.messages[at]?.text}`
}

function missing(a: Read, b: Read): string[] {
  const others = new Set(b.messages.map(({ id }) => id))
  return a.messages.filter(({ id }) => !others.has(id)).map(({ text }) => text)
}

const list = (texts: readonly string[]) =>
  `${texts.length}${texts.length > 0 ? ` (${JSON.stringify(texts.slice(0, 3)).slice(1, -1)})` : ''}`

/** What was shown may still be on its way to the disk for so long, ms: a store that finds its disk full waits for a while. */
const WRITING_MS = 1000

/**
 * What a client sends lies behind all it had been shown in that room before, by any process on that device since its store
 * was last lost. What was shown while nothing could be written is forgotten with the process, as it has said, and so is
 * what was on its way to the disk when that began, or when the process ended.
 */
export function findEarly(facts: Facts): Anomaly[] {
  const found: Anomaly[] = []
  const orders = ordersOf(facts)
  for (const { client, entries } of facts.run.histories) {
    let furthest = new Furthest()
    let memoryAt: number | undefined
    for (const entry of entries) {
      if (entry.what === 'memory') memoryAt = entry.only ? (memoryAt ?? entry.atMs) : undefined
      else if (entry.what === 'end') {
        furthest.forget((memoryAt ?? entry.atMs) - WRITING_MS)
        memoryAt = undefined
      } else if (entry.what === 'lost') furthest = new Furthest()
      else if (entry.what === 'shown') furthest.shown(entry.message, entry.atMs)
      else if (entry.what === 'invoke') {
        const id = facts.byText.get(entry.text)?.id
        const order = id === undefined ? undefined : orders.get(id)
        const before = furthest.in(entry.room)
        if (order === undefined || !before || before.order < order) continue
        const about = `${JSON.stringify(entry.text)} of ${client} stands before ${JSON.stringify(before.text)}, which ${client} had been shown`
        found.push({ kind: 'early', atMs: entry.atMs, about })
      }
    }
  }
  return found
}

/** Of each room the furthest message that was shown, and those that were the furthest before it. */
class Furthest {
  readonly #rooms = new Map<string, { readonly message: Shown; readonly atMs: number }[]>()

  shown(message: Shown, atMs: number): void {
    const steps = this.#rooms.get(message.room) ?? []
    this.#rooms.set(message.room, steps)
    const last = steps.at(-1)
    if (!last || last.message.order < message.order) steps.push({ message, atMs })
  }

  in(room: string): Shown | undefined {
    return this.#rooms.get(room)?.at(-1)?.message
  }

  /** What was shown after this is forgotten. */
  forget(afterMs: number): void {
    for (const steps of this.#rooms.values())
      while (steps.length > 0 && steps.at(-1)!.atMs > afterMs) steps.pop()
  }
}

function ordersOf(facts: Facts): Map<string, string> {
  const orders = new Map<string, string>()
  for (const life of facts.lives)
    for (const entry of life.entries)
      if (entry.what === 'shown') orders.set(entry.message.id, entry.message.order)
  for (const { reads } of facts.run.checkpoints)
    for (const { messages } of reads) for (const { id, order } of messages) orders.set(id, order)
  return orders
}
