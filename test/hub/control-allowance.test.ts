/** What is kept for ever is taken in measure (rule LV-16). */
import { expect, it } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import { packRun, type VerifiedRun } from '../../src/wire/event.ts'
import { CONTROL_BURST } from '../../src/wire/limits.ts'
import { Author, ROOM } from '../node/author.ts'
import { hubPorts, persons } from './ports.ts'

it('control events over the allowance wait at the hub, posted, offered or asked for, and texts do not', () => {
  const [self] = persons(1)
  const author = new Author(2)
  const codes: string[] = []
  let pulls = 0
  const ports = hubPorts(self, {
    rate: { perS: 10_000, burst: 10_000 },
    send: (_, frame) => {
      if (frame.type === 'refused' || frame.type === 'permit') codes.push(frame.code)
    },
    pull: () => pulls++,
  })
  const hub = new Hub(ports, 0)
  hub.joined(1, author.person, false)
  const [control, content] = [author.controlLane(), author.contentLane()]
  let run: VerifiedRun | undefined
  const post = (lane: typeof control, after?: VerifiedRun) => {
    const made = author.run(lane, ['x'], after)
    hub.frame(1, { type: 'post', run: packRun(made) })
    return made
  }
  const offer = (lane: typeof control) => {
    const entries = concat(fromHex(author.person), fromHex(lane), uint(9, 4), new Uint8Array(20))
    hub.frame(1, { type: 'offer', room: fromHex(ROOM), entries })
  }
  const ask = (ref: number) =>
    hub.frame(1, { type: 'permitAsk', ref, action: 1, room: fromHex(ROOM), name: '' })

  hub.pulledOwn(1, author.run(content, Array(64).fill('x')).events, false)
  run = post(control)
  ask(1)
  offer(control)
  expect(codes).toEqual([''])
  expect(pulls).toBe(1)

  // Over what is pulled of them, they still post.
  for (let n = 0; n < CONTROL_BURST; n += 64)
    hub.pulledOwn(1, author.run(author.controlLane(), Array(64).fill('x')).events, true)
  offer(control)
  expect(pulls).toBe(1)
  for (let posted = 1; posted < CONTROL_BURST; posted++) run = post(control, run)
  expect(codes).toEqual([''])
  run = post(control, run)
  ask(2)
  expect(codes).toEqual(['', 'RATE_LIMITED', 'RATE_LIMITED'])
  post(content)
  offer(content)
  expect(codes).toHaveLength(3)
  expect(pulls).toBe(2)

  // It grows back.
  hub.setNow(10_000)
  post(control, run)
  offer(control)
  expect(codes).toHaveLength(3)
  expect(pulls).toBe(3)
})
