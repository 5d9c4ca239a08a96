/** What the own disk has damaged is never held against anybody, never handed on, and heals. */
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { soleOrderKeyOf } from '../../src/node/display-order.ts'
import {
  bodyKey,
  controlKey,
  eventKey,
  forkKey,
  laneKey,
  orderKey,
  placeKey,
  tombstoneKey,
} from '../../src/node/keys.ts'
import type { MemoryStore } from '../../src/node/memory-store.ts'
import { Views } from '../../src/node/views.ts'
import { type Event, lastOf, type VerifiedRun } from '../../src/wire/event.ts'
import { Author, joined, NET, ROOM, replicaOf } from './author.ts'

const anna = new Author(1)

async function flip(store: MemoryStore, key: string, at: number): Promise<void> {
  const value = store.get(key)!.slice()
  value[at]! ^= 4
  await store.write([['put', key, value]], true)
}

/** A stored lane of three runs of one event each, and a replica that starts over it. */
async function started(damage: (store: MemoryStore, runs: readonly VerifiedRun[]) => Promise<void>) {
  const { replica: before, store, save } = replicaOf()
  const lane = anna.contentLane()
  const runs: VerifiedRun[] = []
  for (const text of ['one', 'two', 'three']) runs.push(anna.run(lane, [text], runs.at(-1)))
  for (const run of runs) before.add(run)
  await save()
  await damage(store, runs)
  const { replica } = replicaOf(undefined, store)
  await replica.load()
  return { before, replica, store, lane, runs, held: () => replica.lane(ROOM, anna.person, lane) }
}
const keyOf = (run: VerifiedRun) => {
  const { room, author, lane, n } = lastOf(run)
  return eventKey(room, author, lane, n)
}

describe('a header that the disk has damaged', () => {
  // Of the time, the body's hash, and what it follows; the last one has the lane's id.
  test.each([
    [0, 105],
    [1, 105],
    [1, 120],
    [1, 80],
    [2, 105],
    [2, 80],
  ])('of event %d at byte %d is pulled again and proves no fork', async (which, at) => {
    const { before, replica, runs, held } = await started((store, runs) =>
      flip(store, keyOf(runs[which]!), at),
    )
    expect((await replica.scan()).wrong).toBe(1)
    expect(held()!.n).toBe(which)
    for (const run of runs) expect(replica.add(run).is).toBe('added')
    expect(held()).toMatchObject({ n: 3, forkAt: 0, id: lastOf(runs[2]!).id })
    expect(replica.vectors.digest(ROOM, 1)).toEqual(before.vectors.digest(ROOM, 1))
  })

  test.each([
    [1, 105],
    [2, 105],
  ])('of event %d at byte %d heals also before the scan has seen it', async (which, at) => {
    const { replica, runs, held } = await started((store, runs) => flip(store, keyOf(runs[which]!), at))
    replica.add(joined(...runs))
    expect(held()).toMatchObject({ n: 3, forkAt: 0, id: lastOf(runs[2]!).id })
    expect(replica.idAt(ROOM, anna.person, held()!.lane, which + 1)).toBe(lastOf(runs[which]!).id)
  })
})

test('a signed branch is still a fork', async () => {
  const { replica, lane, runs, held } = await started(async () => {})
  const branch = anna.run(lane, ['another two'], runs[0])
  expect(replica.add(branch)).toMatchObject({ is: 'added', forked: true })
  expect(held()!.forkAt).toBe(2)
})

test('a body that the disk has damaged is not handed on, and comes again', async () => {
  const { replica, runs, held } = await started((store, runs) =>
    flip(store, bodyKey(lastOf(runs[1]!).id), 20),
  )
  const bodies = replica.runs
    .after(held()!, 0, 10_000)
    .runs.flatMap((run) => run.bodies.map((body) => body !== null))
  expect(bodies).toEqual([true, false, true])
  await replica.scan()
  expect(held()!.n).toBe(1)
  for (const run of runs) replica.add(run)
  expect(replica.body(lastOf(runs[1]!))).toEqual(runs[1]!.bodies[0])
  expect(held()!.n).toBe(3)
})

// Of n, id and the last signed end.
test.each([0, 3, 10, 36, 39])('a hint that the disk has damaged at byte %d is set right', async (at) => {
  const { before, replica, lane, runs, held } = await started((store, runs) =>
    flip(store, laneKey(ROOM, anna.person, lastOf(runs[0]!).lane), at),
  )
  const { wrong, rooms } = await replica.scan()
  expect([wrong, ...rooms]).toEqual([1, ROOM])
  const next = anna.run(lane, ['four'], runs[2])
  for (const each of [before, replica]) expect(each.add(next).is).toBe('added')
  expect(held()).toMatchObject({ n: 4, end: 4, forkAt: 0, told: 4 })
  expect(replica.vectors.digest(ROOM, 1)).toEqual(before.vectors.digest(ROOM, 1))
})

