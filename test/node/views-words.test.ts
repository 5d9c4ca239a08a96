import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica } from '../../src/node/replica.ts'
import { Views } from '../../src/node/views.ts'
import { type Event, lastOf } from '../../src/wire/event.ts'
import { generalRoom, NETWORK_ROOM } from '../../src/wire/ids.ts'
import type { BodyValue } from '../../src/wire/kinds.ts'
import { Author, NET, NOW } from './author.ts'

const colour = (red: number): BodyValue => ({ kind: 'look', part: 1, bytes: Uint8Array.of(red, 0, 0) })

const profile = (nick: string): BodyValue => ({
  kind: 'profile',
  nick,
  boxKey: new Uint8Array(32),
  about: '',
})

/** Somebody who says things about themselves, and a node that hears it. */
function listener() {
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => false })
  const { limitOf } = views
  const store = new MemoryStore()
  const replica = new Replica({ crypto: nodeCrypto, net: NET, store, retentionMs: 1e12, limitOf })
  views.attach(replica)
  replica.setNow(NOW)
  const [anna, ben] = [new Author(1), new Author(2)]
  const say = (
    lane: ReturnType<Author['controlLane']>,
    body: BodyValue,
    t: number,
    after?: Event,
    author = anna,
  ) => {
    const run = author.runOf(lane, [body], after, t, NETWORK_ROOM)
    expect(replica.add(run).is).toBe('added')
    return lastOf(run)
  }
  const red = () => views.network().looks.get(anna.person)?.colour?.[0]
  return { views, anna, ben, say, red }
}

test('what somebody says of themselves has nothing else weighed anew, however much lies there', () => {
  const { views, anna, say, red } = listener()
  const lane = anna.controlLane()
  const first = say(lane, colour(1), NOW)
  const { ranks, counted } = views.network()
  const second = say(lane, colour(2), NOW + 1, first)
  const view = views.network()
  expect(red()).toBe(2)
  expect(view.ranks).toBe(ranks)
  expect(counted).toContain(second.id)
})

test('words that come late change nothing of what was said behind them', () => {
  const { views, anna, say, red } = listener()
  say(anna.controlLane(), colour(2), NOW + 5)
  views.network()
  say(anna.controlLane(), colour(1), NOW)
  expect(red()).toBe(2)
})

test('people are in the order of what they said, in whatever order it came', () => {
  const { views, anna, ben, say } = listener()
  const lane = anna.controlLane()
  const first = say(lane, colour(1), NOW)
  views.network()
  say(ben.controlLane(), profile('ben'), NOW + 5, undefined, ben)
  views.network()
  say(lane, profile('anna'), NOW + 3, first)
  expect([...views.network().profiles.keys()]).toEqual([anna.person, ben.person])
})

test('whoever comes in whatever order has nothing else weighed anew, and everybody is in general', () => {
  const { views, anna, ben, say } = listener()
  const general = generalRoom(nodeCrypto, NET)
  say(ben.controlLane(), profile('ben'), NOW + 5, undefined, ben)
  const { ranks } = views.network()
  expect([...views.room(general)!.members]).toEqual([ben.person])
  say(anna.controlLane(), profile('anna'), NOW + 3)
  expect(views.network().ranks).toBe(ranks)
  expect([...views.network().profiles].map(([, { nick }]) => nick)).toEqual(['anna', 'ben'])
  expect([...views.room(general)!.members]).toEqual([anna.person, ben.person])
  say(anna.controlLane(), profile('annie'), NOW + 4)
  say(anna.controlLane(), profile('ann'), NOW + 2)
  expect(views.network().ranks).toBe(ranks)
  expect(views.network().profiles.get(anna.person)?.nick).toBe('annie')
  expect(views.network().counted.size).toBe(4)
})
