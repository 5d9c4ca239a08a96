import { expect, test } from 'vitest'
import { isVisible, orderOf, stampT, type Visibility } from '../../src/node/timeline.ts'
import type { Event } from '../../src/wire/event.ts'
import { FUTURE_MS_MAX } from '../../src/wire/limits.ts'

const NOW = 1_800_000_000_000
const event = (fields: Partial<Event>) =>
  ({ t: NOW, author: 'a'.repeat(64), id: 'b'.repeat(64), n: 1, ...fields }) as Event
const all: Visibility = {
  now: NOW,
  isCurrent: () => true,
  limit: () => Number.POSITIVE_INFINITY,
  isDeleted: () => false,
  isHidden: () => false,
  isLet: () => true,
}

test('TL-1: order is t, then author, then id, as strings sort', () => {
  const events = [
    event({ t: 2, author: '0'.repeat(64) as Event['author'] }),
    event({ t: 1, author: 'f'.repeat(64) as Event['author'] }),
    event({ t: 1, author: '0'.repeat(64) as Event['author'], id: '1'.repeat(64) as Event['id'] }),
    event({ t: 1, author: '0'.repeat(64) as Event['author'], id: '0'.repeat(64) as Event['id'] }),
    event({ t: 256 }),
  ]
  const sorted = events.map(orderOf).sort()
  expect(sorted).toEqual([events[3]!, events[2]!, events[1]!, events[0]!, events[4]!].map(orderOf))
})

test.each([
  ['nothing shown yet', NOW, 0, NOW],
  ['an older one shown', NOW, NOW - 5, NOW],
  ['one of the same millisecond shown', NOW, NOW, NOW + 1],
  ['one 7 days ahead shown', NOW, NOW + FUTURE_MS_MAX, NOW + FUTURE_MS_MAX + 1],
  ['one shown that followed that', NOW, NOW + FUTURE_MS_MAX + 1, NOW + FUTURE_MS_MAX + 2],
  ['one further ahead shown, before the clock was set back', NOW, NOW + FUTURE_MS_MAX + 60_001, NOW],
])('TL-2: t with %s', (_, at, shown, t) => {
  expect(stampT(at, shown, NOW)).toBe(t)
})

test('TL-3: an event is shown up to 7 days ahead and held beyond', () => {
  expect(isVisible(event({ t: NOW + FUTURE_MS_MAX }), all)).toBe(true)
  expect(isVisible(event({ t: NOW + FUTURE_MS_MAX + 1 }), all)).toBe(false)
})

test.each([
  ['beyond its limit', { limit: () => 0 }],
  ['of a lane that is not current', { isCurrent: () => false }],
  ['deleted by its author', { isDeleted: () => true }],
  ['hidden by a moderator', { isHidden: () => true }],
])('TL-3: an event %s is not shown', (_, by) => {
  expect(isVisible(event({}), { ...all, ...by })).toBe(false)
})
