/** What comes from one machine is measured together, under however many keys. */
import { describe, expect, test } from 'vitest'
import { Hosts, Hub, unitsOf } from '../../src/hub/index.ts'
import { packRun, type VerifiedRun } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
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
  return { hub, credit, refused, postAll, later }
}
/** So many keys, of whom nobody can sign. */
const keysOf = (count: number) =>
  Array.from({ length: count }, (_, i) => `${i}`.padStart(64, '0') as PersonKey)

/** A hub to which as many come from one address. */
function classOf(count: number) {
  const [self] = persons(1)
  const credit = new Map<number, number>()
  const send = (link: number, frame: Frame) => {
    if (frame.type === 'credit') credit.set(link, (credit.get(link) ?? 0) + frame.events)
  }
  const hub = new Hub(hubPorts(self, { rate: RATE, send }), 0)
  const keys = keysOf(count)
  const come = () => {
    for (const [link, key] of keys.entries()) hub.joined(link, key, false, undefined, '10.0.0.7')
  }
  const go = () => {
    for (const link of keys.keys()) hub.left(link)
    credit.clear()
  }
  const least = () => Math.min(...[...keys.keys()].map((link) => credit.get(link) ?? 0))
  return { hub, come, go, least }
}

const authorsOf = (count: number) => Array.from({ length: count }, (_, i) => new Author(i + 2))

describe('LV-6: what is granted to', () => {
  test('a hundred keys of one machine is what 64 may burst, and then what eight may go on with', () => {
    const { refused, postAll, later } = hubOf(authorsOf(100), () => '10.0.0.7')
    let posted = postAll()
    for (let now = 1000; now <= 20_000; now += 1000) {
      later(now)
      posted += postAll()
    }
    expect(posted).toBe(HOST_BURSTS * RATE.burst + 20 * HOST_PERSONS * RATE.perS)
    expect(refused).toEqual([])
  })

  test('300 who come at once from one address is something for each, again where all have been away for a moment', () => {
    const { hub, come, go, least } = classOf(300)
    come()
    expect(least()).toBeGreaterThan(0)
    for (let now = 1000; now <= 5000; now += 1000) {
      hub.setNow(now)
      hub.tick()
    }
    go()
    come()
    expect(least()).toBeGreaterThan(0)
  })

  test('others of a machine is something for each too while a hundred keys of it post all that they may', () => {
    const authors = authorsOf(100)
    const { hub, credit, postAll, later } = hubOf(authors, () => '10.0.0.7')
    const link = authors.length + 1
    for (let now = 1000; now <= 40_000; now += 1000) {
      if (now === 20_000) hub.joined(link, keysOf(1)[0]!, false, undefined, '10.0.0.7')
      later(now)
      postAll()
      // It says nothing yet.
      credit[link - 1] ??= 0
    }
    expect(credit[link - 1]).toBeGreaterThan(10)
  })

  test('those who come again and post what was granted to them before as well is paid for by their machine', () => {
    const authors = authorsOf(100)
    const { hub, credit, postAll, later } = hubOf(authors, () => '10.0.0.7')
    const former = credit.slice()
    for (const i of authors.keys()) hub.left(i + 1)
    for (const [i, { person }] of authors.entries()) hub.joined(i + 1, person, false, undefined, '10.0.0.7')
    expect(credit).toEqual(former.map((events) => 2 * events))
    const posted = postAll()
    expect(posted).toBeGreaterThan(HOST_BURSTS * RATE.burst)
    const paidAt = ((posted - HOST_BURSTS * RATE.burst) / (HOST_PERSONS * RATE.perS)) * 1000
    for (let now = 1000; now < paidAt; now += 1000) later(now)
    expect(Math.max(...credit)).toBe(0)
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
