import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import {
  authMessage,
  type Handshake,
  type HelloFields,
  openHandshake,
  type Side,
} from '../../src/wire/auth.ts'
import { hex } from '../../src/wire/bytes.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { personKey } from '../../src/wire/ids.ts'
import { naclCrypto, naclSigner } from '../../src/wire/nacl-crypto.ts'
import { vectorFile } from '../vectors/json.ts'

const seed = (n: number) => new Uint8Array(32).fill(n)
const binding = seed(9)
const anna = signerOf(seed(1))
const bert = signerOf(seed(2))
const fields = (over: Partial<HelloFields> = {}): HelloFields => ({
  net: new Uint8Array(8).fill(7),
  role: 0,
  places: new Uint8Array(8),
  grown: false,
  age: 0,
  caps: 0,
  port: 27470,
  ...over,
})
const open = (side: Side, signer = side === 'dialer' ? anna : bert, over = {}): Handshake =>
  openHandshake({ side, binding, signer, hello: fields(), crypto: nodeCrypto, ...over })

/** Carries frames between both until nothing is left to send; the outcomes. */
function meet(dialer: Handshake, acceptor: Handshake) {
  const a = dialer.receive(acceptor.hello)
  const b = acceptor.receive(dialer.hello)
  if (a.refuse || b.refuse) return { dialer: a, acceptor: b }
  return { dialer: dialer.receive(b.send!), acceptor: acceptor.receive(a.send!) }
}

describe('the link handshake', () => {
  it('proves each key to the other side', () => {
    const met = meet(open('dialer'), open('acceptor'))
    expect(met.dialer.done).toMatchObject({ key: personKey(bert.key), version: 1 })
    expect(met.acceptor.done).toMatchObject({ key: personKey(anna.key), version: 1 })
    expect(met.acceptor.done!.hello.port).toBe(27470)
  })

  it('signs tag, side, binding and the hashes of both hellos', () => {
    const dialer = open('dialer')
    const acceptor = open('acceptor')
    const { send } = dialer.receive(acceptor.hello)
    const frame = decodeFrame(send!)
    if (typeof frame === 'string' || frame.type !== 'auth') throw new Error('no auth')
    const message = authMessage(nodeCrypto, 'dialer', binding, dialer.hello, acceptor.hello)
    expect(message.length).toBe(14 + 1 + 3 * 32)
    expect(nodeCrypto.verify(message, frame.signature, anna.key)).toBe(true)
  })

  it('refuses a signature made on another channel', () => {
    const met = meet(open('dialer'), open('acceptor', bert, { binding: seed(8) }))
    expect(met.dialer.refuse?.code).toBe('AUTH_FAILED')
    expect(met.acceptor.refuse?.code).toBe('AUTH_FAILED')
  })

  it('refuses its own auth sent back under a stolen hello', () => {
    const dialer = open('dialer')
    const { send } = dialer.receive(open('acceptor').hello)
    expect(dialer.receive(send!).refuse?.code).toBe('AUTH_FAILED')
  })

  it('refuses a hello changed on the way', () => {
    const dialer = open('dialer')
    const acceptor = open('acceptor')
    const hello = decodeFrame(acceptor.hello)
    if (typeof hello === 'string' || hello.type !== 'hello') throw new Error('no hello')
    dialer.receive(encodeFrame({ ...hello, role: 1 }))
    const { send } = acceptor.receive(dialer.hello)
    expect(dialer.receive(send!).refuse?.code).toBe('AUTH_FAILED')
  })

  it('refuses both sides naming themselves dialer', () => {
    const met = meet(open('dialer'), open('dialer', bert))
    expect(met.dialer.refuse?.code).toBe('AUTH_FAILED')
  })

  it('refuses its own key', () => {
    expect(meet(open('dialer'), open('acceptor', anna)).dialer.refuse?.code).toBe('SELF')
  })

  it('refuses another network and names its own', () => {
    const other = open('acceptor', bert, { hello: fields({ net: new Uint8Array(8) }) })
    const { refuse, send } = open('dialer').receive(other.hello)
    expect(refuse).toEqual({ code: 'NETWORK_OTHER', detail: 'my network is 0707070707070707' })
    expect(decodeFrame(send!)).toEqual({ type: 'refuse', ...refuse })
  })

  it('refuses versions without a common one, naming both ranges', () => {
    const later = open('acceptor', bert, { versions: [2, 3] })
    expect(open('dialer').receive(later.hello).refuse).toEqual({
      code: 'VERSION_UNSUPPORTED',
      detail: 'I speak 1, you speak 2-3',
    })
  })

  it('takes the highest common version', () => {
    const met = meet(
      open('dialer', anna, { versions: [1, 2, 3] }),
      open('acceptor', bert, { versions: [2, 1] }),
    )
    expect(met.dialer.done?.version).toBe(2)
    expect(met.acceptor.done?.version).toBe(2)
  })

  it('refuses a key of small order', () => {
    const weak = { key: seed(0), sign: () => new Uint8Array(64) }
    expect(open('dialer').receive(open('acceptor', weak).hello).refuse?.code).toBe('KEY_WEAK')
  })

  it('refuses another key than the one looked for', () => {
    const expected = open('dialer', anna, { expect: personKey(anna.key) })
    expect(expected.receive(open('acceptor').hello).refuse?.code).toBe('PEER_OTHER')
  })

  it('refuses everything but hello and auth, each in its turn', () => {
    const goodbye = encodeFrame({ type: 'goodbye' })
    expect(open('dialer').receive(goodbye).refuse?.code).toBe('FRAME_INVALID')
    expect(open('dialer').receive(new Uint8Array([0xc1])).refuse?.code).toBe('FRAME_INVALID')
    const early = encodeFrame({ type: 'auth', signature: new Uint8Array(64) })
    expect(open('dialer').receive(early).refuse?.code).toBe('FRAME_INVALID')
    const twice = open('dialer')
    twice.receive(open('acceptor').hello)
    expect(twice.receive(open('acceptor').hello).refuse?.code).toBe('FRAME_INVALID')
    const first = open('dialer')
    first.receive(open('acceptor').hello)
    expect(first.receive(goodbye).refuse?.code).toBe('FRAME_INVALID')
  })

  it("hands on the peer's refusal", () => {
    const refusal = encodeFrame({ type: 'refuse', code: 'HUB_FULL', detail: 'no room' })
    expect(open('dialer').receive(refusal)).toEqual({ refused: { code: 'HUB_FULL', detail: 'no room' } })
  })

  it('keeps the hello it got though the buffer is used again', () => {
    const dialer = open('dialer')
    const acceptor = open('acceptor')
    const buffer = acceptor.hello.slice()
    dialer.receive(buffer)
    buffer.fill(0)
    const { send } = acceptor.receive(dialer.hello)
    expect(hex(dialer.receive(send!).done!.hello.key)).toBe(hex(bert.key))
  })

  it('tells the key and the versions of each, though all say the same of themselves with one object', () => {
    const said = { hello: fields() }
    const dialer = open('dialer', anna, said)
    const acceptor = open('acceptor', bert, said)
    expect(open('acceptor', bert, said).hello).toBe(acceptor.hello)
    const met = meet(dialer, acceptor)
    expect(met.dialer.done?.key).toBe(personKey(bert.key))
    expect(met.acceptor.done?.key).toBe(personKey(anna.key))
    const later = open('acceptor', bert, { ...said, versions: [2] })
    expect(open('dialer', anna, said).receive(later.hello).refuse?.code).toBe('VERSION_UNSUPPORTED')
    const elsewhere = open('acceptor', bert, { hello: fields({ port: 1 }) })
    expect(decodeFrame(elsewhere.hello)).toMatchObject({ port: 1 })
  })

  it('keeps no secret key once it is dropped, though what it told is kept', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const gone = (() => {
      const signer = signerOf(seed(3))
      open('dialer', signer)
      return new WeakRef(signer)
    })()
    // A weak reference holds on to what it was made of until the turn is over.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    expect(gone.deref()).toBeUndefined()
  })

  it('takes nothing once it is over', () => {
    const dialer = open('dialer', anna)
    dialer.receive(open('acceptor', anna).hello)
    expect(() => dialer.receive(open('acceptor').hello)).toThrow(TypeError)
    expect(() => open('dialer', anna, { binding: seed(1).subarray(1) })).toThrow(TypeError)
  })
})

