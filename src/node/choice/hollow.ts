/**
 * Hubs in name only (rule HB-28). Who hears a hub does not become one, and anybody may claim to be one: without an end to it, one
 * peer that takes nobody in would keep everybody without a hub. Whoever has asked in vain for hollowMs waits no longer, does not
 * follow those for a while, and is wary of others whom it does not know: keys cost nothing.
 */
import type { PersonKey } from '../../wire/ids.ts'
import { forgo } from './avoid.ts'
import { type Choice, FLAG, STATE } from './state.ts'
import { beWary } from './wary.ts'

/** Heard at last, behind what was only said of hubs: a join over a bad link takes less. */
const JOINED_MS = 5000
/** Who took nobody in is not followed for so long, each time for twice as long, up to the longest. */
const FORGONE_MS = 60_000
const FORGONE_MS_MAX = 1_800_000
/** Keys of which it is remembered how often that was. */
const HOLLOW_MAX = 256
/** Wary for so long: those of other keys may hold it up next. */
const WARY_MS = 60_000
/** How long it is remembered that hubs were told of to which nobody carries. */
const STRANDED_MS = 600_000

/** How long this search has been held up, and by what. */
export interface Held {
  /** A hub is heard of, first-hand or not. */
  since: number | undefined
  /** ... on an own link. */
  firstSince: number | undefined
}

export const notHeld = (): Held => ({ since: undefined, firstSince: undefined })

/** Does what is heard keep this node from being hub, whose turn comes turnMs behind the first one's? */
export function isHeldUp(
  choice: Choice,
  now: number,
  heard: 'first' | 'second' | null,
  turnMs: number,
): boolean {
  const { held, timing } = choice
  held.since = heard === null ? undefined : (held.since ?? now)
  held.firstSince = heard === 'first' ? (held.firstSince ?? now) : undefined
  if (held.since === undefined) return false
  if (held.firstSince === undefined) return now - held.since < strandedMs(choice, now)
  const firstMs = now - held.firstSince
  const isLong = now - held.since >= Math.max(timing.strandedMs, 2 * timing.hollowMs)
  return firstMs < timing.hollowMs + turnMs && !(isLong && firstMs >= JOINED_MS)
}

/** Whoever was told of hubs for long and carried to none does not wait so long again. */
const strandedMs = (choice: Choice, now: number): number =>
  now < choice.strandedUntil ? Math.min(JOINED_MS, choice.timing.strandedMs) : choice.timing.strandedMs

/** This node becomes hub, or follows another one: those that held it up in vain until now are left alone. */
export function forgoHollow(choice: Choice, now: number, followed: PersonKey | null): void {
  const { held, timing } = choice
  choice.held = notHeld()
  if (followed === null && now - (held.since ?? now) >= strandedMs(choice, now))
    choice.strandedUntil = now + STRANDED_MS
  const leastMs = followed === null ? JOINED_MS : timing.hollowMs - JOINED_MS
  if (now - (held.firstSince ?? now) < leastMs) return
  for (const { key, beat, heardAt } of choice.links.values()) {
    if (key === followed || beat?.state !== STATE.hub || beat.flags & FLAG.leaving) continue
    if (now - heardAt >= timing.silenceMs) continue
    const times = choice.hollow.get(key) ?? 0
    choice.hollow.delete(key)
    if (choice.hollow.size >= HOLLOW_MAX) choice.hollow.delete(choice.hollow.keys().next().value!)
    choice.hollow.set(key, times + 1)
    forgo(choice, now, key, Math.min(FORGONE_MS_MAX, FORGONE_MS * 2 ** times))
  }
  if (followed === null) beWary(choice, now, held.since ?? now, WARY_MS)
}
