import { describe, expect, it } from 'vitest'
import { Wakes } from '../../src/node/wakes.ts'

const NEVER = Number.POSITIVE_INFINITY

/** How often in 10 s everything is looked after. The choice of hub wants to be asked and turns want to end each so many ms. */
function ticksOf({ choiceMs = NEVER, turnMs = NEVER, isWaiting = false }): number {
  const wakes = new Wakes(0)
  let count = 0
  let choiceAt = choiceMs
  let turnAt = turnMs
  wakes.choose(choiceAt)
  for (let now = 0; now < 10_000; ) {
    if (wakes.isTick(now)) {
      wakes.ticked(now)
      count++
    }
    wakes.choosing(now)
    if (now >= choiceAt) choiceAt = now + choiceMs
    wakes.choose(choiceAt)
    if (now >= turnAt) turnAt = now + turnMs
    now = wakes.tell(wakes.nextAt(isWaiting), turnAt)
  }
  return count
}

describe('all that is looked after in time', () => {
  it('is so once a second where nothing is to be done, and four times where somebody waits', () => {
    expect(ticksOf({})).toBe(10)
    expect(ticksOf({ isWaiting: true })).toBe(40)
  })

  it('is so when the choice of hub has something to do, but four times a second at most', () => {
    expect(ticksOf({ choiceMs: 500 })).toBe(20)
    expect(ticksOf({ choiceMs: 50 })).toBe(40)
  })

  it('is no more often where turns have to end, however often', () => {
    expect(ticksOf({ turnMs: 16 })).toBe(10)
    expect(ticksOf({ turnMs: 16, choiceMs: 500 })).toBe(20)
  })
})

it('wakes sooner for a turn of links and members only where something of it is due before what was told', () => {
  const wakes = new Wakes(0)
  wakes.choose(700)
  expect(wakes.tell(1000, NEVER)).toBe(700)
  expect(wakes.tellSooner(NEVER, 800)).toBeUndefined()
  expect(wakes.tellSooner(NEVER, 400)).toBe(400)
  expect(wakes.isTick(400)).toBe(false)
  expect(wakes.tellSooner(250, NEVER)).toBe(250)
  expect(wakes.isTick(250)).toBe(true)
  wakes.choose(100)
  expect(wakes.tellSooner(NEVER, NEVER)).toBe(100)
})
