/** Runs stored as one value: what is read of them, and what becomes of them when something in them changes. */
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { bodyKey, eventKey } from '../../src/node/keys.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { bodyIn, countIn, packRecord, readStored, withBody } from '../../src/node/run-record.ts'
import type { StoreOp } from '../../src/node/store.ts'
import { concat } from '../../src/wire/bytes.ts'
import { type Event, HEADER_BYTES, lastOf, packRun, type VerifiedRun } from '../../src/wire/event.ts'
import { Author, joined, ROOM, replicaOf } from './author.ts'

const anna = new Author(1)
const keyOf = ({ room, author, lane, n }: Event) => eventKey(room, author, lane, n)
const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)
const eventKeys = (store: MemoryStore) => store.list({ from: 'e', to: 'f' }).map(([key]) => key)

/** A replica with one run of four events on disk. */
async function stored() {
  const { replica, store, save } = replicaOf()
  const lane = anna.contentLane()
  const run = anna.run(lane, ['1', '2', '3', '4'])
  replica.add(run)
  await save()
  return { replica, store, save, lane, run }
}
async function restarted(store: MemoryStore) {
  const { replica } = replicaOf(undefined, store)
  await replica.load()
  return replica
}
const textsOf = (replica: Awaited<ReturnType<typeof restarted>>, run: VerifiedRun) =>
  run.events.map((event) => replica.body(event))

/** The value as stores had it before its headers were kept short. */
function formerRecord(run: VerifiedRun, bodies: readonly (Uint8Array | null)[] = run.bodies): Uint8Array {
  const present = new Uint8Array(8)
  for (const [i, body] of bodies.entries()) if (body) present[i >> 3]! |= 1 << (i & 7)
  const held = bodies.filter((body) => body !== null)
  return concat(Uint8Array.of(2, run.events.length), present, run.signature, run.headers, ...held)
}

describe.each([
  ['today', packRecord],
  ['before', formerRecord],
] as const)('the value of a run, as stores have it %s,', (_, pack) => {
  const run = anna.run(anna.contentLane(), ['1', '2', '3'])
  const headers = run.events.map(({ header }) => header)
  const value = pack(run)

  test('holds headers, the signature and the bodies', () => {
    expect(readStored(nodeCrypto, value)).toMatchObject({
      headers,
      signature: run.signature,
      bodies: run.bodies,
    })
    expect(countIn(value)).toBe(3)
  })

  test('says the ids of its events, or none', () => {
    const { ids } = readStored(nodeCrypto, value)!
    expect([undefined, run.events.map(({ id }) => id)]).toContainEqual(ids)
  })

  test('says each body at once, and none for another event', () => {
    for (const [i, event] of run.events.entries()) {
      expect(bodyIn(value, i, event)).toEqual(run.bodies[i])
      expect(bodyIn(value, (i + 1) % 3, event)).toBeUndefined()
    }
    expect(bodyIn(value, 3, run.events[2]!)).toBeUndefined()
    expect(bodyIn(headers[0]!, 0, run.events[0]!)).toBeUndefined()
  })

  test('can lose a body, which is nowhere in it then, and get it again', () => {
    const without = withBody(value, 1, null)
    const bodies = [run.bodies[0], null, run.bodies[2]]
    expect(readStored(nodeCrypto, without)).toMatchObject({ headers, signature: run.signature, bodies })
    expect(Buffer.from(without).includes(Buffer.from(run.bodies[1]!))).toBe(false)
    expect(bodyIn(without, 1, run.events[1]!)).toBeUndefined()
    expect(bodyIn(without, 2, run.events[2]!)).toEqual(run.bodies[2])
    expect(withBody(without, 1, run.bodies[1]!)).toEqual(value)
  })

  test('is nothing where it is cut short, too long or empty', () => {
    for (let length = 0; length < value.length; length++) {
      const part = value.subarray(0, length)
      expect(readStored(nodeCrypto, part)).toBeUndefined()
      expect(bodyIn(part, 0, run.events[0]!)).toBeUndefined()
    }
    expect(readStored(nodeCrypto, Uint8Array.of(...value, 0))).toBeUndefined()
    expect(readStored(nodeCrypto, Uint8Array.of(4, 1, 2))).toBeUndefined()
    expect(
      readStored(
        nodeCrypto,
        value.map((byte, i) => (i === 1 ? 0 : byte)),
      ),
    ).toBeUndefined()
    expect(
      readStored(
        nodeCrypto,
        value.map((byte, i) => (i === 1 ? 65 : byte)),
      ),
    ).toBeUndefined()
  })
})

