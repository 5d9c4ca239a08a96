import { expect, it } from 'vitest'
import { Arrivals } from '../../src/node/arrivals.ts'
import type { PersonKey } from '../../src/wire/ids.ts'

const anna = 'a'.repeat(64) as PersonKey

function arrivals() {
  const profiles = new Set<PersonKey>()
  const told: string[] = []
  const waiting = new Arrivals(
    (key) => profiles.has(key),
    (key, isOnline) => told.push(`${key.slice(0, 1)} ${isOnline}`),
  )
  return { profiles, told, waiting }
}

it('tells of somebody known at once', () => {
  const { profiles, told, waiting } = arrivals()
  profiles.add(anna)
  waiting.changed(anna, true, 0)
  waiting.changed(anna, false, 5)
  expect(told).toEqual(['a true', 'a false'])
})

it('waits for the profile of somebody new', () => {
  const { profiles, told, waiting } = arrivals()
  waiting.changed(anna, true, 0)
  waiting.look(10)
  expect(told).toEqual([])
  profiles.add(anna)
  waiting.look(20)
  expect(told).toEqual(['a true'])
  expect(waiting.isWaiting).toBe(false)
})

it('waits a second at most', () => {
  const { told, waiting } = arrivals()
  waiting.changed(anna, true, 0)
  waiting.look(1000)
  expect(told).toEqual(['a true'])
})

it('says nothing of who goes before they were told of', () => {
  const { told, waiting } = arrivals()
  waiting.changed(anna, true, 0)
  waiting.changed(anna, false, 500)
  waiting.look(2000)
  expect(told).toEqual([])
})
