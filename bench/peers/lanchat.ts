/**
 * lanchat itself: its own hub process as people run it, links without TLS where the peers have none. Every event is signed by
 * its author, verified by the hub, and synced to disk before it says "stored". Rooms beyond the first are made by events.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { LINK_PATH } from '../../src/node/io/channel.ts'
import { scryptKey } from '../../src/node/io/scrypt-key.ts'
import { EXPORTER_LABEL, type Handshake, openHandshake } from '../../src/wire/auth.ts'
import { fromHex, readUint, uint, utf8 } from '../../src/wire/bytes.ts'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/wire/codec.ts'
import type { Signer } from '../../src/wire/crypto.ts'
import {
  type Draft,
  LANE_START,
  newContentLane,
  newControlLane,
  packRun,
  signRun,
} from '../../src/wire/event.ts'
import type { FrameOf } from '../../src/wire/frames.ts'
import {
  type EventId,
  generalRoom,
  type LaneId,
  madeRoom,
  type NetId,
  nameHint,
  networkId,
  type PersonKey,
  personKey,
  pskOf,
  type RoomId,
  tagged,
} from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { RETENTION_DAYS } from '../../src/wire/limits.ts'
import { Incoming, message, upgrade } from '../load/websocket.ts'
import { killed, PROJECT } from '../program.ts'
import type { Member, Peer, Speech } from './peer.ts'
import { freePort } from './process.ts'

export const NETWORK = 'bench'
export const CODE = 'words of a bench that are no secret'

export const lanchat = (): Peer => ({
  name: 'lanchat',
  about: 'lanchat hub --rate 0, all signatures verified, synced before "stored"',
  speaksTls: true,
  async start({ directory, pin, tls }) {
    const port = await freePort()
    const args = ['hub', '--name', 'hub', '--network', NETWORK, '--data-dir', directory, '--port', `${port}`]
    const alone = ['--interface', '127.0.0.1', '--no-discovery', '--rate', '0', '--log-level', 'debug']
    const [program = '', ...rest] = [
      ...pin,
      process.execPath,
      `${PROJECT}dist/cli/main.js`,
      ...args,
      ...alone,
    ]
    const env = {
      ...process.env,
      LANCHAT_PLAIN_LINKS: tls ? '' : '1',
      LANCHAT_CODE: CODE,
      HOME: directory,
      XDG_CONFIG_HOME: directory,
    }
    const child = spawn(program, rest, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    await ready(child)
    return {
      pids: [child.pid!],
      port,
      stop: () => killed(child),
    }
  },
})

/** Resolves once it is hub: it says so among the points of its start. */
async function ready(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stderr! })
  const said: string[] = []
  for await (const line of lines) {
    said.push(line)
    if (!line.includes('start: ready at')) continue
    // What is logged from now on is not read by anybody, and must not fill the pipe.
    lines.close()
    child.stderr!.resume()
    return
  }
  throw new Error(`the hub ended at its start: ${said.join(' ')}`)
}

// With a code the network has no place, which only nodes that sync could agree on.
const codeKey = await scryptKey(utf8(CODE), tagged(nodeCrypto, 'lanchat/code/1', utf8(NETWORK)), 2 ** 17)
export const net: NetId = networkId(nodeCrypto, {
  name: NETWORK,
  codeKey,
  hasCode: true,
  retentionDays: RETENTION_DAYS,
})

/** The first room is general; the others are made by one known key, so that all of the load know their ids. */
const founder = signerOf(new Uint8Array(32).fill(7))
const saltOf = (room: number) => new Uint8Array(16).fill(room)
const idOf = (room: number): RoomId =>
  room === 0 ? generalRoom(nodeCrypto, net) : madeRoom(nodeCrypto, net, personKey(founder.key), saltOf(room))

/** One lane of one author. */
class Lane {
  readonly #signer: Signer
  readonly #at: { net: NetId; room: RoomId; lane: LaneId; n: number; prev: EventId }

  constructor(signer: Signer, room: RoomId, isControl: boolean) {
    this.#signer = signer
    const lane = isControl ? newControlLane(nodeCrypto) : newContentLane(nodeCrypto, Date.now())
    this.#at = { net, room, lane, n: 0, prev: LANE_START }
  }

