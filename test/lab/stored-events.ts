/** What a stopped node has stored, read from its files. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { eventKey, parseLaneKey } from '../../src/node/keys.ts'
import { readStored } from '../../src/node/run-record.ts'
import { keyText } from '../../src/node/store-key.ts'

export interface StoredEvents {
  /** Room, author, lane and n of all events, and what lies there, sorted. */
  readonly events: readonly string[]
  readonly forks: number
}

/** The store of the one network that was used in this data dir. */
export function storeOf(dataDir: string): string {
  const stores = readdirSync(dataDir)
    .filter((name) => /^store(-[0-9a-f]+)?$/.test(name))
    .flatMap((name) => readdirSync(join(dataDir, name)).map((net) => join(dataDir, name, net)))
    .filter((path) => /\/[0-9a-f]{16}$/.test(path) && existsSync(join(path, 'CURRENT')))
  if (stores.length !== 1) throw new Error(`${stores.length} stores in ${dataDir}`)
  return stores[0]!
}

export async function storedEvents(dataDir: string): Promise<StoredEvents> {
  const db = new Level<Uint8Array, Uint8Array>(storeOf(dataDir), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: false,
  })
  const events: string[] = []
  let forks = 0
  try {
    for await (const [key, value] of db.iterator()) {
      const text = keyText(key)
      if (text[0] === 'f') forks++
      if (text[0] === 'e') events.push(...eventsIn(text, value))
    }
  } finally {
    await db.close()
  }
  return { events: events.sort(), forks }
}

/** One event, or those of a run that is stored as one value. */
function eventsIn(key: string, value: Uint8Array): string[] {
  const { room, author, lane, n: last } = parseLaneKey(key)
  const headers = readStored(nodeCrypto, value)?.headers ?? []
  return headers.map((header, i) => {
    const at = eventKey(room, author, lane, last - headers.length + 1 + i)
    return `${at}=${Buffer.from(header).toString('hex')}`
  })
}
