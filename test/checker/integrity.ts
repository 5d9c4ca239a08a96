/** What is shown was sent, by that person, there, as it is, and is shown once (INV-4). */
import type { Facts } from './facts.ts'
import type { Anomaly, Shown } from './history.ts'

interface Sight {
  readonly client: string
  readonly atMs: number
  readonly message: Shown
}

function* sightsOf(facts: Facts): Generator<Sight> {
  for (const { client, entries } of facts.lives)
    for (const entry of entries)
      if (entry.what === 'shown') yield { client, atMs: entry.atMs, message: entry.message }
  for (const { atMs, reads } of facts.run.checkpoints)
    for (const { client, messages } of reads) for (const message of messages) yield { client, atMs, message }
}

/** Each message once, where it was first seen so. */
export function findForged(facts: Facts): Anomaly[] {
  const found = new Map<string, Anomaly>()
  for (const { client, atMs, message } of sightsOf(facts)) {
    const [kind, about] = faultOf(facts, message) ?? []
    const key = `${kind} ${message.id} ${message.text}`
    if (kind && !found.has(key)) found.set(key, { kind, atMs, about: `${client} is shown ${about}` })
  }
  return [...found.values()]
}

function faultOf(facts: Facts, message: Shown): ['phantom' | 'altered', string] | undefined {
  const text = JSON.stringify(message.text)
  const sending = facts.byText.get(message.text)
  const meant = facts.byId.get(message.id)
  if (meant && meant.text !== message.text)
    return ['altered', `${text}, sent as ${JSON.stringify(meant.text)}`]
  if (!sending) return ['phantom', `${text} of ${message.from}, which nobody sent`]
  if (sending.failed) return ['phantom', `${text} of ${message.from}, whose sending failed`]
  if (sending.author !== message.from)
    return ['altered', `${text} of ${message.from}, sent by ${sending.author}`]
  if (sending.room !== message.room) return ['altered', `${text} in ${message.room}, sent in ${sending.room}`]
  return undefined
}

export function findDuplicates(facts: Facts): Anomaly[] {
  const found: Anomaly[] = []
  const look = (client: string, where: string) => {
    const ids = new Set<string>()
    const texts = new Map<string, string>()
    return (atMs: number, { id, text }: Shown) => {
      const other = texts.get(text)
      const what = ids.has(id) ? 'twice' : other !== undefined && other !== id ? 'as two messages' : undefined
      if (what)
        found.push({ kind: 'duplicate', atMs, about: `${client} ${where} ${JSON.stringify(text)} ${what}` })
      ids.add(id)
      texts.set(text, id)
    }
  }
  for (const { client, entries } of facts.lives) {
    const see = look(client, 'is shown')
    for (const entry of entries) if (entry.what === 'shown') see(entry.atMs, entry.message)
  }
  for (const { atMs, reads } of facts.run.checkpoints)
    for (const { client, room, messages } of reads) {
      const see = look(client, `reads in ${room}`)
      for (const message of messages) see(atMs, message)
    }
  return found
}