  post(bodies: readonly { kind: number; body: Uint8Array }[]): Buffer {
    const now = Date.now()
    const drafts = bodies.map(({ kind, body }): Draft => ({ kind, at: now, t: now, body }))
    const run = signRun(nodeCrypto, this.#signer, this.#at, drafts)
    const last = run.events[run.events.length - 1]!
    this.#at.n = last.n
    this.#at.prev = last.id
    return message(encodeFrame({ type: 'post', run: packRun(run) }), 2)
  }
}

const draft = (value: BodyValue, salt = nodeCrypto.random(16)) => ({
  kind: kindNumber(value.kind),
  body: encodeBody(salt, value),
})

/** [66, room, entries] and [72, id, code]. */
const ACK = 66
const REFUSED = 72

/** What comes for those that will publish. */
const joinedSenders = new WeakMap<Socket, Incoming>()

const signers = new Map<number, Signer>()
export function signer(number: number): Signer {
  let known = signers.get(number)
  if (!known) {
    known = number === 0 ? founder : signerOf(nodeCrypto.random(32))
    signers.set(number, known)
  }
  return known
}

export const lanchatSpeech: Speech = {
  isConfirming: true,
  // As every member says it, twice a second; always the same, since nothing here depends on its counter or clock.
  keepalive: () => ({ bytes: message(encodeFrame(following(hub())), 2), everyMs: 500 }),
  tls: () => ({
    psk: { identity: `lanchat/1:${nameHint(nodeCrypto, NETWORK)}`, key: pskOf(nodeCrypto, codeKey) },
    exporter: EXPORTER_LABEL,
  }),
  open: (socket) => upgrade(socket, LINK_PATH),
  async join(socket, member, binding) {
    const incoming = new Incoming(socket)
    const greeted = greet(socket, incoming, signer(member.number), binding)
    socket.resume()
    await greeted
    await enter(socket, incoming, member)
    if (member.role === 'sender') joinedSenders.set(socket, incoming)
  },
  sender(socket, { number, rooms: [room = 0] }) {
    const lane = new Lane(signer(number), idOf(room), false)
    const incoming = joinedSenders.get(socket)
    if (!incoming) throw new TypeError('a sender that has not joined')
    let confirmed = 0
    let upTo = 0
    incoming.hear = (payload) => {
      // The number of a frame is its second byte: most are none of these.
      if (payload[1] !== ACK && payload[1] !== REFUSED) return
      const frame = decodeFrame(payload)
      if (typeof frame === 'string') throw new Error(`the hub sent a frame that is none: ${frame}`)
      if (frame.type === 'refused') throw new Error(`the hub refused an event: ${frame.code}`)
      if (frame.type !== 'ack') return
      for (let at = 0; at < frame.entries.length; at += 12)
        upTo = Math.max(upTo, readUint(frame.entries, at + 8, 4))
    }
    return {
      publish(texts) {
        const bodies = texts.map((text) =>
          draft({ kind: 'message', text: text.toString('latin1'), action: false, replyTo: null }),
        )
        const posts: Buffer[] = []
        for (let at = 0; at < bodies.length; at += 64) posts.push(lane.post(bodies.slice(at, at + 64)))
        socket.write(Buffer.concat(posts))
      },
      // What is in this chunk has been heard: by whom it has joined with, who listened first.
      confirmed() {
        const more = upTo - confirmed
        confirmed = upTo
        return more
      },
    }
  },
}

let hubKey: PersonKey | undefined
function hub(): PersonKey {
  if (hubKey === undefined) throw new TypeError('nobody has joined yet')
  return hubKey
}

const NEVER_HUB = 8
/** What a member says twice a second. */
export const following = (key: PersonKey): FrameOf<'heartbeat'> => ({
  type: 'heartbeat',
  counter: Math.floor(Date.now() / 400) % 2 ** 32,
  state: 1,
  upstream: fromHex(key),
  via: null,
  epoch: 1,
  members: 0,
  line: new Uint8Array(0),
  flags: NEVER_HUB,
  heardMs: 0,
  clock: uint(Date.now(), 6),
  median: null,
  lag: 0,
  uptimeS: 0,
  age: 0,
})

/** The handshake. Resolves with the peer's key. */
export async function greet(
  socket: Socket,
  incoming: Incoming,
  by: Signer,
  binding: Uint8Array,
): Promise<PersonKey> {
  const handshake: Handshake = openHandshake({
    side: 'dialer',
    binding,
    signer: by,
    hello: { net: fromHex(net), role: 0, places: new Uint8Array(0), grown: false, age: 0, caps: 0, port: 0 },
    crypto: nodeCrypto,
  })
  socket.write(message(handshake.hello, 2))
  const key = await incoming.first((payload) => {
    const step = handshake.receive(payload)
    if (step.send) socket.write(message(step.send, 2))
    if (step.refuse || step.refused) throw new Error(JSON.stringify(step.refuse ?? step.refused))
    return step.done?.key
  })
  hubKey = key
  return key
}

/** Follows the hub; makes or joins the rooms; done when the hub has all of it. */
async function enter(socket: Socket, incoming: Incoming, { number, rooms }: Member): Promise<void> {
  const self = signer(number)
  const waiting = new Set<string>()
  const posts: Buffer[] = []
  for (const room of rooms) {
    if (room === 0) continue
    const lane = new Lane(self, idOf(room), true)
    waiting.add(idOf(room))
    posts.push(
      lane.post([
        draft(
          number === 0 ? createOf(room) : { kind: 'join', lifts: NO_IDS },
          number === 0 ? saltOf(room) : undefined,
        ),
      ]),
    )
  }
  socket.write(message(encodeFrame({ type: 'join', at: 1 }), 2))
  await incoming.first((payload) => {
    const frame = decodeFrame(payload)
    if (typeof frame === 'string') return undefined
    if (frame.type === 'refused') throw new Error(`the hub refused an event: ${frame.code}`)
    if (frame.type === 'joined') socket.write(Buffer.concat(posts))
    if (frame.type === 'ack') waiting.delete(Buffer.from(frame.room).toString('hex'))
    const isDone = waiting.size === 0 && (frame.type === 'joined' || frame.type === 'ack')
    return isDone || undefined
  })
}

const NO_IDS = new Uint8Array(0)
const createOf = (room: number): BodyValue => ({
  kind: 'create',
  type: 0,
  name: `room${room}`,
  topic: '',
  max: 0,
  persons: NO_IDS,
})
