/** What the hub refuses early is what the reducer passes over. */
import { expect, it } from 'vitest'
import { denialOfAct, permitOf } from '../../src/node/acts/permission.ts'
import type { Views } from '../../src/node/views.ts'
import { fromHex, uint } from '../../src/wire/bytes.ts'
import type { Event } from '../../src/wire/event.ts'
import type { PersonKey, RoomId } from '../../src/wire/ids.ts'
import type { BodyValue } from '../../src/wire/kinds.ts'
import { seeded } from '../seeded.ts'
import { cutOf, none, World } from './rooms/world.ts'

/** The last two are devices of the first two. */
const PEOPLE = ['anna', 'max', 'mara', 'bert', 'carl', 'phone', 'tablet']

it('an act is refused exactly where it would not count, of whomever it is, whoever is banned or demoted meanwhile', () => {
  const random = seeded(7)
  const below = (n: number) => Math.floor(random() * n)
  const told = { refused: 0, counted: 0 }
  for (let round = 0; round < 60; round++) {
    const world = new World()
    const people = PEOPLE.map((name) => world.person(name))
    const [anna, max, mara] = people as [PersonKey, PersonKey, PersonKey]
    world.device(anna, people[5]!, true)
    world.device(max, people[6]!, true)
    world.create(anna, 'lab')
    for (const person of people) world.join(person)
    world.role(anna, max, 2)
    world.role(anna, mara, 2)
    const post = world.post(max)
    for (let k = 0; k < 13; k++) {
      const author = people[below(people.length)]!
      const target = people[below(people.length)]!
      const seen = world.events.filter(({ event }) => event.author === target).map(({ event }) => event)
      const isLast = k === 12
      const value: BodyValue = isLast
        ? { kind: 'delete', reason: '' }
        : actOf(below(11), target, lastOfLanes(seen), post)
      const denial = denialOfAct(world.view(), world.view().personOf(author), value)
      const { id } = world.add(author, value)
      const counts = world.view().counted.has(id)
      expect([PEOPLE[people.indexOf(author)], value.kind, counts], `round ${round}`).toEqual([
        PEOPLE[people.indexOf(author)],
        value.kind,
        denial === undefined,
      ])
      told[counts ? 'counted' : 'refused']++
    }
  }
  expect(told.refused).toBeGreaterThan(100)
  expect(told.counted).toBeGreaterThan(100)
})

it('a private room takes no more people than one key is sealed to, whatever limit it has', () => {
  const keyOf = (n: number) => n.toString(16).padStart(64, '0') as PersonKey
  const people = (count: number) => new Set(Array.from({ length: count }, (_, n) => keyOf(n + 1)))
  const code = (members: number, max: number, isPrivate = true, keys = 1, expected: PersonKey[] = []) => {
    const room = {
      deleted: false,
      bans: [],
      max,
      members: people(members),
      ...(isPrivate && { persons: new Set([...people(members), keyOf(9999)]) }),
      admits: () => true,
    }
    const views = {
      network: () => ({
        door: { admission: () => 'member' },
        devices: { of: (key: PersonKey) => Array.from({ length: keys }, (_, i) => key + i) },
      }),
      personOf: (key: PersonKey) => key,
      room: () => room,
    }
    return permitOf(
      views as unknown as Views,
      keyOf(9999),
      'join',
      'ab'.repeat(16) as RoomId,
      '',
      0,
      expected,
    )
  }
  expect(code(255, 0)).toBeUndefined()
  expect(code(256, 0)).toBe('ROOM_FULL')
  expect(code(256, 1000)).toBe('ROOM_FULL')
  expect(code(10, 10)).toBe('ROOM_FULL')
  expect(code(256, 0, false)).toBeUndefined()
  // Keys are sealed to devices, of which somebody may have several.
  expect(code(127, 0, true, 2)).toBeUndefined()
  expect(code(128, 0, true, 2)).toBe('ROOM_FULL')
  // Whoever was let in a moment ago counts once, whether they are here by now or not.
  expect(code(9, 10)).toBeUndefined()
  expect(code(9, 10, false, 1, [keyOf(5000)])).toBe('ROOM_FULL')
  expect(code(9, 10, false, 1, [keyOf(1), keyOf(9999)])).toBeUndefined()
})

function lastOfLanes(events: readonly Event[]): Event[] {
  return [...new Map(events.map((event) => [event.lane, event])).values()]
}

function actOf(which: number, person: PersonKey, seen: readonly Event[], post: Event): BodyValue {
  const [target, about, reason] = [fromHex(person), fromHex(post.id), '']
  const bound = { target, cut: cutOf(seen), cuts: none, until: uint(0, 6), reason }
  switch (which) {
    case 0:
      return { kind: 'ban', kick: false, ...bound }
    case 1:
      return { kind: 'ban', kick: true, ...bound }
    case 2:
      return { kind: 'mute', ...bound }
    case 3:
      return { kind: 'role', target, rank: 2, cut: none, lifts: none, reason }
    case 4:
      return { kind: 'role', target, rank: 1, cut: cutOf(seen), lifts: none, reason }
    case 5:
      return { kind: 'invite', persons: target, reason, isVoice: false }
    case 6:
      return { kind: 'unvoice', persons: target, reason }
    case 7:
      return { kind: 'hide', target: about, hidden: true, reason }
    case 8:
      return { kind: 'pin', target: about, pinned: true, reason }
    case 9:
      return { kind: 'topic', topic: 'rats', reason }
    default:
      return { kind: 'settings', setting: 2, value: 1, persons: none, reason }
  }
}
