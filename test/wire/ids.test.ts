import { describe, expect, it } from 'vitest'
import { nodeCrypto as crypto, signerOf } from '../../src/node/crypto.ts'
import { hex } from '../../src/wire/bytes.ts'
import { bodyHashOf } from '../../src/wire/event.ts'
import { fingerprintWords } from '../../src/wire/fingerprint.ts'
import {
  gateKeyOf,
  generalRoom,
  instanceName,
  madeRoom,
  type NetworkSpec,
  nameHint,
  networkId,
  personKey,
  pskOf,
  talkRoom,
} from '../../src/wire/ids.ts'
import { vectorFile } from '../vectors/json.ts'

interface Ids {
  people: Record<string, { seed: Uint8Array; key: Uint8Array; instance: string; words: string }>
  networks: Record<
    string,
    NetworkSpec & { net: Uint8Array; psk: Uint8Array; gateKey: Uint8Array; general: Uint8Array }
  >
  nameHint: { name: string; hint: string }
  rooms: {
    made: { by: string; salt: Uint8Array; room: Uint8Array }
    talk: { of: [string, string]; room: Uint8Array }
  }
  bodyHash: { body: Uint8Array; hash: Uint8Array }
}
const vectors = vectorFile<Ids>('ids.json')
const net = networkId(crypto, vectors.networks.open!)
const keyOf = (name: string) => personKey(vectors.people[name]!.key)

describe('ids', () => {
  it.each(Object.entries(vectors.people))(
    'of %s follow from the seed',
    (_, { seed, key, instance, words }) => {
      expect(signerOf(seed).key).toEqual(key)
      expect(instanceName(crypto, personKey(key))).toBe(instance)
      expect(fingerprintWords(crypto, key).join(' ')).toBe(words)
    },
  )

  it.each(Object.entries(vectors.networks))('of the network %s follow from what it is made of', (_, spec) => {
    expect(networkId(crypto, spec)).toBe(hex(spec.net))
    expect(pskOf(crypto, spec.codeKey)).toEqual(spec.psk)
    expect(gateKeyOf(crypto, spec.codeKey)).toEqual(spec.gateKey)
    expect(generalRoom(crypto, networkId(crypto, spec))).toBe(hex(spec.general))
  })

  it('of rooms follow from network and makers', () => {
    const { made, talk } = vectors.rooms
    expect(madeRoom(crypto, net, keyOf(made.by), made.salt)).toBe(hex(made.room))
    expect(talkRoom(crypto, net, keyOf(talk.of[0]), keyOf(talk.of[1]))).toBe(hex(talk.room))
    expect(talkRoom(crypto, net, keyOf(talk.of[1]), keyOf(talk.of[0]))).toBe(hex(talk.room))
  })

  it('of bodies and names are tagged hashes', () => {
    expect(bodyHashOf(crypto, vectors.bodyHash.body)).toBe(hex(vectors.bodyHash.hash))
    expect(nameHint(crypto, vectors.nameHint.name)).toBe(vectors.nameHint.hint)
  })

  it('differ where anything of the network does', () => {
    const spec = vectors.networks.code!
    const others = [
      { ...spec, name: 'physicS' },
      { ...spec, hasCode: false },
      { ...spec, retentionDays: 181 },
      { ...spec, ownerKey: new Uint8Array(32) },
      { ...spec, codeKey: new Uint8Array(32) },
    ]
    expect(new Set([spec, ...others].map((other) => networkId(crypto, other))).size).toBe(6)
  })
})
