/** Another process of this key (HB-24): what is only named, and what proves it. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { TwinWatch } from '../../src/node/twin-watch.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'
import { type Event, LANE_START, newContentLane, newControlLane, signRun } from '../../src/wire/event.ts'
import { type EventId, eventId, NETWORK_ROOM } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { Author, NET, NOW, ROOM } from './author.ts'

const me = new Author(1)
const salt = () => new Uint8Array(16)

/** A process of one key: its lanes, and what it makes of what comes. */
class Process {
  readonly watch = new TwinWatch()
  readonly #content = newContentLane(nodeCrypto, NOW)
  readonly #control = newControlLane(nodeCrypto)
  readonly #last = new Map<string, Event>()
  warnings = 0

  #write(room: typeof ROOM, lane: Event['lane'], at: number, body: Uint8Array, kind: number) {
    const last = this.#last.get(lane)
    const start = { net: NET, room, lane, n: last?.n ?? 0, prev: last?.id ?? LANE_START }
    const event = signRun(nodeCrypto, me.signer, start, [{ kind, at, t: at, body }]).events[0]!
    this.#last.set(lane, event)
    this.watch.wrote([event])
    return { event, body }
  }

  say(at = NOW) {
    const value: BodyValue = { kind: 'message', text: 'hi', action: false, replyTo: null }
    return this.#write(ROOM, this.#content, at, encodeBody(salt(), value), kindNumber('message'))
  }

  /** What it writes of twins, since the last call. */
  names() {
    return this.watch
      .takeDue(salt)
      .map(({ kind, body }) => this.#write(NETWORK_ROOM as typeof ROOM, this.#control, NOW, body(NOW), kind))
  }

  hears({ event, body }: { event: Event; body: Uint8Array }, now = 10_000) {
    if (this.watch.came(event, body, NOW, now)) this.warnings++
  }
}

const seenBy = ({ body }: { body: Uint8Array }): EventId => {
  const value = decodeBody(kindNumber('twin'), body)
  return eventId((value as BodyValue & { kind: 'twin' }).seen)
}

test('two processes that hear of each other each name what the other wrote, are each warned once, and then are silent', () => {
  const [a, b] = [new Process(), new Process()]
  const words = a.say()
  b.hears(words)
  const named = b.names()
  expect(named.map(seenBy)).toEqual([words.event.id])
  expect([a.warnings, b.warnings]).toEqual([0, 0])
  for (let i = 0, said = named; i < 5; i++) {
    for (const each of said) a.hears(each)
    const answers = a.names()
    for (const each of answers) b.hears(each)
    said = b.names()
    if (i > 1) expect([...answers, ...said]).toEqual([])
    a.hears(b.say())
    b.hears(a.say())
  }
  expect([a.warnings, b.warnings]).toEqual([1, 1])
})

test('what a former process wrote, however it is dated, is no proof, nor is what it named', () => {
  const [former, now] = [new Process(), new Process()]
  const other = new Process()
  former.hears(other.say())
  const late = [former.say(), ...former.names(), ...[-1, 0, 1, 60_000].map((ms) => former.say(NOW + ms))]
  for (const each of late) now.hears(each)
  expect(now.warnings).toBe(0)
  // Each lane is named once at most.
  expect(now.names().length).toBeLessThanOrEqual(2)
})

test('a process hands over once, 2 s after it was proven right: it answers first', () => {
  const [a, b] = [new Process(), new Process()]
  b.hears(a.say())
  for (const each of b.names()) a.hears(each, 10_000)
  expect([11_999, 12_000, 20_000].map((now) => a.watch.leaves(now))).toEqual([false, true, false])
  expect(b.watch.leaves(20_000)).toBe(false)
})

test('what was written long ago, or stamped by a clock that is wrong, is not even named', () => {
  const [former, now] = [new Process(), new Process()]
  now.hears(former.say(NOW - 120_000))
  now.hears(former.say(NOW + 120_000))
  expect(now.names()).toEqual([])
})

test('what this process wrote itself and comes back is nobody else’s', () => {
  const now = new Process()
  now.hears(now.say())
  now.hears({
    event: now.say().event,
    body: encodeBody(salt(), { kind: 'twin', seen: fromHex('00'.repeat(32)) }),
  })
  expect(now.names()).toEqual([])
  expect(now.warnings).toBe(0)
})

test('lanes that come late are named sixteen times at most', () => {
  const now = new Process()
  for (let i = 0; i < 40; i++) now.hears(new Process().say())
  expect(now.names()).toHaveLength(16)
})
