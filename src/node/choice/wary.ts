/**
 * Hubs that do not last (rule HB-29). Anybody may claim to be the best hub there is, take everybody in and send them on at once to
 * the next, and keys cost nothing. Whoever has been through four such, all of them new, goes for a while to no hub that it had not
 * met before that began.
 */
import type { PersonKey } from '../../wire/ids.ts'
import type { Choice, Following } from './state.ts'

/**
 * A reign over this node that ends sooner is brief; so many brief ones of new keys within that time are no accident. Where honest
 * people come and go hubs last longer than this: two parts of a network that were wary of each other would stay apart.
 */
const BRIEF_MS = 10_000
const BRIEF_WITHIN_MS = 600_000
const BRIEF_KEYS = 4
const BRIEF_MAX = 256
/** Who was met in the first moments, as everybody is, or so long ago, is not new. */
const FIRST_MS = 10_000
const NEW_MS = 300_000
/** Wary for so long, each time within WARY_MS_MAX for twice as long. */
const WARY_MS = 20_000
const WARY_MS_MAX = 1_800_000
/** Keys that were met: of more the first that has no link is forgotten, and if it comes again it is new. */
const MET_MAX = 1024

export interface Wary {
  /** Whom it met since then is a stranger ... */
  since: number
  /** ... until then. */
  until: number
  times: number
  /** When each key was first met. */
  readonly met: Map<PersonKey, number>
  /** All of these have a link: there is none to forget before one of them has none. A hub gets thousands, who would each look. */
  areAllLinked: boolean
  /** Brief reigns of new keys, the last one of each. */
  readonly brief: Map<PersonKey, { readonly from: number; readonly to: number }>
}

export const notWary = (): Wary => ({
  since: 0,
  until: -Infinity,
  times: 0,
  met: new Map(),
  areAllLinked: false,
  brief: new Map(),
})

/** A link to this key is up. */
export function meet(choice: Choice, now: number, key: PersonKey): void {
  const { met } = choice.wary
  if (met.has(key)) return
  if (met.size < MET_MAX || forgetsOne(choice)) met.set(key, now)
}

/** There is no link to this key any more. */
export function parted({ wary }: Choice, key: PersonKey): void {
  if (wary.met.has(key)) wary.areAllLinked = false
}

/** False where all that were met have a link. */
function forgetsOne({ wary, byKey }: Choice): boolean {
  if (wary.areAllLinked) return false
  for (const key of wary.met.keys()) if (!byKey.has(key)) return wary.met.delete(key)
  wary.areAllLinked = true
  return false
}

/** The hub followed is gone, or gave up for another one. */
export function reignEnded(choice: Choice, now: number, { hub, since }: Following): void {
  const { brief } = choice.wary
  for (const [key, { to }] of brief) if (now - to >= BRIEF_WITHIN_MS) brief.delete(key)
  if (now - since >= BRIEF_MS || !isNew(choice, since, hub)) return
  brief.delete(hub)
  if (brief.size >= BRIEF_MAX) brief.delete(brief.keys().next().value!)
  brief.set(hub, { from: since, to: now })
  if (brief.size >= BRIEF_KEYS)
    beWary(choice, now, Math.min(...[...brief.values()].map(({ from }) => from)), WARY_MS)
}

/** since: when what makes it wary began. ms: for so long the first time. */
export function beWary({ wary }: Choice, now: number, since: number, ms: number): void {
  if (now >= wary.until) {
    wary.times = now - wary.until < WARY_MS_MAX ? wary.times + 1 : 0
    wary.since = since
  }
  wary.until = Math.max(wary.until, now + Math.min(WARY_MS_MAX, ms * 2 ** wary.times))
}

/** Is this a hub that nobody should go to now? */
export const isStrange = (choice: Choice, now: number, key: PersonKey): boolean =>
  now < choice.wary.until && (choice.wary.met.get(key) ?? now) > choice.wary.since && isNew(choice, now, key)

function isNew({ wary, startedAt }: Choice, at: number, key: PersonKey): boolean {
  const metAt = wary.met.get(key) ?? at
  return metAt - startedAt >= FIRST_MS && at - metAt < NEW_MS
}
