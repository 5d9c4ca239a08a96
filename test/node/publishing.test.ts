/** What goes out of own acts, in frames that whoever gets them can read. */
import { expect, test } from 'vitest'
import { Publishing, type PublishingPorts } from '../../src/node/publishing.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import type { Event } from '../../src/wire/event.ts'
import { TOMBSTONE_BYTES } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { Author, replicaOf } from './author.ts'

const anna = new Author(1)

/** A message of which there are so many texts. */
function written(count: number): Event[] {
  const lane = anna.contentLane()
  const events: Event[] = []
  while (events.length < count)
    events.push(...anna.run(lane, new Array(64).fill('text'), events.at(-1)).events)
  return events.slice(0, count)
}

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
