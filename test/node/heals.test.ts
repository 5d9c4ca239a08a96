import { expect, test } from 'vitest'
import { Heals, healText } from '../../src/node/heals.ts'
import type { PersonKey } from '../../src/wire/ids.ts'

const person = (letter: string) => letter.repeat(64) as PersonKey

test('what came from the other side is told once, when all of it is there', () => {
  const heals = new Heals()
  heals.met(1000)
  for (let i = 0; i < 41; i++) heals.shown(person('abc'[i % 3]!), 60_000, 1100 + i * 10)
  expect(heals.due(1600)).toBeUndefined()
  expect(heals.due(3100)).toEqual({ messages: 41, people: 3 })
  expect(heals.due(9000)).toBeUndefined()
})

test('the messages may come before the roster names who came', () => {
  const heals = new Heals()
  heals.shown(person('a'), 60_000, 1000)
  expect(heals.due(2000)).toBeUndefined()
  heals.met(2500)
  expect(heals.due(3000)).toEqual({ messages: 1, people: 1 })
})

test('somebody who comes and says something is no heal', () => {
  const heals = new Heals()
  heals.met(1000)
  heals.shown(person('a'), 200, 1500)
  expect(heals.due(10_000)).toBeUndefined()
})

test('late messages where nobody came back are nobody’s other side', () => {
  const heals = new Heals()
  heals.shown(person('a'), 60_000, 1000)
  expect(heals.due(20_000)).toBeUndefined()
  heals.met(30_000)
  heals.shown(person('a'), 60_000, 31_000)
  expect(heals.due(33_000)).toEqual({ messages: 1, people: 1 })
})

test('a stream that does not end is told of after twenty seconds', () => {
  const heals = new Heals()
  heals.met(0)
  let told = 0
  for (let now = 0; now < 30_000; now += 500) {
    heals.shown(person('a'), 60_000, now)
    if (heals.due(now)) told++
  }
  expect(told).toBe(1)
})

test('one line says it', () => {
  expect(healText({ messages: 41, people: 3 })).toBe(
    'Together again: 41 messages of 3 people came from the other side.',
  )
  expect(healText({ messages: 1, people: 1 })).toBe(
    'Together again: 1 message of 1 person came from the other side.',
  )
})
