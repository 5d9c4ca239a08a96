/**
 * Frames that are nearly right: templates of every type with real rooms, lanes and signatures, changed in their fields (still
 * fitting the schema), in their bytes, or in nothing at all. One seed gives the same frames for the same keys.
 */
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { type Frame, type FrameName, frameTable } from '../../src/wire/frames.ts'
import type { PersonKey, RoomId } from '../../src/wire/ids.ts'
import { NETWORK_ROOM } from '../../src/wire/ids.ts'
import { shortRun } from '../../src/wire/short-run.ts'
import { WIRE_VERSIONS } from '../../src/wire/version.ts'
import { type Attacker, beat } from './attack.ts'

export interface Surroundings {
  readonly hub: PersonKey
  readonly member: PersonKey
  readonly general: RoomId
}

/** What is sent, and whether the receiver may count it as a fault. */
export interface Shot {
  readonly type: FrameName
  readonly bytes: Uint8Array
  readonly isRisky: boolean
  /** It is answered from the store, so that too many at once are a flood. */
  readonly isAsk: boolean
}

/** Types whose contents are checked: what is wrong in them is a fault or ends the session. */
const CHECKED: ReadonlySet<FrameName> = new Set([
  'hello',
  'auth',
  'refuse',
  'runs',
  'tombstones',
  'fork',
  'headers',
  'post',
  'live',
  'offer',
])
const ASKS: ReadonlySet<FrameName> = new Set(['ask', 'want', 'headersAsk'])
const NAMES = frameTable.map(({ name }) => name)

export class Mutations {
  readonly #random: () => number
  readonly #around: Surroundings

  constructor(random: () => number, around: Surroundings) {
    this.#random = random
    this.#around = around
  }

