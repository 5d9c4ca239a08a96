import { expect, test } from 'vitest'
import { Fanout } from '../../src/hub/fanout.ts'
import { concat } from '../../src/wire/bytes.ts'
import { packRun } from '../../src/wire/event.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import { shortRun } from '../../src/wire/short-run.ts'
import { Author, NOW, ROOM } from '../node/author.ts'

const author = new Author(5)
const OTHER = '8'.repeat(32) as RoomId

/** A fan-out to links 1 and 2: what comes is told at a time, and how many runs leave then for each frame is returned. */
function fanoutOf() {
  const fanout = new Fanout()
  return {
    fanout,
    came: (now: number, { from = 1, room = ROOM, text = 'hi', count = 1 } = {}) => {
      const run = author.run(author.contentLane(), Array<string>(count).fill(text), undefined, NOW, room)
      fanout.add(run, from, true, now)
    },
    told: (now: number, all = false) =>
      fanout.flush(() => [1, 2], now, all).map(({ frame }) => frame.type === 'live' && frame.runs.length),
  }
}

test('lines that come now and then leave at the end of their turn, four at once too (LV-3)', () => {
  const { fanout, came, told } = fanoutOf()
  for (const now of [1000, 1001, 1002, 1003, 1080, 1096]) {
    came(now)
    expect(fanout.dueAt).toBe(now)
    expect(told(now)).toEqual([1])
    expect([fanout.isEmpty, fanout.dueAt]).toEqual([true, Number.POSITIVE_INFINITY])
  }
})

/** One whose room has just been told something four times at once. */
function busyFanout() {
  const made = fanoutOf()
  for (let i = 0; i < 4; i++) {
    made.came(1000)
    made.told(1000)
  }
  return made
}

test('where more comes than that, what comes within 16 ms leaves together, in one frame', () => {
  const { fanout, came, told } = busyFanout()
  came(1001)
  came(1005)
  expect([fanout.dueAt, told(1015)]).toEqual([1016, []])
  came(1016)
  expect(told(1016)).toEqual([3])
})

test('each text counts 12.5 ms there, so that more than 80 a second leave together each 100 ms', () => {
  const { fanout, came, told } = fanoutOf()
  came(1000, { count: 8 })
  expect(told(1000)).toEqual([1])
  came(1010, { count: 8 })
  expect([fanout.isEmpty, fanout.dueAt]).toEqual([false, 1052])
  came(1050, { count: 8 })
  expect([told(1051), told(1052)]).toEqual([[], [2]])
  for (let now = 1060; now < 1150; now += 10) came(now)
  expect(fanout.dueAt).toBe(1152)
  expect(told(1152)).toEqual([9])
  for (let now = 1200; now < 2000; now += 50) {
    came(now, { count: 3 })
    expect(fanout.dueAt - now).toBeLessThan(100)
    told(fanout.dueAt)
  }
})

test('8 KiB of a room leave 16 ms behind what it was told last, whatever counts', () => {
  const { fanout, came, told } = fanoutOf()
  came(1000, { count: 64 })
  expect(told(1000)).toEqual([1])
  came(1003, { text: 'x'.repeat(4000) })
  expect(fanout.dueAt).toBe(1052)
  came(1005, { text: 'x'.repeat(4000) })
  expect(fanout.dueAt).toBe(1016)
  expect(told(1016)).toEqual([2])
})

test('what is decided for a room counts 16 ms, however much of it comes at a time', () => {
  const fanout = new Fanout()
  const run = author.run(author.controlLane(), Array<string>(8).fill('x'))
  fanout.add(run, 1, true, 1000)
  fanout.flush(() => [1, 2], 1000, false)
  fanout.add(run, 1, true, 1001)
  expect(fanout.dueAt).toBe(1001)
})

test('a run is told as it came, whether it waited or not, with what is deleted of it', () => {
  const whole = author.run(author.contentLane(), ['one', 'two', 'three'])
  // As the bodies of a post lie: one behind the other.
  const memory = concat(...whole.bodies.map((body) => body!))
  const size = whole.bodies[0]!.length
  const bodies = [memory.subarray(0, size), null, memory.subarray(memory.length - whole.bodies[2]!.length)]
  for (const run of [whole, { ...whole, bodies }]) {
    const frames = [0, 1].map((waits) => {
      const fanout = new Fanout()
      for (let i = 0; i < 4 * waits; i++) {
        fanout.add(author.run(author.contentLane(), ['before']), 1, true, 1000)
        fanout.flush(() => [2], 1000, true)
      }
      fanout.add(run, 1, false, 1000)
      expect(fanout.dueAt).toBe(waits === 1 ? 1016 : 1000)
      return fanout.flush(() => [2], 2000, false)[0]!.frame
    })
    expect(frames[0]).toEqual(frames[1])
    expect(frames[0]).toEqual({ type: 'live', runs: [shortRun(packRun(run))] })
  }
})

test('other rooms do not wait with it', () => {
  const { came, told } = busyFanout()
  came(1002)
  came(1002, { room: OTHER })
  expect(told(1002)).toEqual([1])
  expect(told(1016)).toEqual([1])
})

test('four full frames wait for nothing, nor does what is of the hub itself, nor anything once all is to leave', () => {
  const { came, told } = busyFanout()
  for (let i = 0; i < 19; i++) came(1001, { text: 'x'.repeat(4000) })
  expect(told(1001)).toEqual([])
  for (let i = 0; i < 5; i++) came(1002, { text: 'x'.repeat(4000) })
  expect(told(1002)).toEqual([5, 5, 5, 5, 4])
  came(1002)
  came(1002, { from: -1 })
  expect(told(1002)).toEqual([2])
  came(1003)
  expect(told(1003)).toEqual([])
  expect(told(1003, true)).toEqual([1])
})

test('after whatever could not wait, a line waits 16 ms at most, and in a room at rest again not at all', () => {
  const { fanout, came, told } = fanoutOf()
  for (let now = 1000; now < 2000; now++) {
    // The hub's own, and what stands before a frame that goes to all.
    came(now, { from: now % 2 === 0 ? -1 : 1 })
    expect(told(now, true)).toEqual([1])
  }
  came(2000)
  expect(fanout.dueAt).toBeLessThanOrEqual(2016)
  expect(told(2016)).toEqual([1])
  came(2100)
  expect(fanout.dueAt).toBe(2100)
})

test('a room at rest is told four times at once again, and no more often for however long it rested', () => {
  const { fanout, came, told } = busyFanout()
  for (let i = 0; i < 4; i++) {
    came(5000)
    expect(told(5000)).toEqual([1])
  }
  came(5000)
  expect([told(5000), fanout.dueAt]).toEqual([[], 5016])
})
