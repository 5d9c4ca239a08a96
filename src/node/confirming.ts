/**
 * Confirming: what this node says of other people's events, as hub, in the line, or as the addressee of a talk: "stored"
 * once they are on its disk (rules AK-2 to AK-5), and its signature that it holds them (AK-10 to AK-13). Also whose
 * signature is passed on and believed here (AK-12).
 */
import { Receipts } from '../hub/index.ts'
import { readUint } from '../wire/bytes.ts'
import type { Signer } from '../wire/crypto.ts'
import { isControlLane } from '../wire/event.ts'
import type { FrameOf } from '../wire/frames.ts'
import { type LaneId, laneId, type PersonKey, personKey, type RoomId, roomId } from '../wire/ids.ts'
import { parseWitnessEntries, type WitnessEntry } from '../wire/witness.ts'
import { Standing, WITNESSES_OF_LINE } from './guard/standing.ts'
import type { Lane, LaneClass } from './lanes.ts'
import type { Links } from './links.ts'
import type { Outgoing } from './outgoing.ts'
import type { Reign } from './reign.ts'
import type { Replica } from './replica.ts'
import type { LinkId } from './sync.ts'
import type { Views } from './views.ts'
import { Witnesses } from './witnesses.ts'

/** What this node is to others now, and they to it. */
export interface Surroundings {
  readonly self: PersonKey
  readonly replica: Replica
  readonly views: Views
  readonly links: Links
  readonly outgoing: Outgoing
  readonly reign: Reign
  /** Monotonic ms. */
  now(): number
}

export interface ConfirmingPorts extends Surroundings {
  readonly isVisitor: boolean
  readonly signer: Signer
  /** Events of the lane that are on disk and count. */
  readonly durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number
  /** netNow, ms. */
  netNow(): number
  /** The store is known, and its disk works (INV-14). */
  isDiskSound(): boolean
  /** Not a node just woken that has yet to ask who the hub is (INV-13). */
  isAwake(): boolean
  /** Why what this person writes there would not count; undefined: it counts. */
  denial(author: PersonKey, room: RoomId, cls: LaneClass): string | undefined
  /** From now on writes are synced, where it is needed. */
  needSync(isNeeded: boolean): void
  /** Acts once all that this link brought so far is verified. */
  behind(link: LinkId, act: () => void): void
  pull(link: LinkId, room: RoomId, author: PersonKey, lane: LaneId): void
  /** Somebody offers past the hub: it is told signatures past the hub for a while, */
  offered(link: LinkId): void
  /** ... as long as this says so. */
  isAsker(link: LinkId): boolean
}

export class Confirming {
  readonly #ports: ConfirmingPorts
  readonly #witnesses: Witnesses
  readonly #receipts: Receipts
  readonly #standing = new Standing()
  #isWitnessing = false
  /** The first lanes are on disk, synced; with them what former processes wrote. */
  #isDurable = false

  constructor(ports: ConfirmingPorts) {
    this.#ports = ports
    this.#witnesses = new Witnesses(ports.signer, ports.replica, ports.durableN)
    this.#receipts = new Receipts(ports.durableN)
  }

  /** Lanes of the hub that wait for "stored" from here. */
  get size(): number {
    return this.#receipts.size
  }

  /** Does this node acknowledge what it holds, as hub, in the line, or as the one whom a hub without a line asks? */
  get isAnswerable(): boolean {
    const { self, reign } = this.#ports
    return reign.hub !== undefined || reign.line.includes(self) || this.#receipts.size > 0
  }

  mayAcknowledge(): boolean {
    return this.#ports.isDiskSound() && this.#ports.isAwake()
  }

  /** Another hub is followed, or this node is one: nobody waits for "stored" from here any more. */
  clear(): void {
    this.#receipts.clear()
  }

