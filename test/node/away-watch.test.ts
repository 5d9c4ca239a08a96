import { expect, test } from 'vitest'
import { AwayWatch } from '../../src/node/away-watch.ts'

test('a process that ran all the time has nothing to tell', () => {
  const watch = new AwayWatch(1000, 5_000_000)
  expect(watch.look(1200, 5_000_200)).toBeUndefined()
  expect(watch.look(2300, 5_001_310)).toBeUndefined()
})

test('a process that was stopped finds out by the monotonic clock', () => {
  const watch = new AwayWatch(0, 0)
  expect(watch.look(4000, 4000)).toEqual({ awayMs: 4000 })
  expect(watch.look(4200, 4200)).toBeUndefined()
})

test('a machine that slept finds out by the wall clock: the monotonic one slept too', () => {
  const watch = new AwayWatch(0, 0)
  expect(watch.look(200, 3_600_200)).toEqual({ awayMs: 3_600_200, jumped: true })
  expect(watch.look(400, 3_600_400)).toBeUndefined()
})

test('a clock set back is a jump and no absence', () => {
  const watch = new AwayWatch(0, 10_000_000)
  expect(watch.look(200, 200)).toEqual({ jumped: true })
  expect(watch.look(400, 400)).toBeUndefined()
})

test('small steps add up to a jump', () => {
  const watch = new AwayWatch(0, 0)
  expect(watch.look(200, 1400)).toBeUndefined()
  expect(watch.look(400, 2800)).toEqual({ awayMs: 2600, jumped: true })
})
