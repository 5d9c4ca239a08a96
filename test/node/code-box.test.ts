/** A network's code sealed to devices, and what stands under it. */
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import {
  boxKeyPairOf,
  openCodeKey,
  openInner,
  SharedKeys,
  sealCodeKey,
  sealInner,
} from '../../src/node/sealing.ts'
import { fromHex, utf8 } from '../../src/wire/bytes.ts'
import { doorKey, doorOf, signEntry, verifyEntry } from '../../src/wire/door.ts'
import { type NetId, type PersonKey, personKey } from '../../src/wire/ids.ts'

const net = '0011223344556677' as NetId
const someone = (name: string) => {
  const boxKeys = boxKeyPairOf(nodeCrypto, nodeCrypto.hash(utf8(name)))
  return {
    key: personKey(nodeCrypto.hash(utf8(`key ${name}`))),
    boxKeys,
    shared: new SharedKeys(boxKeys.secretKey),
  }
}
const [olga, ben, eve] = ['olga', 'ben', 'eve'].map(someone) as [
  ReturnType<typeof someone>,
  ReturnType<typeof someone>,
  ReturnType<typeof someone>,
]
const codeKey = nodeCrypto.hash(utf8('code'))
const door = doorOf(nodeCrypto, codeKey)
const place = { net, author: olga.key, salt: new Uint8Array(16).fill(5) }
const boxes = new Map<PersonKey, Uint8Array>([olga, ben].map(({ key, boxKeys }) => [key, boxKeys.publicKey]))
const sealed = sealCodeKey(nodeCrypto, place, codeKey, boxes, olga.shared)
const opened = (who: typeof ben, at = place, of = door) =>
  openCodeKey(nodeCrypto, at, { door: of, sealed }, who.key, olga.boxKeys.publicKey, who.shared)

describe('the key of a code', () => {
  it('is opened by those it is sealed to, its maker among them, and by nobody else', () => {
    expect(sealed.length).toBe(160)
    expect([opened(olga), opened(ben), opened(eve)]).toEqual([codeKey, codeKey, undefined])
  })

  it('does not open at another place, nor where the event names another code', () => {
    expect(opened(ben, { ...place, author: ben.key })).toBeUndefined()
    expect(opened(ben, place, doorKey(new Uint8Array(32).fill(1)))).toBeUndefined()
  })
})

describe('what stands under a code', () => {
  it('is its text and the keys of those before it, and opens with its key alone', () => {
    const former = [nodeCrypto.hash(utf8('a')), nodeCrypto.hash(utf8('b'))]
    const inner = { text: 'able-about-above', former }
    const body = sealInner(nodeCrypto, place, codeKey, inner)
    expect(body.text.length).toBe(256)
    expect(openInner(nodeCrypto, place, codeKey, body)).toEqual(inner)
    expect(openInner(nodeCrypto, place, former[0]!, body)).toEqual({ text: '', former: [] })
  })
})

describe('who has a code', () => {
  it('shows it for one key in one network', () => {
    const proof = signEntry(nodeCrypto, codeKey, net, ben.key)
    const holds = (author: PersonKey, of = door, at = net) =>
      verifyEntry(nodeCrypto, proof, fromHex(of), at, author)
    expect(holds(ben.key)).toBe(true)
    expect(holds(eve.key)).toBe(false)
    expect(holds(ben.key, doorOf(nodeCrypto, nodeCrypto.hash(utf8('other'))))).toBe(false)
    expect(holds(ben.key, door, '0000000000000000' as NetId)).toBe(false)
  })
})