  /** These lanes are on disk further than before. */
  written(lanes: readonly Lane[]): void {
    for (const lane of lanes) this.#witnesses.grew(lane, this.#isWitness(lane.room))
    this.acknowledge(this.#isDurable ? lanes : undefined)
    this.#isDurable ||= lanes.length > 0
  }

  /** Says what is on disk. grown: the only lanes of which more is since it was said last. */
  acknowledge(grown?: readonly Lane[]): void {
    if (!this.mayAcknowledge()) return
    const { reign, outgoing } = this.#ports
    reign.hub?.stored(grown)
    for (const { frame } of this.#receipts.take(grown)) outgoing.toHub(frame)
  }

  /** An author asks for the word "stored", of its hub or as hub of line[0], and for signatures (AK-5, AK-14). */
  onOffer(link: LinkId, from: PersonKey, frame: FrameOf<'offer'>): void {
    const { reign, outgoing, needSync, behind } = this.#ports
    const { hub } = reign
    // One that is not hub any more asks the next.
    const isOfHub = reign.isFollowed(link)
    const isOfMember = hub?.isMember(link) ?? false
    if (isOfMember) hub!.frame(link, frame)
    else if (!isOfHub && !this.#standsAsWitness()) return
    needSync(isOfHub)
    for (let at = 0; at < frame.entries.length; at += 64)
      if (personKey(frame.entries, at) !== from)
        return isOfMember ? undefined : outgoing.fault(link, 'offer: not its own')
    // Behind what came live before it, which may still be in verification, and says who carries the room.
    behind(link, () => {
      // Meanwhile another hub may be followed, to whom this one's lanes say nothing.
      if (!isOfHub || reign.isFollowed(link)) this.#answerOffer(link, from, frame, isOfHub, isOfMember)
    })
  }

  #answerOffer(
    link: LinkId,
    from: PersonKey,
    { room: id, entries }: FrameOf<'offer'>,
    isOfHub: boolean,
    isOfMember: boolean,
  ): void {
    const { self, views, replica, denial, pull, offered } = this.#ports
    const room = roomId(id)
    for (let at = 0; at < entries.length; at += 64) {
      const lane = laneId(entries, at + 32)
      const n = readUint(entries, at + 40, 4)
      const cls = isControlLane(lane) ? 0 : 1
      if (!views.carries(self, room, cls, false) || denial(from, room, cls)) continue
      if (isOfHub) this.#receipts.owe(from, room, lane, n)
      const held = replica.lane(room, from, lane)
      if (!isOfMember && (!held || held.n < n)) pull(link, room, from, lane)
      if (!isOfHub && !isOfMember) offered(link)
      if (held && this.#isWitness(room)) this.#witnesses.asked(held)
    }
    this.acknowledge()
  }

  // --- signatures ---------------------------------------------------------------------------------------------------

  #isWitness(room: RoomId): boolean {
    const { isVisitor, isDiskSound, views, self } = this.#ports
    if (isVisitor || !isDiskSound()) return false
    return this.#standsAsWitness() || views.isOfTalk(room, self)
  }

  #standsAsWitness(): boolean {
    const { self, reign } = this.#ports
    return reign.hub !== undefined || reign.line.slice(0, WITNESSES_OF_LINE).includes(self)
  }

  /** The hub or this node's part has changed: what it acknowledges from now on has to be synced, and is signed anew. */
  noteStanding(): void {
    this.tick()
    this.#ports.needSync(this.isAnswerable)
    const isWitnessing = this.#standsAsWitness()
    if (isWitnessing && !this.#isWitnessing) this.signAgain()
    this.#isWitnessing = isWitnessing
  }

  /** What authors may still wait for is signed anew. */
  signAgain(): void {
    this.#witnesses.again((room) => this.#isWitness(room), this.#ports.now())
  }

  tick(): void {
    const { reign, now } = this.#ports
    this.#standing.note(reign.hubKey, reign.line, now())
  }

  /** When signatures are due next, monotonic ms; undefined: none. */
  dueAt(): number | undefined {
    return this.mayAcknowledge() ? this.#witnesses.dueAt() : undefined
  }

  /** Signs what is due, and tells its authors. */
  sayWitness(): void {
    const { now, netNow, reign, links, outgoing, isAsker, views } = this.#ports
    if (!this.mayAcknowledge()) return
    const { hub, followed: link } = reign
    for (const frame of this.#witnesses.sign(now(), Math.round(netNow()))) {
      const authors = new Set(parseWitnessEntries(frame.entries).map((entry) => entry.author))
      const room = roomId(frame.room)
      // Of a private room whoever has written there without being in it hears nothing.
      for (const author of authors) if (!views.carries(author, room, 0, false)) authors.delete(author)
      if (hub) for (const author of authors) hub.tell(author, frame)
      if (link === undefined) continue
      outgoing.send(link, frame)
      // To those of its authors who came past the hub.
      for (const [other, { key }] of links.all)
        if (isAsker(other) && authors.has(key)) outgoing.send(other, frame)
    }
  }

  /**
   * Somebody's signature has come: as hub it is passed on to the authors. Returns what it says; undefined: its signer is not
   * named for it, and anybody can sign.
   */
  onWitness(link: LinkId, from: PersonKey, frame: FrameOf<'witness'>): readonly WitnessEntry[] | undefined {
    const { now, views, reign } = this.#ports
    const by = personKey(frame.key)
    const room = roomId(frame.room)
    if (!this.#standing.has(by, now()) && !views.isOfTalk(room, by)) return undefined
    const entries = parseWitnessEntries(frame.entries)
    const { hub } = reign
    if (hub && from === by)
      for (const author of new Set(entries.map((entry) => entry.author)))
        if (views.carries(author, room, 0, false)) hub.tell(author, frame, link)
    return entries
  }
}
