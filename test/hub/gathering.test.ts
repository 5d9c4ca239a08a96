import { expect, test } from 'vitest'
import { Gathering } from '../../src/hub/gathering.ts'

const nodes = (count: number) => Array.from({ length: count }, (_, k) => k)

test('who became hub with nobody at hand, or long ago, gathers nothing', () => {
  expect(new Gathering([], 1000).isDue(1000, true)).toBe(true)
  expect(new Gathering(nodes(30), 1000).isDue(2000, true)).toBe(true)
})

test('a hub that has just followed a lost one gathers 10 ms for each node at hand, at most 250, while not all are back', () => {
  const few = new Gathering(nodes(4), 1000)
  expect([few.isDue(1003, false), few.dueAt(false), few.isDue(1042, false), few.isDue(1043, false)]).toEqual([
    false,
    1043,
    false,
    true,
  ])
  expect(few.dueAt(false)).toBeUndefined()
  const many = new Gathering(nodes(300), 1000)
  expect([many.isDue(1010, false), many.dueAt(false)]).toEqual([false, 1260])
})

test('once all are back and nobody is owed a word, 5 ms in which nothing comes are enough', () => {
  const gathering = new Gathering(nodes(20), 0)
  gathering.isDue(10, false)
  for (const node of nodes(19)) gathering.joined(node, 30)
  expect(gathering.dueAt(false)).toBe(210)
  gathering.joined(19, 40)
  expect([gathering.dueAt(true), gathering.dueAt(false)]).toEqual([210, 45])
  gathering.came(55)
  expect([gathering.isDue(59, false), gathering.isDue(60, true), gathering.isDue(60, false)]).toEqual([
    false,
    false,
    true,
  ])
})

test('what comes behind is gathered anew, and what waits at the end of the second leaves', () => {
  const gathering = new Gathering(nodes(10), 0)
  expect([gathering.isDue(0, false), gathering.isDue(100, false), gathering.isDue(101, false)]).toEqual([
    false,
    true,
    false,
  ])
  expect([gathering.isDue(950, false), gathering.isDue(951, false), gathering.isDue(1000, false)]).toEqual([
    true,
    false,
    true,
  ])
  expect(gathering.dueAt(false)).toBeUndefined()
})
