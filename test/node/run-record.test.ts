/** Runs stored as one value: what is read of them, and what becomes of them when something in them changes. */
import { describe, expect, test } from 'vitest'
import { bodyKey, eventKey } from '../../src/node/keys.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { countIn, packRecord, readStored } from '../../src/node/run-record.ts'
import { type Event, lastOf, type VerifiedRun } from '../../src/wire/event.ts'
import { Author, joined, ROOM, replicaOf } from './author.ts'

const anna = new Author(1)
const keyOf = ({ room, author, lane, n }: Event) => eventKey(room, author, lane, n)
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

describe('the value of a run', () => {
  const run = anna.run(anna.contentLane(), ['1', '2', '3'])
  const headers = run.events.map(({ header }) => header)
  const value = packRecord(headers, run.signature, [run.bodies[0]!, null, run.bodies[2]!])

  test('holds headers, the signature and the bodies that are there', () => {
    const bodies = [run.bodies[0], null, run.bodies[2]]
    expect(readStored(value)).toEqual({ headers, signature: run.signature, bodies })
    expect(countIn(value)).toBe(3)
  })

  test('is nothing where it is cut short, too long or empty', () => {
    expect(readStored(value.subarray(0, value.length - 1))).toBeUndefined()
    expect(readStored(Uint8Array.of(...value, 0))).toBeUndefined()
    expect(readStored(value.subarray(0, 40))).toBeUndefined()
    expect(readStored(new Uint8Array(0))).toBeUndefined()
    expect(readStored(Uint8Array.of(3, 1, 2))).toBeUndefined()
  })

  test('of an event alone is its header, as it always was', () => {
    expect(readStored(headers[0]!)).toEqual({
      headers: [headers[0]],
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
    const { runs } = replica.runsAfter(replica.lane(ROOM, anna.person, lane)!, 1, 100_000)
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
