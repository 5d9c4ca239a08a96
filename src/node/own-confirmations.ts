/**
 * Own confirmations: what others say of this node's own events. The hub's word, and as hub that of line[0], gives
 * "stored" (rules AK-3 to AK-5); signatures of the hub, the line and a talk's other side give the copies (AK-10, AK-14);
 * where nobody else can confirm, the own disk does (AK-4).
 */
import { readUint } from '../wire/bytes.ts'
import type { FrameOf } from '../wire/frames.ts'
import { type LaneId, laneId, type PersonKey, personKey, roomId } from '../wire/ids.ts'
import { type WitnessEntry, witnessMessage } from '../wire/witness.ts'
import type { Surroundings } from './confirming.ts'
import { WITNESSES_OF_LINE } from './guard/standing.ts'
import type { Outbox } from './outbox.ts'
import type { Replication } from './replication.ts'
import type { Check, LinkId } from './sync.ts'

export interface OwnConfirmationsPorts extends Surroundings {
  readonly outbox: Outbox
  readonly replication: Replication
  /** The person whose device this is. */
  me(): PersonKey
  /** Does this peer say that its disk does not work? */
  isWithoutDisk(link: LinkId): boolean
  /** Other devices that are here. */
  othersHere(): number
  /** Nobody else here can confirm, and the own disk may be spoken of. */
  isAlone(): boolean
  verify(link: LinkId, checks: readonly Check[], act: (isGood: boolean) => void): void
}

export class OwnConfirmations {
  readonly #ports: OwnConfirmationsPorts
  #isOfferDue = false
  #wasAlone = false
  /** As hub with nobody in the line: who was asked last. */
  #asked: PersonKey | undefined

  constructor(ports: OwnConfirmationsPorts) {
    this.#ports = ports
  }

  /** Who may confirm has changed: what is not stored yet is offered at the end of this turn. */
  offerSoon(): void {
    this.#isOfferDue = true
  }

  /** As hub. Only the first who can confirm, and whoever is asked from now on, is a reason to offer anything anew. */
  memberJoined(key: PersonKey): void {
    const asked = this.#ports.reign.line[0] ?? this.#asked
    if (asked === undefined || key <= asked || this.#ports.outbox.unstored > 0) this.offerSoon()
  }

  memberLeft(key: PersonKey): void {
    if (key === this.#asked) this.#asked = undefined
  }

  /** Behind the fan-out: line[0] has the events by then and says when they are on its disk. */
  endTurn(): void {
    if (this.#isOfferDue) this.#ports.outbox.offerAgain(this.#ports.now())
    this.#isOfferDue = false
  }

  /** As hub: who confirms the own events is asked to say when they are on its disk. */
  ask(offer: FrameOf<'offer'>): void {
    const link = this.#confirmer()
    if (link !== undefined) this.#ports.outgoing.send(link, offer)
  }

  /** line[0]; while the line is empty the member with the least key of those whose disk works. */
  #confirmer(): LinkId | undefined {
    const { links, reign, isWithoutDisk } = this.#ports
    const [first] = reign.line
    let chosen: LinkId | undefined
    let least: PersonKey | undefined
    for (const [link, { key, visitor }] of links.all) {
      if (visitor || !reign.isMember(link)) continue
      if (key === first) return link
      if (isWithoutDisk(link)) continue
      if (least === undefined || key < least) {
        least = key
        chosen = link
      }
    }
    this.#asked = least
    return chosen
  }

  /** Offers to all who sign for others what two of them are not known to hold. */
  replicate(): void {
    const { replication, now, othersHere, reign, links, outgoing } = this.#ports
    const hub = reign.hubKey
    if (hub === undefined) return
    const frames = replication.due(now(), othersHere())
    if (frames.length === 0) return
    const signers = new Set([...reign.line.slice(0, WITNESSES_OF_LINE), hub])
    const asked = new Set<PersonKey>()
    for (const [link, { key }] of links.all) {
      if (!signers.has(key) || asked.has(key)) continue
      asked.add(key)
      for (const frame of frames) outgoing.send(link, frame)
    }
  }

  /** "stored": the hub's word; for the hub's own events that of line[0]. */
  onAck(link: LinkId, from: PersonKey, frame: FrameOf<'ack'>): void {
    const { reign, outbox, now } = this.#ports
    if (link !== (reign.hub ? this.#confirmer() : reign.followed)) return
    const room = roomId(frame.room)
    for (let at = 0; at < frame.entries.length; at += 12)
      outbox.stored(from, room, laneId(frame.entries, at), readUint(frame.entries, at + 8, 4), now())
  }

  /** Somebody who is named for it has signed that they hold these. */
  onWitness(link: LinkId, frame: FrameOf<'witness'>, entries: readonly WitnessEntry[]): void {
    const { self, me, replica, views, outbox, replication, now, verify } = this.#ports
    const by = personKey(frame.key)
    const room = roomId(frame.room)
    // Signed for before, it says nothing new: its signature need not be checked.
    const isNews = ({ lane, n }: { lane: LaneId; n: number }) =>
      !outbox.isHeldBy(by, room, lane, n) || replication.lacks(by, room, lane, n)
    const mine = entries.filter((entry) => entry.author === self && isNews(entry))
    if (mine.length === 0 || by === self) return
    const check = {
      message: witnessMessage(replica.net, frame.room, frame.at, frame.entries),
      signature: frame.signature,
      key: frame.key,
    }
    verify(link, [check], (isGood) => {
      if (!isGood) return
      for (const { lane, n, id8 } of mine) {
        if (!replica.idAt(room, self, lane, n)?.startsWith(id8)) continue
        outbox.witnessed(
          by,
          room,
          lane,
          n,
          (at, device) => views.personOf(device) !== me() && views.isOfTalk(at, device),
        )
        replication.signed(by, room, lane, n, now())
      }
    })
  }

  /** Nobody else can confirm: own disk counts. Where somebody can again, what was written meanwhile is offered. */
  look(): void {
    const isAlone = this.#ports.isAlone()
    if (this.#wasAlone && !isAlone) this.#isOfferDue = true
    this.#wasAlone = isAlone
    if (isAlone && this.#ports.outbox.unstored > 0) this.#ports.outbox.alone()
  }
}