describe('the value of a run', () => {
  const run = anna.run(anna.contentLane(), texts(64))
  const headers = run.events.map(({ header }) => header)

  test('has 48 bytes beside its body for each event more', () => {
    const bodies = run.bodies.reduce((sum, body) => sum + body!.length, 0)
    expect(packRecord(run).length).toBe(183 + 64 * 48 + bodies)
    expect(readStored(nodeCrypto, packRecord(run))!.headers).toEqual(headers)
  })

  test('is nothing where the disk has damaged what its headers are made of', () => {
    const short = anna.run(anna.contentLane(), ['1', '2', '3'])
    const value = packRecord(short)
    for (let at = 74; at < 183 + 3 * 48; at++) {
      const damaged = value.slice()
      damaged[at]! ^= 1 << (at % 8)
      expect(readStored(nodeCrypto, damaged)).toBeUndefined()
    }
  })

  test('of an event alone is its header, as it always was', () => {
    expect(readStored(nodeCrypto, headers[0]!)).toEqual({
      headers: [headers[0]],
      ids: undefined,
      signature: undefined,
      bodies: undefined,
    })
    expect(countIn(headers[0]!)).toBe(1)
  })
})

test('a run at the end of its lane is one entry, and every event of it is found before and after the scan', async () => {
  const { store, run, lane } = await stored()
  expect(eventKeys(store)).toEqual([keyOf(lastOf(run))])
  const replica = await restarted(store)
  for (const look of ['before', 'after']) {
    if (look === 'after') expect((await replica.scan()).wrong).toBe(0)
    for (const { n, id } of run.events) {
      expect(replica.idAt(ROOM, anna.person, lane, n)).toBe(id)
      expect(replica.find(id)?.n).toBe(n)
    }
    expect(textsOf(replica, run)).toEqual(run.bodies)
    const { runs } = replica.runs.after(replica.lane(ROOM, anna.person, lane)!, 1, 100_000)
    expect(runs.map(({ bodies }) => bodies.length)).toEqual([3])
  }
})

test('what a former version stored event by event goes on with runs', async () => {
  const { run, lane } = await stored()
  const store = new MemoryStore()
  for (const [i, event] of run.events.entries()) {
    const isLast = event === lastOf(run)
    const value = isLast ? Uint8Array.of(...event.header, ...run.signature) : event.header
    await store.write(
      [
        ['put', keyOf(event), value],
        ['put', bodyKey(event.id), run.bodies[i]!],
      ],
      true,
    )
  }
  const replica = await restarted(store)
  await replica.scan()
  const next = anna.run(lane, ['5', '6'], run)
  expect(replica.add(next)).toEqual({ is: 'added', events: next.events })
  await store.write(replica.takeOps(), true)
  expect(eventKeys(store)).toEqual([...run.events.map(keyOf), keyOf(lastOf(next))])
  const again = await restarted(store)
  expect((await again.scan()).wrong).toBe(0)
  expect(textsOf(again, joined(run, next))).toEqual([...run.bodies, ...next.bodies])
})

test('a deleted body is gone from the value of its run', async () => {
  const { replica, store, save, run } = await stored()
  const body = Buffer.from(run.bodies[1]!).toString('latin1')
  const onDisk = () =>
    store.snapshot().some(([, value]) => Buffer.from(value).toString('latin1').includes(body))
  expect(onDisk()).toBe(true)
  expect(replica.takeErased()).toEqual([])
  replica.delete(anna.delete(run.events[1]!))
  expect(replica.takeErased()).toEqual([bodyKey(run.events[1]!.id), keyOf(lastOf(run))])
  await save()
  expect(onDisk()).toBe(false)
  const again = await restarted(store)
  expect((await again.scan()).wrong).toBe(0)
  expect(textsOf(again, run)).toEqual([run.bodies[0], undefined, run.bodies[2], run.bodies[3]])
  expect(again.add(run)).toEqual({ is: 'added', events: [] })
  expect(again.body(run.events[1]!)).toBeUndefined()
})

test('a branch that parts inside a stored run proves the fork', async () => {
  const { replica, run, lane } = await stored()
  const branch = anna.run(lane, ['3b'], run.events[1])
  expect(replica.add(branch)).toMatchObject({ is: 'added', forked: true })
  expect(replica.lane(ROOM, anna.person, lane)!.forkAt).toBe(3)
})

test('a run whose body the disk has damaged comes again, and those before it stay', async () => {
  const { store, run, lane } = await stored()
  const key = keyOf(lastOf(run))
  const value = store.get(key)!.slice()
  value[value.length - run.bodies[3]!.length - 1]! ^= 4
  await store.write([['put', key, value]], true)
  const replica = await restarted(store)
  expect((await replica.scan()).wrong).toBe(1)
  expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(2)
  expect(replica.add(run)).toMatchObject({ is: 'added' })
  expect(replica.lane(ROOM, anna.person, lane)).toMatchObject({ n: 4, forkAt: 0 })
  expect(textsOf(replica, run)).toEqual(run.bodies)
  await store.write(replica.takeOps(), true)
  expect((await (await restarted(store)).scan()).wrong).toBe(0)
})

