/**
 * What must hold of whole nodes: while they run (per process: INV-2, INV-4, INV-7 and the order of events of contract
 * 10.2), and once everything is healed and quiet (INV-1, INV-5, INV-9, INV-27 and what was typed arrives).
 */
import type { AckEvent, MessageEvent, NodeEvent, SentEvent } from '../../src/node/events.ts'
import { eventKey } from '../../src/node/keys.ts'
import { readUint } from '../../src/wire/bytes.ts'
import type { Frame } from '../../src/wire/frames.ts'
import {
  type LaneId,
  laneId,
  NETWORK_ROOM,
  type PersonKey,
  personKey,
  type RoomId,
  roomId,
} from '../../src/wire/ids.ts'
import { parseWitnessEntries } from '../../src/wire/witness.ts'
import type { SimNode, World } from './core-world.ts'

const RANK = { stored: 1, replicated: 2, delivered: 3 } as const

interface Life {
  readonly told: Map<string, string>
  readonly sent: Set<string>
  readonly acks: Map<string, Set<AckEvent['state']>>
  /** A `sent` whose own message has to be the next thing told. */
  owes: SentEvent | undefined
  isReady: boolean
  isOffline: boolean
}

/** What one node said of an own event. */
export interface Said {
  readonly by: SimNode
  readonly text: string
  /** It was sent while the disk failed: it may be lost with the process. */
  readonly isUnsafe: boolean
  /** Virtual time. */
  readonly at: number
  stored: boolean
  replicated: boolean
}

