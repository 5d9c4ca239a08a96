/** A LAN in memory: nodes in this process, links in its event loop; frames are encoded and decoded as on a real one. */

import { decodeFrame, encodeFrame } from '../../wire/codec.ts'
import type { Frame } from '../../wire/frames.ts'
import { instanceName, type NetId, networkId, type PersonKey, personKey } from '../../wire/ids.ts'
import { parseInvitation } from '../../wire/invitation.ts'
import { RETENTION_DAYS } from '../../wire/limits.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import type { OwnCode } from '../doors.ts'
import type { Node } from '../index.ts'
import { LanchatError } from '../lanchat-error.ts'
import { publicNode } from '../public-node.ts'
import type { LinkId } from '../sync.ts'
import { QUICK, type Timing } from '../timing.ts'
import { LanClock } from './lan-clock.ts'
import { LanNode, type LanNodeOptions, lanCode, type Wire } from './lan-node.ts'

const NETWORK = 'test'
/** A dial that nobody answers fails after this: as the other timings, about a fifth of the real time. */
const DIAL_MS_MAX = 600

interface LanLink {
  readonly id: LinkId
  readonly ends: readonly [LanNode, LanNode]
  /** Frames that a cut holds back, as TCP does. */
  readonly held: { readonly to: LanNode; readonly bytes: Uint8Array }[]
}

/** A LAN in memory, made by createLan. */
export interface Lan extends AsyncDisposable {
  /**
   * A new node with its own identity, as createNode gives it: its events begin after the turn in which this resolves,
   * `ready` when it follows a hub or has become one. The first node becomes the hub; the others begin behind it. Rejects with LanchatError NICK_INVALID, OFFLINE (the LAN is closed).
   * Bound: can be handed on as it is, as to `new Bot({ node: lan.node })`.
   */
  readonly node: (options?: LanNodeOptions) => Promise<Node>
  /** Nothing goes between the two until heal; what is sent meanwhile arrives then, or the link ends in silence. */
  cut(a: Node, b: Node): void
  /** Undoes every cut. */
  heal(): void
  /** Ends every node at once, without goodbyes. Twice is safe. */
  close(): Promise<void>
}

/**
 * Makes an empty LAN. No socket, no mDNS, no disk, no thread: many can exist side by side. timing: default QUICK, the same
 * proportions as on a real LAN, about five times as quick. owned: the first node is the owner of the network.
 */
