import { expect, it } from 'vitest'
import { aboutKey, aboutMark, notedAt } from '../../../src/node/search/marks.ts'
import { keyBytes, keyText } from '../../../src/node/store-key.ts'
import { fromHex } from '../../../src/wire/bytes.ts'
import { Author, NOW, replicaOf } from '../author.ts'
import { finish, indexOf, texts } from './indexed.ts'

const anna = new Author(1)
const mallory = new Author(2)
const FLOOD = 2500

it('a message is found with the text that it has now, however much others say of it since', async () => {
  for (const flood of ['edit', 'reaction'] as const) {
    const { replica, store, save } = replicaOf()
    const index = indexOf(replica, store)
    const lane = anna.contentLane()
    const said = anna.run(lane, ['the secret is 4711'])
    replica.add(said)
    const target = fromHex(said.events[0]!.id)
    replica.add(anna.runOf(lane, [{ kind: 'edit', target, text: 'the secret is out' }], said, NOW + 1))
    const other = mallory.contentLane()
    let last: ReturnType<Author['runOf']> | undefined
    for (let k = 0; k < FLOOD; k += 50) {
      const values = Array.from({ length: 50 }, (_, i) =>
        flood === 'edit'
          ? ({ kind: 'edit', target, text: `not mine ${k + i}` } as const)
          : ({ kind: 'reaction', target, emoji: '👍', on: i % 2 === 0 } as const),
      )
      last = mallory.runOf(other, values, last, NOW + 10 + k)
      replica.add(last)
    }
    await save()
    finish(index)
    expect(await texts(index, replica, store, 'secret')).toEqual(['the secret is out'])
    expect(await texts(index, replica, store, '4711')).toEqual([])
  }
})

it('reactions are found beside any number of edits', async () => {
  const { replica, store, save } = replicaOf()
  const index = indexOf(replica, store)
  const lane = anna.contentLane()
  const said = anna.run(lane, ['first'])
  replica.add(said)
  const target = fromHex(said.events[0]!.id)
  const given = mallory.runOf(
    mallory.contentLane(),
    [{ kind: 'reaction', target, emoji: '👍', on: true }],
    undefined,
    NOW + 1,
  )
  replica.add(given)
  let last = said
  for (let k = 0; k < FLOOD; k += 50) {
    const values = Array.from(
      { length: 50 },
      (_, i) => ({ kind: 'edit', target, text: `text ${k + i}` }) as const,
    )
    last = anna.runOf(lane, values, last, NOW + 10 + k)
    replica.add(last)
  }
  await save()
  finish(index)
  expect(await texts(index, replica, store, 'text has:reaction')).toEqual([`text ${FLOOD - 1}`])
})

it('what is noted lies under keys that a disk takes, edits behind all reactions', () => {
  const [event] = anna.run(anna.contentLane(), ['said']).events
  const about = [undefined, anna.person].map((editor) => aboutKey(event!.id, event!, editor))
  const keys = [aboutMark(event!.id), ...about]
  expect(keys.map((key) => keyText(keyBytes(key)))).toEqual(keys)
  expect(keys.toSorted()).toEqual(keys)
  expect(about.map(notedAt)).toEqual([event!.t, event!.t])
})
