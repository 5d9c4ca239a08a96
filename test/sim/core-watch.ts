/**
 * What must hold of whole nodes while they run: what each process tells (INV-2, INV-3, INV-4, INV-7 and the order of
 * events of contract 10.2), what it signs (INV-6, INV-13, INV-14), and whom it follows (INV-10, INV-11). It also keeps
 * what was said, banned and deleted, for the checks at the end (core-checks.ts).
 */

import { FLAG } from '../../src/node/choice.ts'
import type { AckEvent, MessageEvent, NodeEvent, SentEvent } from '../../src/node/events.ts'
import { tombstoneKey } from '../../src/node/keys.ts'
import { readUint } from '../../src/wire/bytes.ts'
import { decodeHeader } from '../../src/wire/event.ts'
import type { Frame, FrameOf } from '../../src/wire/frames.ts'
import {
  type EventId,
  type LaneId,
  laneId,
  type PersonKey,
  personKey,
  type RoomId,
  roomId,
} from '../../src/wire/ids.ts'
import { parseWitnessEntries } from '../../src/wire/witness.ts'
import type { SimNode, World } from './core-world.ts'
import { hasBody, storedAt } from './stored.ts'

const RANK = { stored: 1, replicated: 2, delivered: 3 } as const

interface Life {
  readonly told: Map<string, string>
  readonly sent: Set<string>
  readonly acks: Map<string, Set<AckEvent['state']>>
  /** The last line of `general` that it has told, and how far that was when a text was typed. */
  shown: string
  readonly typedAfter: Map<string, string>
  /** How far each lane was found whole on its disk. */
  readonly whole: Map<string, number>
  isHub: boolean
  tookOverAt: number
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
  isUnsafe: boolean
  /** Its author's disk did not work: that device is lost for it from the first. */
  readonly isOnNoDisk: boolean
  readonly room: RoomId | undefined
  /** Virtual time. */
  readonly at: number
  stored: boolean
  replicated: boolean
}

/** A ban that counts, and what of its target the one who banned held then. */
export interface Banned {
  readonly id: EventId
  readonly room: RoomId
  readonly target: PersonKey
  readonly allowed: ReadonlySet<EventId>
}

/** A hub is heard for so long after its last word. */
const HEARD_MS = 2000
/** Who was stopped has not read yet what came meanwhile. */
const AWAKE_MS = 2000
const HUB_STATE = 3
/** More than are on their way at once between two joins. */
const REFUSED_MAX = 5

