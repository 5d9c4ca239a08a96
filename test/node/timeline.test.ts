import { expect, test } from 'vitest'
import { orderOf } from '../../src/node/display-order.ts'
import { NO_RULES } from '../../src/node/rooms/settings.ts'
import { isVisible, lastLines, stampT, type Visibility, visibilityOf } from '../../src/node/timeline.ts'
import type { Event } from '../../src/wire/event.ts'
import type { EventId, PersonKey } from '../../src/wire/ids.ts'
import { FUTURE_MS_MAX } from '../../src/wire/limits.ts'
import { Author, ROOM, replicaOf } from './author.ts'

const DAY_MS = 24 * 3600 * 1000

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
  personOf: (key: PersonKey) => key,
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

test('TL-7: a room that shows the last days only shows nothing older, and all of it when that ends', async () => {
  const { replica, store, save } = replicaOf()
  const anna = new Author(1)
  const t = replica.now - 2 * DAY_MS
  const lane = anna.contentLane(t)
  const before = anna.run(lane, ['older'], undefined, t - 1)
  replica.add(before)
  replica.add(anna.run(lane, ['younger'], before, t))
  await save()
  const shown = async (visibleDays: number) => {
    const settings = { ...NO_RULES.settings, visibleDays }
    const view = {
      settings,
      ruleAgainst: () => undefined,
      contentLimit: () => 9,
      hidden: new Set<EventId>(),
      erased: new Map(),
      personOf: (key: PersonKey) => key,
    }
    const lines = await lastLines({ store, replica }, ROOM, 9, visibilityOf(replica, view))
    return lines.map(({ body }) => body.text)
  }
  expect(await shown(2)).toEqual(['younger'])
  expect(await shown(1)).toEqual([])
  expect(await shown(0)).toEqual(['older', 'younger'])
})
