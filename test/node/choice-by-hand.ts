/** One node's choice of hub, fed by hand: for tests of single rules, with peers that say whatever the test wants. */
import {
  type Choice,
  type ChoiceEffect,
  type ChoiceEvent,
  type ChoiceFrame,
  type ChoiceOptions,
  choose,
  createChoice,
  FLAG,
  STATE,
  viewOf,
} from '../../src/node/choice.ts'
import { LAN } from '../../src/node/timing.ts'
import { fromHex, uint } from '../../src/wire/bytes.ts'
import type { PersonKey } from '../../src/wire/ids.ts'

export const SELF = '55'.repeat(32) as PersonKey
export const LOW = '11'.repeat(32) as PersonKey
export const HIGH = 'bb'.repeat(32) as PersonKey
export const THIRD = 'cc'.repeat(32) as PersonKey
export const WALL = 1_790_000_000_000

/** One node, fed by hand. */
export class Node {
  readonly choice: Choice
  now = 10_000
  effects: ChoiceEffect[] = []
  private counter = 1

  constructor(options: Partial<ChoiceOptions> = {}) {
    this.choice = createChoice({
      self: SELF,
      timing: LAN,
      instanceOf: (key) => key.slice(0, 16),
      ...options,
    })
    this.give({ in: 'start' })
  }
  give(event: ChoiceEvent): ChoiceEffect[] {
    this.effects = choose(this.choice, {
      now: this.now,
      wall: WALL + this.now,
      random: () => 0.5,
      ...event,
    })
    return this.effects
  }
  /** Lets time pass in steps of 50 ms; the effects of all of them. */
  wait(ms: number): ChoiceEffect[] {
    const all: ChoiceEffect[] = []
    for (let left = ms; left > 0; left -= 50) {
      this.now += Math.min(50, left)
      all.push(...this.give({ in: 'tick' }))
    }
    this.effects = all
    return all
  }
  link(link: number, key: PersonKey, dialled = true): ChoiceEffect[] {
    const address = `10.0.0.${link}:1`
    return this.give({ in: 'linkUp', link, key, dialled, address, visitor: false })
  }
  frame(link: number, frame: ChoiceFrame): ChoiceEffect[] {
    return this.give({ in: 'frame', link, frame })
  }
  beat(link: number, fields: Partial<Extract<ChoiceFrame, { type: 'heartbeat' }>>): ChoiceEffect[] {
    return this.frame(link, {
      type: 'heartbeat',
      counter: this.counter++,
      state: STATE.seeking,
      upstream: null,
      via: null,
      epoch: 1,
      members: 0,
      line: new Uint8Array(0),
      flags: FLAG.reachable,
      heardMs: 0,
      clock: uint(WALL, 6),
      median: null,
      lag: 0,
      uptimeS: 0,
      age: 0,
      ...fields,
    })
  }
  /** Follows a hub on link 1. */
  following(hub = HIGH, line: PersonKey[] = []): this {
    this.link(1, hub)
    this.beat(1, { state: STATE.hub, upstream: fromHex(hub), line: bytesOf(line) })
    this.frame(1, { type: 'joined', at: this.now, epoch: 1 })
    this.beat(1, { state: STATE.hub, upstream: fromHex(hub), line: bytesOf(line) })
    return this
  }
  /** Hub by boot. */
  hub(): this {
    this.wait(1050)
    return this
  }
  get state() {
    return viewOf(this.choice).state
  }
  sent(type: ChoiceFrame['type']) {
    return this.effects.filter(
      (effect): effect is Extract<ChoiceEffect, { do: 'send' | 'sendAll' | 'sendSome' }> =>
        (effect.do === 'send' || effect.do === 'sendAll' || effect.do === 'sendSome') &&
        effect.frame.type === type,
    )
  }
  did(what: ChoiceEffect['do']) {
    return this.effects.filter((effect) => effect.do === what)
  }
}

export const bytesOf = (keys: PersonKey[]) => fromHex(keys.join(''))

/** The n-th of any number of keys. */
export const keyOf = (n: number): PersonKey => (n + 1).toString(16).padStart(4, '0').repeat(16) as PersonKey

/** Says on this link that it is the best hub there is. */
export const claim = (node: Node, link: number, of: PersonKey): ChoiceEffect[] =>
  node.beat(link, {
    state: STATE.hub,
    upstream: fromHex(of),
    flags: FLAG.reachable | FLAG.pinned | FLAG.preferred,
    members: 2 ** 16 - 1,
    epoch: 2 ** 32 - 1,
  })
