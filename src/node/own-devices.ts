/**
 * What the devices of one person tell each other and nobody else (rule DV-5): how far they have read. Sealed from device
 * to device; the hub carries it and sees that it is there.
 */
import { concat, fromHex, hex } from '../wire/bytes.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import { type PersonKey, personKey, type RoomId, roomId } from '../wire/ids.ts'
import type { Links } from './links.ts'
import type { Outgoing } from './outgoing.ts'
import type { Private } from './private.ts'
import type { ReadMarks } from './read-marks.ts'
import type { Reign } from './reign.ts'
import type { LinkId } from './sync.ts'
import type { Views } from './views.ts'

const ORDER_BYTES = 70
const ENTRY_BYTES = 16 + ORDER_BYTES
/** Marks in one frame; of more rooms the last moved are told. */
const ENTRIES_MAX = 90
const ORDER = /^[0-9a-f]{140}$/

export interface OwnDevicesPorts {
  readonly self: PersonKey
  readonly marks: ReadMarks
  readonly views: Views
  readonly links: Links
  readonly outgoing: Outgoing
  readonly reign: Reign
  readonly private: Pick<Private, 'sealTo' | 'openFrom'>
  isHere(device: PersonKey): boolean
}

export class OwnDevices {
  readonly #ports: OwnDevicesPorts

  constructor(ports: OwnDevicesPorts) {
    this.#ports = ports
  }

  /** Tells the others what has been read here since the last call. */
  tellMoved(): void {
    const moved = this.#ports.marks.takeMoved()
    if (moved.length === 0) return
    for (const device of this.#others()) if (this.#ports.isHere(device)) this.#tell(device, moved)
  }

  /** Another device of this person is here: it hears how far each room has been read. */
  came(device: PersonKey): void {
    if (this.#others().includes(device)) this.#tell(device, [...this.#ports.marks.all()])
  }

  #tell(device: PersonKey, marks: readonly (readonly [RoomId, string])[]): void {
    const entries = marks
      .filter(([, order]) => ORDER.test(order))
      .slice(-ENTRIES_MAX)
      .map(([room, order]) => concat(fromHex(room), fromHex(order)))
    const sealed = entries.length > 0 && this.#ports.private.sealTo(device, concat(...entries))
    if (!sealed) return
    const keys = { to: fromHex(device), from: fromHex(this.#ports.self) }
    this.#send(device, { type: 'own', ...keys, ...sealed })
  }

  /** Over a link of its own where there is one, else through the hub. */
  #send(device: PersonKey, frame: Frame): void {
    const { links, outgoing } = this.#ports
    for (const [link, { key }] of links.all) if (key === device) return outgoing.send(link, frame)
    outgoing.toHub(frame)
  }

  #others(): readonly PersonKey[] {
    const { self, views } = this.#ports
    return views
      .network()
      .devices.of(views.personOf(self))
      .filter((key) => key !== self)
  }

  /** For this device, or as hub to be passed on between devices of one person. Returns the rooms whose mark moved. */
  take(link: LinkId, peer: PersonKey, frame: FrameOf<'own'>): readonly RoomId[] {
    const { self, views, links, outgoing, reign } = this.#ports
    const [to, from] = [personKey(frame.to), personKey(frame.from)]
    if (to === self) return from === peer || reign.isOfHub(link) ? this.#read(frame) : []
    if (!reign.isMember(link)) return []
    if (from !== peer) outgoing.fault(link, 'own: not its own')
    else if (views.personOf(to) === views.personOf(from))
      for (const [other, { key }] of links.all)
        if (key === to && reign.isMember(other)) {
          outgoing.send(other, frame)
          break
        }
    return []
  }

  /** The rooms whose mark moved. What is not from an own device, or does not open, says nothing. */
  #read(frame: FrameOf<'own'>): RoomId[] {
    const from = personKey(frame.from)
    if (!this.#others().includes(from)) return []
    const bytes = this.#ports.private.openFrom(from, frame.nonce, frame.box) ?? new Uint8Array(0)
    const moved: RoomId[] = []
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const order = hex(bytes, at + 16, at + ENTRY_BYTES)
      const room = roomId(bytes, at)
      if (this.#ports.marks.heard(room, order)) moved.push(room)
    }
    return moved
  }
}
