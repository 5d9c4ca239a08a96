/**
 * Planted bugs: whole nodes built a little wrong, each of which the simulator must find. Planting changes what all nodes
 * do from then on; the function it gives undoes it.
 */
import { Receipts } from '../../src/hub/receipts.ts'
import { Core } from '../../src/node/core.ts'
import { Display } from '../../src/node/display.ts'
import { Durable } from '../../src/node/durable.ts'
import { Outbox } from '../../src/node/outbox.ts'
import { OwnTold } from '../../src/node/own-told.ts'
import { Presence } from '../../src/node/presence.ts'
import { Private } from '../../src/node/private.ts'
import { Replica } from '../../src/node/replica.ts'
import type { RoomKey } from '../../src/node/sealing.ts'
import { Sync } from '../../src/node/sync.ts'
import { Views } from '../../src/node/views.ts'
import { concat, utf8 } from '../../src/wire/bytes.ts'
import { World } from './core-world.ts'
import { takesBody } from './stored.ts'

type Undo = () => void

/** The first key of each room. */
const remembered = new WeakMap<Private, Map<string, RoomKey>>()

export interface CoreMutation {
  readonly what: string
  /** What the simulator says of it. */
  readonly found: RegExp
  readonly plant: () => Undo
}

/** Puts something in the place of a method; `make` is given the true one. */
function change<T extends object, K extends keyof T>(
  target: T,
  name: K,
  make: (original: T[K]) => T[K],
): Undo {
  const original = target[name]
  target[name] = make(original)
  return () => {
    target[name] = original
  }
}

type Step = Core['step']

/** Inputs that never reach the core. */
const deaf = (isLost: (input: Parameters<Step>[1]) => boolean): Undo =>
  change(
    Core.prototype,
    'step',
    (step) =>
      function (this: Core, moment, input) {
        step.call(this, moment, isLost(input) ? { in: 'tick' } : input)
      },
  )

/** Something is done to the core after each input. */
const afterStep = (spoil: (core: Core, input: Parameters<Step>[1]) => void): Undo =>
  change(
    Core.prototype,
    'step',
    (step) =>
      function (this: Core, moment, input) {
        step.call(this, moment, input)
        spoil(this, input)
      },
  )

