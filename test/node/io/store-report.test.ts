import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { storeOf } from '../../../src/node/io/keeping.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { storeReport } from '../../../src/node/io/store-report.ts'
import { Replica } from '../../../src/node/replica.ts'
import { encodeBody } from '../../../src/wire/codec.ts'
import { LANE_START, newContentLane, signRun } from '../../../src/wire/event.ts'
import { generalRoom, networkId } from '../../../src/wire/ids.ts'
import { kindNumber } from '../../../src/wire/kinds.ts'
import { RETENTION_DAYS } from '../../../src/wire/limits.ts'
import { Author } from '../author.ts'
import { damage } from './damage.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-report-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

const net = networkId(nodeCrypto, {
  name: 'lan',
  retentionDays: RETENTION_DAYS,
  codeKey: new Uint8Array(32),
  hasCode: false,
})

/** A data dir whose store holds three messages in general. */
async function filled(): Promise<{ dir: string; folder: string }> {
  const dir = join(root, `${count++}`)
  const folder = await storeOf(dir, net)
  const { store } = await openLevelStore(folder)
  const replica = new Replica({
    crypto: nodeCrypto,
    net,
    store,
    retentionMs: RETENTION_DAYS * 86_400_000,
    limitOf: () => Number.POSITIVE_INFINITY,
  })
  const t = Date.now()
  replica.setNow(t)
  const drafts = ['one', 'two', 'three'].map((text) => {
    const body = encodeBody(new Uint8Array(16), { kind: 'message', text, action: false, replyTo: null })
    return { kind: kindNumber('message'), at: t, t, body }
  })
  const lane = {
    net,
    room: generalRoom(nodeCrypto, net),
    lane: newContentLane(nodeCrypto, t),
    n: 0,
    prev: LANE_START,
  }
  replica.add(signRun(nodeCrypto, new Author(1).signer, lane, drafts))
  await store.write(replica.takeOps(), true)
  await store.close()
  return { dir, folder }
}

const fingerprint = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const { mtimeMs, size } = statSync(path)
      return [name, mtimeMs, size, createHash('sha256').update(readFileSync(path)).digest('hex')]
    })

it('tells of a stopped store room by room, and leaves every file as it is', async () => {
  const { dir, folder } = await filled()
  const before = fingerprint(folder)
  const report = await storeReport({ dataDir: dir })
  expect(report).toMatchObject({ dir, folder, state: 'disk', events: 3, damaged: [] })
  expect(report.rooms).toHaveLength(1)
  expect(report.rooms[0]).toMatchObject({ name: 'general', events: 3 })
  expect(report.rooms[0]!.bytes).toBeGreaterThan(3 * 149)
  expect(report.freeBytes).toBeGreaterThan(0)
  expect(report.bytes).toBeGreaterThan(500)
  expect(fingerprint(folder)).toEqual(before)
})

it.each([
  ['CURRENT', 'deleted', 'missing'],
  ['CURRENT', 'garbage', 'LEVEL_CORRUPTION'],
  ['MANIFEST', 'emptied', 'LEVEL_CORRUPTION'],
] as const)('tells of damage and leaves it alone: %s %s', async (part, how, why) => {
  const { dir, folder } = await filled()
  await damage(folder, part, how)
  const before = fingerprint(folder)
  const report = await storeReport({ dataDir: dir })
  expect(report).toMatchObject({ state: 'damaged', rooms: [] })
  expect(['LEVEL_IO_ERROR', why]).toContain(report.why)
  expect(fingerprint(folder)).toEqual(before)
})

it('tells of what was moved aside, and that nothing is stored where nothing is', async () => {
  const { dir, folder } = await filled()
  await damage(folder, 'CURRENT', 'emptied')
  const { store } = await openLevelStore(folder)
  await store.close()
  const report = await storeReport({ dataDir: dir })
  expect(report).toMatchObject({ state: 'disk', events: 0 })
  expect(report.damaged).toHaveLength(1)
  expect(report.damaged[0]).toMatchObject({ folder: `${folder}.damaged-1`, state: 'waiting', events: 0 })
  expect((await storeReport({ dataDir: join(root, 'never') })).state).toBe('none')
})

it('takes the word of the lanchat that runs there', async () => {
  const { dir } = await filled()
  const failure = { since: 1, why: 'No space left on device' }
  const running = Promise.resolve({ failure, note: 'a sentence', rooms: [] })
  expect(await storeReport({ dataDir: dir, running })).toMatchObject({
    state: 'memory',
    failure,
    note: 'a sentence',
  })
})
