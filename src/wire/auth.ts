/**
 * The link's handshake (rules AU-*): who is at the other end of an encrypted channel, proved to both at once.
 *
 * Both sides send `hello` as soon as the channel stands. Whoever has the other's hello sends `auth`: a signature over
 * the channel's binding, the signer's side and both hellos as they travelled. Whoever has checked the other's auth is
 * done. The binding is fresh for each channel, so no signature serves twice; the side stops one sent back.
 *
 *   opened --hello ok--> greeted (send auth) --auth ok--> done
 *   opened, greeted --anything else--> refused (send `refuse`, then close)
 */
import { concat, equal, hex, uint, utf8 } from './bytes.ts'
import { decodeFrame, encodeFrame } from './codec.ts'
import type { Crypto, Signer } from './crypto.ts'
import type { FrameOf } from './frames.ts'
import { type PersonKey, personKey, tagged } from './ids.ts'
import { type PeerRefusalCode, refusalDetail } from './refusal.ts'
import { isStrongKey } from './signature.ts'
import { chooseVersion, versionRange, WIRE_VERSIONS } from './version.ts'

export const BINDING_BYTES = 32
/** Label of the TLS exporter (RFC 5705, RFC 8446 7.5) that gives the binding; its context is empty. */
export const EXPORTER_LABEL = 'EXPORTER-lanchat'

const SIGN_AUTH = utf8('lanchat/auth/1')

export type Side = 'dialer' | 'acceptor'
/** What a hello tells, the key apart: that is the signer's. */
export type HelloFields = Omit<FrameOf<'hello'>, 'type' | 'key' | 'versions'>
export type Hello = FrameOf<'hello'>

/** Codes this handshake refuses with. */
export type HandshakeCode = Extract<
  PeerRefusalCode,
  | 'VERSION_UNSUPPORTED'
  | 'NETWORK_OTHER'
  | 'SELF'
  | 'KEY_WEAK'
  | 'PEER_OTHER'
  | 'AUTH_FAILED'
  | 'FRAME_INVALID'
  | 'CODE_OLD'
>

export interface HandshakeOptions {
  readonly side: Side
  /** 32 bytes that only the two ends of this channel know: its TLS exporter, or the hash of a gate's transcript. */
  readonly binding: Uint8Array
  readonly signer: Signer
  /** What is told by one and the same object is encoded once: it may not change. */
  readonly hello: HelloFields
  readonly crypto: Crypto
  /** Refuse any other key (PEER_OTHER). */
  readonly expect?: PersonKey
  /** Why this key gets no link by this channel; default: every key may have one. Asked before it is proved. */
  readonly refuses?: (key: PersonKey) => HandshakeCode | undefined
  /** Default WIRE_VERSIONS. */
  readonly versions?: readonly number[]
}

/** The peer, proved. */
export interface Authenticated {
  readonly key: PersonKey
  readonly hello: Hello
  /** The highest version both speak. */
  readonly version: number
}

/** What to do after bytes came in: send first, then take the outcome, if there is one. */
export interface HandshakeStep {
  readonly send?: Uint8Array
  readonly done?: Authenticated
  /** We refuse: `send` holds the frame that says so; close after it. */
  readonly refuse?: { readonly code: HandshakeCode; readonly detail: string }
  /** The peer refused us with these words of its own: code and detail are a stranger's text. */
  readonly refused?: { readonly code: string; readonly detail: string }
}

export interface Handshake {
  /** Our hello: to be sent at once. */
  readonly hello: Uint8Array
  /** Takes one frame as it came. Throws TypeError once an outcome was given, and for nothing that a peer can send. */
  receive(bytes: Uint8Array): HandshakeStep
}

/** What `side` signs (rule AU-5): tag, side1 (0 dialer, 1 acceptor), binding32, H of the dialer's hello, H of the acceptor's. */
export function authMessage(
  crypto: Crypto,
  side: Side,
  binding: Uint8Array,
  dialerHello: Uint8Array,
  acceptorHello: Uint8Array,
): Uint8Array {
  return signedBy(side, binding, hashOf(crypto, dialerHello), hashOf(crypto, acceptorHello))
}

const hashOf = (crypto: Crypto, hello: Uint8Array) => tagged(crypto, 'lanchat/hello/1', hello)

