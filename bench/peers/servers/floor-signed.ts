/**
 * The least a Node server can do that promises what lanchat does: ws, both sides proved by its handshake, the signature of each
 * run checked, "stored" said once it is synced, and the run handed on to its room. It knows no rights, checks no chain or body,
 * holds no event, indexes and replicates nothing, and has no limits. As lanchat it hands on before it has checked, to 32 links
 * at a time, and tells a room that goes on being told something each 16 ms.
 * floor-signed <port> <file> <network> [<its name hint> <its key>]: with these over TLS.
 */
import { randomBytes } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createServer as createTlsServer } from 'node:tls'
import { collectInOwnThread } from '../../../src/cli/one-core.ts'
import { boundYoungGeneration } from '../../../src/cli/young-generation.ts'
import { handshakeCrypto, signerOf } from '../../../src/node/crypto.ts'
import { acceptorTls, bindingOf, WEBSOCKET } from '../../../src/node/io/channel.ts'
import { WebSocketServer } from '../../../src/node/io/commonjs.ts'
import { type Hears, LinkSocket } from '../../../src/node/io/link-socket.ts'
import { verifyMany } from '../../../src/node/io/verify-pool.ts'
import { wsMessages } from '../../../src/node/io/ws-frame.ts'
import { type Handshake, openHandshake } from '../../../src/wire/auth.ts'
import { fromHex, readUint } from '../../../src/wire/bytes.ts'
import { decodeFrame, encodeFrame } from '../../../src/wire/codec.ts'
import { HEADER_BYTES, KIND_AT, N_AT, runMessage } from '../../../src/wire/event.ts'
import { ackFrame } from './floor-frames.ts'
import { FloorJournal } from './floor-journal.ts'
import { Room, type Lane as RoomLane, type Run as RoomRun } from './floor-room.ts'

const LINKS_AT_ONCE = 32
/** Numbers of frames: all but these are not looked into. */
const [JOIN, POST] = [17, 64]

collectInOwnThread()
boundYoungGeneration()
const [, , port, file = '', network = '', hint = '', secret = ''] = process.argv
const signer = signerOf(randomBytes(32))
const hello = {
  net: fromHex(network),
  role: 1,
  places: new Uint8Array(0),
  grown: false,
  age: 0,
  caps: 0,
  port: Number(port),
}

interface Lane extends RoomLane {
  readonly link: Link
}
interface Run extends RoomRun {
  readonly lane: Lane
}

/** Those who post in a room that nobody has made here are in the one that all are in. */
const everyone = new Room()
const rooms = new Map<string, Room>()
let lanes = 0
let telling: Room[] = []
let writing: Link[] = []
let unchecked: Run[] = []
let isTurnDue = false
let timer: NodeJS.Timeout | undefined

/** At the end of this turn of the event loop. */
function turnIsDue(): void {
  if (isTurnDue) return
  isTurnDue = true
  setImmediate(turn)
}

function turn(): void {
  isTurnDue = false
  const now = performance.now()
  const asked = telling
  telling = []
  let next = Number.POSITIVE_INFINITY
  for (const room of asked)
    if (room.dueAt <= now) room.tell(now)
    else {
      next = Math.min(next, room.dueAt)
      telling.push(room)
    }
  const most = Math.min(writing.length, LINKS_AT_ONCE)
  for (let k = 0; k < most; k++) writing[k]!.write()
  writing = writing.slice(most)
  for (const run of unchecked) check(run)
  unchecked = []
  journal.commit()
  if (writing.length > 0) turnIsDue()
  if (next < Number.POSITIVE_INFINITY && !timer)
    timer = setTimeout(() => {
      timer = undefined
      turnIsDue()
    }, next - now)
}

const journal = new FloorJournal<Lane>(file, (stored) => {
  for (const lane of stored) {
    if (lane.told === lane.stored) continue
    lane.told = lane.stored
    lane.link.later(ackFrame(lane.names, lane.stored))
    lane.link.write()
  }
})

async function check({ lane, headers, signature, post, count }: Run): Promise<void> {
  const last = headers.subarray((count - 1) * HEADER_BYTES)
  const [isValid] = await verifyMany([{ message: runMessage(last), signature, key: lane.link.key }])
  if (!isValid) return lane.link.end()
  lane.stored = readUint(last, N_AT, 4)
  journal.add(lane, post)
  turnIsDue()
}