export const CORE_MUTATIONS: readonly CoreMutation[] = [
  {
    what: 'every write counts as synced',
    found: /INV-6/,
    plant: () =>
      change(
        Durable.prototype,
        'writing',
        (writing) =>
          function (this: Durable, ticket) {
            writing.call(this, ticket, true)
          },
      ),
  },
  {
    what: 'what is only in memory is witnessed',
    found: /INV-6/,
    plant: () => change(Durable.prototype, 'grew', () => () => {}),
  },
  {
    what: 'a disk that fails is not noticed',
    found: /INV-6/,
    plant: () => deaf((input) => input.in === 'storeFailing'),
  },
  {
    what: 'acknowledgements go back',
    found: /INV-7/,
    plant: () =>
      change(
        OwnTold.prototype,
        'ack',
        (ack) =>
          function (this: OwnTold, told) {
            ack.call(this, told)
            if (told.state === 'replicated') ack.call(this, { ...told, state: 'stored' })
          },
      ),
  },
  {
    what: 'what was not acknowledged is neither offered again nor witnessed',
    found: /unstored|INV-5|INV-27/,
    plant: () =>
      change(
        Core.prototype,
        'takeEffects',
        (take) =>
          function (this: Core) {
            return take
              .call(this)
              .filter((effect) => effect.do !== 'send' || !/^(offer|witness)$/.test(effect.frame.type))
          },
      ),
  },
  {
    what: 'a woken node does not ask',
    found: /INV-13/,
    plant: () => deaf((input) => input.in === 'away'),
  },
  {
    what: 'a node stands for the line before it knows its store',
    found: /INV-14/,
    plant: () =>
      afterStep(({ choice }, input) => {
        if (input.in === 'start') choice.facts = { ...choice.facts, ready: true }
      }),
  },
  {
    what: 'lanes are opened again after a restart',
    found: /INV-15|INV-4|fault/,
    plant: () =>
      change(
        World.prototype,
        'cryptoOf',
        () =>
          function (this: World, node) {
            const own = (n: number) => this.crypto.hash(node.signer.key).slice(0, n)
            return { ...this.crypto, random: (n) => (n === 4 || n === 8 ? own(n) : this.crypto.random(n)) }
          },
      ),
  },
  {
    what: 'deleted bodies stay on disk',
    found: /INV-17/,
    plant: () =>
      change(
        Replica.prototype,
        'takeOps',
        (takeOps) =>
          function (this: Replica) {
            return takeOps.call(this).filter((op) => !takesBody(op))
          },
      ),
  },
  {
    what: 'tombstones of others are forgotten',
    found: /INV-27|INV-1\b/,
    plant: () =>
      change(
        Sync.prototype,
        'frame',
        (frame) =>
          function (this: Sync, link, it) {
            if (it.type !== 'tombstones') frame.call(this, link, it)
          },
      ),
  },
  {
    what: 'cuts are ignored',
    found: /INV-16/,
    plant: () =>
      change(
        Views.prototype,
        'room',
        (room) =>
          function (this: Views, id) {
            const view = room.call(this, id)
            return view && { ...view, bans: [], contentLimit: () => Number.POSITIVE_INFINITY }
          },
      ),
  },
  {
    what: 'whoever has left a private room is still written to',
    found: /who is not in the room \(INV-25\)/,
    plant: () =>
      change(
        Private.prototype,
        'present',
        (present) =>
          function (this: Private, room, members) {
            const before = remembered.get(this) ?? new Map<string, RoomKey>()
            remembered.set(this, before)
            const key = before.get(room) ?? present.call(this, room, members)
            if (key) before.set(room, key)
            return key
          },
      ),
  },
  {
    what: 'private words lie on disk as they are',
    found: /of a private room in plain \(INV-25\)/,
    plant: () =>
      change(
        Private.prototype,
        'seal',
        (seal) =>
          function (this: Private, room, key, t, value) {
            const sealed = seal.call(this, room, key, t, value)
            return value.kind === 'message' ? concat(sealed, utf8(value.text)) : sealed
          },
      ),
  },
  {
    what: 'a process that starts forgets some of what people did',
    found: /see .* differently \(INV-1\)/,
    plant: () =>
      change(
        Views.prototype,
        'load',
        (load) =>
          function (this: Views, store) {
            return load.call(this, {
              scan: async function* (range) {
                let count = 0
                for await (const entry of store.scan(range)) if (++count % 3 > 0) yield entry
              },
            })
          },
      ),
  },
  {
    what: 'a sync ends after the first lane of a page',
    found: /INV-27|INV-5/,
    plant: () =>
      change(
        Sync.prototype,
        'frame',
        (frame) =>
          function (this: Sync, link, it) {
            frame.call(this, link, it.type === 'vector' ? { ...it, entries: it.entries.slice(0, 64) } : it)
          },
      ),
  },
  {
    what: 'a run is taken for known before it is verified',
    found: /INV-27|INV-5|unstored|still syncs/,
    plant: () => {
      const seen = new WeakMap<Sync, Set<string>>()
      return change(
        Sync.prototype,
        'verifyRuns',
        (verifyRuns) =>
          function (this: Sync, link, runs, then) {
            const mine = seen.get(this) ?? new Set()
            seen.set(this, mine)
            const fresh = runs.filter(({ events }) => !mine.has(events[events.length - 1]!.id))
            for (const { events } of fresh) mine.add(events[events.length - 1]!.id)
            if (fresh.length > 0) verifyRuns.call(this, link, fresh, then)
          },
      )
    },
  },
  {
    what: 'lines stand in the order of their arrival',
    found: /INV-2\b/,
    plant: () => {
      let arrived = 0
      return change(
        Display.prototype,
        'lineOf',
        (lineOf) =>
          function (this: Display, view, line) {
            return { ...lineOf.call(this, view, line), order: String(arrived++).padStart(12, '0') }
          },
      )
    },
  },
  {
    what: 'time is not pushed past what was shown',
    found: /INV-3/,
    plant: () => change(Display.prototype, 'shownT', () => () => 0),
  },
  {
    what: 'what was typed is told again when it arrives',
    found: /INV-4|sent is followed/,
    plant: () => change(Display.prototype, 'expect', () => () => {}),
  },
  {
    what: 'some arrivals are kept from people',
    found: /was never told/,
    plant: () => {
      let count = 0
      return change(
        Display.prototype,
        'arrived',
        (arrived) =>
          function (this: Display, events) {
            if (++count % 5 > 0) arrived.call(this, events)
          },
      )
    },
  },
  {
    what: 'credit is ignored',
    found: /RATE_LIMITED/,
    plant: () =>
      change(
        Outbox.prototype,
        'credit',
        (credit) =>
          function (this: Outbox, events, now) {
            credit.call(this, events + 1000, now)
          },
      ),
  },
  {
    what: 'receipts are kept for ever',
    found: /unstored|receipts|hub/,
    plant: () => change(Receipts.prototype, 'take', () => () => []),
  },
  {
    what: 'nobody notices who went',
    found: /who is gone, for online/,
    plant: () => change(Presence.prototype, 'tick', () => () => {}),
  },
]
