/**
 * What the devices of one person tell each other and nobody else (rule DV-5): how far they have read. Sealed from device
 * to device; the hub carries it and sees that it is there.
 */
import { concat, fromHex, hex } from '../wire/bytes.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import { type PersonKey, personKey, type RoomId, roomId } from '../wire/ids.ts'
import type { ReadMarks } from './read-marks.ts'

const ORDER_BYTES = 70
const ENTRY_BYTES = 16 + ORDER_BYTES
/** Marks in one frame; of more rooms the last moved are told. */
const ENTRIES_MAX = 90
const ORDER = /^[0-9a-f]{140}$/

export interface OwnDevicesPorts {
  readonly self: PersonKey
  readonly marks: ReadMarks
  /** The other devices of this person. */
  others(): readonly PersonKey[]
  isHere(device: PersonKey): boolean
  /** Over a link to it, else to the hub. */
  send(device: PersonKey, frame: Frame): void
  sealTo(device: PersonKey, bytes: Uint8Array): { nonce: Uint8Array; box: Uint8Array } | undefined
  openFrom(device: PersonKey, nonce: Uint8Array, box: Uint8Array): Uint8Array | undefined
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
    for (const device of this.#ports.others()) if (this.#ports.isHere(device)) this.#tell(device, moved)
  }

  /** Another device of this person is here: it hears how far each room has been read. */
  came(device: PersonKey): void {
    if (this.#ports.others().includes(device)) this.#tell(device, [...this.#ports.marks.all()])
  }

  #tell(device: PersonKey, marks: readonly (readonly [RoomId, string])[]): void {
    const entries = marks
      .filter(([, order]) => ORDER.test(order))
      .slice(-ENTRIES_MAX)
      .map(([room, order]) => concat(fromHex(room), fromHex(order)))
    const sealed = entries.length > 0 && this.#ports.sealTo(device, concat(...entries))
    if (!sealed) return
    const keys = { to: fromHex(device), from: fromHex(this.#ports.self) }
    this.#ports.send(device, { type: 'own', ...keys, ...sealed })
  }

  /** The rooms whose mark moved. What is not from an own device, or does not open, says nothing. */
  onFrame(frame: FrameOf<'own'>): RoomId[] {
    const from = personKey(frame.from)
    if (!this.#ports.others().includes(from)) return []
    const bytes = this.#ports.openFrom(from, frame.nonce, frame.box) ?? new Uint8Array(0)
    const moved: RoomId[] = []
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const order = hex(bytes, at + 16, at + ENTRY_BYTES)
      const room = roomId(bytes, at)
      if (this.#ports.marks.heard(room, order)) moved.push(room)
    }
    return moved
  }
}
