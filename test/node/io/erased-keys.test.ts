/** The keys of a deleted room lie in no file of the store some time later, searched byte by byte. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { Erasing } from '../../../src/node/erasing.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { Replica } from '../../../src/node/replica.ts'
import type { StoreOp } from '../../../src/node/store.ts'
import { encodeBody } from '../../../src/wire/codec.ts'
import { LANE_START, lastOf, signRun, type VerifiedRun } from '../../../src/wire/event.ts'
import { type LaneId, madeRoom } from '../../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../../src/wire/kinds.ts'
import { Author, NET, NOW } from '../author.ts'

const DAY = 24 * 3600 * 1000
const root = mkdtempSync(join(tmpdir(), 'lanchat-erased-keys-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const anna = new Author(1)
/** The room is anna's, by its id. */
const ROOM_SALT = randomBytes(16)
const ROOM = madeRoom(nodeCrypto, NET, anna.person, ROOM_SALT)
const create: BodyValue = {
  kind: 'create',
  type: 1,
  name: new Uint8Array(80),
  topic: '',
  max: 0,
  persons: new Uint8Array(0),
}

function runOf(lane: LaneId, values: readonly BodyValue[], after?: VerifiedRun): VerifiedRun {
  const drafts = values.map((value, i) => ({
    kind: kindNumber(value.kind),
    at: NOW + i,
    t: NOW + i,
    body: encodeBody(value.kind === 'create' ? ROOM_SALT : randomBytes(16), value),
  }))
  const last = after && lastOf(after)
  const start = { net: NET, room: ROOM, lane, n: last?.n ?? 0, prev: last?.id ?? LANE_START }
  return signRun(nodeCrypto, anna.signer, start, drafts)
}

const filesHold = (dir: string, bytes: Uint8Array) =>
  readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(Buffer.from(bytes)))

it.each([true, false])('the keys of a deleted room, after a restart: %s', async (isRestarted) => {
  const dir = join(root, `${isRestarted}`)
  const { store } = await openLevelStore(dir)
  const replicaOf = (isFresh: boolean) => {
    const options = { crypto: nodeCrypto, net: NET, store, retentionMs: 180 * DAY, isFresh }
    const replica = new Replica({ ...options, limitOf: () => 0 })
    replica.setNow(NOW)
    return replica
  }
  let replica = replicaOf(true)
  const erased: string[] = []
  const save = async () => {
    erased.push(...replica.takeErased())
    await store.write(replica.takeOps(), true)
  }
  const secrets = Array.from({ length: 3 }, () => randomBytes(80))
  const [one, two, three] = secrets.map(
    (sealed): BodyValue => ({ kind: 'key', keyId: randomBytes(16), sealed }),
  )
  const topic: BodyValue = { kind: 'topic', topic: 'stays in these files', reason: '' }
  const lane = anna.controlLane()
  // Together with others in a stored run, and each alone.
  const first = runOf(lane, [one!, topic, two!])
  const second = runOf(lane, [three!, create], first)
  for (const run of [first, second, runOf(lane, [{ kind: 'delete', reason: '' }], second)]) replica.add(run)
  await save()
  if (isRestarted) {
    await store.close()
    await store.reopen()
    replica = replicaOf(false)
    await replica.load()
    await replica.scan()
    await save()
  }
  const erasing = new Erasing({
    replica,
    retentionMs: 180 * DAY,
    isDeleted: () => true,
    get: (key) => store.get(key),
    put: (op: StoreOp) => void store.write([op], true),
    keysErased: () => {},
    keysWanted: () => {},
    laneErased: () => {},
    done: () => {},
  })
  erasing.tick(0, NOW)
  await save()
  for (const secret of secrets) expect(filesHold(dir, secret)).toBe(true)
  for (let now = 60_000; erasing.tick(now, NOW + 8 * DAY) > 0; now += 1000) await save()
  await save()
  await store.erase(erased)
  for (const secret of secrets) expect(filesHold(dir, secret)).toBe(false)
  const last = replicaOf(false)
  await last.load()
  expect(await last.scan()).toMatchObject({ wrong: 0 })
  expect(last.lane(ROOM, anna.person, lane)!.n).toBe(6)
  expect(Buffer.from(last.body(first.events[1]!)!).includes('stays in these files')).toBe(true)
  await store.close()
})
