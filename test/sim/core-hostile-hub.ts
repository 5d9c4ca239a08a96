/**
 * A hub that lies, in the simulator of whole nodes. It is an honest node whose frames are changed on their way out and
 * kept from it on their way in, as somebody would who runs the program with a few lines changed.
 */
import { STATE } from '../../src/node/choice/state.ts'
import { isKeyKind } from '../../src/node/erased-keys.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import { decodeBody, encodeBody, encodeFrame, SALT_BYTES } from '../../src/wire/codec.ts'
import {
  decodeHeader,
  HEADER_BYTES,
  isControlLane,
  packRun,
  parseRun,
  type Run,
  signRun,
} from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { EventId, PersonKey } from '../../src/wire/ids.ts'
import { simCrypto } from './core-crypto.ts'
import type { Liar, SimNode } from './core-node.ts'
import type { World } from './core-world.ts'

export type Lie =
  | 'withholds one in three'
  | 'withholds one author'
  | 'withholds from one member'
  | 'withholds everything'
  | 'withholds everything and stays hub'
  | 'withholds control events'
  | 'withholds tombstones'
  | 'withholds acknowledgements and witnesses'
  | 'delays by 10 s'
  | 'drops posts'
  | 'drops posts and withholds witnesses'
  | 'refuses posts'
  | 'acknowledges and does not keep'
  | 'lies about who is here'
  | 'lies about the line'
  | 'lies about the clock'
  | 'lies about the line and withholds everything'
  | 'shows two branches'
  | 'leaves out the bodies of one author'

type Said = readonly { readonly frame: Frame; readonly delayMs: number }[]

const as = (frame: Frame, delayMs = 0): Said => [{ frame, delayMs }]
const DAY_MS = 86_400_000

/** Makes this node lie from now on. victim: whose events, or from whom, where one is meant. */
export function lie(world: World, hub: SimNode, what: Lie, victim: SimNode): void {
  world.isHostile = true
  hub.liar = liarOf(world, hub, what, victim)
}

function liarOf(world: World, hub: SimNode, what: Lie, victim: SimNode): Liar {
  const honest: Liar = { says: (frame) => as(frame), hears: () => true }
  const ghosts = Array.from({ length: 3 }, () => world.crypto.random(32))
  switch (what) {
    case 'withholds one in three':
      return {
        ...honest,
        says: without(
          hub,
          ({ author, id }) => author !== hub.key && Number.parseInt(id.slice(0, 6), 16) % 3 === 0,
        ),
      }
    case 'withholds one author':
      return { ...honest, says: without(hub, (run) => run.author === victim.key) }
    case 'withholds from one member':
      return {
        ...honest,
        says: (frame, to) =>
          to === victim ? without(hub, (run) => run.author !== hub.key)(frame) : as(frame),
      }
    case 'withholds everything':
      return { ...honest, says: without(hub, (run) => run.author !== hub.key) }
    case 'withholds everything and stays hub':
      return {
        says: without(hub, (run) => run.author !== hub.key),
        // Whom it does not hear as hub it cannot give way to, and lead its members to.
        hears: (frame) =>
          frame.type !== 'absorb' &&
          frame.type !== 'report' &&
          !(frame.type === 'heartbeat' && frame.state === STATE.hub),
      }
    case 'withholds control events':
      return { ...honest, says: without(hub, (run) => run.author === victim.key && run.isControl) }
    case 'withholds tombstones':
      return { ...honest, says: (frame) => (frame.type === 'tombstones' ? [] : as(frame)) }
    case 'withholds acknowledgements and witnesses':
      return {
        ...honest,
        says: (frame) => (frame.type === 'ack' || frame.type === 'witness' ? [] : as(frame)),
      }
    case 'delays by 10 s':
      return {
        ...honest,
        says: (frame) => as(frame, SYNC.has(frame.type) || LIVE.has(frame.type) ? 10_000 : 0),
      }
    case 'drops posts':
      return { ...honest, hears: (frame) => !TAKEN.has(frame.type) }
    case 'drops posts and withholds witnesses':
      return {
        says: (frame) => (frame.type === 'ack' || frame.type === 'witness' ? [] : as(frame)),
        hears: (frame) => !TAKEN.has(frame.type),
      }
    case 'refuses posts':
      return {
        ...honest,
        hears: (frame, _from, link) => {
          if (frame.type === 'post')
            for (const { id } of eventsOf(world, frame.run))
              send(world, hub, link, { type: 'refused', id: fromHex(id), code: 'BANNED' })
          return !TAKEN.has(frame.type)
        },
      }
    case 'acknowledges and does not keep':
      return {
        ...honest,
        hears: (frame, _from, link) => {
          if (frame.type === 'post') {
            const events = eventsOf(world, frame.run)
            const { room, lane, n } = events[events.length - 1]!
            send(world, hub, link, {
              type: 'ack',
              room: fromHex(room),
              entries: concat(fromHex(lane), uint(n, 4)),
            })
          }
          return !TAKEN.has(frame.type)
        },
      }
    case 'lies about who is here':
      return {
        ...honest,
        says: (frame) => {
          if (frame.type === 'presence') return []
          return as(frame.type === 'roster' ? { ...frame, keys: concat(...ghosts) } : frame)
        },
      }
    case 'lies about the line':
      return { ...honest, says: (frame) => as(withLine(frame, ghosts)) }
    case 'lies about the line and withholds everything': {
      const silent = without(hub, (run) => run.author !== hub.key)
      return { ...honest, says: (frame, to) => silent(withLine(frame, ghosts), to) }
    }
    case 'lies about the clock':
      return {
        ...honest,
        says: (frame) => {
          if (frame.type !== 'heartbeat') return as(frame)
          const wrong = uint(world.wall0 + world.now + 5 * DAY_MS, 6)
          return as({ ...frame, clock: wrong, median: wrong, lag: 2 ** 31, members: 65_535, epoch: 2 ** 31 })
        },
      }
    case 'leaves out the bodies of one author':
      return { ...honest, says: (frame) => as(withoutBodies(hub, frame, victim.key)) }
    case 'shows two branches': {
      const branch = new Branch(world, hub)
      return {
        ...honest,
        says: (frame, to) => as(to.index % 2 === 0 ? frame : branch.of(frame)),
      }
    }
  }
}

