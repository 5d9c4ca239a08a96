/** A real hub under attack: the process, honest people who use it, and links of an attacker who speaks the protocol well. */
import { performance } from 'node:perf_hooks'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { type DialFault, dial } from '../../src/node/io/dial.ts'
import type { CloseCause, Link } from '../../src/node/io/link.ts'
import type { HelloFields } from '../../src/wire/auth.ts'
import { fromHex, uint } from '../../src/wire/bytes.ts'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/wire/codec.ts'
import type { Signer } from '../../src/wire/crypto.ts'
import {
  isControlKind,
  newContentLane,
  newControlLane,
  packRun,
  type Run,
  signRun,
} from '../../src/wire/event.ts'
import type { Frame, FrameName, FrameOf } from '../../src/wire/frames.ts'
import {
  type EventId,
  generalRoom,
  type LaneId,
  type NetId,
  nameHint,
  networkId,
  type PersonKey,
  personKey,
  pskOf,
  type RoomId,
} from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { RETENTION_DAYS } from '../../src/wire/limits.ts'
import { type Chat, Loopback } from '../e2e/loopback.ts'
import { INSPECTED } from '../lab/held.ts'
import type { LabProcess } from '../lab/process.ts'

const ZEROS = '0'.repeat(64) as EventId

/** Signs of a bug on stderr, whatever the frame that caused it. */
const BUG = /internal error|uncaught|unhandled|TypeError|RangeError|ERR_|a listener threw|FATAL/i

/**
 * How long a line of honest people may take during an attack. It tells a hub that serves nobody else from a slow machine,
 * on which attacker, hub and people share a processor; ten times what was measured there.
 */
export const LINE_MS_MAX = 10_000
/** What an attack may add to what a process holds, MiB: few add more than twenty. Without the bounds floods left up to 340. */
export const GROWTH_MIB_MAX = 60

/** So many frames, each made as it is sent. */
export function* repeat(count: number, make: (i: number) => Frame): Iterable<Frame> {
  for (let i = 0; i < count; i++) yield make(i)
}

/** A hub, run by `lanchat --json --rate 0 unless told otherwise`, and what an attacker knows of its network. */
export class Scene {
  readonly loopback = new Loopback()
  readonly net: NetId
  readonly general: RoomId
  hub!: Chat
  port = 0
  place: Uint8Array = new Uint8Array(0)
  readonly attackers: Attacker[] = []
  #lines = 0

  constructor() {
    this.loopback.nodeOptions = INSPECTED
    this.net = networkId(nodeCrypto, {
      name: this.loopback.network,
      codeKey: new Uint8Array(32),
      hasCode: false,
      retentionDays: RETENTION_DAYS,
    })
    this.general = generalRoom(nodeCrypto, this.net)
  }

  async open(...args: string[]): Promise<this> {
    this.hub = this.loopback.chat('hub', '--log-level', 'info', ...args)
    const ready = await this.hub.event('ready')
    this.port = Number(new URL(ready.hub.url).port)
    this.place = fromHex(ready.place!)
    return this
  }

  get hubKey(): Promise<PersonKey> {
    return this.hub.event('ready').then(({ self }) => self.id as PersonKey)
  }

  /** An honest person in a process of their own. */
  async member(name: string, ...args: string[]): Promise<Chat> {
    const chat = this.loopback.chat(name, '--peer', `127.0.0.1:${this.port}`, ...args)
    await chat.event('ready')
    return chat
  }

  /**
   * The same, who stays with this hub: on a slow machine an attack may hold it up until others would take another one, and
   * whoever attacks it then has nothing to join.
   */
  talker(name: string): Promise<Chat> {
    return this.member(name, '--never-hub')
  }

  /** A line typed by one honest person arrives at another, and is stored. Returns ms to its arrival. */
  async talk(from: Chat, to: Chat): Promise<number> {
    const text = `line ${++this.#lines}`
    const at = performance.now()
    from.type({ text, ref: text })
    const { id } = await from.event('sent', (event) => event.ref === text)
    await to.event('message', (event) => event.text === text)
    const ms = performance.now() - at
    await from.event('ack', (event) => event.id === id && event.state === 'stored')
    return ms
  }