test('a lane that is erased from its end takes a run apart', async () => {
  const { replica, store, save, run, lane } = await stored()
  expect(replica.erase(replica.lane(ROOM, anna.person, lane)!, 2, true)).toMatchObject({ erased: 2 })
  await save()
  expect(replica.takeErased()).toContain(keyOf(lastOf(run)))
  expect(eventKeys(store)).toEqual(run.events.slice(0, 2).map(keyOf))
  replica.erase(replica.lane(ROOM, anna.person, lane)!, 2, true)
  await save()
  expect(store.snapshot()).toEqual([])
})

test('a store of before is read, goes on with short values, and its runs change as others do', async () => {
  const { store, run, lane } = await stored()
  await store.write([['put', keyOf(lastOf(run)), formerRecord(run)]], true)
  const replica = await restarted(store)
  expect((await replica.scan()).wrong).toBe(0)
  expect(textsOf(replica, run)).toEqual(run.bodies)
  const next = anna.run(lane, ['5', '6'], run)
  expect(replica.add(next)).toEqual({ is: 'added', events: next.events })
  replica.delete(anna.delete(run.events[2]!))
  await store.write(replica.takeOps(), true)
  expect(store.list({ from: 'e', to: 'f' }).map(([, value]) => value[0])).toEqual([2, 3])
  const again = await restarted(store)
  expect((await again.scan()).wrong).toBe(0)
  expect(textsOf(again, run)).toEqual([run.bodies[0], run.bodies[1], undefined, run.bodies[3]])
  const { runs } = again.runs.after(again.lane(ROOM, anna.person, lane)!, 0, 100_000)
  const all = joined(run, next)
  expect(runs).toMatchObject([{ headers: all.headers, signature: all.signature }])
})

test('a run is handed on as it came, byte for byte, deleted bodies aside', async () => {
  const { replica, store, save } = replicaOf()
  const lane = anna.contentLane()
  const first = anna.run(lane, texts(20))
  const second = anna.run(lane, texts(64), first)
  for (const run of [first, second]) replica.add(run)
  replica.delete(anna.delete(second.events[7]!))
  await save()
  const again = await restarted(store)
  const held = again.lane(ROOM, anna.person, lane)!
  expect(again.runs.after(held, 20, 1e6).runs).toEqual([
    { ...packRun(second), bodies: second.bodies.map((body, i) => (i === 7 ? null : body)) },
  ])
  expect(again.runs.after(held, 30, 1e6).runs[0]!.headers).toEqual(second.headers.subarray(10 * HEADER_BYTES))
})

test('a run whose headers the disk has damaged comes again as a whole', async () => {
  const { store, run, lane } = await stored()
  const key = keyOf(lastOf(run))
  const value = store.get(key)!.slice()
  value[74 + 101 + 48]! ^= 4
  await store.write([['put', key, value]], true)
  const replica = await restarted(store)
  expect((await replica.scan()).wrong).toBe(1)
  expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(0)
  expect(replica.add(run)).toMatchObject({ is: 'added' })
  expect(replica.lane(ROOM, anna.person, lane)).toMatchObject({ n: 4, forkAt: 0 })
  await store.write(replica.takeOps(), true)
  const again = await restarted(store)
  expect((await again.scan()).wrong).toBe(0)
  expect(textsOf(again, run)).toEqual(run.bodies)
})

test('a store of before whose process ended after any of its writes is read, and goes on', async () => {
  const runs: VerifiedRun[] = []
  const lane = anna.contentLane()
  for (const count of [3, 64, 1, 8])
    runs.push(anna.run(lane, texts(count), runs.length > 0 ? runs.at(-1) : undefined))
  const { replica: former } = replicaOf()
  const batches = runs.map((run) => {
    former.add(run)
    return former
      .takeOps()
      .map(
        (op): StoreOp =>
          op[1] === keyOf(lastOf(run)) && run.events.length > 1 ? ['put', op[1], formerRecord(run)] : op,
      )
  })
  for (let ended = 0; ended <= batches.length; ended++) {
    const store = new MemoryStore()
    for (const ops of batches.slice(0, ended)) await store.write(ops, true)
    const replica = await restarted(store)
    expect((await replica.scan()).wrong).toBe(0)
    expect(replica.lane(ROOM, anna.person, lane)?.n ?? 0).toBe(ended > 0 ? lastOf(runs[ended - 1]!).n : 0)
    for (const run of runs) expect(replica.add(run)).toMatchObject({ is: 'added' })
    await store.write(replica.takeOps(), true)
    const again = await restarted(store)
    expect((await again.scan()).wrong).toBe(0)
    for (const run of runs) expect(textsOf(again, run)).toEqual(run.bodies)
    const kinds = store.list({ from: 'e', to: 'f' }).map(([, value]) => value[0])
    expect(kinds).toEqual(runs.map(({ events }, i) => (events.length === 1 ? 1 : i < ended ? 2 : 3)))
  }
})
