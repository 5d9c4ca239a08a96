/** The handshake (rules AU-*) on a fresh websocket, for either side: ends in a link or in the reason why not. */
import type { Socket } from 'node:net'
import {
  type Authenticated,
  type Handshake,
  type HandshakeCode,
  type HelloFields,
  openHandshake,
  type Side,
} from '../../wire/auth.ts'
import type { Signer } from '../../wire/crypto.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { refusals } from '../../wire/refusal.ts'
import { handshakeCrypto } from '../crypto.ts'
import { bindingOf } from './channel.ts'
import { CLOSE_UNSUPPORTED, Link, type LinkLimits } from './link.ts'
import type { Hears, LinkSocket } from './link-socket.ts'
import { type MessageWatch, wsMessages } from './ws-frame.ts'

/** Who we are on every link. */
export interface Introduction {
  readonly signer: Signer
  /** Asked once for each handshake, so that it tells what is true then. */
  readonly hello: () => HelloFields
  /** Why a key gets no link by this way; default: every key may have one. */
  readonly refuses?: (key: PersonKey, way: string) => HandshakeCode | undefined
}

export interface GreetOptions extends Introduction {
  readonly side: Side
  readonly limits: LinkLimits
  readonly expect?: PersonKey | undefined
  /** The tag of the way; undefined without TLS. */
  readonly way?: string | undefined
  /** Of the far end. */
  readonly address: string
  readonly port: number
  /** undefined: somebody else watches the time. */
  readonly handshakeMs?: number | undefined
}

export type Greeted =
  | { readonly link: Link }
  /** We refused: the peer was told. */
  | { readonly refuse: { readonly code: HandshakeCode; readonly detail: string } }
  /** The peer refused us: a stranger's words. */
  | { readonly refused: { readonly code: string; readonly detail: string } }
  | { readonly ended: 'timeout' | 'closed' | 'invalid' }

/**
 * Call it in the turn in which the websocket opened, before anything is read from it. settled: told once, in the turn in which it
 * is known; who does not start the link in it has it read nothing until then. Never throws.
 */
export function greet(
  ws: LinkSocket,
  socket: Socket,
  options: GreetOptions,
  settled: (outcome: Greeted) => void,
): void {
  const greeting = new Greeting(ws, socket, options, settled)
  ws.tell(greeting)
  greeting.begin()
}

class Greeting implements Hears {
  readonly #ws: LinkSocket
  readonly #socket: Socket
  readonly #options: GreetOptions
  readonly #settled: (outcome: Greeted) => void
  readonly #told: HelloFields
  readonly #watch: MessageWatch
  readonly #timer: NodeJS.Timeout | undefined
  #handshake: Handshake | undefined
  /** Our auth: where the peer's comes with its hello, it leaves with what is said first over the link. */
  #held: Uint8Array | undefined
  #isOver = false

  constructor(ws: LinkSocket, socket: Socket, options: GreetOptions, settled: (outcome: Greeted) => void) {
    this.#ws = ws
    this.#socket = socket
    this.#options = options
    this.#settled = settled
    this.#told = options.hello()
    this.#watch = ws.read(socket, options.side === 'acceptor')
    const { handshakeMs } = options
    this.#timer = handshakeMs === undefined ? undefined : setTimeout(() => this.#late(), handshakeMs)
  }

  begin(): void {
    const { side, signer, refuses, expect, way } = this.#options
    let handshake: Handshake
    try {
      handshake = openHandshake({
        side,
        binding: bindingOf(this.#socket),
        signer,
        hello: this.#told,
        crypto: handshakeCrypto,
        ...(refuses && way !== undefined && { refuses: (key: PersonKey) => refuses(key, way) }),
        ...(expect !== undefined && { expect }),
      })
    } catch {
      // The socket died between its upgrade and now: it has no keys any more.
      this.#ws.terminate()
      return this.#settle({ ended: 'closed' })
    }
    this.#handshake = handshake
    this.#send(handshake.hello)
  }

  hear(data: Uint8Array, isBinary: boolean): void {
    if (this.#isOver || !this.#handshake) return
    if (!isBinary) {
      this.#ws.close(CLOSE_UNSUPPORTED)
      return this.#settle({ ended: 'invalid' })
    }
    const { send, done, refuse, refused } = this.#handshake.receive(data)
    if (done) return this.#welcome(done)
    if (refuse) {
      if (send) this.#send(send)
      this.#ws.close(refusals[refuse.code].closeCode)
      this.#settle({ refuse })
    } else if (refused) {
      this.#ws.close()
      this.#settle({ refused })
    } else if (send) {
      this.#held = send
      setImmediate(sendHeld, this)
    }
  }

  #welcome({ key, hello, version }: Authenticated): void {
    const { side, limits, way, address, port } = this.#options
    const link = new Link({
      ws: this.#ws,
      socket: this.#socket,
      address,
      port,
      dialled: side === 'dialer',
      key,
      hello,
      told: this.#told,
      version,
      watch: this.#watch,
      limits,
      way,
    })
    if (this.#held) link.send(this.#held)
    this.#held = undefined
    this.#settle({ link })
    link.waitForStart()
  }

  sendHeld(): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.#write(held)
  }

  #send(frame: Uint8Array): void {
    this.sendHeld()
    this.#write(frame)
  }

  /** In one piece, where ws would write head and payload apart. */
  #write(frame: Uint8Array): void {
    const { readyState, OPEN } = this.#ws
    if (readyState === OPEN) this.#socket.write(wsMessages([frame], this.#options.side === 'dialer'))
  }

  #settle(outcome: Greeted): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#settled(outcome)
  }

  #late(): void {
    this.#settle({ ended: 'timeout' })
    this.#ws.terminate()
  }

  failed(): void {
    this.#settle({ ended: 'invalid' })
  }

  ended(): void {
    this.#settle({ ended: 'closed' })
  }
}

const sendHeld = (greeting: Greeting): void => greeting.sendHeld()