class Link implements Hears {
  readonly #ws: LinkSocket
  readonly #socket: Socket
  #handshake: Handshake | undefined
  #key: Uint8Array | undefined
  #lane: Lane | undefined
  #rooms: Room[] = []
  #pending: Buffer | undefined

  constructor(ws: LinkSocket, socket: Socket) {
    this.#ws = ws
    this.#socket = socket
    const binding = bindingOf(socket)
    this.#handshake = openHandshake({ side: 'acceptor', binding, signer, hello, crypto: handshakeCrypto })
    socket.write(wsMessages([this.#handshake.hello], false))
  }

  /** Of who is greeted. */
  get key(): Uint8Array {
    return this.#key!
  }

  hear(data: Buffer): void {
    if (this.#handshake) return this.#greet(this.#handshake, data)
    if (data[1] !== JOIN && data[1] !== POST) return
    const frame = decodeFrame(data)
    if (typeof frame === 'string') return this.end()
    if (frame.type === 'join') {
      this.#enter(everyone)
      const joined = encodeFrame({ type: 'joined', at: frame.at, epoch: 1 })
      this.#socket.write(wsMessages([joined], false))
    } else if (frame.type === 'post') {
      const { headers, signature, bodies } = frame.run
      if (headers.length === 0 || headers.length !== bodies.length * HEADER_BYTES) return this.end()
      const lane = this.#laneOf(headers)
      const count = bodies.length
      // [64, [headers, signature, bodies]]: behind three heads of arrays, and those of two byte strings.
      const bodiesAt = 3 + (headers.length < 256 ? 2 : 3) + headers.length + 2 + signature.length
      const run: Run = { lane, headers, signature, count, post: data, bodiesAt }
      unchecked.push(run)
      if (lane.room.add(run, performance.now())) telling.push(lane.room)
      turnIsDue()
    }
  }

  #greet(handshake: Handshake, data: Buffer): void {
    const { send, done, refuse } = handshake.receive(data)
    if (send) this.#socket.write(wsMessages([send], false))
    if (refuse) this.end()
    if (!done) return
    this.#handshake = undefined
    this.#key = done.hello.key
  }

  #enter(room: Room): void {
    if (this.#rooms.includes(room)) return
    room.enter(this)
    this.#rooms.push(room)
  }

  /** Who makes or joins a room by a control event is in it from then on. */
  #roomOf(id: string, enters: boolean): Room {
    const known = rooms.get(id)
    if (!enters) return known ?? everyone
    const room = known ?? new Room()
    rooms.set(id, room)
    this.#enter(room)
    return room
  }

  #laneOf(headers: Uint8Array): Lane {
    const known = this.#lane
    if (known && Buffer.compare(known.names, headers.subarray(0, N_AT)) === 0) return known
    const names = Buffer.from(headers.subarray(0, N_AT))
    const id = names.toString('hex', 9, 25)
    const room = this.#roomOf(id, headers[KIND_AT]! >= 0x80)
    const number = lanes++ % 2 ** 16
    const lane: Lane = { names, room, link: this, number, n: 0, at: 0, left: 0, stored: 0, told: 0 }
    room.begin(lane)
    this.#lane = lane
    return lane
  }

  /** What waits leaves in one write. */
  later(bytes: Buffer): void {
    if (this.#pending) this.#pending = Buffer.concat([this.#pending, bytes])
    else {
      this.#pending = bytes
      writing.push(this)
    }
  }

  write(): void {
    if (this.#pending) this.#socket.write(this.#pending)
    this.#pending = undefined
  }

  end(): void {
    this.#ws.terminate()
  }
  failed(): void {}
  ended(): void {
    for (const room of this.#rooms) room.leave(this)
  }
}

const ignore = () => {}
const websockets = new WebSocketServer({
  ...WEBSOCKET,
  noServer: true,
  clientTracking: false,
  WebSocket: LinkSocket,
})
const http = createHttpServer()
http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
  socket.on('error', ignore)
  // The answer and the hello leave in one write.
  socket.cork()
  websockets.handleUpgrade(request, socket, head, (ws) => {
    ws.hears = new Link(ws, socket)
  })
  socket.uncork()
})
const tls =
  hint === '' ? undefined : createTlsServer(acceptorTls(hint, () => [{ tag: '', psk: fromHex(secret) }]))
tls?.on('secureConnection', (socket) => http.emit('connection', socket))
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', ignore)
  ;(tls ?? http).emit('connection', socket)
})
server.listen(Number(port), '127.0.0.1')
