/** What comes from one machine is measured together, under however many keys. */
import { describe, expect, test } from 'vitest'
import { Hosts, Hub, unitsOf } from '../../src/hub/index.ts'
import { packRun, type VerifiedRun } from '../../src/wire/event.ts'
import { HOST_BURSTS, HOST_PERSONS } from '../../src/wire/limits.ts'
import { Author } from '../node/author.ts'
import { hubPorts, persons } from './ports.ts'

const RATE = { perS: 10, burst: 40 }

/** A hub with one session for each of these authors. */
function hubOf(authors: readonly Author[], hostOf: (i: number) => string) {
  const [self] = persons(1)
  const credit = authors.map(() => 0)
  const refused: string[] = []
  const ports = hubPorts(self, {
    rate: RATE,
    send: (link, frame) => {
      if (frame.type === 'credit') credit[link - 1]! += frame.events
      if (frame.type === 'refused') refused.push(frame.code)
    },
  })
  const hub = new Hub(ports, 0)
  for (const [i, { person }] of authors.entries()) hub.joined(i + 1, person, false, undefined, hostOf(i))
  const lanes = authors.map((author) => author.contentLane())
  const last: VerifiedRun[] = []
  /** Posts all that was granted, in runs of these texts. */
  const postAll = (text = 'hi'): number => {
    let posted = 0
    for (const [i, author] of authors.entries())
      for (; credit[i]! > 0; credit[i]!--) {
        last[i] = author.run(lanes[i]!, [text], last[i])
        hub.frame(i + 1, { type: 'post', run: packRun(last[i]!) })
        posted++
      }
    hub.endTurn()
    return posted
  }
  const later = (now: number) => {
    hub.setNow(now)
    hub.tick()
  }
  return { credit, refused, postAll, later }
}
const authorsOf = (count: number) => Array.from({ length: count }, (_, i) => new Author(i + 2))

describe('LV-6: what is granted to', () => {
  test('a hundred keys of one machine is what 64 may burst, and then what eight may go on with', () => {
    const { credit, refused, postAll, later } = hubOf(authorsOf(100), () => '10.0.0.7')
    expect(credit.reduce((sum, events) => sum + events, 0)).toBe(HOST_BURSTS * RATE.burst)
    postAll()
    let posted = 0
    for (let now = 1000; now <= 10_000; now += 1000) {
      later(now)
      posted += postAll()
    }
    expect(posted).toBe(10 * HOST_PERSONS * RATE.perS)
    expect(refused).toEqual([])
  })

  test.each([
    ['this machine itself', () => ''],
    ['machines of their own', (i: number) => `10.0.0.${i}`],
  ])('as many of %s is what each may burst', (_, hostOf) => {
    const { credit } = hubOf(authorsOf(100), hostOf)
    expect(credit).toEqual(new Array(100).fill(RATE.burst))
  })

  test('who posts what is large is less, and nothing of it is refused', () => {
    const { refused, postAll, later } = hubOf(authorsOf(4), () => '10.0.0.7')
    const long = 'a'.repeat(8000)
    let posted = 0
    for (let now = 0; now <= 100_000; now += 1000) {
      later(now)
      posted += postAll(long)
    }
    // Eight units each.
    expect(posted).toBeLessThanOrEqual(
      (HOST_BURSTS * RATE.burst + 100 * HOST_PERSONS * RATE.perS) / 8 + 4 * RATE.burst,
    )
    expect(refused).toEqual([])
  })
})

test('an event is one unit, and a large one as many as it has KiB', () => {
  const author = new Author(2)
  expect(unitsOf(author.run(author.contentLane(), ['a', 'b']))).toBe(2)
  expect(unitsOf(author.run(author.contentLane(), ['a'.repeat(5000)]))).toBe(5)
})

test('as many machines are remembered as take something, up to a limit', () => {
  const hosts = new Hosts({ perS: 1, burst: 10 })
  for (let i = 0; i < 5000; i++) {
    expect(hosts.left(`${i}`, i)).toBe(10)
    hosts.took(`${i}`, 1, i)
  }
  expect(hosts.size).toBe(4096)
})