interface End {
  seed: Uint8Array
  hello: Uint8Array
  signed: Uint8Array
  auth: Uint8Array
}
const vectors = vectorFile<{
  binding: Uint8Array
  dialer: End
  acceptor: End
  bad: { name: string; received: Uint8Array[]; code: string; answer: Uint8Array }[]
}>('auth.json')

describe.each([
  ['node:crypto', nodeCrypto, signerOf],
  ['tweetnacl', naclCrypto, naclSigner],
])('the handshake of the vectors, with %s,', (_, crypto, signerFrom) => {
  const start = (side: Side) => {
    const hello = decodeFrame(vectors[side].hello)
    if (typeof hello === 'string' || hello.type !== 'hello') throw new Error('no hello')
    const { type, key, versions, ...told } = hello
    const signer = signerFrom(vectors[side].seed)
    return openHandshake({ side, binding: vectors.binding, signer, hello: told, crypto })
  }

  it('is said byte by byte', () => {
    for (const side of ['dialer', 'acceptor'] as const) {
      const [own, peer] = [vectors[side], vectors[side === 'dialer' ? 'acceptor' : 'dialer']]
      const handshake = start(side)
      expect(handshake.hello).toEqual(own.hello)
      const message = authMessage(crypto, side, vectors.binding, vectors.dialer.hello, vectors.acceptor.hello)
      expect(message).toEqual(own.signed)
      expect(handshake.receive(peer.hello).send).toEqual(own.auth)
      expect(handshake.receive(peer.auth).done?.key).toBe(personKey(signerFrom(peer.seed).key))
    }
  })

  it.each(vectors.bad)('is refused with $code: $name', ({ received, code, answer }) => {
    const handshake = start('dialer')
    const last = received.map((bytes) => handshake.receive(bytes)).at(-1)
    expect(last?.refuse?.code).toBe(code)
    expect(last?.send).toEqual(answer)
  })
})
