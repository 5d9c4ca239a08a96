/**
 * Members of a hub as cheap as they can be, who follow the succession by the rules: a link to the hub and one to line[0]
 * (HB-21), a heartbeat on both each 500 ms (HB-1), and when the hub's link ends one dial that finds it dead (HB-9), then `join`
 * to line[0] each 150 ms (HB-11) until it says `joined`. They never become hub themselves and show nothing to anybody.
 *
 * crowd <plan>   stdout: "there" once all are members of the hub and linked to line[0]; then, when all are live again, the
 * moment of each, ms of the machine's monotonic clock, as JSON.
 */

import type { Socket } from 'node:net'
import { hrtime } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeFrame } from '../../src/wire/codec.ts'
import { following, greet, lanchatSpeech, signer } from '../peers/lanchat.ts'
import { type Connection, connectEncrypted, connectPlain, type TlsWay } from './connection.ts'
import { Incoming, message } from './websocket.ts'

export interface CrowdPlan {
  readonly hub: Address
  /** line[0]. */
  readonly next: Address
  readonly members: number
  /** Of the first of them: each process of a crowd has its own. */
  readonly firstNumber: number
  readonly joiningAtOnce: number
}
interface Address {
  readonly host: string
  readonly port: number
}

const BEAT_MS = 500
const JOIN_AGAIN_MS = 150
const TRIES_MAX = 20
const TRY_AGAIN_MS = 200
/** Of the frame `joined`. */
const JOINED = 18

const plan = JSON.parse(process.argv[2] ?? '{}') as CrowdPlan
const way = (await lanchatSpeech.tls!()) as TlsWay
const now = () => Number(hrtime.bigint() / 1000n) / 1000
const frame = (value: Parameters<typeof encodeFrame>[0]) => message(encodeFrame(value), 2)

class Guest {
  readonly #number: number
  #hub!: Socket
  #next!: Socket
  #hubKey = ''
  #nextKey = ''
  #heardJoined: () => void = () => {}
  #lost: () => void = () => {}
  readonly lost = new Promise<void>((resolve) => {
    this.#lost = resolve
  })

  constructor(number: number) {
    this.#number = number
  }

  async come(): Promise<void> {
    const hub = await this.#link(plan.hub)
    this.#hub = hub.socket
    this.#hubKey = hub.key
    const joined = new Promise<void>((resolve) => {
      this.#heardJoined = resolve
    })
    this.#hub.write(frame({ type: 'join', at: 1 }))
    await joined
    this.#hub.on('close', () => this.#lost())
    const next = await this.#link(plan.next)
    this.#next = next.socket
    this.#nextKey = next.key
  }

  /** The hub is gone: resolves when this one is a member of the next. */
  async goOn(): Promise<void> {
    await connectPlain(plan.hub.port, plan.hub.host).then(
      ({ socket }) => socket.destroy(),
      () => {},
    )
    const joined = new Promise<void>((resolve) => {
      this.#heardJoined = resolve
    })
    const join = () => this.#next.write(frame({ type: 'join', at: 2 }))
    join()
    const again = setInterval(join, JOIN_AGAIN_MS)
    await joined
    clearInterval(again)
    this.#hubKey = this.#nextKey
  }

  beat(): void {
    if (this.#hubKey === '') return
    const bytes = beatOf(this.#hubKey)
    if (this.#hub && !this.#hub.destroyed) this.#hub.write(bytes)
    this.#next?.write(bytes)
  }

  /** Each step of a handshake has 2 s, which may be too little where everybody shares two cores. */
  async #link(address: Address): Promise<{ socket: Socket; key: string }> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#tryLink(address)
      } catch (error) {
        if (tried === TRIES_MAX) throw error
        await pause(TRY_AGAIN_MS)
      }
    }
  }

  async #tryLink({ host, port }: Address): Promise<{ socket: Socket; key: string }> {
    const { socket, binding }: Connection = await connectEncrypted(port, way, host)
    socket.on('error', () => {})
    const ended = new Promise<never>((_, reject) =>
      socket.once('close', () => reject(new Error('the node ended the link'))),
    )
    ended.catch(() => {})
    await Promise.race([lanchatSpeech.open!(socket), ended])
    const incoming = new Incoming(socket)
    const greeted = greet(socket, incoming, signer(this.#number), binding)
    socket.resume()
    const key = await Promise.race([greeted, ended])
    incoming.hear = (payload) => {
      // [18, ..]: the number of a frame is its second byte.
      if (payload[1] === JOINED) this.#heardJoined()
    }
    return { socket, key }
  }
}

const beats = new Map<string, Buffer>()
function beatOf(hub: string): Buffer {
  const known = beats.get(hub) ?? frame(following(hub as Parameters<typeof following>[0]))
  beats.set(hub, known)
  return known
}

const guests = Array.from({ length: plan.members }, (_, k) => new Guest(plan.firstNumber + k))
setInterval(() => {
  for (const guest of guests) guest.beat()
}, BEAT_MS)
let coming = 0
const comeInTurn = async () => {
  while (coming < guests.length) await guests[coming++]!.come()
}
await Promise.all(Array.from({ length: plan.joiningAtOnce }, comeInTurn))
process.stdout.write('there\n')
const liveAt = await Promise.all(
  guests.map(async (guest) => {
    await guest.lost
    await guest.goOn()
    return now()
  }),
)
process.stdout.write(`${JSON.stringify(liveAt)}\n`, () => process.exit(0))
