/**
 * Places: where the store of an open network belongs, so that a laptop carried from one group to another hands nobody's
 * history over (rules PL-1 to PL-8). Pure.
 */
import { concat, fromHex } from '../wire/bytes.ts'
import { type PlaceId, placeId } from '../wire/ids.ts'
import { PLACE_GROWN_S, PLACES_MAX } from '../wire/limits.ts'

/** What a hello can say, s: whoever claims as much makes no place older than that. */
const AGE_MAX = 2 ** 32 - 1

export interface Place {
  /** Ids that are this one place, least first. */
  readonly ids: readonly PlaceId[]
  /** Has this store ever synced here with another key? */
  readonly isAlone: boolean
  /** s; only grows, never computed from clocks. */
  readonly age: number
  readonly isGrown: boolean
}

/** What a hello says of its sender's place. */
export interface ToldPlace {
  readonly ids: readonly PlaceId[]
  readonly isGrown: boolean
  readonly age: number
}

export type Meeting =
  /** One place already. */
  | { readonly is: 'same' }
  /** Both grown: two groups that only people can merge; or the other one says of no place. */
  | { readonly is: 'apart' }
  /** The other one yields: go on as before. */
  | { readonly is: 'host' }
  /** I yield and was alone: take their ids. */
  | { readonly is: 'adopt'; readonly ids: readonly PlaceId[] }
  /** I yield with others behind me: an alias that they follow. */
  | { readonly is: 'alias'; readonly pair: readonly [PlaceId, PlaceId] }

export function newPlace(random8: Uint8Array): Place {
  return { ids: [placeId(random8)], isAlone: true, age: 0, isGrown: false }
}

/** The place of a store whose other facts about it are lost: never younger than it has to be. */
export const keptPlace = (ids: readonly PlaceId[], isGrown: boolean): Place => ({
  ids,
  isAlone: !isGrown,
  age: isGrown ? PLACE_GROWN_S : 0,
  isGrown,
})

/** Is this what a place looks like? */
export function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false
  const { ids, isAlone, age, isGrown } = value as Record<string, unknown>
  return (
    isPlaceIds(ids) && typeof isAlone === 'boolean' && typeof age === 'number' && typeof isGrown === 'boolean'
  )
}

/** Ids of a place: 16 hex digits each. */
export const isPlaceIds = (value: unknown): value is PlaceId[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((id) => typeof id === 'string' && /^[0-9a-f]{16}$/.test(id))

/** Two nodes of one open network meet. Both sides come to fitting results from the same two hellos. */
export function meet(mine: Place, theirs: ToldPlace): Meeting {
  if (mine.ids.some((id) => theirs.ids.includes(id))) return { is: 'same' }
  // Whoever names no place is in none: there is nothing to adopt.
  if ((mine.isGrown && theirs.isGrown) || theirs.ids.length === 0) return { is: 'apart' }
  const yields = mine.isGrown === theirs.isGrown ? mine.ids[0]! > theirs.ids[0]! : !mine.isGrown
  // Full of names: an attacker who comes under ever new ones is met without another.
  if (!yields || (!mine.isAlone && mine.ids.length >= PLACES_MAX)) return { is: 'host' }
  return mine.isAlone
    ? { is: 'adopt', ids: [...new Set(theirs.ids)].sort() }
    : { is: 'alias', pair: [mine.ids[0]!, theirs.ids[0]!] }
}

/** Synced with another key: no longer alone. age: as the other told it; the larger is kept. */
export function synced(place: Place, age: number): Place {
  return grown({ ...place, isAlone: false, age: Math.max(place.age, age) })
}

/** s seconds went by. */
export const aged = (place: Place, s: number): Place => grown({ ...place, age: place.age + s })

const grown = (place: Place): Place => ({
  ...place,
  age: Math.min(AGE_MAX, place.age),
  isGrown: place.isGrown || (!place.isAlone && place.age >= PLACE_GROWN_S),
})

/**
 * The ids with all aliases that counted place events say; at most 32, least first. Those known stay, whatever others say
 * later: who still calls the place by its first name must go on meeting it.
 */
export function withAliases(place: Place, pairs: Iterable<readonly [string, string]>): Place {
  const ids = new Set<string>(place.ids)
  const all = [...pairs]
  for (let before = -1; before !== ids.size && ids.size < PLACES_MAX; ) {
    before = ids.size
    for (const [a, b] of all) if (ids.has(a) || ids.has(b)) ids.add(a).add(b)
  }
  if (ids.size === place.ids.length) return place
  const others = [...ids].filter((id) => !place.ids.includes(id as PlaceId)).sort()
  const kept = [...place.ids, ...others].slice(0, PLACES_MAX).sort() as PlaceId[]
  return kept.length === place.ids.length ? place : { ...place, ids: kept }
}

export const packPlaces = (ids: readonly PlaceId[]) => concat(...ids.map(fromHex))

export function readPlaces(bytes: Uint8Array): PlaceId[] {
  const ids: PlaceId[] = []
  for (let at = 0; at < bytes.length; at += 8) ids.push(placeId(bytes, at))
  return ids
}
