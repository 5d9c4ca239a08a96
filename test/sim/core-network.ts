/**
 * The network between whole nodes: dials, links and cuts. Links are FIFO with delay, as TCP is; what a cut holds back
 * arrives once it is mended, if the link lives so long. A process that ends closes its links; a cut only makes silence.
 */
import type { CoreInput } from '../../src/node/core-io.ts'
import { packPlaces } from '../../src/node/places.ts'
import { decodeFrame } from '../../src/wire/codec.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import type { SimNode } from './core-node.ts'
import type { World } from './core-world.ts'

export interface VirtualLink {
  readonly id: number
  readonly dialer: SimNode
  readonly acceptor: SimNode
  /** When the last frame of each direction arrives: FIFO. */
  readonly last: [number, number]
  /** What a cut holds back. */
  readonly held: [Uint8Array[], Uint8Array[]]
  isOpen: boolean
}

/** A dial to an address that does not answer gives up after this. */
const DIAL_MS = 3100

export class VirtualNetwork {
  readonly links = new Map<number, VirtualLink>()
  /** Pairs that cannot exchange packets, "a-b": from a to b. */
  readonly cuts = new Set<string>()
  /** Nodes whose firewall drops inbound connections. */
  readonly firewalled = new Set<SimNode>()
  readonly #world: World
  readonly #delayMs: number
  readonly #jitterMs: number
  #nextLink = 1
  /** Links that one end closed while the other could not hear of it. */
  #unheard: { from: SimNode; to: SimNode; link: VirtualLink; life: number }[] = []

  constructor(world: World, delayMs: number, jitterMs: number) {
    this.#world = world
    this.#delayMs = delayMs
    this.#jitterMs = jitterMs
  }

  get delayMax(): number {
    return this.#delayMs + this.#jitterMs
  }

  /** One packet's way, ms. */
  delay(): number {
    return this.#delayMs + this.#world.random() * this.#jitterMs
  }

  isCut(from: SimNode, to: SimNode): boolean {
    return this.cuts.size > 0 && this.cuts.has(`${from.index}-${to.index}`)
  }

  /** Nothing goes from one to the other any more; the way back stays. */
  cutOneWay(from: SimNode, to: SimNode): void {
    this.cuts.add(`${from.index}-${to.index}`)
  }

  cut(a: SimNode, b: SimNode): void {
    this.cutOneWay(a, b)
    this.cutOneWay(b, a)
  }

  /** Ends a cut of one direction: what it held back goes on its way. */
  mendOneWay(from: SimNode, to: SimNode): void {
    if (!this.cuts.delete(`${from.index}-${to.index}`)) return
    for (const link of this.links.values()) {
      const side = link.dialer === from && link.acceptor === to ? 0 : 1
      if (side === 1 && (link.dialer !== to || link.acceptor !== from)) continue
      for (const bytes of link.held[side].splice(0)) this.#carry(link, side, bytes)
    }
    const unheard = this.#unheard.filter((each) => each.from === from && each.to === to)
    this.#unheard = this.#unheard.filter((each) => !unheard.includes(each))
    for (const { link, life } of unheard)
      if (to.epochOfLife === life) this.tellDown(to, link.id, this.delay())
  }

  mend(a: SimNode, b: SimNode): void {
    this.mendOneWay(a, b)
    this.mendOneWay(b, a)
  }

  /** Ends all cuts. */
  heal(): void {
    const { nodes } = this.#world
    for (const pair of [...this.cuts]) {
      const [from, to] = pair.split('-').map((index) => nodes[Number(index)]!) as [SimNode, SimNode]
      this.mendOneWay(from, to)
    }
  }

  /** The node at the other end. */
  peer(node: SimNode, link: number): SimNode | undefined {
    const found = this.links.get(link)
    return found && (found.dialer === node ? found.acceptor : found.dialer)
  }

  send(node: SimNode, id: number, bytes: Uint8Array): void {
    const link = this.links.get(id)
    if (!link) return
    const side = link.dialer === node ? 0 : 1
    const other = side === 0 ? link.acceptor : link.dialer
    if (this.isCut(node, other)) link.held[side].push(bytes)
    else this.#carry(link, side, bytes)
  }

