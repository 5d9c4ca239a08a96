/** The handshake (rules AU-*) on a fresh websocket, for either side: ends in a link or in the reason why not. */
import type { Socket } from 'node:net'
import {
  type Handshake,
  type HandshakeCode,
  type HelloFields,
  openHandshake,
  type Side,
} from '../../wire/auth.ts'
import type { Signer } from '../../wire/crypto.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { HANDSHAKE_MS_MAX } from '../../wire/limits.ts'
import { refusals } from '../../wire/refusal.ts'
import { handshakeCrypto } from '../crypto.ts'
import { bindingOf, plainAddress } from './channel.ts'
import { Link, type LinkLimits } from './link.ts'
import type { LinkSocket } from './link-socket.ts'
import { wsMessages } from './ws-frame.ts'

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
  readonly handshakeMs?: number | undefined
}

export type Greeted =
  | { readonly link: Link }
  /** We refused: the peer was told. */
  | { readonly refuse: { readonly code: HandshakeCode; readonly detail: string } }
  /** The peer refused us: a stranger's words. */
  | { readonly refused: { readonly code: string; readonly detail: string } }
  | { readonly ended: 'timeout' | 'closed' | 'invalid' }

/** Call it in the turn in which the websocket opened, before anything is read from it. Never rejects. */
export function greet(ws: LinkSocket, socket: Socket, options: GreetOptions): Promise<Greeted> {
  const watch = ws.read(socket, options.side === 'acceptor')
  const address = plainAddress(socket.remoteAddress)
  const port = socket.remotePort ?? 0
  const told = options.hello()
  const { refuses, way } = options
  // In one piece, where ws would write head and payload apart.
  const send = (frame: Uint8Array) => {
    if (ws.readyState === ws.OPEN) socket.write(wsMessages([frame], options.side === 'dialer'))
  }
  return new Promise((resolve) => {
    let handshake: Handshake
    const settle = (outcome: Greeted) => {
      clearTimeout(timer)
      ws.off('message', onMessage).off('close', onClose).off('error', onError)
      // What comes after this is nobody's business, but an error without a listener would end the process.
      if (!('link' in outcome)) ws.on('error', () => {})
      resolve(outcome)
    }
    const onMessage = (data: Buffer, isBinary: boolean) => {
      if (!isBinary) {
        ws.close(1003)
        return settle({ ended: 'invalid' })
      }
      const step = handshake.receive(data)
      if (step.send) send(step.send)
      if (step.refuse) {
        ws.close(refusals[step.refuse.code].closeCode)
        settle({ refuse: step.refuse })
      } else if (step.refused) {
        ws.close()
        settle({ refused: step.refused })
      } else if (step.done) {
        const { key, hello, version } = step.done
        const { limits, way } = options
        const dialled = options.side === 'dialer'
        settle({
          link: new Link({
            ws,
            socket,
            address,
            port,
            dialled,
            key,
            hello,
            told,
            version,
            watch,
            limits,
            way,
          }),
        })
      }
    }
    const onClose = () => settle({ ended: 'closed' })
    const onError = () => settle({ ended: 'invalid' })
    const timer = setTimeout(() => {
      settle({ ended: 'timeout' })
      ws.terminate()
    }, options.handshakeMs ?? HANDSHAKE_MS_MAX)
    ws.on('message', onMessage).on('close', onClose).on('error', onError)
    try {
      handshake = openHandshake({
        side: options.side,
        binding: bindingOf(socket),
        signer: options.signer,
        hello: told,
        crypto: handshakeCrypto,
        ...(refuses && way !== undefined && { refuses: (key: PersonKey) => refuses(key, way) }),
        ...(options.expect === undefined ? {} : { expect: options.expect }),
      })
    } catch {
      // The socket died between its upgrade and now: it has no keys any more.
      ws.terminate()
      return settle({ ended: 'closed' })
    }
    send(handshake.hello)
  })
}
