import { expect, test } from 'vitest'
import type { Came, ChoiceView } from '../../src/node/choice.ts'
import { whyHub, whyLine } from '../../src/node/hub-why.ts'
import type { PersonKey } from '../../src/wire/ids.ts'

const [ada, bert, carl] = ['a', 'b', 'c'] as unknown as [PersonKey, PersonKey, PersonKey]
const names = new Map([
  [ada, 'ada'],
  [bert, 'bert'],
  [carl, 'carl'],
])
const nameOf = (key: PersonKey) => names.get(key)!
const plain = { reachable: true, pinned: false, preferred: false }
const why = (how: Came['how'], before: PersonKey | null = null, hubIs = plain) =>
  whyHub({ hub: bert, came: { how, before }, hubIs } as ChoiceView, ada, nameOf)

test('says how the hub came to be it', () => {
  expect(why('first')).toBe('bert is hub: nobody else was found when it started; it is reachable')
  expect(why('found')).toBe('bert is hub: it was hub when this node came; it is reachable')
  expect(why('took', carl)).toBe('bert is hub: it took over when carl was lost; it is reachable')
  expect(why('handed', ada)).toBe('bert is hub: this node handed over to it; it is reachable')
  expect(why('sent', carl)).toBe('bert is hub: carl gave up for it; it is reachable')
  expect(why('met')).toBe('bert is hub: two hubs met, and it is the better one; it is reachable')
})

test('says what a hub has that others may not', () => {
  expect(why('found', null, { reachable: false, pinned: false, preferred: true })).toBe(
    'bert is hub: it was hub when this node came; no other machine has reached it yet and it prefers to be hub',
  )
})

test('without a hub there is nothing to explain', () => {
  expect(whyHub({ hub: null, came: undefined } as ChoiceView, ada, nameOf)).toBeUndefined()
})

test('says why each of the line stands where it stands', () => {
  const ranks = [
    { id: ada, ...plain, preferred: true, lag: 0, uptimeS: 5 },
    { id: bert, ...plain, lag: 0, uptimeS: 1200 },
    { id: carl, ...plain, lag: 65, uptimeS: 3600 },
  ]
  expect(whyLine(ranks, nameOf)).toEqual([
    'ada would follow: it prefers to be hub, it is reachable, has all messages and has been here for 5 seconds',
    'bert would come after ada: it is reachable, has all messages and has been here for 20 minutes',
    'carl would come after bert: it is reachable, still catches up and has been here for 1 hour',
  ])
})

test('of equals the lowest key is first, and that is said', () => {
  const ranks = [
    { id: ada, ...plain, lag: 0, uptimeS: 5 },
    { id: bert, ...plain, lag: 0, uptimeS: 9 },
  ]
  expect(whyLine(ranks, nameOf)[0]).toContain('has the lowest key of its equals')
  expect(whyLine(ranks, nameOf)[1]).not.toContain('lowest key')
})
