/** What goes out of own acts, in frames that whoever gets them can read. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { Publishing, type PublishingPorts } from '../../src/node/publishing.ts'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/wire/codec.ts'
import { type Event, packRun, parseRun, TOMBSTONE_BYTES, type VerifiedRun } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import { Author, NOW, ROOM, replicaOf } from './author.ts'

const anna = new Author(1)

/** A message of which there are so many texts. */
function written(count: number): Event[] {
  const lane = anna.contentLane()
  const events: Event[] = []
  while (events.length < count)
    events.push(...anna.run(lane, new Array(64).fill('text'), events.at(-1)).events)
  return events.slice(0, count)
}

test('an invitation of so many that its keys fill two runs is written in as many, each of which others take (EV-3)', () => {
  const posted: VerifiedRun[] = []
  const { replica } = replicaOf()
  const publishing = new Publishing({
    self: anna.person,
    crypto: nodeCrypto,
    signer: anna.signer,
    replica,
    counting: { grew: () => {}, settle: () => {} },
    display: { shownT: () => 0, noteT: () => {} },
    writes: { after: (act: () => void) => act() },
    reign: { isHub: false },
    guard: { took: () => {} },
    outbox: { add: (run: VerifiedRun) => posted.push(run) },
    replication: { wrote: () => {} },
    ownConfirmations: { look: () => {} },
    now: () => 0,
    netNow: () => NOW,
    isDenied: () => false,
  } as unknown as PublishingPorts)
  const kind = kindNumber('key')
  const sealed = (devices: number) => new Uint8Array(80 * devices)
  const writings = [255, 256, 1].map((devices) => ({
    kind,
    body: () =>
      encodeBody(new Uint8Array(16), { kind: 'key', keyId: new Uint8Array(16), sealed: sealed(devices) }),
  }))
  let told = 0
  const events = publishing.write(ROOM, writings, (written) => {
    told = written.length
  })
  expect(told).toBe(3)
  expect(events.map(({ n }) => n)).toEqual([1, 2, 3])
  expect(posted.map((run) => run.events.length)).toEqual([1, 2])
  for (const run of posted) expect(parseRun(nodeCrypto, replica.net, packRun(run))).toMatchObject({})
})

test('who deletes a message with hundreds of edits tells it in as many frames as it takes (LV-4, FR-1)', () => {
  const sent: Frame[] = []
  const publishing = new Publishing({
    self: anna.person,
    signer: anna.signer,
    replica: replicaOf().replica,
    outbox: { forget: () => {} },
    writes: { after: (act: () => void) => act() },
    outgoing: { toHub: (frame: Frame) => sent.push(frame) > 0 },
  } as unknown as PublishingPorts)
  const events = written(450)
  let isTold = false
  publishing.deleteOwn(events, () => {
    isTold = true
  })
  expect(isTold).toBe(true)
  const read = sent.map((frame) => decodeFrame(encodeFrame(frame)))
  expect(read.map((frame) => (typeof frame === 'string' ? frame : frame.type))).toEqual([
    'tombstones',
    'tombstones',
  ])
  const bytes = sent.map((frame) => (frame.type === 'tombstones' ? frame.tombstones.length : 0))
  expect(bytes).toEqual([256 * TOMBSTONE_BYTES, 194 * TOMBSTONE_BYTES])
})