/** Watches a world from its start. */
export class Watch {
  readonly said = new Map<string, Said>()
  readonly #lives = new Map<SimNode, Life>()
  readonly bans: Banned[] = []
  readonly deletions: EventId[] = []
  /** Rooms with persons who were kicked, banned, muted or demoted by a command, whether or not that counts. */
  readonly #bound = new Set<string>()
  /** Devices that were unlinked: their lanes end where their person's first one held them. */
  readonly #unlinked = new Set<PersonKey>()
  /** When a link last said that its other end is hub. */
  readonly #heardHub = new Map<SimNode, Map<number, number>>()
  /** Posts refused for their rate, by link. */
  readonly #refused = new Map<number, number>()
  readonly #orders = new Map<string, string>()
  readonly #asked = new Map<SimNode, { slots: Map<number, number>; last: number }>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    world.onStart = (node) => this.#start(node)
    world.onEvent = (node, event) => this.#event(node, event)
    world.onAnswer = (node, slot) => this.#answer(node, slot)
    world.onSend = (node, link, frame) => this.#sends(node, link, frame)
    world.onFrame = (node, link, frame) => this.#hears(node, link, frame)
  }

  /** Somebody types a text for `general`: it will stand behind all that they were shown (INV-3). */
  typed(node: SimNode, text: string): void {
    const life = this.#lives.get(node)!
    life.typedAfter.set(text, life.shown)
  }

  banned(ban: Banned): void {
    this.bans.push(ban)
  }

  bound(room: RoomId, person: PersonKey): void {
    this.#bound.add(room + person)
  }

  unlinked(device: PersonKey): void {
    this.#unlinked.add(device)
  }

  isUnlinked(device: PersonKey): boolean {
    return this.#unlinked.has(device)
  }

  /** May a moderator, or their first device, have ended lanes of this person in the room? keys: all they ever had. */
  mayEnd(room: RoomId, keys: readonly PersonKey[]): boolean {
    return keys.some((key) => this.#bound.has(room + key) || this.#unlinked.has(key))
  }

  /** Has anybody ended anybody's lanes? */
  get hasEnded(): boolean {
    return this.bans.length > 0 || this.#bound.size > 0 || this.#unlinked.size > 0
  }

  deleted(id: EventId): void {
    this.deletions.push(id)
  }

  /** The disk of a node goes back to what it was: what it said since may be nowhere but where it was acknowledged. */
  rolledBack(node: SimNode, at: number): void {
    for (const said of this.said.values()) if (said.by === node && said.at > at) said.isUnsafe = true
  }

  #hears(node: SimNode, link: number, frame: Frame): void {
    const life = this.#lives.get(node)!
    if (frame.type === 'handover') life.tookOverAt = this.#world.now
    if (frame.type !== 'heartbeat') return
    const heard = this.#heardHub.get(node)
    const isHub = frame.state === HUB_STATE && (frame.flags & FLAG.leaving) === 0
    if (isHub) heard?.set(link, this.#world.now)
    else heard?.delete(link)
  }

  /** A node that hears a hub does not become one, except by hand-over, or where that hub is let in no more (INV-10). */
  #mayBeHub(node: SimNode, life: Life): void {
    const { now, network } = this.#world
    const isHub = node.core.isHub
    if (isHub && !life.isHub && now - life.tookOverAt > HEARD_MS && now - node.resumedAt > AWAKE_MS)
      for (const [link, at] of this.#heardHub.get(node) ?? []) {
        const hub = network.peer(node, link)
        if (!hub || now - at >= HEARD_MS - network.delayMax || this.#knowsUnlinked(node, hub.key)) continue
        this.#bad(node, `hears hub ${hub.name} and becomes one (INV-10)`)
      }
    life.isHub = isHub
  }

  /** Does this node know that a device was unlinked, and was it? From then on it hears no hub in it (DV-2, RM-21). */
  #knowsUnlinked(node: SimNode, device: PersonKey): boolean {
    return this.isUnlinked(device) && node.core.views.network().devices.isRemoved(device)
  }

  /** Whom a node follows leads to a hub, never round in a circle (INV-11). */
  #noCircle(node: SimNode): void {
    const { now, nodes } = this.#world
    const seen = [node]
    for (let at = node; ; ) {
      const { hubKey, isHub } = at.core
      if (isHub || hubKey === undefined) return
      const [next, twin] = nodes.filter((other) => other.isUp && other.key === hubKey)
      // Of two processes with one key it is not known which one is meant.
      if (!next || twin || next.isPaused || now - next.resumedAt < AWAKE_MS) return
      at = next
      if (seen.includes(at))
        return this.#bad(node, `follows in a circle: ${seen.map((each) => each.name)} (INV-11)`)
      seen.push(at)
    }
  }

  /** Acknowledgements and witnesses: never before a woken node has asked, and only of what a sync stands behind. */
  #sends(node: SimNode, link: number, frame: Frame): void {
    if (frame.type === 'who') node.mustAsk = false
    if (frame.type === 'refused' && frame.code === 'RATE_LIMITED') this.#tooFast(node, link)
    if (frame.type === 'heartbeat') return this.#beats(node, frame)
    if (frame.type !== 'ack' && frame.type !== 'witness') return
    const isOwn = frame.type === 'ack' || personKey(frame.key) === node.key
    if (!isOwn) return
    if (node.mustAsk || node.core.choice.phase.state === 'woken')
      this.#bad(node, `sends ${frame.type} before it has asked (INV-13)`)
    if (!node.isScanned) this.#bad(node, `sends ${frame.type} before it knows its disk (INV-14)`)
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

  #beats(node: SimNode, { flags }: FrameOf<'heartbeat'>): void {
    if (!node.isScanned && (flags & FLAG.unready) === 0)
      this.#bad(node, 'stands for the line before it knows its disk (INV-14)')
    this.#mayBeHub(node, this.#lives.get(node)!)
  }

  /** All of a lane up to n is on the disk, bodies and all (INV-14). */
  #isWhole(node: SimNode, room: RoomId, author: PersonKey, lane: LaneId, n: number): boolean {
    const { whole } = this.#lives.get(node)!
    const name = `${room}${author}${lane}`
    for (let i = (whole.get(name) ?? 0) + 1; i <= n; i++) {
      const stored = storedAt(node.store, { room, author, lane }, i)
      const event = stored && decodeHeader(this.#world.crypto, stored.header)
      if (!event || !(hasBody(node.store, event) || node.store.get(tombstoneKey(event.id)))) return false
      whole.set(name, i)
    }
    return true
  }

  /**
   * A post beyond the credit. Who joins twice in a moment may make some: what is granted anew was partly spent on posts
   * that were on their way. More than those go by no credit at all.
   */
  #tooFast(node: SimNode, link: number): void {
    const count = (this.#refused.get(link) ?? 0) + 1
    this.#refused.set(link, count)
    const isHonest = !this.#world.network.peer(node, link)?.isCheat
    if (isHonest && count === REFUSED_MAX)
      this.#bad(node, 'refuses post after post of one member: RATE_LIMITED')
  }

  #isSafe(node: SimNode, room: RoomId, author: PersonKey, lane: LaneId, n: number): void {
    const key = storedAt(node.store, { room, author, lane }, n)?.key
    if (key === undefined) this.#bad(node, 'acknowledges what is not written (INV-6)')
    else if (node.unsynced.has(key)) this.#bad(node, 'acknowledges what a power loss may take (INV-6)')
    else if (!this.#isWhole(node, room, author, lane, n))
      this.#bad(node, 'acknowledges a lane with holes (INV-14)')
  }

  #bad(node: SimNode, what: string): void {
    this.#world.violations.push(`${Math.round(this.#world.now)} ${node.name}: ${what}`)
  }

  #start(node: SimNode): void {
    this.#lives.set(node, {
      told: new Map(),
      sent: new Set(),
      acks: new Map(),
      shown: '',
      typedAfter: new Map(),
      whole: new Map(),
      isHub: false,
      tookOverAt: Number.NEGATIVE_INFINITY,
      owes: undefined,
      isReady: false,
      isOffline: false,
    })
    this.#asked.set(node, { slots: new Map(), last: 0 })
    this.#heardHub.set(node, new Map())
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
        return this.#noCircle(node)
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
          isOnNoDisk: node.isDiskFailing,
          room: node.core.replica.find(event.id as EventId)?.room,
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
        // A hub is warned of by its part.
        if (event.event === 'warning' && event.text?.startsWith('The hub') && !this.#world.isHostile)
          this.#bad(node, `warns of an honest hub: ${event.text}`)
        if (event.event === 'warning' && event.text?.includes('writes under your identity'))
          this.#warnsOfTwin(node)
        return
      case 'presence':
        if (!life.isReady) this.#bad(node, 'tells presence before ready')
        return
      default:
    }
  }

  /** Nobody takes late words of former processes, or what a clock misdated, for somebody else (HB-24). */
  #warnsOfTwin(node: SimNode): void {
    const hasTwin = this.#world.nodes.some((other) => other !== node && other.key === node.key)
    if (!hasTwin) this.#bad(node, 'warns of a twin that is not there (HB-24)')
  }

  #message(node: SimNode, life: Life, event: MessageEvent): void {
    if (life.told.has(event.id)) this.#bad(node, `tells ${event.text} twice (INV-4)`)
    life.told.set(event.id, event.order)
    const order = this.#orders.get(event.id)
    if (order !== undefined && order !== event.order) this.#bad(node, `${event.text} has two orders (INV-2)`)
    this.#orders.set(event.id, event.order)
    if (event.room !== 'general') return
    const after = event.self && life.typedAfter.get(event.text)
    if (after && event.order < after)
      this.#bad(node, `${event.text} stands before what its author had been shown (INV-3)`)
    if (event.order > life.shown) life.shown = event.order
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
