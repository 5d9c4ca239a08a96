/**
 * A sealed channel (rules SC-*): what TLS is to a direct link, made of frames alone, for ways where somebody in between
 * carries the bytes: a relay, or a page's plain websocket.
 *
 * Each side sends one opening with a fresh X25519 key. From the shared secret, the network's gate key and both openings
 * come one key for each direction and the 32 bytes that the link's handshake signs (auth.ts). After that every message is
 * one sealed piece of a frame, numbered: what is changed, left out, repeated or moved does not open, and ends the channel.
 *
 *   opening --peer's opening--> open --anything that does not open--> broken
 */
import nacl from 'tweetnacl'
import type { Side } from './auth.ts'
import { concat, writeUint } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { tagged } from './ids.ts'
import { FRAME_BYTES_MAX, SEALED_BYTES_MAX } from './limits.ts'

/** Of openings: version 1 of this channel. */
const OPENING_VERSION = 1
/** version1 side1 key32. */
export const OPENING_BYTES = 34
/** A piece's first byte: the frame goes on in the next one, or ends here. */
const MORE = 1
const LAST = 0
const PIECE_BYTES_MAX = SEALED_BYTES_MAX - nacl.secretbox.overheadLength - 1

export interface SealedChannelOptions {
  readonly side: Side
  /** 32 bytes (rule ID-3). */
  readonly gateKey: Uint8Array
  /** 32 fresh random bytes: the secret half of the opening's key. Never used for a second channel. */
  readonly secret: Uint8Array
  readonly crypto: Crypto
}

/** Why a channel ends. OPENING_INVALID: no opening, or of the same side, or of a key that gives no secret. */
export type SealFault = 'OPENING_INVALID' | 'SEAL_BROKEN' | 'FRAME_TOO_LARGE'

/** What a message brought: the channel is open now; a whole frame; neither yet; or the end. */
export type Unsealed =
  | { readonly opened: Uint8Array }
  | { readonly frame: Uint8Array }
  | 'more'
  | { readonly fault: SealFault }

export interface SealedChannel {
  /** To be sent first. */
  readonly opening: Uint8Array
  /** Takes one message of the peer. `opened` is the binding, 32 bytes. Never throws; after a fault only that fault. */
  receive(message: Uint8Array): Unsealed
  /** A frame as messages, to be sent in this order and once. Throws TypeError before the channel is open, or above FRAME_BYTES_MAX. */
  seal(frame: Uint8Array): Uint8Array[]
}

/** Could these bytes begin a channel? A relay opens a circuit for nothing else. */
export const isOpening = (message: Uint8Array): boolean =>
  message.length === OPENING_BYTES && message[0] === OPENING_VERSION && message[1]! <= 1

const sideByte = (side: Side) => (side === 'dialer' ? 0 : 1)

/** One direction: its key, and how many pieces went through it (rule SC-4). */
interface Direction {
  readonly key: Uint8Array
  count: number
}

function nextNonce(direction: Direction): Uint8Array {
  const nonce = new Uint8Array(nacl.secretbox.nonceLength)
  writeUint(nonce, nonce.length - 6, 6, direction.count++)
  return nonce
}

/** Starts a channel. Throws TypeError for a key or secret that is not 32 bytes. */
export function openSealedChannel(options: SealedChannelOptions): SealedChannel {
  const { side, gateKey, secret, crypto } = options
  if (gateKey.length !== 32 || secret.length !== 32) throw new TypeError('keys are 32 bytes')
  const opening = concat(Uint8Array.of(OPENING_VERSION, sideByte(side)), crypto.boxPublicKey(secret))
  let keys: { readonly out: Direction; readonly in: Direction } | undefined
  let fault: SealFault | undefined
  let pieces: Uint8Array[] = []
  let bytes = 0

  const fail = (why: SealFault): Unsealed => {
    fault = why
    pieces = []
    return { fault: why }
  }

  const open = (theirs: Uint8Array): Unsealed => {
    if (!isOpening(theirs) || theirs[1] === sideByte(side)) return fail('OPENING_INVALID')
    const shared = nacl.scalarMult(secret, theirs.subarray(2))
    if (shared.every((byte) => byte === 0)) return fail('OPENING_INVALID')
    const both = side === 'dialer' ? concat(opening, theirs) : concat(theirs, opening)
    const root = tagged(crypto, 'lanchat/seal/1', gateKey, shared, both)
    const key = (from: Side): Direction => ({
      key: tagged(crypto, `lanchat/seal/${from}/1`, root),
      count: 0,
    })
    keys =
      side === 'dialer'
        ? { out: key('dialer'), in: key('acceptor') }
        : { out: key('acceptor'), in: key('dialer') }
    return { opened: tagged(crypto, 'lanchat/seal/binding/1', root) }
  }

  return {
    opening,
    receive(message) {
      if (fault) return { fault }
      if (!keys) return open(message)
      if (message.length > SEALED_BYTES_MAX) return fail('FRAME_TOO_LARGE')
      const piece = nacl.secretbox.open(message, nextNonce(keys.in), keys.in.key)
      if (!piece || piece.length === 0 || piece[0]! > MORE) return fail('SEAL_BROKEN')
      pieces.push(piece.subarray(1))
      bytes += piece.length - 1
      if (bytes > FRAME_BYTES_MAX) return fail('FRAME_TOO_LARGE')
      // An empty piece that promises more would be a frame that never ends.
      if (piece[0] === MORE) return piece.length > 1 ? 'more' : fail('SEAL_BROKEN')
      const frame = pieces.length === 1 ? pieces[0]! : concat(...pieces)
      pieces = []
      bytes = 0
      return { frame }
    },
    seal(frame) {
      if (!keys || fault) throw new TypeError('this channel is not open')
      if (frame.length > FRAME_BYTES_MAX) throw new TypeError(`a frame of ${frame.length} bytes`)
      const messages: Uint8Array[] = []
      let at = 0
      do {
        const end = Math.min(frame.length, at + PIECE_BYTES_MAX)
        const piece = concat(Uint8Array.of(end < frame.length ? MORE : LAST), frame.subarray(at, end))
        messages.push(nacl.secretbox(piece, nextNonce(keys.out), keys.out.key))
        at = end
      } while (at < frame.length)
      return messages
    },
  }
}
