/**
 * Looking for others while the store is still read, which takes a while where it is large: they are asked at once, nothing
 * is announced, since nobody could be answered yet, and what is heard is kept until the node begins.
 */
import type { Txt } from '../txt.ts'
import { systemClock } from './clock.ts'
import { type Discovery, type DiscoveryOptions, type Hint, startDiscovery } from './discovery.ts'

/** Hints kept: the oldest go first. As many as sightings are remembered. */
const HEARD_MAX = 1024

export class Looking {
  readonly #discovery: Discovery
  readonly #since = systemClock.monotonic()
  #heard: Hint[] = []
  #onHint: ((hint: Hint) => void) | undefined

  constructor(options: Omit<DiscoveryOptions, 'port' | 'onHint'>) {
    this.#discovery = startDiscovery({ ...options, port: 0, onHint: (hint) => this.#hear(hint) })
  }

  /** Since others were first asked. */
  get ms(): number {
    return systemClock.monotonic() - this.#since
  }

  /** The node begins: it is announced, and told of what was heard so far and is heard from now on. */
  begin(port: number, txt: Txt, onHint: (hint: Hint) => void): Discovery {
    const heard = this.#heard
    this.#heard = []
    this.#onHint = onHint
    for (const hint of heard) onHint(hint)
    this.#discovery.announce(port, txt)
    return this.#discovery
  }

  /** Where the node does not begin. Twice is safe. */
  close(): Promise<void> {
    return this.#discovery.close()
  }

  #hear(hint: Hint): void {
    if (this.#onHint) return this.#onHint(hint)
    this.#heard.push(hint)
    if (this.#heard.length > HEARD_MAX) this.#heard.shift()
  }
}
