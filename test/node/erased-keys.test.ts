/** The keys of a deleted room go from every store, and its control lanes stay whole without them (rules EV-15 and EV-18). */
import { describe, expect, test } from 'vitest'
import { BEYOND_MAX } from '../../src/node/beyond.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { isKeyKind } from '../../src/node/erased-keys.ts'
import { Erasing } from '../../src/node/erasing.ts'
import type { MemoryStore } from '../../src/node/memory-store.ts'
import type { Replica } from '../../src/node/replica.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { LANE_START, lastOf, packRun, signRun, type VerifiedRun } from '../../src/wire/event.ts'
import { type LaneId, madeRoom, NETWORK_ROOM } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { Author, NET, NOW, replicaOf, verified } from './author.ts'

const DAY = 24 * 3600 * 1000
const anna = new Author(1)
const ben = new Author(2)
/** The room is anna's, by its id. */
const ROOM_SALT = new Uint8Array(16).fill(200)
const ROOM = madeRoom(nodeCrypto, NET, anna.person, ROOM_SALT)
let salt = 0

const topic = (text: string): BodyValue => ({ kind: 'topic', topic: text, reason: '' })
const key = (sign: number): BodyValue => ({
  kind: 'key',
  keyId: new Uint8Array(16).fill(sign),
  sealed: new Uint8Array(80).fill(sign),
})
const keyring = (sign: number): BodyValue => ({
  kind: 'keyring',
  device: ben.signer.key,
  keys: new Uint8Array(16).fill(sign),
  sealed: new Uint8Array(48).fill(sign),
})
const create: BodyValue = {
  kind: 'create',
  type: 1,
  name: new Uint8Array(80).fill(5),
  topic: '',
  max: 0,
  persons: new Uint8Array(0),
}
const gone: BodyValue = { kind: 'delete', reason: '' }

function runOf(
  author: Author,
  lane: LaneId,
  values: readonly BodyValue[],
  after?: VerifiedRun,
  room = ROOM,
): VerifiedRun {
  const drafts = values.map((value, i) => {
    const bytes = value.kind === 'create' ? ROOM_SALT : new Uint8Array(16).fill(++salt)
    return { kind: kindNumber(value.kind), at: NOW + i, t: NOW + i, body: encodeBody(bytes, value) }
  })
  const last = after && lastOf(after)
  const start = { net: NET, room, lane, n: last?.n ?? 0, prev: last?.id ?? LANE_START }
  return signRun(nodeCrypto, author.signer, start, drafts)
}

/** Everything a peer that pulls gets of the room's control lanes, lane by lane, in the order it names. */
function serve(from: Replica, to: Replica, order: (lanes: LaneId[]) => LaneId[] = (lanes) => lanes): void {
  const lanes = [...from.lanes(ROOM, 0)]
  for (const id of order(lanes.map(({ lane }) => lane))) {
    const lane = lanes.find((each) => each.lane === id)!
    const after = to.lane(ROOM, lane.author, id)?.n ?? 0
    for (const run of from.runs.after(lane, after, 1 << 20).runs) to.add(verified(run))
  }
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length < 2) return [[...of]]
  return of.flatMap((first, i) => permutations(of.filter((_, k) => k !== i)).map((rest) => [first, ...rest]))
}

const bodyOf = (replica: Replica, run: VerifiedRun, i: number) => replica.body(run.events[i]!)

function erasingOver(replica: Replica, store: MemoryStore, isDeleted: () => boolean = () => true) {
  let told = 0
  const erasing = new Erasing({
    replica,
    retentionMs: 180 * DAY,
    isDeleted,
    get: (name) => store.get(name),
    put: (op) => void store.write([op], true),
    keysErased: () => void told++,
    keysWanted: () => {},
    laneErased: () => {},
    done: () => {},
  })
  let now = 0
  const run = async (time: number) => {
    now += 60_000
    while (erasing.tick(now, time) > 0) await store.write(replica.takeOps(), true)
    await store.write(replica.takeOps(), true)
  }
  return { run, told: () => told }
}

