/**
 * Damaged stores that were moved aside, `<store>.damaged-<n>`, each with a file `<store>.damaged-<n>.json` beside it that
 * says since when, why, and what was brought back from it.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { utf8 } from '../../wire/bytes.ts'
import { writeFileSafely } from './safe-file.ts'

export interface Damage {
  /** When it was moved aside, ms since 1970. */
  readonly since: number
  /** LevelDB's code, or missing, unreadable. */
  readonly why: string
  /** waiting: nothing was brought back yet. left: it was tried too often, or nothing in it can be read. */
  readonly state: 'waiting' | 'salvaged' | 'left'
  /** Times that bringing back was begun: a copy that ends the process must not do so for ever. */
  readonly tries: number
  /** Events and deletions that came from it and from nowhere else. */
  readonly events: number
  readonly tombstones: number
}

export interface DamagedStore extends Damage {
  readonly folder: string
}

const DAY_MS = 86_400_000
/** From a copy that is salvaged everything has come back that can; another one may be of use to somebody for longer. */
const KEPT_MS = { salvaged: 7 * DAY_MS, left: 30 * DAY_MS, waiting: Number.POSITIVE_INFINITY }

/** Removes the copies from which everything was brought back. Never rejects. */
export async function removeCopies(store: string): Promise<void> {
  for (const { folder, state } of await damagedStores(store)) if (state === 'salvaged') await remove(folder)
}

/** Removes the copies that were kept long enough. now: ms since 1970. Never rejects. */
export async function removeOldCopies(store: string, now: number): Promise<void> {
  for (const { folder, state, since } of await damagedStores(store)) {
    const from =
      since > 0
        ? since
        : await stat(folder).then(
            ({ mtimeMs }) => mtimeMs,
            () => now,
          )
    if (now - from > KEPT_MS[state]) await remove(folder)
  }
}

/** The copy first: a note without one is nothing, a copy without its note would be salvaged again. */
const remove = (folder: string) =>
  rm(folder, { recursive: true, force: true })
    .then(() => rm(`${folder}.json`, { force: true }))
    .catch(() => {})

export const damagedPrefix = (store: string) => `${store}.damaged-`

/** False where it could not be written. Never rejects. */
export function noteDamage(
  folder: string,
  { since, why, state, tries, events, tombstones }: Damage,
): Promise<boolean> {
  const text = JSON.stringify({ since, why, state, tries, events, tombstones })
  return writeFileSafely(`${folder}.json`, utf8(text)).then(
    () => true,
    () => false,
  )
}

/** The damaged ones of this store, the oldest first. */
export async function damagedStores(store: string): Promise<DamagedStore[]> {
  const parent = dirname(store)
  const prefix = basename(damagedPrefix(store))
  const numbers = (await readdir(parent).catch(() => []))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b)
  return Promise.all(
    numbers.map(async (n) => {
      const folder = join(parent, `${prefix}${n}`)
      return { folder, ...(await damageOf(folder)) }
    }),
  )
}

async function damageOf(folder: string): Promise<Damage> {
  const unknown: Damage = { since: 0, why: 'unknown', state: 'waiting', tries: 0, events: 0, tombstones: 0 }
  try {
    const note: unknown = JSON.parse(await readFile(`${folder}.json`, 'utf8'))
    if (typeof note !== 'object' || note === null) return unknown
    const { since, why, state, tries, events, tombstones } = note as Record<string, unknown>
    return {
      since: count(since),
      why: typeof why === 'string' ? why : unknown.why,
      state: state === 'salvaged' || state === 'left' ? state : 'waiting',
      tries: count(tries),
      events: count(events),
      tombstones: count(tombstones),
    }
  } catch {
    return unknown
  }
}

const count = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0)
