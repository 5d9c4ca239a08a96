/**
 * A member that cheats: it joins like any other, for its process is an honest one, and sends what it should not over its
 * links besides. It never becomes hub (core-hostile-hub.ts has those). What it may do at most is said in
 * core-cheats.test.ts.
 */
import { fromHex } from '../../src/wire/bytes.ts'
import { encodeBody, encodeFrame } from '../../src/wire/codec.ts'
import {
  type Draft,
  LANE_START,
  newContentLane,
  packRun,
  type Run,
  signRun,
  type VerifiedRun,
} from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { type EventId, generalRoom, type LaneId, type RoomId } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import type { SimNode, World } from './core-world.ts'

/** Where in a lane the next event goes. */
export interface LaneEnd {
  readonly lane: LaneId
  readonly n: number
  readonly prev: EventId
}

export class Cheat {
  readonly node: SimNode
  readonly #world: World
  readonly general: RoomId

  /** A new node that cheats; the caller starts it. */
  constructor(world: World) {
    this.#world = world
    this.node = world.add({ neverHub: true })
    this.node.isCheat = true
    this.general = generalRoom(world.crypto, world.net)
  }

  /** Its links and who is at their other ends. */
  peers(): { link: number; peer: SimNode }[] {
    const { network } = this.#world
    return [...network.links.values()]
      .filter(({ dialer, acceptor }) => dialer === this.node || acceptor === this.node)
      .map(({ id }) => ({ link: id, peer: network.peer(this.node, id)! }))
  }

  send(link: number, frame: Frame): void {
    this.#world.network.send(this.node, link, encodeFrame(frame))
  }

  sendAll(frame: Frame): void {
    for (const { link } of this.peers()) this.send(link, frame)
  }

  /** Now, as it pretends: offMs from the right time. */
  wall(offMs = 0): number {
    return Math.round(this.#world.wall0 + this.#world.now + offMs)
  }

  newLane(offMs = 0): LaneEnd {
    return { lane: newContentLane(this.#world.crypto, this.wall(offMs)), n: 0, prev: LANE_START }
  }

  /** Signed lines of a lane, each said at offMs from now. */
  lines(end: LaneEnd, texts: readonly string[], offMs = 0): VerifiedRun {
    const { crypto, net } = this.#world
    const at = this.wall(offMs)
    const drafts = texts.map(
      (text): Draft => ({
        kind: kindNumber('message'),
        at,
        t: at,
        body: encodeBody(crypto.random(16), { kind: 'message', text, action: false, replyTo: null }),
      }),
    )
    return signRun(crypto, this.node.signer, { net, room: this.general, ...end }, drafts)
  }

  /** Where a lane goes on behind a run. */
  static after(run: VerifiedRun): LaneEnd {
    const { lane, n, id } = run.events[run.events.length - 1]!
    return { lane, n, prev: id }
  }

  /** One lane with two second events: one half of those it knows is told the one, the others the other. */
  fork(texts: readonly [string, string]): LaneId {
    const first = this.lines(this.newLane(), ['before the fork'])
    this.sendAll(live(packRun(first)))
    const branches = texts.map((text) => packRun(this.lines(Cheat.after(first), [text])))
    this.peers().forEach(({ link }, i) => {
      this.send(link, live(branches[i % 2]!))
    })
    return first.events[0]!.lane
  }

  /** Signed headers whose bodies nobody ever sees. */
  headersOnly(count: number): LaneId {
    const run = this.lines(
      this.newLane(),
      Array.from({ length: count }, (_, i) => `unseen ${i}`),
    )
    this.sendAll(live({ ...packRun(run), bodies: run.events.map(() => null) }))
    return run.events[0]!.lane
  }

  /** A run by a number that was never given. */
  numberless(): void {
    this.sendAll({ type: 'live', runs: [{ number: 7, tail: new Uint8Array(72), bodies: [null] }] })
  }

  /** Something of its own in the control lanes of a room that it is not in. Returns where they go on. */
  intrude(room: RoomId, end: LaneEnd): LaneEnd {
    const { crypto, net } = this.#world
    const at = this.wall()
    const body = encodeBody(crypto.random(16), { kind: 'leave' })
    const drafts = [{ kind: kindNumber('leave'), at, t: at, body }]
    const run = signRun(crypto, this.node.signer, { net, room, ...end }, drafts)
    this.sendAll(live(packRun(run)))
    return Cheat.after(run)
  }

  /** A line said at another time than now. */
  misdate(text: string, offMs: number): EventId {
    const run = this.lines(this.newLane(offMs), [text], offMs)
    this.sendAll(live(packRun(run)))
    return run.events[0]!.id
  }

  /** All that it holds of `general`, sent again to everybody, some times. */
  replay(times: number): void {
    const { replica } = this.node.core
    for (let i = 0; i < times; i++)
      for (const lane of replica.lanes(this.general, 1))
        for (const run of replica.runs.after(lane, 0, 1 << 20).runs) this.sendAll(live(run))
  }

  /** Posts without asking for credit. */
  flood(link: number, count: number): void {
    let end = this.newLane()
    for (let i = 0; i < count; i++) {
      const run = this.lines(end, [`flood ${i}`])
      end = Cheat.after(run)
      this.send(link, { type: 'post', run: packRun(run) })
    }
  }

  /** So many lines of one lane, signed one by one. */
  monologue(count: number): VerifiedRun[] {
    let end = this.newLane()
    return Array.from({ length: count }, (_, i) => {
      const run = this.lines(end, [`flood ${i}`])
      end = Cheat.after(run)
      return run
    })
  }

  /** Holds them as if they had come, so that it lists and serves them. Returns the lane's vector entry. */
  hold(runs: readonly VerifiedRun[]): Uint8Array {
    const { replica } = this.node.core
    for (const run of runs) replica.add(run)
    const { lane } = runs[0]!.events[0]!
    return replica.vectors.entry(replica.lane(this.general, this.node.key, lane)!)!
  }

  /** An unasked page of a vector (GU-1). */
  push(entries: Uint8Array): Frame {
    return { type: 'vector', room: fromHex(this.general), class: 1, entries, more: true }
  }

  linkTo(node: SimNode): number {
    return this.peers().find(({ peer }) => peer === node)!.link
  }

  /** A line whose signature does not hold; with `author` in somebody else's name. */
  forge(text: string, by?: SimNode): EventId {
    const { crypto, net } = this.#world
    const run = by
      ? signRun(
          crypto,
          { key: by.signer.key, sign: (message) => this.node.signer.sign(message) },
          { net, room: this.general, ...this.newLane() },
          draftsOf(this.lines(this.newLane(), [text])),
        )
      : this.lines(this.newLane(), [text])
    const signature = run.signature.slice()
    if (!by) signature[0]! ^= 1
    this.sendAll(live({ ...packRun(run), signature }))
    return run.events[0]!.id
  }
}

export const live = (run: Run): Frame => ({ type: 'live', runs: [run] })

const draftsOf = (run: VerifiedRun): Draft[] =>
  run.events.map(({ kind, at, t }, i) => ({ kind, at, t, body: run.bodies[i]! }))
