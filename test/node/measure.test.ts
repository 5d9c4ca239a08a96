/** What is taken of an author over their own link, beside what was granted them (rule LV-18). */
import { expect, it } from 'vitest'
import { Measure } from '../../src/node/measure.ts'
import { AWAY_BURST, RATED_AUTHORS_MAX } from '../../src/wire/limits.ts'
import { Author } from './author.ts'

const { person: anna } = new Author(1)
const RATE = { perS: 10, burst: 40 }

function measured(rate = RATE) {
  const clock = { now: 0 }
  return { clock, measure: new Measure(rate, () => clock.now) }
}

/** Takes them one by one while it may. */
function takenOf(measure: Measure, wanted: number): number {
  let taken = 0
  for (; taken < wanted && measure.takes(anna); taken++) measure.took(anna, 1)
  return taken
}

it('LV-18: takes at once what somebody brings who was not met yet, and a burst once they have been compared', () => {
  const { measure } = measured()
  expect(takenOf(measure, 3000)).toBe(3000)
  measure.compared(anna)
  expect(takenOf(measure, 3000)).toBe(40)
})

it('LV-18: what is taken grows back at the rate, up to a burst while they are here and further while they are away', () => {
  const { clock, measure } = measured()
  measure.compared(anna)
  takenOf(measure, 100)
  clock.now = 2000
  expect(takenOf(measure, 100)).toBe(20)
  clock.now = 600_000
  expect(takenOf(measure, 100)).toBe(40)
  measure.left(anna)
  clock.now += 60_000
  expect(takenOf(measure, 9999)).toBe(600)
  clock.now += 60_000_000
  expect(takenOf(measure, 99_999)).toBe(AWAY_BURST)
})

it('LV-18: who comes again at once has not been away', () => {
  const { measure } = measured()
  measure.compared(anna)
  takenOf(measure, 100)
  for (let i = 0; i < 10; i++) {
    measure.left(anna)
    expect(takenOf(measure, 100)).toBe(0)
    measure.compared(anna)
  }
})

it('LV-18: what came another way is owed, for 20 s at most, and then half a burst is waited for', () => {
  const { clock, measure } = measured()
  measure.compared(anna)
  measure.took(anna, 100_000)
  clock.now = 20_000
  expect(measure.takes(anna)).toBe(false)
  clock.now = 20_100
  expect(measure.takes(anna)).toBe(true)
  expect(measure.room(anna, 5)).toBe(0)
  clock.now = 22_000
  expect(measure.room(anna, 5)).toBe(20)
})

it('LV-18: of a long lane that waits a sixteenth is saved up, ten bursts at most, and no more than a burst after that', () => {
  const { clock, measure } = measured()
  measure.compared(anna)
  takenOf(measure, 100)
  expect(measure.room(anna, 100_000)).toBe(0)
  clock.now = 39_000
  expect(measure.room(anna, 100_000)).toBe(0)
  clock.now = 41_000
  expect(measure.room(anna, 100_000)).toBe(400)
  expect(takenOf(measure, 9999)).toBe(400)
  clock.now += 600_000
  expect(takenOf(measure, 9999)).toBe(40)
})

it('LV-18: a rate of 0 takes any', () => {
  const { measure } = measured({ perS: 0, burst: 40 })
  measure.compared(anna)
  expect(takenOf(measure, 10_000)).toBe(10_000)
  expect(measure.size).toBe(0)
})

it('LV-18: remembers so many authors, those first who are here', () => {
  const { measure } = measured()
  measure.compared(anna)
  takenOf(measure, 100)
  for (let i = 0; i < RATED_AUTHORS_MAX + 10; i++) measure.took(`${i}`.padStart(64, '0') as typeof anna, 1)
  expect(measure.size).toBe(RATED_AUTHORS_MAX)
  expect(measure.takes(anna)).toBe(false)
})