  below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.below(256))
  }

  /** wantsRisk: one that may count against the sender, or one that may not. */
  next(attacker: Attacker, wantsRisk: boolean): Shot {
    for (;;) {
      const type = NAMES[this.below(NAMES.length)]!
      if (CHECKED.has(type) && !wantsRisk) continue
      let frame = this.#template(type, attacker)
      const how = this.below(10)
      if (how >= 1 && how < 7) frame = this.#bend(frame)
      let bytes = encodeFrame(frame)
      if (how >= 7 && how < 9) bytes = this.#flip(bytes)
      else if (how === 9) bytes = this.#cut(bytes)
      const decoded = decodeFrame(bytes)
      const isFault = typeof decoded === 'string' && decoded !== 'unknown'
      const seen = typeof decoded === 'string' ? type : decoded.type
      const isRisky = isFault || CHECKED.has(seen)
      if (isRisky !== wantsRisk) continue
      return { type, bytes, isRisky, isAsk: ASKS.has(seen) }
    }
  }

  #flip(bytes: Uint8Array): Uint8Array {
    const out = bytes.slice()
    for (let left = 1 + this.below(4); left > 0; left--) out[this.below(out.length)]! ^= 1 << this.below(8)
    return out
  }

  #cut(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length)
    if (this.below(2) === 0) return bytes.slice(0, at)
    return concat(bytes.subarray(0, at), this.bytes(1 + this.below(8)), bytes.subarray(at))
  }

  /** One field becomes another value of its type. */
  #bend(frame: Frame): Frame {
    const { fields, types } = frameTable.find(({ name }) => name === frame.type)!
    if (fields.length === 0) return frame
    const at = this.below(fields.length)
    const value = this.#valueOf(types[at]!, (frame as never)[fields[at]!])
    return { ...frame, [fields[at]!]: value } as Frame
  }

  #valueOf(type: string, now: unknown): unknown {
    if (type.startsWith('nil or ')) return this.below(3) === 0 ? null : this.#valueOf(type.slice(7), now)
    const [, size = 0, max = 0] = (/\((\d+)(?:, (\d+))?\)/.exec(type) ?? []).map(Number)
    if (type === 'bool') return this.below(2) === 0
    if (type === 'time') return this.below(2) === 0 ? uint(2 ** 48 - 1, 6) : this.bytes(6)
    if (/^u\d+$/.test(type)) {
      const top = 2 ** Number(type.slice(1)) - 1
      return [0, 1, top, top - 1, this.below(top), this.below(256)][this.below(6)]
    }
    if (type.startsWith('bins(')) {
      if (now instanceof Uint8Array && this.below(2) === 0)
        return concat(now, this.bytes(size)).subarray(-size * max)
      return this.bytes(size * this.below(Math.min(max, 40) + 1))
    }
    if (type.startsWith('bin(')) {
      if (now instanceof Uint8Array && this.below(2) === 0) return this.#flip(now)
      return [new Uint8Array(size), this.bytes(size), new Uint8Array(size).fill(255)][this.below(3)]
    }
    if (type.startsWith('text('))
      return ['', 'x'.repeat(size), '\u0000\u001b[2J\u202e', '127.0.0.1:1', '999.1.1.1:70000', '[::1]:9'][
        this.below(6)
      ]
    return now
  }

  #key(): Uint8Array {
    const { hub, member } = this.#around
    return [fromHex(hub), fromHex(member), this.bytes(32)][this.below(3)]!
  }

  #room(): Uint8Array {
    return [fromHex(this.#around.general), fromHex(NETWORK_ROOM), this.bytes(16)][this.below(3)]!
  }

  #template(type: FrameName, attacker: Attacker): Frame {
    const { general } = this.#around
    const room = this.#room()
    const key = this.#key()
    const own = attacker.signer.key
    const run = () => attacker.message(`fuzz ${this.below(1000)}`)
    switch (type) {
      case 'hello':
        return { ...attacker.link.hello, type: 'hello', versions: [...WIRE_VERSIONS], key: own }
      case 'auth':
        return { type, signature: this.bytes(64) }
      case 'refuse':
        return { type, code: 'FAULTS', detail: 'go away' }
      case 'heartbeat':
        return beat({
          counter: this.below(2 ** 32),
          state: this.below(5),
          upstream: this.#key(),
          epoch: this.below(100),
          members: this.below(2 ** 16),
          line: concat(key, own),
          flags: this.below(64) & ~16,
        })
      case 'join':
      case 'joined':
      case 'absorbed':
        return { type, at: this.below(2 ** 32), epoch: 7 } as Frame
      case 'notJoined':
        return { type, reason: this.below(4), hub: key, address: '127.0.0.1:1' }
      case 'absorb':
        return { type, at: 5, members: this.below(2 ** 16), flags: this.below(64) }
      case 'redirect':
        return { type, hub: key, via: null, address: '127.0.0.1:1' }
      case 'handover':
        return { type, epoch: this.below(2 ** 32) }
      case 'took':
      case 'who':
      case 'noDial':
      case 'beaconAsk':
      case 'goodbye':
        return { type }
      case 'whoIs':
      case 'report':
        return { type, hub: key, address: '127.0.0.1:1' }
      case 'dialBack':
        return { type, token: 1, key, addresses: ['127.0.0.1:1', '127.0.0.1:9'] }
      case 'dialledBack':
        return { type, token: this.below(9), reached: true }
      case 'beacon':
        return { type, epoch: 3, line: concat(key, this.bytes(9)), addresses: ['127.0.0.1:1'] }
      case 'hear':
        return { type, hub: key }
      case 'hears':
        return { type, hub: key, heard: false }
      case 'relay':
        return {
          type,
          key,
          bytes: [new Uint8Array(0), opening(this.bytes(32)), this.bytes(99)][this.below(3)]!,
        }
      case 'have':
        return {
          type,
          entries: concat(room, uint(this.below(2), 1), this.bytes(16)),
          last: this.below(2) === 0,
        }
      case 'ask':
        return { type, room, class: this.below(2), buckets: this.bytes(4096) }
      case 'vector':
        return { type, room, class: this.below(2), entries: this.bytes(64), more: this.below(2) === 0 }
      case 'want':
        return { type, id: this.below(99), room, lanes: concat(key, this.bytes(8), uint(0, 4), uint(7, 1)) }
      case 'runs':
        return { type, runs: [run()] }
      case 'tombstones':
        return { type, tombstones: new Uint8Array(0) }
      case 'fork': {
        const { headers, signature } = run()
        return { type, a: { headers, signature }, b: { headers, signature } }
      }
      case 'done':
        return { type, id: this.below(99) }
      case 'headersAsk':
        return { type, room, author: key, lane: this.bytes(8), from: this.below(9) }
      case 'headers': {
        const { headers, signature } = run()
        return { type, chain: { headers, signature } }
      }
      case 'post':
        return { type, run: run() }
      case 'live':
        return {
          type,
          runs: [
            run(),
            { ...shortRun(run()), number: this.below(4) },
            { number: this.below(4), tail: this.bytes(72), bodies: run().bodies },
          ],
        }
      case 'ack':
        return { type, room, entries: this.bytes(12) }
      case 'witness':
        return {
          type,
          room,
          at: uint(Date.now(), 6),
          key: own,
          entries: concat(key, this.bytes(20)),
          signature: this.bytes(64),
        }
      case 'credit':
        return { type, events: this.below(2 ** 16) }
      case 'offer':
        return { type, room: fromHex(general), entries: concat(own, this.bytes(32)) }
      case 'roster':
        return { type, keys: concat(key, own), first: this.below(2) === 0 }
      case 'presence':
        return { type, key, online: this.below(2) === 0 }
      case 'mode':
        return { type, key, mode: this.below(256), text: 'x'.repeat(this.below(200)) }
      case 'own':
        return { type, to: key, from: own, nonce: this.bytes(24), box: this.bytes(102) }
      case 'typing':
      case 'markerAsk':
        return { type, room, key }
      case 'marker':
        return { type, room, key, to: this.#key(), held: this.bytes(24), read: this.bytes(70) }
      case 'refused':
        return { type, id: this.bytes(32), code: 'BANNED' }
      case 'permitAsk':
        return { type, ref: this.below(99), action: this.below(2), room, name: `room${this.below(50)}` }
      case 'permit':
        return { type, ref: this.below(9), code: '' }
    }
  }
}

/** What begins a sealed channel as its dialer (rule SC-1). */
const opening = (key: Uint8Array) => concat(Uint8Array.of(1, 0), key)