const send = (world: World, from: SimNode, link: number, frame: Frame) =>
  world.network.send(from, link, encodeFrame(frame))

const SYNC: ReadonlySet<Frame['type']> = new Set([
  'have',
  'ask',
  'vector',
  'want',
  'runs',
  'tombstones',
  'done',
])
const LIVE: ReadonlySet<Frame['type']> = new Set(['live', 'ack', 'witness'])
/** All by which an event could come to the hub. */
const TAKEN: ReadonlySet<Frame['type']> = new Set(['post', 'offer', 'runs', 'vector', 'have', 'live'])

interface Kept {
  readonly author: PersonKey
  readonly id: EventId
  readonly isControl: boolean
}

/** The frame without the runs that are kept back; nothing where none is left of live ones. */
function without(hub: SimNode, keeps: (run: Kept) => boolean) {
  return (frame: Frame, _to?: SimNode): Said => {
    if (frame.type !== 'live' && frame.type !== 'runs') return as(frame)
    const runs = hub.said.of(frame).filter((run) => {
      const last = decodeHeader(simCrypto, run.headers.subarray(run.headers.length - HEADER_BYTES))
      return !keeps({ author: last.author, id: last.id, isControl: isControlLane(last.lane) })
    })
    return runs.length === 0 ? [] : as({ ...frame, runs })
  }
}

/** Content of this author, and keys, as if they were deleted. */
function withoutBodies(hub: SimNode, frame: Frame, author: PersonKey): Frame {
  if (frame.type !== 'live' && frame.type !== 'runs') return frame
  const runs = hub.said.of(frame).map((run) => {
    const kinds = run.bodies.map((_, i) =>
      decodeHeader(simCrypto, run.headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES)),
    )
    const bodies = run.bodies.map((body, i) => {
      const { author: by, lane, kind } = kinds[i]!
      return (by === author && !isControlLane(lane)) || isKeyKind(kind) ? null : body
    })
    return { ...run, bodies }
  })
  return { ...frame, runs }
}

function eventsOf(world: World, run: Run) {
  const parsed = parseRun(world.crypto, world.net, run)
  return typeof parsed === 'string' ? [] : parsed.events
}

function withLine(frame: Frame, keys: readonly Uint8Array[]): Frame {
  if (frame.type === 'heartbeat') return { ...frame, line: concat(...keys) }
  if (frame.type !== 'beacon') return frame
  return {
    ...frame,
    line: concat(...keys.map((key) => concat(key, uint(1, 1), uint(0, 4), uint(9999, 4)))),
    addresses: keys.map(() => '10.0.0.200:1'),
  }
}

/** A second branch of the hub's own lanes: other words at the same place. */
class Branch {
  readonly #ids = new Map<string, EventId>()
  readonly #world: World
  readonly #hub: SimNode

  constructor(world: World, hub: SimNode) {
    this.#world = world
    this.#hub = hub
  }

  of(frame: Frame): Frame {
    if (frame.type !== 'live' && frame.type !== 'runs') return frame
    return { ...frame, runs: this.#hub.said.of(frame).map((run) => this.#other(run)) }
  }

  #other(run: Run): Run {
    const { crypto, net } = this.#world
    const events = eventsOf(this.#world, run)
    const first = events[0]
    if (!first || first.author !== this.#hub.key || isControlLane(first.lane)) return run
    const drafts = events.map(({ kind, at, t }, i) => {
      const body = run.bodies[i] ?? new Uint8Array(SALT_BYTES)
      const value = decodeBody(kind, body)
      if (value?.kind !== 'message') return { kind, at, t, body }
      const other = { ...value, text: `${value.text}, or not` }
      return { kind, at, t, body: encodeBody(body.slice(0, SALT_BYTES), other) }
    })
    const { room, lane, n } = first
    const prev = this.#ids.get(`${lane}${n - 1}`) ?? first.prev
    const signed = signRun(crypto, this.#hub.signer, { net, room, lane, n: n - 1, prev }, drafts)
    for (const event of signed.events) this.#ids.set(`${lane}${event.n}`, event.id)
    return packRun(signed)
  }
}