/** Watches a world from its start. */
export class Watch {
  readonly said = new Map<string, Said>()
  readonly #lives = new Map<SimNode, Life>()
  readonly #orders = new Map<string, string>()
  readonly #asked = new Map<SimNode, { slots: Map<number, number>; last: number }>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    world.onStart = (node) => this.#start(node)
    world.onEvent = (node, event) => this.#event(node, event)
    world.onAnswer = (node, slot) => this.#answer(node, slot)
    world.onSend = (node, link, frame) => this.#sends(node, link, frame)
  }

  /** Acknowledgements and witnesses: never before a woken node has asked, and only of what a sync stands behind. */
  #sends(node: SimNode, link: number, frame: Frame): void {
    if (frame.type !== 'ack' && frame.type !== 'witness') return
    const isOwn = frame.type === 'ack' || personKey(frame.key) === node.key
    if (!isOwn) return
    if (node.core.choice.phase.state === 'woken')
      this.#bad(node, `sends ${frame.type} before it has asked (INV-13)`)
    const room = roomId(frame.room)
    if (frame.type === 'witness') {
      for (const { author, lane, n } of parseWitnessEntries(frame.entries))
        this.#isSafe(node, room, author, lane, n)
      return
    }
    const author = this.#world.network.peer(node, link)?.key
    for (let at = 0; author !== undefined && at < frame.entries.length; at += 12)
      this.#isSafe(node, room, author, laneId(frame.entries, at), readUint(frame.entries, at + 8, 4))
  }

  #isSafe(node: SimNode, room: RoomId, author: PersonKey, lane: LaneId, n: number): void {
    const key = eventKey(room, author, lane, n)
    if (node.store.get(key) === undefined) this.#bad(node, 'acknowledges what is not written (INV-6)')
    else if (node.unsynced.has(key)) this.#bad(node, 'acknowledges what a power loss may take (INV-6)')
  }

  #bad(node: SimNode, what: string): void {
    this.#world.violations.push(`${Math.round(this.#world.now)} ${node.name}: ${what}`)
  }

  #start(node: SimNode): void {
    this.#lives.set(node, {
      told: new Map(),
      sent: new Set(),
      acks: new Map(),
      owes: undefined,
      isReady: false,
      isOffline: false,
    })
    this.#asked.set(node, { slots: new Map(), last: 0 })
  }

  /** A command was given: it must be answered once, unless the process ends. */
  asked(node: SimNode, slot: number): void {
    this.#asked.get(node)!.slots.set(slot, this.#world.now)
  }

  #answer(node: SimNode, slot: number): void {
    const asked = this.#asked.get(node)!
    if (!asked.slots.delete(slot)) this.#bad(node, `answers slot ${slot} twice`)
    if (slot < asked.last) this.#bad(node, `answers slot ${slot} after ${asked.last}`)
    asked.last = slot
  }

  /** Commands of running processes that have no answer. */
  unanswered(): string[] {
    const out: string[] = []
    for (const [node, { slots }] of this.#asked)
      if (node.isUp)
        for (const [slot, at] of slots) out.push(`${node.name} slot ${slot} asked at ${Math.round(at)}`)
    return out
  }

  #event(node: SimNode, event: NodeEvent): void {
    const life = this.#lives.get(node)!
    if (life.owes) {
      const isIt = event.type === 'message' && event.id === life.owes.id && event.self === true
      if (!isIt) this.#bad(node, `sent is followed by ${JSON.stringify(event)}`)
      life.owes = undefined
    }
    switch (event.type) {
      case 'ready':
        if (life.isReady) this.#bad(node, 'is ready twice')
        life.isReady = true
        return
      case 'hub':
        if (!life.isReady) this.#bad(node, 'tells hub before ready')
        life.isOffline = false
        return
      case 'offline':
        if (!life.isReady) this.#bad(node, 'tells offline before ready')
        if (life.isOffline) this.#bad(node, 'tells offline twice')
        life.isOffline = true
        return
      case 'sent':
        if (life.sent.has(event.id)) this.#bad(node, 'tells sent twice')
        life.sent.add(event.id)
        life.owes = event
        this.said.set(event.id, {
          by: node,
          text: event.text,
          isUnsafe: node.isDiskFailing,
          at: this.#world.now,
          stored: false,
          replicated: false,
        })
        return
      case 'message':
        return this.#message(node, life, event)
      case 'ack':
        return this.#ack(node, life, event)
      case 'system':
        if (event.event === 'warning' && !this.#world.isHostile)
          this.#bad(node, `warns of an honest hub: ${event.text}`)
        return
      case 'presence':
        if (!life.isReady) this.#bad(node, 'tells presence before ready')
        return
      default:
    }
  }

  #message(node: SimNode, life: Life, event: MessageEvent): void {
    if (life.told.has(event.id)) this.#bad(node, `tells ${event.text} twice (INV-4)`)
    life.told.set(event.id, event.order)
    const order = this.#orders.get(event.id)
    if (order !== undefined && order !== event.order) this.#bad(node, `${event.text} has two orders (INV-2)`)
    this.#orders.set(event.id, event.order)
  }

  #ack(node: SimNode, life: Life, event: AckEvent): void {
    if (!life.sent.has(event.id)) this.#bad(node, `acknowledges ${event.id.slice(0, 8)} before sent (INV-7)`)
    const states = life.acks.get(event.id) ?? new Set()
    life.acks.set(event.id, states)
    if (states.has(event.state)) this.#bad(node, `tells ${event.state} twice (INV-7)`)
    for (const state of states)
      if (event.state !== 'delivered' && RANK[state] > RANK[event.state] && state !== 'delivered')
        this.#bad(node, `${event.state} after ${state} (INV-7)`)
    states.add(event.state)
    const isAlone = event.alone === true
    if (isAlone !== (event.copies === 0)) this.#bad(node, `copies ${event.copies}, alone ${isAlone}`)
    if (event.state === 'replicated' && event.copies < 2)
      this.#bad(node, `replicated with ${event.copies} copies`)
    const said = this.said.get(event.id)
    if (!said || isAlone) return
    said.stored = true
    if (event.state === 'replicated') said.replicated = true
  }

  hasTold(node: SimNode, id: string): boolean {
    return this.#lives.get(node)!.told.has(id)
  }
}

/** Why this world is not quiet yet; undefined: it is. */
export function unrest(world: World, watch: Watch): string | undefined {
  const up = world.nodes.filter((node) => node.isUp)
  const hubs = world.hubs()
  if (hubs.length !== 1) return `hubs: ${hubs.map((node) => node.name).join(' ') || 'none'}`
  for (const node of up) {
    if (!node.core.isReady) return `${node.name} is not ready`
    if (node.core.hubKey !== hubs[0]!.key) return `${node.name} does not follow ${hubs[0]!.name}`
    if (node.core.sync.isBusy) return `${node.name} still syncs`
    if (node.core.outbox.queued > 0) return `${node.name} waits for credit`
    if (!node.core.settled) return `${node.name} has ${node.core.outbox.unstored} unstored`
  }
  const [unanswered] = watch.unanswered()
  if (unanswered) return `no answer: ${unanswered}`
  return differing(up)
}

