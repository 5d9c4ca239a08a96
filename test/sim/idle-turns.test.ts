/** What a hub with many idle members does all day: it hears two heartbeats a second from each of them. */
import { expect, test } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.ts'
import { readHeartbeat } from '../../src/wire/heartbeat-bytes.ts'
import { World } from './core-world.ts'

test('heartbeats that change nothing are all read by the short way and end no turn of the hub, and nobody takes it for lost', async () => {
  const world = new World({ seed: 3, delayMs: 0.2, jitterMs: 0.3 })
  for (let i = 0; i < 20; i++) {
    const node = world.add()
    await world.start(node)
    await world.until(() => node.of('ready').length > 0)
  }
  await world.run(15_000)
  const [hub] = world.hubs()
  let turns = 0
  let heartbeats = 0
  let readShort = 0
  const { core } = hub!
  const endTurn = core.endTurn.bind(core)
  core.endTurn = () => {
    turns++
    endTurn()
  }
  const step = core.step.bind(core)
  core.step = (moment, input) => {
    if (input.in === 'frame' && input.frame.type === 'heartbeat') {
      heartbeats++
      if (readHeartbeat(encodeFrame(input.frame))) readShort++
    }
    step(moment, input)
  }
  await world.run(10_000)
  expect(heartbeats).toBeGreaterThan(300)
  expect(readShort).toBe(heartbeats)
  expect(turns).toBeLessThan(heartbeats / 2)
  expect(world.hubs()).toEqual([hub])
})