/** A room with keys in two lanes, deleted in one of them. */
function deletedRoom() {
  const lane = anna.controlLane()
  const first = runOf(anna, lane, [create, key(7), topic('two')])
  const second = runOf(anna, lane, [keyring(8), gone, topic('three')], first)
  const other = runOf(ben, ben.controlLane(), [topic('four'), key(9), topic('five')])
  return { lane, first, second, other, runs: [first, second, other] }
}

/** A replica that has erased the keys of that room. */
async function eraser(runs: readonly VerifiedRun[]) {
  const made = replicaOf()
  for (const run of runs) made.replica.add(run)
  await made.save()
  const { run, told } = erasingOver(made.replica, made.store)
  await run(NOW)
  await run(NOW + 8 * DAY)
  return { ...made, told }
}

describe('the keys of a deleted room', () => {
  test('go a week after its delete was seen, from runs and from events alone, and nothing else goes', async () => {
    const { first, second, other, runs } = deletedRoom()
    const { replica, store, save } = replicaOf()
    for (const run of runs) replica.add(run)
    await save()
    const digest = replica.vectors.digest(ROOM, 0)
    const { run, told } = erasingOver(replica, store)
    await run(NOW)
    await run(NOW + 6 * DAY)
    expect(bodyOf(replica, first, 1)).toBeDefined()
    expect(told()).toBe(0)
    await run(NOW + 8 * DAY)
    for (const [each, i] of [
      [first, 1],
      [second, 0],
      [other, 1],
    ] as const)
      expect(bodyOf(replica, each, i)).toBeUndefined()
    for (const [each, i] of [
      [first, 0],
      [first, 2],
      [second, 1],
      [second, 2],
      [other, 2],
    ] as const)
      expect(bodyOf(replica, each, i)).toBeDefined()
    expect(replica.takeErased().length).toBeGreaterThan(0)
    expect(told()).toBeGreaterThan(0)
    expect(replica.vectors.digest(ROOM, 0)).toEqual(digest)
    const bytes = store.snapshot().map(([, value]) => Buffer.from(value).toString('latin1'))
    for (const sign of [7, 8, 9])
      expect(bytes.some((value) => value.includes(String.fromCharCode(sign).repeat(40)))).toBe(false)
  })

  test('leave lanes that a start finds whole, and are looked for only once', async () => {
    const { runs } = deletedRoom()
    const { replica, store } = await eraser(runs)
    const next = replicaOf(undefined, store).replica
    await next.load()
    expect(await next.scan()).toMatchObject({ wrong: 0 })
    next.takeOps()
    expect(next.vectors.digest(ROOM, 0)).toEqual(replica.vectors.digest(ROOM, 0))
    const { run } = erasingOver(next, store)
    await run(NOW + 9 * DAY)
    expect(next.takeErased()).toEqual([])
  })

  test('are a start later whole lanes also where the note of the delete was lost', async () => {
    const { runs } = deletedRoom()
    const { replica, store } = await eraser(runs)
    await store.write([['del', `mdoomed/${ROOM}`]], true)
    const next = replicaOf(undefined, store).replica
    await next.load()
    await next.scan()
    expect(next.vectors.digest(ROOM, 0)).toEqual(replica.vectors.digest(ROOM, 0))
  })

  test('are missed by nobody who comes later, in whatever order the lanes come', async () => {
    const { runs } = deletedRoom()
    const { replica } = await eraser(runs)
    for (const order of [(lanes: LaneId[]) => lanes, (lanes: LaneId[]) => [...lanes].reverse()]) {
      const late = replicaOf()
      serve(replica, late.replica, order)
      expect(late.replica.vectors.digest(ROOM, 0)).toEqual(replica.vectors.digest(ROOM, 0))
      const told = [...late.replica.lanes(ROOM, 0)].map((lane) => lane.told)
      expect(told.sort()).toEqual([3, 6])
    }
  })

  test('are missed by nobody in any order of arrival, whichever of them still come along', async () => {
    const lanes = [anna.controlLane(), anna.controlLane(), ben.controlLane(), ben.controlLane()] as const
    const runs = [
      runOf(anna, lanes[0], [key(7), create, topic('two')]),
      runOf(anna, lanes[1], [gone]),
      runOf(ben, lanes[2], [key(9)]),
      runOf(ben, lanes[3], [keyring(10), topic('three'), key(11)]),
    ]
    const whole = replicaOf().replica
    for (const run of runs) whole.add(run)
    for (const order of permutations([0, 1, 2, 3]))
      for (let bare = 0; bare < 16; bare++) {
        const { replica } = replicaOf()
        let told = 0
        for (const i of order) {
          const run = runs[i]!
          const isBare = (bare & (1 << i)) !== 0
          const bodies = run.bodies.map((body, k) => (isBare && isKeyKind(run.events[k]!.kind) ? null : body))
          const result = replica.add(verified(packRun({ ...run, bodies })))
          if (result.is === 'added') told += result.events.length
          told += replica.takeFreed().length
        }
        expect(replica.vectors.digest(ROOM, 0)).toEqual(whole.vectors.digest(ROOM, 0))
        // Each event once.
        expect(told).toBe(8)
      }
  })

  test('are missed by nobody where the delete stands hundreds of events behind them', async () => {
    const lane = anna.controlLane()
    const runs = [runOf(anna, lane, [create, key(7)])]
    for (let k = 0; k < 12; k++)
      runs.push(
        runOf(
          anna,
          lane,
          Array.from({ length: 40 }, (_, i) => (i === 20 ? key(k + 20) : topic(`${k} ${i}`))),
          runs.at(-1),
        ),
      )
    runs.push(runOf(anna, lane, [gone], runs.at(-1)))
    const { replica } = await eraser(runs)
    const late = replicaOf()
    serve(replica, late.replica)
    expect(late.replica.lane(ROOM, anna.person, lane)!.n).toBe(2 + 12 * 40 + 1)
    expect(late.replica.vectors.digest(ROOM, 0)).toEqual(replica.vectors.digest(ROOM, 0))
    await late.save()
    const again = replicaOf(undefined, late.store).replica
    await again.load()
    expect(await again.scan()).toMatchObject({ wrong: 0 })
  })

  test('do not come back: who returns with them brings them to nobody who erased them', async () => {
    const { first, runs } = deletedRoom()
    const { replica, store, save } = await eraser(runs)
    const lane = ben.controlLane()
    const late = runOf(ben, lane, [topic('late'), key(11)])
    replica.add(late)
    replica.add(first)
    await save()
    expect(replica.lane(ROOM, ben.person, lane)!.n).toBe(2)
    expect(bodyOf(replica, first, 1)).toBeUndefined()
    const bytes = store.snapshot().map(([, value]) => Buffer.from(value).toString('latin1'))
    for (const sign of [7, 11])
      expect(bytes.some((value) => value.includes(String.fromCharCode(sign).repeat(40)))).toBe(false)
  })

  test('are taken in again, and erased a week after the next delete, where the delete counts no more', async () => {
    const { first, runs } = deletedRoom()
    const { replica, store, save } = replicaOf()
    for (const run of runs) replica.add(run)
    await save()
    let isDeleted = true
    const { run } = erasingOver(replica, store, () => isDeleted)
    await run(NOW)
    await run(NOW + 8 * DAY)
    isDeleted = false
    await run(NOW + 9 * DAY)
    replica.add(first)
    await save()
    expect(bodyOf(replica, first, 1)).toBeDefined()
    isDeleted = true
    await run(NOW + 10 * DAY)
    await run(NOW + 18 * DAY)
    expect(bodyOf(replica, first, 1)).toBeUndefined()
  })
})

