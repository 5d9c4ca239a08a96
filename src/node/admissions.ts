/**
 * Who is let into the network, as this node follows it: what people are told when they wait, and when a node that was
 * expelled gives up (rules RM-21, RM-23). What counts is decided in rooms/door.ts.
 */
import type { PersonKey } from '../wire/ids.ts'
import type { NodeEvent, Who } from './events.ts'
import type { Admission, NetworkView } from './rooms.ts'

/** Who comes in by the code in force has shown it within this. */
const SHOWN_MS = 3000

/** Those who end their program. */
const ENDS: ReadonlySet<Admission> = new Set<Admission>(['expelled', 'removed', 'outdated'])

/** Without anybody who could say that they were let in again, an expelled node ends after this. */
const ALONE_MS = 10_000

export interface AdmissionPorts {
  readonly self: PersonKey
  readonly network: () => NetworkView
  readonly who: (person: PersonKey) => Who
  readonly tell: (event: NodeEvent) => void
  /** Whether the network lets this node in has changed. */
  readonly barred: (isBarred: boolean) => void
  readonly expelled: (code: 'EXPELLED' | 'DEVICE_REMOVED' | 'CODE_OLD') => void
  /** This node has the code that lets it in, and only has to say so. */
  readonly isEntering: () => boolean
}

export class Admissions {
  readonly #ports: AdmissionPorts
  #own: Admission = 'member'
  #isReady = false
  #startedAt: number | undefined
  #hasGivenUp = false
  /** Since when persons are seen to be outside for their code: who has the new one says so within moments. Monotonic ms. */
  readonly #outside = new Map<PersonKey, number>()
  /** Waiting persons that this admin was told of. */
  readonly #told = new Set<PersonKey>()

  constructor(ports: AdmissionPorts) {
    this.#ports = ports
  }

  get own(): Admission {
    return this.#own
  }

  /** Something in room 0 counts now that did not, or the reverse. */
  changed(): void {
    const { network, self, barred } = this.#ports
    const own = network().door.admission(self)
    const before = this.#own
    this.#own = own
    if ((own === 'member') !== (before === 'member')) barred(own !== 'member')
    if (!this.#isReady) return
    if (own === 'waiting' && before !== 'waiting') this.#tellOwn()
    this.#tellOthers()
  }

  ready(): void {
    this.#isReady = true
    if (this.#own === 'waiting') this.#tellOwn()
    this.#tellOthers()
  }

  #tellOwn(): void {
    const { self, who, tell } = this.#ports
    tell({
      type: 'system',
      event: 'waiting',
      room: null,
      user: who(self),
      text: 'You have the code, and wait until an admin of this network lets you in. Nothing else needs to be done: you are told.',
    })
  }

  /** Admins hear of everybody who waits, once. now: monotonic ms; absent: of those outside for their code nothing yet. */
  #tellOthers(now?: number): void {
    const { network, self, who, tell } = this.#ports
    const { door, codes, ranks, profiles } = network()
    if ((!door.isKept && codes.newest === undefined) || (ranks.get(self) ?? 1) < 4) return
    for (const person of profiles.keys()) {
      if (!door.waits(person)) {
        this.#told.delete(person)
        this.#outside.delete(person)
      } else if (!this.#told.has(person) && this.#isFor(person, door.admission(person), now)) {
        this.#told.add(person)
        const user = who(person)
        tell({
          type: 'system',
          event: 'waiting',
          room: null,
          user,
          text: `${user.name} waits to be let into the network: /admit ${user.name}`,
        })
      }
    }
  }

  /** Is it time to tell of them? */
  #isFor(person: PersonKey, admission: Admission, now: number | undefined): boolean {
    if (admission !== 'outdated') return true
    if (now === undefined) return false
    const since = this.#outside.get(person) ?? now
    this.#outside.set(person, since)
    return now - since >= SHOWN_MS
  }

  /** hears: a peer's word about room 0 is here. now: monotonic ms. */
  tick(now: number, hears: boolean): void {
    this.#startedAt ??= now
    if (this.#isReady && this.#ports.network().codes.newest !== undefined) this.#tellOthers(now)
    if (this.#hasGivenUp || !ENDS.has(this.#own)) return
    if (this.#own === 'outdated' && this.#ports.isEntering()) return
    if (!hears && now - this.#startedAt < ALONE_MS) return
    this.#hasGivenUp = true
    this.#ports.expelled(
      this.#own === 'removed' ? 'DEVICE_REMOVED' : this.#own === 'outdated' ? 'CODE_OLD' : 'EXPELLED',
    )
  }
}