/** Rooms and classes that two nodes carry, and of which they hold different vectors (INV-27). */
export function differing(up: readonly SimNode[]): string | undefined {
  const rooms = new Set(up.flatMap((node) => [...node.core.replica.rooms()]))
  for (const room of rooms)
    for (const cls of [0, 1] as const) {
      const carriers = up.filter((node) => node.core.views.carries(node.key, room, cls, false))
      const [first, ...others] = carriers
      if (!first) continue
      const digest = Buffer.from(first.core.replica.digest(room, cls)).toString('hex')
      const other = others.find(
        (node) => Buffer.from(node.core.replica.digest(room, cls)).toString('hex') !== digest,
      )
      if (other)
        return `${first.name} and ${other.name} differ in room ${room.slice(0, 8)} class ${cls} (INV-27)`
    }
  return undefined
}

/**
 * Checks a quiet world. lost: devices whose disks were lost for good in this run. allTold: clocks were right all along, so
 * that each node knows what is past: whatever was written while it ran has been told.
 */
export async function checkQuiet(world: World, watch: Watch, lost: number, allTold: boolean): Promise<void> {
  const up = world.nodes.filter((node) => node.isUp)
  const bad = (what: string) => world.violations.push(`at the end: ${what}`)
  for (const node of up) checkPresence(up, node, bad)
  for (const [id, said] of watch.said) checkKept(up, id, said, lost, bad)
  await checkShown(watch, up, allTold, bad)
}

function checkPresence(up: readonly SimNode[], node: SimNode, bad: (what: string) => void): void {
  if (node.options.visitor) return
  for (const other of up)
    if (!node.core.isOnline(other.key)) bad(`${node.name} takes ${other.name} for offline`)
  for (const key of node.core.onlineKeys())
    if (!up.some((other) => other.key === key))
      bad(`${node.name} takes ${key.slice(0, 8)}, who is gone, for online`)
}

/** What was acknowledged, and what was only sent by a device that lives, is with everybody who carries it (INV-5). */
function checkKept(
  up: readonly SimNode[],
  id: string,
  said: Said,
  lost: number,
  bad: (what: string) => void,
): void {
  const isPromised = (said.stored && lost <= 1) || (said.replicated && lost <= 2)
  const isOwn = !said.by.isGone && !said.isUnsafe
  if (!isPromised && !isOwn) return
  const word = said.replicated ? 'replicated' : said.stored ? 'stored' : 'sent'
  const holder = up.find((node) => node.core.replica.find(id as never))
  if (!holder) {
    if (said.by.isUp || isPromised) bad(`${said.text} of ${said.by.name}, ${word}, is nowhere (INV-5)`)
    return
  }
  const event = holder.core.replica.find(id as never)!
  for (const node of up) {
    const view = node.core.views.room(event.room)
    if (view?.deleted || !node.core.views.carries(node.key, event.room, 1, false)) continue
    if (!node.core.replica.find(id as never))
      bad(`${said.text} of ${said.by.name}, ${word}, is not on ${node.name} (INV-5)`)
  }
}

/** Members of a room are shown the same lines in the same order (INV-1), and what was written since was told. */
async function checkShown(
  watch: Watch,
  up: readonly SimNode[],
  allTold: boolean,
  bad: (what: string) => void,
): Promise<void> {
  const rooms = new Set(up.flatMap((node) => [...node.core.replica.rooms()]))
  rooms.delete(NETWORK_ROOM)
  for (const room of rooms) {
    const shown: { node: SimNode; order: string }[] = []
    for (const node of up) {
      const view = node.core.views.room(room)
      if (!view || view.deleted || !node.core.isMember(view)) continue
      const lines = await node.core.readLines([room], 1000)
      shown.push({ node, order: lines.map(({ message }) => message.order).join() })
      for (const { message } of lines) {
        // Clocks differ by some tenths of a second also where they are right: what is past is as vague.
        const isOlder = (watch.said.get(message.id)?.at ?? 0) <= node.startedAt + 1000
        if (allTold && !message.history && !isOlder && !watch.hasTold(node, message.id))
          bad(`${node.name} was never told ${message.text}`)
      }
    }
    for (const { node, order } of shown.slice(1))
      if (order !== shown[0]!.order)
        bad(`${shown[0]!.node.name} and ${node.name} show room ${room.slice(0, 8)} differently (INV-1)`)
  }
}