describe('elsewhere', () => {
  test('a key that comes without its body is a hole, and nothing behind it counts until it comes', () => {
    const { replica } = replicaOf()
    const lane = anna.controlLane()
    const run = runOf(anna, lane, [topic('one'), key(7), topic('two')])
    const next = runOf(anna, lane, [topic('three')], run)
    replica.add({ ...run, bodies: run.bodies.map((body, i) => (i === 1 ? null : body)) })
    replica.add(next)
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
    replica.add(run)
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(4)
  })

  test('a delete of another room excuses nothing here', () => {
    const { replica } = replicaOf()
    replica.add(runOf(anna, anna.controlLane(), [gone], undefined, NETWORK_ROOM))
    const lane = anna.controlLane()
    const run = runOf(anna, lane, [topic('one'), key(7)])
    replica.add({ ...run, bodies: run.bodies.map((body, i) => (i === 1 ? null : body)) })
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
  })

  test('nor does one of somebody who may not delete the room, until they may', () => {
    const { replica } = replicaOf()
    const [lane, theirs] = [anna.controlLane(), ben.controlLane()]
    const run = runOf(anna, lane, [create, key(7), topic('two')])
    replica.add(runOf(ben, theirs, [gone]))
    replica.add({ ...run, bodies: run.bodies.map((body, i) => (i === 1 ? null : body)) })
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
    replica.mayDelete = () => true
    replica.kinChanged([ben.person])
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(3)
  })

  test('other events of a deleted room are never missing', () => {
    const { replica } = replicaOf()
    const lane = anna.controlLane()
    const run = runOf(anna, lane, [create, topic('two'), gone])
    replica.add({ ...run, bodies: run.bodies.map((body, i) => (i === 1 ? null : body)) })
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
  })

  test('nor does one in a room that nobody made, as a talk, whoever wrote it', () => {
    const { replica } = replicaOf()
    replica.mayDelete = () => true
    replica.add(runOf(anna, anna.controlLane(), [gone]))
    const lane = anna.controlLane()
    const run = runOf(anna, lane, [topic('one'), key(7)])
    replica.add({ ...run, bodies: run.bodies.map((body, i) => (i === 1 ? null : body)) })
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
  })

  test('keys that may not be missing are never erased', async () => {
    const { replica, save } = replicaOf()
    const lane = anna.controlLane()
    const run = runOf(anna, lane, [create, key(7)])
    replica.add(run)
    await save()
    expect(replica.eraseKeys(replica.lane(ROOM, anna.person, lane)!, 0, 9)).toEqual({ looked: 2, erased: 0 })
    expect(bodyOf(replica, run, 1)).toBeDefined()
  })
})