test.each([
  ['in its lane', (value: Uint8Array) => value.with(60, value[60]! ^ 4)],
  ['in its id', (value: Uint8Array) => value.with(70, value[70]! ^ 4)],
  ['in its length', (value: Uint8Array) => value.slice(0, -1)],
])('a deletion that the disk has damaged %s comes again, and deletes meanwhile', async (_, damaged) => {
  const { replica: before, store, save } = replicaOf()
  const run = anna.run(anna.contentLane(), ['one', 'two'])
  const tombstone = anna.delete(run.events[1]!)
  before.add(run)
  before.delete(tombstone)
  await save()
  const key = tombstoneKey(tombstone.id)
  await store.write([['put', key, damaged(store.get(key)!)]], true)
  const { replica, save: saveAgain } = replicaOf(undefined, store)
  await replica.load()
  await replica.scan()
  expect(replica.tombstones.has(tombstone.id)).toBe(true)
  expect(replica.delete(tombstone)).toBe(true)
  expect(replica.delete(tombstone)).toBe(false)
  expect(replica.vectors.digest(ROOM, 1)).toEqual(before.vectors.digest(ROOM, 1))
  await saveAgain()
  expect(store.get(key)).toEqual(tombstone.bytes)
})

// Of the first chain its length and n, of the second one its author.
test.each([0, 1, 68, 70, 240])(
  'a proof of a fork that the disk has damaged at byte %d comes again',
  async (at) => {
    const { replica: before, store, save } = replicaOf()
    const lane = anna.contentLane()
    const first = anna.run(lane, ['one', 'two', 'three', 'four', 'five'])
    const [next, branch] = [anna.run(lane, ['six'], first), anna.run(lane, ['another six'], first)]
    for (const run of [first, next, branch]) before.add(run)
    await save()
    const proof = before.forks.proofOf(before.lane(ROOM, anna.person, lane)!)
    await flip(store, forkKey(ROOM, anna.person, lane), at)
    const { replica } = replicaOf(undefined, store)
    await replica.load()
    await replica.scan()
    replica.add(branch)
    const held = replica.lane(ROOM, anna.person, lane)!
    expect(held.forkAt).toBe(6)
    expect(replica.forks.proofOf(held)).toEqual(proof)
  },
)

test('an entry of control events that leads to an event of another lane does not keep the views from being read', async () => {
  const { replica: before, store, save } = replicaOf()
  const [control, content] = [
    anna.run(anna.controlLane(), ['a topic']),
    anna.run(anna.contentLane(), ['a message']),
  ]
  for (const run of [control, content]) before.add(run)
  await save()
  await store.write([['put', keyOf(control), store.get(keyOf(content))!]], true)
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => true })
  const { replica } = replicaOf((lane) => views.limitOf(lane), store)
  views.attach(replica)
  await replica.load()
  await views.load(store)
  expect([...views.controls(ROOM)]).toEqual([])
})

test('entries of any length are no reason to stop', async () => {
  const { replica, held } = await started(async (store, runs) => {
    const { room, author, lane, id } = lastOf(runs[0]!)
    await store.write(
      [
        ['put', 'hff', Uint8Array.of(1)],
        ['put', `h${room}${author}ffffffffffffffff`, Uint8Array.of(1)],
        ['put', 'e00', new Uint8Array(0)],
        ['put', forkKey(room, author, lane), new Uint8Array(3)],
        ['put', tombstoneKey(id).replace(/.$/, 'f'), new Uint8Array(5)],
      ],
      true,
    )
  })
  await replica.scan()
  expect(held()).toMatchObject({ n: 3, forkAt: 0 })
})

test('an empty database beneath a running replica: nothing counts until it is there again', async () => {
  const { before, replica, runs, store, held } = await started(async () => {})
  const tombstone = anna.delete(lastOf(runs[1]!))
  for (const each of [before, replica]) each.delete(tombstone)
  await store.write(replica.takeOps(), true)
  await store.write(
    store.snapshot().map(([key]) => ['del', key] as const),
    true,
  )
  expect((await replica.scan()).wrong).toBeGreaterThan(0)
  expect(held()).toMatchObject({ n: 0, end: 0 })
  expect([...replica.deletionsOf(held()!)]).toEqual([])
  replica.delete(tombstone)
  for (const run of runs) replica.add(run)
  expect(replica.body(lastOf(runs[1]!))).toBeUndefined()
  expect(replica.vectors.digest(ROOM, 1)).toEqual(before.vectors.digest(ROOM, 1))
})