  async dial(options: AttackerOptions = {}): Promise<Attacker | DialFault> {
    const signer = options.signer ?? signerOf(nodeCrypto.random(32))
    const dialled = await dial({
      host: '127.0.0.1',
      port: options.port ?? this.port,
      psk: pskOf(nodeCrypto, new Uint8Array(32)),
      nn: nameHint(nodeCrypto, this.loopback.network),
      signer,
      hello: () => ({ ...this.hello(), ...options.hello }),
      ...(options.timeoutMs && { timeoutMs: options.timeoutMs }),
    })
    if (!('link' in dialled)) return dialled
    const attacker = new Attacker(this, dialled.link, signer)
    this.attackers.push(attacker)
    return attacker
  }

  /** A proved link of a fresh key; throws where there is none. */
  async attacker(options: AttackerOptions = {}): Promise<Attacker> {
    const dialled = await this.dial(options)
    if (dialled instanceof Attacker) return dialled
    throw new Error(`no link: ${JSON.stringify(dialled)}`)
  }

  /** The same, and member of the hub. */
  async joined(options: AttackerOptions = {}): Promise<Attacker> {
    const attacker = await this.attacker(options)
    await attacker.join()
    return attacker
  }

  hello(): HelloFields {
    return {
      net: fromHex(this.net),
      role: 0,
      places: this.place,
      grown: false,
      age: 0,
      caps: 0,
      port: 0,
    }
  }

  /** What a process said that it must never say. */
  bugs(of: LabProcess = this.hub.process): string[] {
    return of.stderr.split('\n').filter((line) => BUG.test(line))
  }

  async close(): Promise<void> {
    for (const attacker of this.attackers) attacker.link.terminate()
    await this.loopback.close()
  }
}

export interface AttackerOptions {
  readonly signer?: Signer
  readonly hello?: Partial<HelloFields>
  readonly port?: number
  readonly timeoutMs?: number
}

interface Waiting {
  check(frame: Frame): boolean
  fail(why: string): void
}

/** One proved link of somebody who means no good. */
export class Attacker {
  readonly key: PersonKey
  readonly frames: Frame[] = []
  readonly closed: Promise<CloseCause>
  cause: CloseCause | undefined
  /** The last refuse frame. */
  refused: FrameOf<'refuse'> | undefined
  credit = 0
  readonly lanes = new Map<string, { lane: LaneId; n: number; prev: EventId }>()
  readonly #scene: Scene
  readonly #waiting = new Set<Waiting>()
  /** Answers what a node of ours would: set to stay a member for long. */
  onFrame: (frame: Frame) => void = () => {}
  #drained: (() => void)[] = []

