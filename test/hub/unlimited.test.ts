import { expect, test } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import { lastOf, packRun, type VerifiedRun } from '../../src/wire/event.ts'
import { Author } from '../node/author.ts'
import { hubPorts, persons } from './ports.ts'

test('without a limit of rate who writes steadily is granted more before it is used up, and not with the next tick (LV-6)', () => {
  const [self] = persons(1)
  const author = new Author(2)
  let granted = 0
  const refused: string[] = []
  const ports = hubPorts(self, {
    rate: { perS: 0, burst: 40 },
    send: (_, frame) => {
      if (frame.type === 'credit') granted += frame.events
      if (frame.type === 'refused') refused.push(frame.code)
    },
  })
  const hub = new Hub(ports, 0)
  hub.joined(1, author.person, false)
  const lane = author.contentLane()
  const texts = Array.from({ length: 64 }, () => 'hi')
  let run: VerifiedRun | undefined
  for (let posted = 0; posted < 6400; posted += 64) {
    expect(granted).toBeGreaterThanOrEqual(posted + 64)
    run = author.run(lane, texts, run && lastOf(run))
    hub.frame(1, { type: 'post', run: packRun(run) })
    hub.endTurn()
  }
  expect(refused).toEqual([])
})
