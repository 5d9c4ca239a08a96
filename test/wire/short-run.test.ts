/** LV-15: a short run says the run that its author signed. */
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { packRun, parseRun, type Run } from '../../src/wire/event.ts'
import { isNext } from '../../src/wire/next-run.ts'
import { fullRun, isShort, shortRun } from '../../src/wire/short-run.ts'
import { Author, NET } from '../node/author.ts'

const anna = new Author(1)
const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`.padEnd(100, '.'))
const runOf = (count: number, after = 0): Run => {
  const lane = anna.contentLane()
  const before = after > 0 ? anna.run(lane, texts(after)) : undefined
  return packRun(anna.run(lane, texts(count), before))
}

/** Through the wire and back. */
function travelled(run: Run): ReturnType<typeof fullRun> {
  const frame = decodeFrame(encodeFrame({ type: 'live', runs: [shortRun(run)] }))
  if (typeof frame === 'string' || frame.type !== 'live') throw new Error(`${frame}`)
  const [short] = frame.runs
  if (!short || !isShort(short)) throw new Error('no short run')
  return fullRun(nodeCrypto, short)
}

describe('LV-15: a short run', () => {
  test.each([
    [1, 0],
    [3, 0],
    [3, 5],
    [64, 7],
  ])('of %i events behind %i is the same run again', (count, after) => {
    const run = runOf(count, after)
    expect(travelled(run)).toEqual(run)
    expect(parseRun(nodeCrypto, NET, travelled(run) as Run)).toMatchObject({ signature: run.signature })
  })

  test.each([[[0]], [[1, 3]], [[0, 1, 2, 3]]])(
    'says what belongs to the bodies %j, which are not there',
    (nils) => {
      const run = runOf(4, 2)
      const bodies = run.bodies.map((body, i) => (nils.includes(i) ? null : body))
      expect(travelled({ ...run, bodies })).toEqual({ ...run, bodies })
    },
  )

  test('has at most 220 bytes for a text of 100 in a long run', () => {
    const frame = encodeFrame({ type: 'live', runs: [shortRun(runOf(64))] })
    expect(frame.length / 64).toBeLessThan(150)
  })

  test('of another length, or of no events, is none; one of a later version is newer', () => {
    const short = shortRun(runOf(2))
    const times = short.times.subarray(1)
    expect(fullRun(nodeCrypto, { ...short, times })).toBe('size')
    expect(fullRun(nodeCrypto, { ...short, bodies: [null, null] })).toBe('size')
    expect(fullRun(nodeCrypto, { ...short, times: new Uint8Array(0), bodies: [] })).toBe('size')
    const start = Uint8Array.of(9, ...short.start.subarray(1))
    expect(fullRun(nodeCrypto, { ...short, start })).toBe('newer')
  })

  test('whose n would pass 32 bits is no chain', () => {
    const short = shortRun(runOf(2))
    const start = short.start.slice()
    start.fill(0xff, 65, 69)
    expect(parseRun(nodeCrypto, NET, fullRun(nodeCrypto, { ...short, start }) as Run)).toBe('number')
  })

  test('and the run as it is say the same in a live frame', () => {
    const run = runOf(2)
    const frame = decodeFrame(encodeFrame({ type: 'live', runs: [run, shortRun(run)] }))
    if (typeof frame === 'string' || frame.type !== 'live') throw new Error(`${frame}`)
    expect(frame.runs.map((each) => !isNext(each) && fullRun(nodeCrypto, each))).toEqual([run, run])
  })
})