describe('behind a hole that nothing closes', () => {
  /** A key without its body, and runs of one event behind it. */
  function open(length: number) {
    const lane = anna.controlLane()
    const runs = [runOf(anna, lane, [key(7)])]
    for (let n = 2; n <= length; n++) runs.push(runOf(anna, lane, [topic(`${n}`)], runs.at(-1)))
    const first = { ...runs[0]!, bodies: [null] }
    return { lane, runs: [first, ...runs.slice(1)] }
  }

  /** How often the store is asked while these come. */
  function reads(runs: readonly VerifiedRun[]): number {
    const { replica, store } = replicaOf()
    let count = 0
    const get = store.get.bind(store)
    store.get = (name) => {
      count++
      return get(name)
    }
    for (const run of runs) {
      replica.add(run)
      // As if it were written: what is asked for goes to the store.
      void store.write(replica.takeOps(), false)
    }
    return count
  }

  test('each event is looked at once, however many come', () => {
    const { runs } = open(400)
    expect(reads(runs)).toBeLessThan(4.5 * reads(runs.slice(0, 100)))
  })

  test('what does not follow is not kept, and takes the place of nothing', () => {
    const { lane, runs } = open(6)
    const { replica } = replicaOf()
    for (const run of runs) replica.add(run)
    const other = runOf(anna, lane, [topic('other')], runs[1])
    const stray = runOf(anna, lane, [topic('stray')], other)
    expect(replica.add(stray)).toMatchObject({ is: 'gap' })
    expect(replica.event(ROOM, anna.person, lane, 4)!.id).toBe(runs[3]!.events[0]!.id)
  })

  test('only so much is kept, and a delete further on is heeded all the same', () => {
    const { lane, runs } = open(BEYOND_MAX + 3)
    const last = runOf(anna, lane, [create, gone], runs.at(-1))
    const { replica } = replicaOf()
    for (const run of runs) replica.add(run)
    expect(replica.lane(ROOM, anna.person, lane)).toMatchObject({ n: 0, top: BEYOND_MAX })
    expect(replica.add(last)).toMatchObject({ is: 'gap' })
    expect(replica.takeFreed()).toHaveLength(BEYOND_MAX)
    for (const run of [...runs.slice(BEYOND_MAX), last]) replica.add(run)
    expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(BEYOND_MAX + 5)
  })
})
