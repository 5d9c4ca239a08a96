import { describe, expect, it } from 'vitest'
import { signerOf } from '../../../src/node/crypto.ts'
import { nativeEd25519 } from '../../../src/node/io/native-ed25519.ts'
import { type Check, takesAtOnce, verifyAtOnce, verifyMany } from '../../../src/node/io/verify-pool.ts'
import { fromHex } from '../../../src/wire/bytes.ts'

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const signer = signerOf(new Uint8Array(32).fill(3))
const good = (n: number): Check => {
  const message = Uint8Array.of(n, n >> 8)
  return { message, signature: signer.sign(message), key: signer.key }
}
const numberOf = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
const bytesOf = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))

describe('the verify pool', () => {
  it('answers in the order asked, valid ones among invalid ones', async () => {
    const checks = Array.from({ length: 3000 }, (_, n) =>
      n % 7 === 0 ? { ...good(n), message: Uint8Array.of(255) } : good(n),
    )
    expect(await verifyMany(checks)).toEqual(checks.map((_, n) => n % 7 !== 0))
  })

  it.runIf(nativeEd25519())(
    'says whether the event loop has room for more in this turn, and has none beside a backlog',
    async () => {
      const nextTurn = () => new Promise((resolve) => setImmediate(resolve))
      await nextTurn()
      expect([30, 30, 18, 1].map(takesAtOnce)).toEqual([true, false, true, false])
      await nextTurn()
      const backlog = verifyMany(Array.from({ length: 60 }, (_, n) => good(n)))
      expect(takesAtOnce(1)).toBe(false)
      expect(await backlog).toEqual(new Array(60).fill(true))
      expect(takesAtOnce(1)).toBe(true)
      expect(verifyAtOnce([good(1), { ...good(2), message: Uint8Array.of(9) }])).toEqual([true, false])
    },
  )

  it('answers nothing for nothing, and calls that overlap', async () => {
    const [none, ...some] = await Promise.all([
      verifyMany([]),
      verifyMany([good(1)]),
      verifyMany([good(2), good(3)]),
    ])
    expect(none).toEqual([])
    expect(some).toEqual([[true], [true, true]])
  })

  it('is false, never an error, for wrong sizes, S + L, and weak keys', async () => {
    const base = good(1)
    const malleated = base.signature.slice()
    malleated.set(bytesOf(numberOf(base.signature.subarray(32)) + ORDER), 32)
    const identityPoint = fromHex(`01${'00'.repeat(31)}`)
    const zeroS = new Uint8Array(64)
    zeroS.set(identityPoint)
    expect(
      await verifyMany([
        { ...base, signature: new Uint8Array(0) },
        { ...base, signature: base.signature.subarray(0, 63) },
        { ...base, key: base.key.subarray(1) },
        { ...base, key: new Uint8Array(32).fill(255) },
        { ...base, signature: malleated },
        { message: base.message, signature: zeroS, key: identityPoint },
        base,
      ]),
    ).toEqual([false, false, false, false, false, false, true])
  })

  it.each([
    ['in one call', (checks: Check[]) => verifyMany(checks)],
    ['one by one', (checks: Check[]) => Promise.all(checks.map((check) => verifyMany([check])))],
  ])('leaves the event loop free when many come in one turn, %s', async (_, ask) => {
    const checks = Array.from({ length: 500 }, (_, n) => good(n))
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await ask(checks)
    isOver = true
    expect(turns).toBeGreaterThan(20)
  })
})