  constructor(
    scene: Scene,
    readonly link: Link,
    readonly signer: Signer,
  ) {
    this.#scene = scene
    this.key = personKey(signer.key)
    this.closed = new Promise((resolve) => {
      link.start({
        onFrame: (bytes) => this.#take(bytes),
        onDrain: () => {
          for (const wake of this.#drained.splice(0)) wake()
        },
        onClose: (cause) => {
          this.cause = cause
          for (const waiting of [...this.#waiting]) waiting.fail(`the link ended: ${JSON.stringify(cause)}`)
          for (const wake of this.#drained.splice(0)) wake()
          resolve(cause)
        },
      })
    })
  }

  get isOpen(): boolean {
    return this.link.isOpen
  }

  #take(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes.slice())
    if (typeof frame === 'string') throw new Error(`the hub sent what is no frame: ${frame}`)
    if (frame.type === 'refuse') this.refused = frame
    if (frame.type === 'credit') this.credit += frame.events
    this.frames.push(frame)
    if (this.frames.length > 5000) this.frames.splice(0, 1000)
    for (const waiting of [...this.#waiting]) waiting.check(frame)
    this.onFrame(frame)
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) this.link.send(encodeFrame(frame))
  }

  /** Sends and, where much is queued, waits until the hub has read it. */
  async push(bytes: Uint8Array): Promise<void> {
    if (!this.link.send(bytes)) return
    if (this.link.queuedBytes > 256 * 1024) await this.drained()
  }

  /** Sends frames as fast as they are read, while the link lives; resolves once all are handed to the system. */
  async pushAll(frames: Iterable<Frame>): Promise<void> {
    for (const frame of frames) {
      if (!this.isOpen) break
      await this.push(encodeFrame(frame))
    }
    await this.drained()
  }

  /** Everything has been handed to the system. */
  async drained(): Promise<void> {
    if (this.link.queuedBytes > 0 && this.isOpen)
      await new Promise<void>((resolve) => this.#drained.push(resolve))
  }

  /** The next frame of this type for which this holds. */
  frame<N extends FrameName>(
    type: N,
    holds: (frame: FrameOf<N>) => boolean = () => true,
    timeoutMs = 60_000,
  ): Promise<FrameOf<N>> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
      }
      const waiting: Waiting = {
        check: (frame) => {
          if (frame.type !== type || !holds(frame as FrameOf<N>)) return false
          end()
          resolve(frame as FrameOf<N>)
          return true
        },
        fail: (why) => {
          end()
          reject(new Error(`no ${type}: ${why}`))
        },
      }
      const timer = setTimeout(() => waiting.fail('nothing came'), timeoutMs)
      this.#waiting.add(waiting)
      if (!this.isOpen) waiting.fail('the link is closed')
    })
  }

  async join(): Promise<void> {
    const joined = this.frame('joined')
    this.send({ type: 'join', at: 1 })
    await joined
  }

  /** Sends frames and then asks something that is always answered: all of it has been read by then. */
  async settled(...frames: Frame[]): Promise<void> {
    const answer = this.frame('whoIs')
    this.send(...frames, { type: 'who' })
    await answer
  }

  /** Signed events of this key: a run of the values in one lane of the room. */
  run(room: RoomId, values: readonly BodyValue[], options: RunOptions = {}): Run {
    const at = options.at ?? Date.now()
    const t = options.t ?? at
    const kind = options.kind ?? kindNumber(values[0]!.kind)
    const name = `${room}/${isControlKind(kind)}/${options.lane ?? ''}`
    const lane = this.lanes.get(name) ?? {
      lane:
        options.laneId ?? (isControlKind(kind) ? newControlLane(nodeCrypto) : newContentLane(nodeCrypto, t)),
      n: 0,
      prev: ZEROS,
    }
    const signed = signRun(
      nodeCrypto,
      options.signer ?? this.signer,
      { net: this.#scene.net, room, ...lane },
      values.map((value) => ({
        kind,
        at,
        t,
        body: encodeBody(options.salt ?? nodeCrypto.random(16), value),
      })),
    )
    const last = signed.events.at(-1)!
    this.lanes.set(name, { lane: last.lane, n: last.n, prev: last.id })
    return packRun(signed)
  }

  message(text: string, options: RunOptions = {}): Run {
    return this.run(this.#scene.general, [{ kind: 'message', text, action: false, replyTo: null }], options)
  }
}

export interface RunOptions {
  readonly at?: number
  readonly t?: number
  readonly kind?: number
  /** A name of one's own for a further lane. */
  readonly lane?: string
  readonly laneId?: LaneId
  readonly salt?: Uint8Array
  readonly signer?: Signer
}

/** A heartbeat that claims what it likes. */
export function beat(claims: Partial<FrameOf<'heartbeat'>> = {}): FrameOf<'heartbeat'> {
  return {
    type: 'heartbeat',
    counter: 1,
    state: 1,
    upstream: null,
    via: null,
    epoch: 1,
    members: 0,
    line: new Uint8Array(0),
    flags: 8,
    heardMs: 0,
    clock: uint(Date.now(), 6),
    median: null,
    lag: 0,
    uptimeS: 1,
    age: 0,
    ...claims,
  }
}

export const randomKey = () => nodeCrypto.random(32)