export function createLan({ timing = QUICK, owned = false }: { timing?: Timing; owned?: boolean } = {}): Lan {
  const ether = new Ether(timing, owned)
  const close = () => ether.close()
  return {
    node: (options) => ether.node(options ?? {}),
    cut: (a, b) => ether.cut(a, b),
    heal: () => ether.heal(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

class Ether implements Wire {
  readonly #timing: Timing
  readonly #net: NetId
  readonly #owner: PersonKey | undefined
  /** That an owned network was founded with. */
  readonly #code: OwnCode | undefined
  /** The owner's, until the first node has it. */
  #ownerSeed: Uint8Array | undefined
  readonly #nodes = new Set<LanNode>()
  /** Every node there ever was, by what its user holds. */
  readonly #shown = new Map<Node, LanNode>()
  readonly #links = new Map<LinkId, LanLink>()
  /** Nodes that cannot hear each other. */
  #cuts: (readonly [LanNode, LanNode])[] = []
  /** Dials that nobody answers: when they fail, by the clock. */
  readonly #dials = new Set<{ readonly from: LanNode; readonly address: string; readonly failsAt: number }>()
  readonly clock = new LanClock(() => this.#beat())
  /** Settles when the first node that may be hub has become it. */
  #first: Promise<unknown> | undefined
  #nextAddress = 1
  #nextLink = 1
  #isClosed = false

  constructor(timing: Timing, owned: boolean) {
    this.#timing = timing
    this.#ownerSeed = owned ? nodeCrypto.random(32) : undefined
    const ownerKey = this.#ownerSeed && signerOf(this.#ownerSeed).key
    this.#code = owned ? lanCode() : undefined
    this.#owner = ownerKey && personKey(ownerKey)
    this.#net = networkId(nodeCrypto, {
      name: NETWORK,
      codeKey: this.#code?.key ?? nodeCrypto.random(32),
      hasCode: owned,
      ...(ownerKey && { ownerKey }),
      retentionDays: RETENTION_DAYS,
    })
  }

  async node(options: LanNodeOptions): Promise<Node> {
    options.signal?.throwIfAborted()
    if (this.#isClosed) throw new LanchatError('OFFLINE', 'This LAN is closed.')
    const number = this.#nextAddress++
    const address = `10.0.${number >> 8}.${number & 255}:27470`
    const seed = this.#ownerSeed
    this.#ownerSeed = undefined
    const init = {
      wire: this,
      net: this.#net,
      ...(this.#owner && { owner: this.#owner }),
      ...(this.#code && { code: codeIn(options.code) ?? this.#code }),
      ...(seed && { seed }),
      network: NETWORK,
      address,
      timing: this.#timing,
      options,
    }
    // Whatever was said so far is history to the new node.
    this.clock.skip()
    const node = new LanNode(init)
    this.#nodes.add(node)
    this.clock.start()
    const after = this.#first ?? Promise.resolve()
    if (!options.neverHub && !options.visitor) this.#first ??= node.ready
    await node.open(after)
    if (this.#isClosed) node.stop()
    const shown = publicNode(node, options.signal)
    this.#shown.set(shown, node)
    return shown
  }

  // --- cuts -------------------------------------------------------------------------------------------------------

  cut(a: Node, b: Node): void {
    const ends = [this.#shown.get(a), this.#shown.get(b)] as const
    if (!ends[0] || !ends[1]) throw new TypeError('Both nodes have to be of this LAN.')
    this.#cuts.push([ends[0], ends[1]])
  }

  heal(): void {
    this.#cuts = []
    for (const link of this.#links.values())
      for (const { to, bytes } of link.held.splice(0)) this.#carry(link, to, bytes)
    this.announce()
  }

  #isCut(a: LanNode, b: LanNode): boolean {
    return this.#cuts.some((ends) => ends.includes(a) && ends.includes(b))
  }

  // --- links ------------------------------------------------------------------------------------------------------

  dial(from: LanNode, address: string): void {
    const to = [...this.#nodes].find((node) => node.address === address)
    if (to && this.#isCut(from, to)) {
      this.#dials.add({ from, address, failsAt: this.clock.now + DIAL_MS_MAX })
      return
    }
    setImmediate(() => {
      if (to === from) from.give({ in: 'dialFailed', address, why: 'self' })
      else if (!to?.isUp || !from.isUp) from.give({ in: 'dialFailed', address, why: 'refused' })
      else this.#meet(from, to)
    })
  }

  /** By the newest code of both, where the one who dials knows it. */
  #meet(from: LanNode, to: LanNode): void {
    const { address } = to
    const way = from.ways.find(({ tag }) => tag === to.ways[0]?.tag) ?? from.ways[0]
    if (way && !to.ways.some(({ tag }) => tag === way.tag))
      return from.give({ in: 'dialFailed', address, why: 'wrong-code', codeMatters: true })
    if (way && (to.refuses(from.key, way.tag) || from.refuses(to.key, way.tag)))
      return from.give({ in: 'dialFailed', address, why: 'old-code', codeMatters: true })
    this.#link(from, to, way?.tag)
  }

  #link(from: LanNode, to: LanNode, way: string | undefined): void {
    const link: LanLink = { id: this.#nextLink++, ends: [from, to], held: [] }
    this.#links.set(link.id, link)
    const [mine, theirs] = [from.hello(), to.hello()]
    // A visitor accepts no links.
    const address = mine.visitor ? '' : from.address
    const by = { link: link.id, ...(way !== undefined && { way }) }
    to.give({ in: 'linkUp', ...by, key: from.key, dialled: false, address, hello: mine })
    from.give({ in: 'linkUp', ...by, key: to.key, dialled: true, address: to.address, hello: theirs })
  }

  send(from: LanNode, id: LinkId, frame: Frame): void {
    const link = this.#links.get(id)
    if (!link) return
    const to = otherEnd(link, from)
    const bytes = encodeFrame(frame)
    if (this.#isCut(from, to) || link.held.length > 0) link.held.push({ to, bytes })
    else this.#carry(link, to, bytes)
  }

  /** Immediates run in the order in which they are asked for: frames of a link stay in order. */
  #carry(link: LanLink, to: LanNode, bytes: Uint8Array): void {
    setImmediate(() => {
      if (!this.#links.has(link.id)) return
      const frame = decodeFrame(bytes)
      if (typeof frame === 'string') throw new Error(`a frame does not decode: ${frame}`)
      to.give({ in: 'frame', link: link.id, frame })
    })
  }

  hangUp(from: LanNode, id: LinkId): void {
    const link = this.#links.get(id)
    if (link) this.#drop(link, from)
  }

  #drop(link: LanLink, by: LanNode): void {
    this.#links.delete(link.id)
    const other = otherEnd(link, by)
    if (!this.#isCut(by, other))
      setImmediate(() => other.give({ in: 'linkDown', link: link.id, cause: 'closed' }))
  }

  // --- who is there -----------------------------------------------------------------------------------------------

  announce(): void {
    for (const to of this.#nodes)
      for (const node of this.#nodes) {
        if (node === to || !node.isUp || !to.isUp || this.#isCut(node, to)) continue
        setImmediate(() =>
          to.give({
            in: 'hint',
            address: node.address,
            node: instanceName(nodeCrypto, node.key),
            reachable: node.isReachable,
            hub: node.isHub,
            source: 'mdns',
          }),
        )
      }
  }

  #beat(): void {
    for (const node of [...this.#nodes]) node.beat()
    for (const dial of this.#dials) {
      if (dial.failsAt > this.clock.now) continue
      this.#dials.delete(dial)
      dial.from.give({ in: 'dialFailed', address: dial.address, why: 'timeout' })
    }
  }

  left(node: LanNode): void {
    this.#nodes.delete(node)
    if (this.#nodes.size === 0) this.clock.stop()
    for (const link of [...this.#links.values()]) if (link.ends.includes(node)) this.#drop(link, node)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const node of [...this.#nodes]) node.stop()
    this.clock.stop()
    // What waits for one of them learns of it.
    await Promise.all([...this.#shown.keys()].map((node) => node.close()))
  }
}

/** The code in an invitation. */
const codeIn = (invitation: string | undefined): OwnCode | undefined => {
  const parsed = invitation === undefined ? undefined : parseInvitation(nodeCrypto, invitation)
  return parsed && lanCode(parsed.code)
}

const otherEnd = (link: LanLink, from: LanNode) => (link.ends[0] === from ? link.ends[1] : link.ends[0])