describe('an index that the disk has damaged', () => {
  const orderOf = ({ room, t, author, lane, n }: Event) => orderKey(room, t, author, lane, n)
  const indexesOf = async (store: MemoryStore) => {
    const entries: string[] = []
    for (const [from, to] of [
      ['c', 'd'],
      ['i', 'j'],
      ['o', 'p'],
    ] as const)
      for await (const [key, value] of store.scan({ from, to })) entries.push(`${key}=${value.join()}`)
    return entries
  }
  const moved = (key: string) => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`

  test.each<[string, (store: MemoryStore, event: Event) => Promise<void>]>([
    ['lost its display order', (store, event) => store.write([['del', orderOf(event)]], true)],
    [
      'stands elsewhere in the order',
      (store, event) =>
        store.write(
          [
            ['del', orderOf(event)],
            ['put', moved(orderOf(event)), new Uint8Array(0)],
          ],
          true,
        ),
    ],
    ['is said to stand with others', (store, event) => flip(store, orderOf(event), 0)],
    [
      'stands in the order as it did in earlier stores',
      async (store, event) => {
        const sole = soleOrderKeyOf(event)
        await store.write(
          [
            ['del', orderOf(event)],
            ['put', sole, new Uint8Array(0)],
          ],
          true,
        )
      },
    ],
    [
      'has a place as in earlier stores',
      (store, event) => store.write([['put', placeKey(event.id), event.header.slice(9, 69)]], true),
    ],
    [
      'has an entry of nothing',
      (store, event) => store.write([['put', moved(orderOf(event)), new Uint8Array(0)]], true),
    ],
  ])('is mended by the scan where an event %s', async (_what, harm) => {
    let whole: string[] = []
    const { replica, store } = await started(async (store, runs) => {
      whole = await indexesOf(store)
      await harm(store, lastOf(runs[1]!))
    })
    await replica.scan()
    await store.write(replica.takeOps(), true)
    expect(await indexesOf(store)).toEqual(whole)
    expect((await replica.scan()).wrong).toBe(0)
  })

  test('of control events is mended, and the event counts', async () => {
    const { replica: before, store, save } = replicaOf()
    const lane = anna.controlLane()
    const run = anna.run(lane, ['topic'])
    before.add(run)
    await save()
    const { room, author, n } = lastOf(run)
    await store.write([['del', controlKey(room, author, lane, n)]], true)
    const { replica } = replicaOf(undefined, store)
    await replica.load()
    const told: string[] = []
    replica.onControl = (grown) => told.push(grown.lane)
    expect((await replica.scan()).rooms).toEqual(new Set([room]))
    expect(told).toContain(lane)
    expect(replica.takeOps().map(([, key]) => key)).toContain(controlKey(room, author, lane, n))
  })

  test('leaves alone what is written while it is looked at', async () => {
    const { replica, store, lane, runs } = await started(async () => {})
    const scanned = replica.scan()
    replica.add(anna.run(lane, ['four'], runs.at(-1)!))
    await store.write(replica.takeOps(), true)
    expect((await scanned).wrong).toBe(0)
  })
})

test('a header under a key that is not its own is taken away', async () => {
  const { replica, store, runs, held } = await started(async (store, runs) => {
    const key = keyOf(runs[0]!)
    const other = `${key.slice(0, 100)}${key[100] === '0' ? '1' : '0'}${key.slice(101)}`
    await store.write([['put', other, store.get(key)!]], true)
  })
  await replica.scan()
  await store.write(replica.takeOps(), true)
  const keys: string[] = []
  for await (const [key] of store.scan({ from: 'e', to: 'f' })) keys.push(key)
  expect(keys).toEqual(runs.map(keyOf))
  expect(held()!.n).toBe(3)
})

test('a control event whose body the disk has damaged counts once it has come again', async () => {
  const { replica: before, store, save } = replicaOf()
  const lane = anna.controlLane()
  const run = anna.run(lane, ['topic'])
  before.add(run)
  await save()
  await flip(store, bodyKey(lastOf(run).id), 20)
  const { replica } = replicaOf(undefined, store)
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => true })
  views.attach(replica)
  await replica.load()
  await views.load(store)
  expect([...views.controls(ROOM)]).toEqual([])
  await replica.scan()
  expect(replica.add(run).is).toBe('added')
  expect([...views.controls(ROOM)].map(({ body }) => body?.kind)).toEqual(['topic'])
})
