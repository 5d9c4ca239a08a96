import { expect, test } from 'vitest'
import { Gathering } from '../../src/hub/gathering.ts'

test('who became hub with nobody at hand, or long ago, gathers nothing', () => {
  expect(new Gathering(0, 1000).isDue(1000)).toBe(true)
  expect(new Gathering(30, 1000).isDue(2000)).toBe(true)
})

test('a hub that has just followed a lost one gathers 5 ms for each node at hand, at most 100', () => {
  const few = new Gathering(4, 1000)
  expect([few.isDue(1003), few.dueAt, few.isDue(1022), few.isDue(1023), few.dueAt]).toEqual([
    false,
    1023,
    false,
    true,
    undefined,
  ])
  const many = new Gathering(300, 1000)
  expect([many.isDue(1010), many.dueAt]).toEqual([false, 1110])
})

test('what comes behind is gathered anew, and what waits at the end of the second leaves', () => {
  const gathering = new Gathering(20, 0)
  expect([gathering.isDue(0), gathering.isDue(100), gathering.isDue(101)]).toEqual([false, true, false])
  expect([gathering.isDue(950), gathering.isDue(951), gathering.isDue(1000), gathering.dueAt]).toEqual([
    true,
    false,
    true,
    undefined,
  ])
})
