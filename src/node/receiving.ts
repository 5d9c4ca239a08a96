/**
 * Receiving: which part each frame of a link is for, and from whom it may come: of others, most things are said by the hub
 * that is followed alone.
 */
import type { Frame, FrameOf } from '../wire/frames.ts'
import { eventId, type PersonKey, personKey } from '../wire/ids.ts'
import type { Acts } from './acts.ts'
import { CHOICE_FRAMES, type Choice, type ChoiceEvent, type ChoiceFrame, heard } from './choice.ts'
import type { Company } from './company.ts'
import type { Confirming } from './confirming.ts'
import type { Links } from './links.ts'
import type { Markers } from './markers.ts'
import type { Online } from './online.ts'
import type { Openings } from './openings.ts'
import type { Outbox } from './outbox.ts'
import type { OwnConfirmations } from './own-confirmations.ts'
import type { OwnDevices } from './own-devices.ts'
import type { Reign } from './reign.ts'
import type { Relaying } from './relaying.ts'
import type { LinkId, Sync } from './sync.ts'
import type { Taking } from './taking.ts'

const choiceFrames: ReadonlySet<string> = new Set(CHOICE_FRAMES)

export interface ReceivingPorts {
  readonly self: PersonKey
  readonly choice: Choice
  readonly links: Links
  readonly relaying: Relaying
  readonly reign: Reign
  readonly sync: Sync
  readonly taking: Taking
  readonly confirming: Confirming
  readonly ownConfirmations: OwnConfirmations
  readonly outbox: Outbox
  readonly openings: Openings
  readonly online: Online
  readonly company: Company
  readonly markers: Markers
  readonly ownDevices: OwnDevices
  readonly acts: Pick<Acts, 'refused' | 'permitted' | 'marked' | 'readElsewhere'>
  /** Monotonic ms. */
  now(): number
  choose(event: ChoiceEvent): void
  /** What this device alone knows has changed. */
  saveMarks(): void
  /** Something has changed for which the turn has to be ended. */
  changed(): void
}

export class Receiving {
  readonly #ports: ReceivingPorts

  constructor(ports: ReceivingPorts) {
    this.#ports = ports
  }

  frame(link: LinkId, frame: Frame): void {
    const { choice, links, relaying, reign, now, choose, changed } = this.#ports
    // What a heartbeat changes is said by what the choice of a hub makes of it, which knows the same links.
    if (frame.type === 'heartbeat') return choose({ in: 'frame', link, frame })
    const linked = links.get(link)
    if (!linked) return
    // What a member more changes for a hub says itself that it does.
    if (frame.type !== 'join' || !reign.isHub) changed()
    if (choiceFrames.has(frame.type)) return choose({ in: 'frame', link, frame: frame as ChoiceFrame })
    heard(choice, link, now())
    switch (frame.type) {
      case 'relay':
        // One hop: what comes through a peer is carried no further.
        if (relaying.carrierOf(link) === undefined) relaying.frame(link, frame, now())
        return
      case 'live':
        return this.#ports.taking.live(link, frame.runs)
      case 'post':
      case 'permitAsk':
        return reign.hub?.frame(link, frame)
      case 'offer':
        return this.#ports.confirming.onOffer(link, linked.key, frame)
      case 'ack':
        this.#ports.ownConfirmations.onAck(link, linked.key, frame)
        return this.#ports.openings.look(now())
      case 'witness':
        return this.#onWitness(link, linked.key, frame)
      case 'credit':
        return reign.isFollowed(link) ? this.#ports.outbox.credit(frame.events, now()) : undefined
      case 'roster':
        return reign.isFollowed(link) ? this.#onRoster(frame) : undefined
      case 'presence':
        return reign.isFollowed(link)
          ? this.#ports.online.heard(personKey(frame.key), frame.online)
          : undefined
      case 'mode':
        if (linked.visitor) return
        if (personKey(frame.key) === linked.key) linked.mode = frame
        else if (!reign.isFollowed(link)) return
        this.#ports.company.onMode(link, linked.key, frame)
        return reign.hub?.frame(link, frame)
      case 'typing':
        if (!this.#mayTell(link, linked.key, frame.key)) return
        this.#ports.company.onTyping(link, linked.key, frame, now())
        return reign.hub?.frame(link, frame)
      case 'marker':
        return this.#onMarker(link, linked.key, frame)
      case 'markerAsk':
        if (!this.#mayTell(link, linked.key, frame.key)) return
        this.#ports.markers.asked(frame, now())
        return reign.hub?.frame(link, frame)
      case 'refused':
        return reign.isOfHub(link) ? this.#ports.acts.refused(eventId(frame.id), frame.code) : undefined
      case 'own':
        return this.#onOwn(link, linked.key, frame)
      case 'permit':
        return reign.isOfHub(link) ? this.#ports.acts.permitted(frame.ref, frame.code) : undefined
      default:
        return this.#ports.sync.frame(link, frame)
    }
  }

  /** Is it the peer's own word, or that of the hub followed? */
  #mayTell(link: LinkId, peer: PersonKey, of: Uint8Array): boolean {
    return personKey(of) === peer || this.#ports.reign.isFollowed(link)
  }

  #onWitness(link: LinkId, peer: PersonKey, frame: FrameOf<'witness'>): void {
    const entries = this.#ports.confirming.onWitness(link, peer, frame)
    if (entries) this.#ports.ownConfirmations.onWitness(link, frame, entries)
  }

  #onRoster(frame: FrameOf<'roster'>): void {
    if (frame.first) this.#ports.outbox.sessionBegins()
    this.#ports.online.listed(frame)
  }

  #onMarker(link: LinkId, peer: PersonKey, frame: FrameOf<'marker'>): void {
    const { self, reign, markers, acts } = this.#ports
    if (!this.#mayTell(link, peer, frame.key)) return
    if (personKey(frame.to) !== self) return reign.hub?.frame(link, frame)
    markers.heard(frame)
    acts.marked()
  }

  #onOwn(link: LinkId, peer: PersonKey, frame: FrameOf<'own'>): void {
    const { ownDevices, acts, saveMarks } = this.#ports
    const moved = ownDevices.take(link, peer, frame)
    if (moved.length > 0) saveMarks()
    for (const room of moved) acts.readElsewhere(room)
  }
}
