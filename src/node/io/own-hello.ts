/** What this node says of itself in handshakes: the same object for as long as it says the same. */
import type { HelloFields } from '../../wire/auth.ts'
import type { PlaceId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import { packPlaces } from '../places.ts'
import { isSameHello } from './link.ts'

/** Every link keeps what it was told. */
const NO_PLACES = new Uint8Array(0)

export class OwnHello {
  readonly #core: Pick<Core, 'place' | 'isHub'>
  readonly #net: Uint8Array
  readonly #isVisitor: boolean
  /** In the last handshake. */
  #told: HelloFields | undefined
  #places: { readonly ids: readonly PlaceId[]; readonly bytes: Uint8Array } = { ids: [], bytes: NO_PLACES }

  /** net: the network's id, which every link keeps: so few bytes from Buffer's pool would keep the whole pool for each. */
  constructor(core: Pick<Core, 'place' | 'isHub'>, net: Uint8Array, isVisitor: boolean) {
    this.#core = core
    this.#net = net
    this.#isVisitor = isVisitor
  }

  /** What is true now. port: where this node accepts links. The same object is encoded once. */
  at(port: number): HelloFields {
    const { place } = this.#core
    const hello: HelloFields = {
      net: this.#net,
      role: this.#isVisitor ? 2 : this.#core.isHub ? 1 : 0,
      places: place ? this.#packed(place.ids) : NO_PLACES,
      grown: place?.isGrown ?? false,
      age: place?.age ?? 0,
      caps: 0,
      port: this.#isVisitor ? 0 : port,
    }
    if (!this.#told || !isSameHello(this.#told, hello)) this.#told = hello
    return this.#told
  }

  /** The same bytes for all links, for as long as the place has these ids. */
  #packed(ids: readonly PlaceId[]): Uint8Array {
    if (this.#places.ids !== ids) this.#places = { ids, bytes: packPlaces(ids) }
    return this.#places.bytes
  }
}