  #carry(link: VirtualLink, side: 0 | 1, bytes: Uint8Array): void {
    const world = this.#world
    const [from, to] = side === 0 ? [link.dialer, link.acceptor] : [link.acceptor, link.dialer]
    const at = Math.max(link.last[side], world.now + this.delay())
    link.last[side] = at
    world.after(at - world.now, () => {
      if (!link.isOpen || !to.isUp) return
      const frame = decodeFrame(bytes)
      if (typeof frame === 'string')
        world.violations.push(`a frame of ${from.name} does not decode: ${frame}`)
      else {
        if (!to.isPaused) world.onFrame(to, link.id, frame)
        world.give(to, { in: 'frame', link: link.id, frame })
      }
    })
  }

  /** This end closes a link; the other hears of it, now or once the cut between them is mended. */
  close(node: SimNode, id: number): boolean {
    const link = this.links.get(id)
    if (!link) return false
    link.isOpen = false
    this.links.delete(id)
    const other = link.dialer === node ? link.acceptor : link.dialer
    if (this.isCut(node, other)) this.#unheard.push({ from: node, to: other, link, life: other.epochOfLife })
    else this.tellDown(other, id, this.delay())
    return true
  }

  /** One end will hear no more of this key for a while. */
  drop(node: SimNode, key: PersonKey): void {
    for (const link of [...this.links.values()]) {
      const other = link.dialer === node ? link.acceptor : link.acceptor === node ? link.dialer : undefined
      if (other?.key !== key || !this.close(node, link.id)) continue
      this.tellDown(node, link.id, 0)
    }
  }

  /** A process has ended: its sockets close. */
  closeAll(node: SimNode): void {
    for (const link of [...this.links.values()])
      if (link.dialer === node || link.acceptor === node) this.close(node, link.id)
  }

  tellDown(node: SimNode, link: number, ms: number): void {
    const life = node.epochOfLife
    this.#world.after(ms, () => {
      if (node.epochOfLife === life) this.#world.give(node, { in: 'linkDown', link, cause: 'closed' })
    })
  }

  dial(node: SimNode, address: string): void {
    const world = this.#world
    const life = node.epochOfLife
    const other = world.nodes.find((each) => each.address === address)
    const fail = (why: string, ms: number) =>
      world.after(ms, () => {
        if (node.epochOfLife === life) world.give(node, { in: 'dialFailed', address, why } as CoreInput)
      })
    if (!other || this.#isBlocked(node, other)) return fail('timeout', DIAL_MS)
    if (!other.isUp || other.refuses(node.key) || node.refuses(other.key))
      return fail('refused', this.delay())
    if (other.key === node.key) return fail('self', 1)
    const otherLife = other.epochOfLife
    const mine = helloOf(node)
    world.after(3 * this.delay(), () => {
      if (other.isPaused || this.#isBlocked(node, other)) return fail('timeout', 2000)
      if (node.epochOfLife !== life || other.epochOfLife !== otherLife || !other.isUp)
        return fail('refused', 1)
      const theirs = helloOf(other)
      const link: VirtualLink = {
        id: this.#nextLink++,
        dialer: node,
        acceptor: other,
        last: [0, 0],
        held: [[], []],
        isOpen: true,
      }
      this.links.set(link.id, link)
      world.give(other, {
        in: 'linkUp',
        link: link.id,
        key: node.key,
        dialled: false,
        address: node.address,
        hello: mine,
      })
      world.give(node, { in: 'linkUp', link: link.id, key: other.key, dialled: true, address, hello: theirs })
    })
  }

  #isBlocked(node: SimNode, other: SimNode): boolean {
    return this.isCut(node, other) || this.isCut(other, node) || this.firewalled.has(other)
  }

  /** One node's mDNS announcement reaches another. */
  hint(node: SimNode, other: SimNode): void {
    const world = this.#world
    const life = node.epochOfLife
    world.after(5 + world.random() * 60, () => {
      if (!node.isUp || node.epochOfLife !== life || !other.isUp || this.isCut(other, node)) return
      world.give(node, {
        in: 'hint',
        address: other.address,
        node: world.instanceOf(other.key),
        reachable: other.core.choice.reachable,
        source: 'mdns',
      } as CoreInput)
    })
  }

  /** mDNS announcements of all while running. */
  announce(): void {
    for (const other of this.#world.nodes) this.#announced(other)
  }

  /** Somebody asks for hubs, or for all nodes: who is meant, and heard the question, answers so that all may hear it. */
  ask(asker: SimNode, all: boolean): void {
    for (const other of this.#world.nodes)
      if (other.isUp && (all || other.core.isHub) && !this.isCut(asker, other)) this.#announced(other)
  }

  #announced(other: SimNode): void {
    for (const node of this.#world.nodes)
      if (node !== other && node.isUp && other.isUp) this.hint(node, other)
  }
}

const helloOf = ({ core, options }: SimNode) => ({
  places: core.place ? packPlaces(core.place.ids) : new Uint8Array(0),
  grown: core.place?.isGrown ?? false,
  age: core.place?.age ?? 0,
  visitor: options.visitor ?? false,
})
