/** The place of this node's store through its life: meetings, aliases, age (rules PL-*; the rule itself is in places.ts). */
import { aged, type Meeting, meet, type Place, readPlaces, synced, withAliases } from './places.ts'

/** What a hello says of a place. */
export interface PlaceHello {
  readonly places: Uint8Array
  readonly grown: boolean
  readonly age: number
  readonly visitor: boolean
}

export class PlaceKeeper {
  readonly #changed: (place: Place) => void
  #place: Place | undefined
  #agedAt = 0

  /** place: undefined in a network with a code, where the code is the place. changed: hello and mDNS say otherwise now. */
  constructor(place: Place | undefined, changed: (place: Place) => void) {
    this.#place = place
    this.#changed = changed
  }

  get place(): Place | undefined {
    return this.#place
  }

  /** The process begins; now: monotonic ms. */
  start(now: number): void {
    this.#agedAt = now
  }

  /** Is what this node said of its place in a handshake still true? (PL-5) */
  stillHolds(told: Pick<PlaceHello, 'places' | 'grown'>): boolean {
    if (!this.#place) return true
    const { ids, isGrown } = this.#place
    return told.grown === isGrown && readPlaces(told.places).some((id) => ids.includes(id))
  }

  /** A node of this network was met: the place follows the rule, unless the two stay apart. */
  meet(hello: PlaceHello): Meeting {
    // A visitor in no place, as one who only looks whether all is well here, has none that could be another.
    if (!this.#place || (hello.visitor && hello.places.length === 0)) return { is: 'same' }
    const told = { ids: readPlaces(hello.places), isGrown: hello.grown, age: hello.age }
    const meeting = meet(this.#place, told)
    if (meeting.is === 'apart') return meeting
    const place = meeting.is === 'adopt' ? { ...this.#place, ids: meeting.ids } : this.#place
    this.#set(synced(place, hello.age))
    return meeting
  }

  /** Pairs of ids that counted place events make one. */
  aliases(pairs: Iterable<readonly [string, string]>): void {
    if (!this.#place) return
    const place = withAliases(this.#place, pairs)
    if (place !== this.#place) this.#set(place)
  }

  /** Time goes on; told each minute and when the place is grown. */
  age(now: number): void {
    const before = this.#place
    const s = Math.floor((now - this.#agedAt) / 1000)
    if (!before || s < 1) return
    this.#agedAt += s * 1000
    this.#place = aged(before, s)
    const isNews =
      this.#place.isGrown !== before.isGrown ||
      Math.floor(this.#place.age / 60) !== Math.floor(before.age / 60)
    if (isNews) this.#changed(this.#place)
  }

  #set(place: Place): void {
    this.#place = place
    this.#changed(place)
  }
}
