import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { meet } from '../../../src/node/io/checks/hub.ts'
import { dial } from '../../../src/node/io/dial.ts'
import { encodeFrame } from '../../../src/wire/codec.ts'
import { beat } from '../../hostile/attack.ts'
import { HOST, hello, secret, signer } from './lan.ts'

vi.mock('../../../src/node/io/dial.ts')
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

/** Met by a dial that takes so long, and a first heartbeat so long after it, ms. */
async function metAfter(dialMs: number, beatMs: number) {
  const link = {
    id: 1,
    key: signer(1).key,
    hello: hello(),
    start: ({ onFrame }: { onFrame: (bytes: Uint8Array) => void }) => {
      setTimeout(() => onFrame(encodeFrame(beat())), beatMs)
    },
    close: () => {},
  }
  vi.mocked(dial).mockImplementation(
    () => new Promise((resolve) => setTimeout(resolve, dialMs, { link } as never)),
  )
  const met = meet(HOST, 1, { ...secret, net8: '0011223344556677' })
  await vi.advanceTimersByTimeAsync(5000)
  return met
}

describe('the clock of a machine that is met', () => {
  it('is waited for where it is busy, as long as there is time', async () => {
    expect(await metAfter(20, 1900)).toMatchObject({ outcome: { ms: 20 }, clockMs: expect.any(Number) })
    expect(await metAfter(1500, 850)).toMatchObject({ outcome: { ms: 1500 }, clockMs: expect.any(Number) })
  })

  it('is not waited for without end', async () => {
    expect(await metAfter(20, 2000)).not.toHaveProperty('clockMs')
  })
})
