/** Views and the bodies that are not here: what an own word frees, and keys that are wanted again. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { OwnLanes } from '../../src/node/own-lanes.ts'
import { Views } from '../../src/node/views.ts'
import { concat, fromHex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { LANE_START, signRun } from '../../src/wire/event.ts'
import { NETWORK_ROOM, type RoomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { Author, NET, NOW, ROOM, replicaOf, withBodies } from './author.ts'

const anna = new Author(1)
const draft = (value: BodyValue) => {
  const body = encodeBody(new Uint8Array(16).fill(7), value)
  return { kind: kindNumber(value.kind), at: NOW, t: NOW, body }
}
function started() {
  const { replica } = replicaOf()
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => true })
  views.attach(replica)
  return { replica, views }
}

test('what an own event frees is told once, with what others free', () => {
  const { replica } = started()
  const lane = anna.contentLane()
  const run = anna.run(lane, ['one', 'two', 'three'])
  replica.add(withBodies(run, (i) => i !== 1))
  expect(replica.lane(ROOM, anna.person, lane)!.n).toBe(1)
  const own = new OwnLanes(nodeCrypto, anna.signer, replica)
  own.write(ROOM, [draft({ kind: 'erase', targets: concat(fromHex(run.events[1]!.id)) })])
  expect(replica.takeFreed().map(({ id }) => id)).toEqual(run.events.map(({ id }) => id))
  expect(replica.takeFreed()).toEqual([])
})

test('keys that still lie here are known again once their room is not deleted any more', () => {
  const { replica, views } = started()
  const start = { net: NET, room: ROOM, lane: anna.controlLane(), n: 0, prev: LANE_START }
  const key = draft({ kind: 'key', keyId: new Uint8Array(16), sealed: new Uint8Array(80) })
  replica.add(signRun(nodeCrypto, anna.signer, start, [key]))
  const kinds = () => [...views.controls(ROOM)].map(({ body }) => body?.kind)
  expect(kinds()).toEqual(['key'])
  views.forgetKeys(ROOM)
  expect(kinds()).toEqual([])
  views.recallKeys(ROOM)
  expect(kinds()).toEqual(['key'])
})

test('what is asked of a room while the store is read does not keep the rest of it out', async () => {
  const { replica, store, save } = replicaOf()
  const write = (room: RoomId, values: readonly BodyValue[]) =>
    replica.add(
      signRun(
        nodeCrypto,
        anna.signer,
        { net: NET, room, lane: anna.controlLane(), n: 0, prev: LANE_START },
        values.map(draft),
      ),
    )
  write(NETWORK_ROOM, [{ kind: 'profile', nick: 'anna', boxKey: new Uint8Array(32).fill(1), about: '' }])
  for (let k = 0; k < 3; k++) write(ROOM, [{ kind: 'join', lifts: new Uint8Array(0) }])
  await save()
  const next = replicaOf(undefined, store)
  await next.replica.load()
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => true })
  views.attach(next.replica)
  await views.load({
    async *scan(range) {
      for await (const entry of store.scan(range)) {
        yield entry
        views.room(ROOM)
      }
    },
  })
  expect([...views.controls(ROOM)]).toHaveLength(3)
})
