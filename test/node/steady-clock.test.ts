import { expect, test } from 'vitest'
import { SteadyClock } from '../../src/node/steady-clock.ts'
import { NOW } from './author.ts'

const DAY = 86_400_000

function clock() {
  const notes = new Map<string, Uint8Array>()
  const ports = {
    get: (key: string) => notes.get(key),
    put: ([what, key, value]: readonly [string, string, Uint8Array?]) => {
      if (what === 'put') notes.set(key, value!)
    },
  }
  return { start: () => new SteadyClock(ports), notes }
}

test('a clock that goes on is believed, from the first moment and over weeks without a start (EV-16)', () => {
  const { start } = clock()
  expect(start().at(NOW)).toBe(NOW)
  expect(start().at(NOW + 29 * DAY)).toBe(NOW + 29 * DAY)
})

test('one that leaps months ahead counts as where it was for a week, over starts too', () => {
  const { start } = clock()
  start().at(NOW)
  const leapt = NOW + 100 * DAY
  expect(start().at(leapt)).toBe(NOW)
  expect(start().at(leapt + 6 * DAY)).toBe(NOW)
  expect(start().at(leapt + 7 * DAY)).toBe(leapt + 7 * DAY)
})

test('one that leaps again meanwhile still counts as where it was before', () => {
  const running = clock().start()
  running.at(NOW)
  expect(running.at(NOW + 100 * DAY)).toBe(NOW)
  expect(running.at(NOW + 200 * DAY)).toBe(NOW)
  expect(running.at(NOW + 207 * DAY)).toBe(NOW + 207 * DAY)
})

test('and where it is set back it is believed at once only as far as it was', () => {
  const { start } = clock()
  start().at(NOW)
  const running = start()
  running.at(NOW + 1000 * DAY)
  expect(running.at(NOW + DAY)).toBe(NOW)
  expect(running.at(NOW + 8 * DAY)).toBe(NOW + 8 * DAY)
})

test('a damaged note is none', () => {
  const { start, notes } = clock()
  start().at(NOW)
  for (const key of notes.keys()) notes.set(key, Uint8Array.of(1))
  expect(start().at(NOW + 1000 * DAY)).toBe(NOW + 1000 * DAY)
})
