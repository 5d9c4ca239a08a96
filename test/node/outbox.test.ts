/** The outbox: what waits for credit, what goes around the hub, what the hub has been given. */
import { expect, test } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { Outbox, type Told } from '../../src/node/outbox.ts'
import { LANE_START, newContentLane, signRun } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { type EventId, generalRoom, type NetId, type PersonKey } from '../../src/wire/ids.ts'

const net = '0'.repeat(16) as NetId
const room = generalRoom(nodeCrypto, net)
const lane = newContentLane(nodeCrypto, 0)
const signer = signerOf(new Uint8Array(32).fill(7))
const [hub, first] = ['a'.repeat(64), 'b'.repeat(64)] as [PersonKey, PersonKey]

/** An outbox that follows a hub, with so many events of one lane. */
function filled(count: number, credit: number) {
  const sent: Frame[] = []
  const told: Told[] = []
  const outbox = new Outbox(
    (frame) => sent.push(frame),
    (each) => told.push(each),
  )
  outbox.linked(0, 'posts')
  let prev: EventId = LANE_START
  for (let n = 0; n < count; n++) {
    const draft = { kind: 1, at: n, t: n, body: new Uint8Array(20) }
    const run = signRun(nodeCrypto, signer, { net, room, lane, n, prev }, [draft])
    prev = run.events[0]!.id
    outbox.add(run, true, 0)
  }
  outbox.credit(credit, 0)
  return { outbox, sent, told }
}

test('what the hub acknowledged, because it pulled it, is not posted any more', () => {
  const { outbox, sent } = filled(5, 2)
  expect([sent.length, outbox.queued]).toEqual([2, 3])
  outbox.stored(hub, room, lane, 4, 100)
  expect(outbox.queued).toBe(1)
  outbox.credit(10, 200)
  expect(sent.length).toBe(3)
})

test('what waits for credit does not go around the hub; what it was given does, until line[0] has signed (GU-2)', () => {
  const waiting = filled(3, 0)
  expect(waiting.outbox.unconfirmed(first, 60_000, 2000)).toEqual([])
  const { outbox } = filled(3, 3)
  expect(outbox.unconfirmed(first, 1999, 2000)).toEqual([])
  expect(outbox.unconfirmed(first, 2000, 2000)).toMatchObject([{ type: 'offer' }])
  outbox.witnessed(first, room, lane, 3, () => false)
  expect(outbox.unconfirmed(first, 60_000, 2000)).toEqual([])
})

test('an acknowledgement without a signature is no answer to whether the hub holds it (GU-6)', () => {
  const { outbox } = filled(3, 3)
  outbox.stored(hub, room, lane, 3, 100)
  expect([...outbox.ignored(hub, first, 20_000, 10_000)]).toEqual([])
  outbox.witnessed(first, room, lane, 2, () => false)
  expect([...outbox.ignored(hub, first, 20_000, 10_000)]).toEqual([{ room, lane, n: 2 }])
  outbox.witnessed(hub, room, lane, 3, () => false)
  expect([...outbox.ignored(hub, first, 20_000, 10_000)]).toEqual([])
})

test('what was deleted before it was posted is not posted with its body', () => {
  const { outbox, sent } = filled(3, 0)
  const draft = { kind: 1, at: 9, t: 9, body: new Uint8Array(20) }
  const run = signRun(
    nodeCrypto,
    signer,
    { net, room, lane: newContentLane(nodeCrypto, 0), n: 0, prev: LANE_START },
    [draft],
  )
  outbox.add(run, true, 0)
  outbox.forget(new Set([run.events[0]!.id]))
  outbox.credit(10, 0)
  expect(sent.length).toBe(3)
})

test('what the lost hub did not acknowledge is posted to the next one, and not offered beside it (AK-6)', () => {
  const { outbox, sent } = filled(3, 3)
  outbox.stored(hub, room, lane, 1, 0)
  outbox.unlinked()
  sent.length = 0
  outbox.linked(100, 'posts')
  expect([sent.length, outbox.queued]).toEqual([0, 2])
  outbox.sessionBegins()
  outbox.credit(40, 101)
  expect(sent.map(({ type }) => type)).toEqual(['post', 'post'])
  outbox.tick(2200)
  expect(sent.at(-1)?.type).toBe('offer')
})

test('of more than is kept at hand the next hub is told, and pulls (AK-5)', () => {
  const { outbox, sent } = filled(17, 0)
  outbox.linked(100, 'posts')
  expect([sent.map(({ type }) => type), outbox.queued]).toEqual([['offer'], 0])
})

test('a signature for what a device has signed for before says nothing new', () => {
  const { outbox } = filled(3, 3)
  outbox.witnessed(first, room, lane, 2, () => false)
  expect([1, 2, 3].map((n) => outbox.isHeldBy(first, room, lane, n))).toEqual([true, true, false])
  expect(outbox.isHeldBy(hub, room, lane, 1)).toBe(false)
})

test('of what is written alone without end only the latest is kept, and all of it is offered to whoever comes (AK-5)', () => {
  const { outbox, sent, told } = filled(600, 0)
  outbox.alone()
  expect(told.filter(({ state }) => state === 'stored').length).toBe(600)
  expect(outbox.kept).toBe(256)
  outbox.linked(100, 'posts')
  expect(sent).toMatchObject([{ type: 'offer' }])
})

test('of lanes of one room that follow one another, as after pauses, the last two are kept, and what is not stored', () => {
  const outbox = new Outbox(
    () => {},
    () => {},
  )
  outbox.linked(0, 'posts')
  for (let i = 0; i < 50; i++) {
    const draft = { kind: 1, at: i, t: i, body: new Uint8Array(20) }
    const next = newContentLane(nodeCrypto, i)
    outbox.add(
      signRun(nodeCrypto, signer, { net, room, lane: next, n: 0, prev: LANE_START }, [draft]),
      true,
      0,
    )
    if (i !== 7) outbox.stored(hub, room, next, 1, 0)
  }
  expect(outbox.kept).toBe(3)
  expect(outbox.unstored).toBe(1)
})
