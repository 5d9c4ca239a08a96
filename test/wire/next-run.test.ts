/** LV-17: what the hub tells by number is the run that its author signed, and what cannot be read is said so. */
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { packRun, type Run, type VerifiedRun, verifyRun } from '../../src/wire/event.ts'
import { netId } from '../../src/wire/ids.ts'
import { NUMBERED_LANES_MAX, RUN_EVENTS_MAX } from '../../src/wire/limits.ts'
import { endOf, NEXT_TAIL_BYTES_MAX, type NextRun, nextRun } from '../../src/wire/next-run.ts'
import { isUnread, type LiveRun, NumberedLanes } from '../../src/wire/numbered-lanes.ts'
import { shortRun } from '../../src/wire/short-run.ts'
import { Author, NET, NOW, withBodies } from '../node/author.ts'
import { vectorFile } from '../vectors/json.ts'

const anna = new Author(1)
const bert = new Author(2)
const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`.padEnd(100, '.'))
const byName = (run: VerifiedRun, number: number): LiveRun => ({ ...shortRun(packRun(run)), number })
const byNumber = (run: VerifiedRun, before: VerifiedRun, number: number): NextRun =>
  nextRun(packRun(run), endOf(before.events.at(-1)!), number)!

/** A link that brings these, each through the wire. */
function linkOf() {
  const lanes = new NumberedLanes()
  return (run: LiveRun) => {
    const frame = decodeFrame(encodeFrame({ type: 'live', runs: [run] }))
    if (typeof frame === 'string' || frame.type !== 'live') throw new Error(`${frame}`)
    return lanes.parse(nodeCrypto, NET, frame.runs[0]!)
  }
}

/** Runs of a lane, one behind the other, of so many texts. */
function chainOf(author: Author, ...counts: readonly number[]): VerifiedRun[] {
  const lane = author.contentLane()
  const runs: VerifiedRun[] = []
  let t = NOW
  for (const count of counts) {
    runs.push(author.run(lane, texts(count), runs.at(-1), t))
    t += 5000
  }
  return runs
}

const whole = (run: VerifiedRun) => ({
  events: run.events.map(({ id }) => expect.objectContaining({ id })),
  bodies: run.bodies,
  signature: run.signature,
})

describe('LV-17: a run told by number', () => {
  test('is the same run again, each behind the one before it', () => {
    const [a, b, c, d] = chainOf(anna, 3, 1, 64, 1) as [VerifiedRun, VerifiedRun, VerifiedRun, VerifiedRun]
    const bring = linkOf()
    expect(bring(byName(a, 5))).toMatchObject(whole(a))
    expect(bring(byNumber(b, a, 5))).toMatchObject(whole(b))
    expect(bring(byNumber(c, b, 5))).toMatchObject(whole(c))
    const last = bring(byNumber(d, c, 5))
    expect(last).toMatchObject(whole(d))
    expect(verifyRun(nodeCrypto, last as VerifiedRun)).toBe(last)
  })

  test.each([[[0]], [[1, 3]], [[0, 1, 2, 3]]])(
    'says what belongs to the bodies %j, which are not there',
    (nils) => {
      const [a, b] = chainOf(anna, 1, 4) as [VerifiedRun, VerifiedRun]
      const bring = linkOf()
      bring(byName(a, 0))
      const bare = withBodies(b, (i) => !nils.includes(i))
      expect(bring(byNumber(bare, a, 0))).toMatchObject(whole(bare))
    },
  )

  test('has at most 210 bytes for a text of 100 signed alone', () => {
    const [a, b] = chainOf(anna, 1, 1) as [VerifiedRun, VerifiedRun]
    const frame = encodeFrame({ type: 'live', runs: [byNumber(b, a, NUMBERED_LANES_MAX - 1)] })
    expect(frame.length).toBeLessThanOrEqual(210)
  })

  test('stands for nothing where what it follows was another, or times do not fit', () => {
    const [a, b, c] = chainOf(anna, 1, 1, 1) as [VerifiedRun, VerifiedRun, VerifiedRun]
    const end = endOf(a.events[0]!)
    expect(nextRun(packRun(b), end, 0)).toBeDefined()
    expect(nextRun(packRun(a), end, 0)).toBeUndefined()
    expect(nextRun(packRun(c), end, 0)).toBeUndefined()
    const at = (t: number) => packRun(anna.run(a.events[0]!.lane, ['late'], a, t))
    expect(nextRun(at(NOW + 2 ** 24 - 1), end, 0)).toBeDefined()
    expect(nextRun(at(NOW + 2 ** 24), end, 0)).toBeUndefined()
    expect(nextRun(at(NOW - 1), end, 0)).toBeUndefined()
  })

  test('whose number stands for nothing here is no fault, nor does it become one', () => {
    const [a, b, c] = chainOf(anna, 1, 1, 1) as [VerifiedRun, VerifiedRun, VerifiedRun]
    const bring = linkOf()
    expect(bring(byNumber(b, a, 7))).toEqual({ of: undefined })
    expect(bring(byName(b, 7))).toMatchObject(whole(b))
    expect(bring(byNumber(c, b, 7))).toMatchObject(whole(c))
  })

  test('behind a missing one names what is missing, and once told by name all goes on', () => {
    const [a, b, c, d] = chainOf(anna, 1, 2, 3, 1) as [VerifiedRun, VerifiedRun, VerifiedRun, VerifiedRun]
    const bring = linkOf()
    bring(byName(a, 7))
    const { room, author, lane } = a.events[0]!
    expect(bring(byNumber(c, b, 7))).toEqual({ of: { room, author, lane, n: 6 } })
    expect(bring(byName(c, 7))).toMatchObject(whole(c))
    expect(bring(byNumber(d, c, 7))).toMatchObject(whole(d))
  })

  test('that came before is read as one that does not follow', () => {
    const [a, b] = chainOf(anna, 1, 1) as [VerifiedRun, VerifiedRun]
    const bring = linkOf()
    bring(byName(a, 7))
    bring(byNumber(b, a, 7))
    const again = bring(byNumber(b, a, 7))
    expect(typeof again === 'object' && isUnread(again)).toBe(true)
  })

  test('under the number of another lane is nobody’s: its signature does not hold', () => {
    const [a, b] = chainOf(anna, 1, 1) as [VerifiedRun, VerifiedRun]
    const [other, third] = chainOf(bert, 1, 1) as [VerifiedRun, VerifiedRun]
    const bring = linkOf()
    bring(byName(a, 1))
    bring(byName(other, 2))
    const wrong = bring(byNumber(b, a, 2))
    if (typeof wrong === 'string' || isUnread(wrong)) throw new Error('not read')
    expect(verifyRun(nodeCrypto, wrong)).toBe('signature')
    // What follows stands on it no better, until the lane is told by name again.
    expect(verifyRun(nodeCrypto, bring(byNumber(b, a, 1)) as VerifiedRun)).not.toBe('signature')
    expect(bring(byNumber(third, other, 2))).toMatchObject({ of: { author: bert.person } })
  })

  test('knows its number on its own link alone', () => {
    const [a, b] = chainOf(anna, 1, 1) as [VerifiedRun, VerifiedRun]
    const [bring, bringElsewhere] = [linkOf(), linkOf()]
    bring(byName(a, 1))
    expect(bringElsewhere(byNumber(b, a, 1))).toEqual({ of: undefined })
  })

  test('of another size, of no events, or of a number beyond the last is none', () => {
    const [a, b] = chainOf(anna, 1, 2) as [VerifiedRun, VerifiedRun]
    const next = byNumber(b, a, 3)
    const sizes = [0, 1, 66, next.tail.length - 1]
    const brought = (run: LiveRun) => {
      const bring = linkOf()
      bring(byName(a, 3))
      return bring(run)
    }
    for (const size of sizes) expect(brought({ ...next, tail: next.tail.slice(0, size) })).toBe('size')
    expect(brought({ ...next, bodies: [] })).toBe('size')
    expect(brought({ ...next, bodies: [null, null] })).toBe('size')
    expect(brought({ ...next, number: NUMBERED_LANES_MAX })).toBe('size')
    expect(brought(byName(a, NUMBERED_LANES_MAX))).toBe('size')
    const frame = (tail: number, bodies: number) =>
      decodeFrame(
        encodeFrame({
          type: 'live',
          runs: [{ number: 1, tail: new Uint8Array(tail), bodies: new Array(bodies).fill(null) }],
        }),
      )
    expect(frame(NEXT_TAIL_BYTES_MAX, RUN_EVENTS_MAX)).toMatchObject({ type: 'live' })
    expect(frame(NEXT_TAIL_BYTES_MAX + 1, RUN_EVENTS_MAX)).toBe('schema')
    expect(frame(NEXT_TAIL_BYTES_MAX, RUN_EVENTS_MAX + 1)).toBe('schema')
  })

  test('whatever bits are turned: it is read as another, refused, or said to be missing, and never throws', () => {
    const [a, b] = chainOf(anna, 1, 1) as [VerifiedRun, VerifiedRun]
    const bytes = encodeFrame({ type: 'live', runs: [byName(a, 3), byNumber(b, a, 3)] })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bent = bytes.slice()
      bent[bit >> 3]! ^= 1 << (bit & 7)
      const frame = decodeFrame(bent)
      if (typeof frame === 'string' || frame.type !== 'live') continue
      const lanes = new NumberedLanes()
      for (const run of frame.runs) {
        const got = lanes.parse(nodeCrypto, NET, run)
        if (typeof got === 'string' || isUnread(got)) continue
        const isAsSigned = [a, b].some(({ events }) => events.at(-1)!.id === got.events.at(-1)!.id)
        if (!isAsSigned) expect(verifyRun(nodeCrypto, got)).toBe('signature')
      }
    }
    for (let cut = 0; cut < bytes.length; cut++)
      expect(typeof decodeFrame(bytes.subarray(0, cut))).toBe('string')
  })
})

describe('the vectors of what a link brings as live', () => {
  const { net, frames } = vectorFile<{
    net: Uint8Array
    frames: { name: string; bytes: Uint8Array; read: Run | string }[]
  }>('live.json')
  const lanes = new NumberedLanes()
  test.each(frames)('$name', ({ bytes, read }) => {
    const frame = decodeFrame(bytes)
    if (typeof frame === 'string' || frame.type !== 'live') throw new Error(`${frame}`)
    expect(told(lanes.parse(nodeCrypto, netId(net), frame.runs[0]!))).toEqual(read)
  })
})

/** What is read, as the vectors say it. */
function told(got: ReturnType<NumberedLanes['parse']>): Run | string {
  if (typeof got === 'string') return got
  if (isUnread(got)) return got.of ? 'missing' : 'unknown'
  const good = verifyRun(nodeCrypto, got)
  return typeof good === 'string' ? good : packRun(good)
}
