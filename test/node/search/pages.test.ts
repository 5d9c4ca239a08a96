import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { orderOf } from '../../../src/node/display-order.ts'
import { marksOf } from '../../../src/node/search/marks.ts'
import type { ScanRange } from '../../../src/node/store.ts'
import { createLan, type Lan } from '../../../src/node/testing.ts'
import { detailedLine, lastLines, type Visibility } from '../../../src/node/timeline.ts'
import { fromHex } from '../../../src/wire/bytes.ts'
import { decodeBody } from '../../../src/wire/codec.ts'
import type { Event, VerifiedRun } from '../../../src/wire/event.ts'
import type { PersonKey } from '../../../src/wire/ids.ts'
import { Author, NOW, ROOM, replicaOf } from '../author.ts'
import { lab, meet, type Person } from '../people.ts'
import { finish, indexOf, started, texts, visibilityHere } from './indexed.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
})
afterEach(() => {
  vi.restoreAllMocks()
  return lan.close()
})

it('a page far back has what was said about it since', async () => {
  const ids: string[] = []
  for (let k = 0; k < 30; k++) ids.push(await anna.says(`number ${k}`))
  await ben.hears({ type: 'message', id: ids.at(-1)! })
  await anna.does({ do: 'edit', room: 'lab', message: ids[6]!, text: 'the sixth' })
  await ben.does({ do: 'react', room: 'lab', message: ids[7]!, emoji: '🎉', on: true })
  await ben.hears({ type: 'edit', id: ids[6]! })
  for (const command of ['history', 'export'] as const)
    expect(
      await ben.knows({ do: command, room: 'lab', count: 4, before: orderIn(await all(), 9) }),
    ).toMatchObject([
      { text: 'number 5' },
      { text: 'the sixth', edited: true },
      { text: 'number 7', reactions: [{ emoji: '🎉', count: 1 }] },
      { text: 'number 8' },
    ])
})

const all = () => ben.knows<readonly { order: string }[]>({ do: 'history', room: 'lab', count: 100 })
const orderIn = (lines: readonly { order: string }[], at: number) => lines[at]!.order

it('a page far back reads nothing of what lies behind it', async () => {
  const { replica, store, save } = replicaOf()
  const anna = new Author(1)
  const lane = anna.contentLane()
  const runs: VerifiedRun[] = []
  for (let k = 0; k < 200; k++) {
    runs.push(anna.run(lane, [`number ${k}`], runs.at(-1), NOW + 60_000 * k))
    replica.add(runs.at(-1)!)
  }
  await save()
  replica.setNow(NOW + 60_000 * 200)
  let read = 0
  const counting = {
    async *scan(range: ScanRange) {
      for await (const entry of store.scan(range)) {
        read++
        yield entry
      }
    },
  }
  const source = { store: counting, replica, marksOf: async () => ({}) }
  const before = orderOf(runs[9]!.events[0]!)
  const lines = await lastLines(source, ROOM, 3, visibilityHere(replica), { before })
  expect(lines.map(({ body }) => body.text)).toEqual(['number 6', 'number 7', 'number 8'])
  expect(read).toBeLessThan(20)
})

it('a message has the text of its last edit, however much was said between', async () => {
  const { replica, store, save } = replicaOf()
  const index = indexOf(replica, store)
  const anna = new Author(1)
  const lane = anna.contentLane()
  let last = anna.run(lane, ['first'])
  const said = last.events[0]!
  replica.add(last)
  for (let k = 1; k <= 50_048; k += 64) {
    last = anna.run(lane, new Array(64).fill('more'), last, NOW + k)
    replica.add(last)
  }
  replica.add(
    anna.runOf(lane, [{ kind: 'edit', target: fromHex(said.id), text: 'at last' }], last, NOW + 60_000),
  )
  await save()
  finish(index)
  const open = (event: Event, body: Uint8Array) => decodeBody(event.kind, body)
  const source = { store, replica, open, devicesOf: (person: PersonKey) => [person] }
  const marked = (event: Event, by: Visibility) => marksOf(source, event, by)
  const line = await detailedLine({ ...source, marksOf: marked }, said.id, visibilityHere(replica))
  expect(line?.edit?.text).toBe('at last')
  expect(line?.texts.map(({ text }) => text)).toEqual(['first', 'at last'])
})

it('a message is found whose body came later than the messages behind it, after a start too', async () => {
  const { replica, store, save } = replicaOf()
  const index = indexOf(replica, store)
  const run = new Author(1).run(new Author(1).contentLane(), ['first', 'second', 'third'])
  const late = run.events[1]!
  const body = vi
    .spyOn(replica, 'body')
    .mockImplementation((event) =>
      event.id === late.id ? undefined : Object.getPrototypeOf(replica).body.call(replica, event),
    )
  replica.add(run)
  await save()
  finish(index)
  expect(await texts(index, replica, store, 'third')).toEqual(['third'])
  body.mockRestore()
  index.filled(late)
  expect(await texts(index, replica, store, 'second')).toEqual(['second'])
  const again = await started(store)
  again.setNow(NOW)
  expect(await texts(indexOf(again, store), again, store, 'second')).toEqual(['second'])
})