const signedBy = (side: Side, binding: Uint8Array, dialerHash: Uint8Array, acceptorHash: Uint8Array) =>
  concat(SIGN_AUTH, uint(side === 'dialer' ? 0 : 1, 1), binding, dialerHash, acceptorHash)

interface OwnHello {
  readonly fields: HelloFields
  /** Not the signer: what is told last stays, and a secret key must not stay with it when its node is gone. */
  readonly key: Uint8Array
  readonly versions: readonly number[]
  readonly bytes: Uint8Array
  /** Once it was needed. */
  hash?: Uint8Array
}

/** What was told last: a hub says the same to all who come. */
let toldLast: OwnHello | undefined

function ownHello(fields: HelloFields, key: Uint8Array, versions: readonly number[]): OwnHello {
  const last = toldLast
  if (last && last.fields === fields && last.key === key && last.versions === versions) return last
  const hello: Hello = { ...fields, type: 'hello', versions: [...versions], key }
  toldLast = { fields, key, versions, bytes: encodeFrame(hello) }
  return toldLast
}

type State =
  | { readonly at: 'opened' }
  /** theirs: what the peer has to sign. */
  | { readonly at: 'greeted'; readonly peer: Authenticated; readonly theirs: Uint8Array }
  | { readonly at: 'over' }

/** Starts a handshake on one channel. Throws TypeError for a binding that is not 32 bytes. */
export function openHandshake(options: HandshakeOptions): Handshake {
  const { side, binding, signer, crypto } = options
  if (binding.length !== BINDING_BYTES) throw new TypeError('a binding is 32 bytes')
  const versions = options.versions ?? WIRE_VERSIONS
  const own = ownHello(options.hello, signer.key, versions)
  let state: State = { at: 'opened' }

  const refuse = (code: HandshakeCode, detail: string): HandshakeStep => {
    state = { at: 'over' }
    return { send: encodeFrame({ type: 'refuse', code, detail }), refuse: { code, detail } }
  }
  const greet = (hello: Hello, helloBytes: Uint8Array): HandshakeStep => {
    const version = chooseVersion(versions, hello.versions)
    if (version === undefined)
      return refuse(
        'VERSION_UNSUPPORTED',
        `I speak ${versionRange(versions)}, you speak ${versionRange(hello.versions)}`,
      )
    const { net } = options.hello
    if (!equal(hello.net, net)) return refuse('NETWORK_OTHER', `my network is ${hex(net)}`)
    if (equal(hello.key, signer.key)) return refuse('SELF', 'this is my own key')
    const key = personKey(hello.key)
    if (!isStrongKey(hello.key)) return refuse('KEY_WEAK', 'this key belongs to everybody')
    if (options.expect !== undefined && key !== options.expect)
      return refuse('PEER_OTHER', `I looked for ${options.expect}`)
    const why = options.refuses?.(key)
    if (why) return refuse(why, refusalDetail(why))
    own.hash ??= hashOf(crypto, own.bytes)
    const [mine, peers] = [own.hash, hashOf(crypto, helloBytes)]
    const message = (by: Side) =>
      side === 'dialer' ? signedBy(by, binding, mine, peers) : signedBy(by, binding, peers, mine)
    const other: Side = side === 'dialer' ? 'acceptor' : 'dialer'
    state = { at: 'greeted', peer: { key, hello, version }, theirs: message(other) }
    return { send: encodeFrame({ type: 'auth', signature: signer.sign(message(side)) }) }
  }

  return {
    hello: own.bytes,
    receive(bytes) {
      if (state.at === 'over') throw new TypeError('this handshake is over')
      const frame = decodeFrame(bytes)
      if (typeof frame === 'string') return refuse('FRAME_INVALID', `not a frame: ${frame}`)
      if (frame.type === 'refuse') {
        state = { at: 'over' }
        return { refused: { code: frame.code, detail: frame.detail } }
      }
      if (state.at === 'opened' && frame.type === 'hello') return greet(frame, bytes)
      if (state.at === 'greeted' && frame.type === 'auth') {
        const { peer, theirs } = state
        if (!crypto.verify(theirs, frame.signature, peer.hello.key))
          return refuse('AUTH_FAILED', 'the signature does not hold on this link')
        state = { at: 'over' }
        return { done: peer }
      }
      return refuse('FRAME_INVALID', `${frame.type} before auth`)
    },
  }
}
