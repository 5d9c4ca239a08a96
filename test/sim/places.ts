/**
 * The place rule alone, run many times: nodes that come, age, leave for another group and meet in any order, with hellos
 * that may be stale by the time they are read. Checked: INV-26.
 */
import { aged, meet, newPlace, type Place, synced, withAliases } from '../../src/node/places.ts'
import { seeded } from '../seeded.ts'

interface Laptop {
  readonly name: number
  place: Place
  /** Alias pairs that its store holds. */
  pairs: Set<string>
  /** Grown places whose history its store holds, by the least id they had when they grew. */
  history: Set<string>
  /** The grown place it belongs to. */
  home: string | undefined
}

const pairsOf = (pairs: Set<string>) => [...pairs].map((pair) => pair.split('/') as [string, string])

const stillHolds = (now: Place, told: Place) =>
  now.isGrown === told.isGrown && told.ids.some((id) => now.ids.includes(id))

/** Throws with the seed where two grown places mix, a place is torn, or somebody flips back. */
export function runPlaceSeed(seed: number): void {
  const random = seeded(seed)
  const pick = (n: number) => Math.floor(random() * n)
  const bytes = () => Uint8Array.from({ length: 8 }, () => pick(256))
  const laptops: Laptop[] = Array.from({ length: 3 + pick(6) }, (_, name) => ({
    name,
    place: newPlace(bytes()),
    pairs: new Set(),
    history: new Set(),
    home: undefined,
  }))
  /** Ids that a place event made one: from then on they may meet grown, also where its news arrives late. */
  const oneOf = new Map<string, string>()
  const root = (id: string): string => {
    const next = oneOf.get(id)
    return next === undefined ? id : root(next)
  }
  const fail = (what: string): never => {
    throw new Error(`INV-26, seed ${seed}: ${what}`)
  }

  const checkHistory = (laptop: Laptop) => {
    const places = new Set([...laptop.history].map(root))
    if (places.size > 1) fail(`${laptop.name} holds the history of ${[...places].join(' and ')}`)
  }
  const noteGrown = (laptop: Laptop) => {
    if (!laptop.place.isGrown) return
    const name = root(laptop.place.ids[0]!)
    for (const id of laptop.place.ids)
      if (root(id) !== name) fail(`places ${root(id)} and ${name} became one`)
    if (laptop.home !== undefined && root(laptop.home) !== name)
      fail(`${laptop.name} moved from ${laptop.home}`)
    laptop.home = name
    laptop.history.add(name)
    checkHistory(laptop)
  }

  const decide = (laptop: Laptop, told: Place) => {
    const meeting = meet(laptop.place, { ids: told.ids, isGrown: told.isGrown, age: told.age })
    if (meeting.is === 'apart') return false
    if (meeting.is === 'adopt') laptop.place = { ...laptop.place, ids: meeting.ids }
    if (meeting.is === 'alias') {
      laptop.pairs.add(meeting.pair.join('/'))
      const [a, b] = meeting.pair.map(root) as [string, string]
      if (a !== b) oneOf.set(a, b)
    }
    laptop.place = withAliases(synced(laptop.place, told.age), pairsOf(laptop.pairs))
    return true
  }

  for (let step = 0; step < 120; step++) {
    if (random() < 0.3) {
      const laptop = laptops[pick(laptops.length)]!
      laptop.place = aged(laptop.place, pick(400))
      noteGrown(laptop)
      continue
    }
    const a = laptops[pick(laptops.length)]!
    const b = laptops[pick(laptops.length)]!
    if (a === b) continue
    const wasSame = a.place.ids.some((id) => b.place.ids.includes(id))
    // Hellos are sent at once and read later: another meeting may come between.
    const [helloA, helloB] = [a.place, b.place]
    if (random() < 0.1) {
      const c = laptops[pick(laptops.length)]!
      const helloC = c.place
      if (c !== a && c !== b && decide(a, helloC) && stillHolds(c.place, helloC)) decide(c, helloA)
      noteGrown(a)
      noteGrown(c)
    }
    // A link stands only where both sides take it; who has another place than its hello said takes none.
    if (!stillHolds(a.place, helloA) || !stillHolds(b.place, helloB)) continue
    const [goesA, goesB] = [decide(a, helloB), decide(b, helloA)]
    if (wasSame && !(goesA && goesB)) fail(`${a.name} and ${b.name} were one place and part`)
    noteGrown(a)
    noteGrown(b)
    if (!goesA || !goesB) continue
    for (const pair of [...a.pairs, ...b.pairs]) {
      a.pairs.add(pair)
      b.pairs.add(pair)
    }
    a.place = withAliases(a.place, pairsOf(a.pairs))
    b.place = withAliases(b.place, pairsOf(b.pairs))
    for (const name of [...a.history, ...b.history]) {
      a.history.add(name)
      b.history.add(name)
    }
    noteGrown(a)
    noteGrown(b)
    checkHistory(a)
    checkHistory(b)
  }
}
