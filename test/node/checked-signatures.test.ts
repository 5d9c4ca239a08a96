import { expect, test } from 'vitest'
import { CheckedSignatures } from '../../src/node/checked-signatures.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { uint } from '../../src/wire/bytes.ts'

/** Signatures by number, of which those below nought do not hold; and how many were verified. */
function checked(most?: number) {
  let verified = 0
  const verify = (message: Uint8Array) => {
    verified++
    return message[0] === 1
  }
  const signatures = new CheckedSignatures({ hashHex: nodeCrypto.hashHex, verify }, most)
  const holds = (n: number) => {
    const message = Uint8Array.of(n < 0 ? 0 : 1, ...uint(Math.abs(n), 4))
    return signatures.holds({ message, signature: new Uint8Array(64), key: new Uint8Array(32) })
  }
  const verifiedOf = (act: () => void) => {
    const before = verified
    act()
    return verified - before
  }
  return { signatures, holds, verifiedOf }
}

test('whoever is handed a long history of short lanes, behind somebody else, has none of it verified again', () => {
  const { signatures, holds, verifiedOf } = checked()
  const handOn = () => {
    for (let n = 0; n < 50_000; n++) holds(n)
  }
  expect(verifiedOf(handOn)).toBe(50_000)
  expect(verifiedOf(handOn)).toBe(0)
  expect(signatures.room).toBeLessThanOrEqual(2 ** 18)
})

test('of more than there is room for some are verified again, and no more memory is taken', () => {
  const { signatures, holds, verifiedOf } = checked(2 ** 14)
  const handOn = () => {
    for (let n = 0; n < 20_000; n++) holds(n)
  }
  handOn()
  expect(signatures.room).toBe(2 ** 14)
  expect(verifiedOf(handOn)).toBeLessThan(16_000)
})

test('what does not hold is said each time', () => {
  const { holds, verifiedOf } = checked()
  expect(verifiedOf(() => expect([holds(-1), holds(-1), holds(1)]).toEqual([false, false, true]))).toBe(3)
})
