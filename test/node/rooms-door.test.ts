/** Who is let into a network with an owner, by the control events of room 0 (RM-20, RM-21). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NETWORK_ROOM } from '../../src/wire/ids.ts'
import { isSameInEveryOrder, ownedWorld } from './rooms/world.ts'

const HERE = { room: NETWORK_ROOM }

describe('the door', () => {
  it('is open to all while nothing else is said, and nobody but admins can close it', () => {
    const { world, max, ben, eve, door } = ownedWorld()
    world.set(max, 'membersOnly', 1, [], HERE)
    for (const person of [max, ben, eve]) expect(door().admission(person)).toBe('member')
  })

  it('lets in whom the setting lists, whom an admin names, and admins', () => {
    const { world, olga, max, ben, eve, door } = ownedWorld()
    world.role(olga, max, 4, HERE)
    world.set(max, 'membersOnly', 1, [ben], HERE)
    expect([olga, max, ben, eve].map((person) => door().admission(person))).toEqual([
      'member',
      'member',
      'member',
      'waiting',
    ])
    world.admit(ben, [eve])
    expect(door().admission(eve)).toBe('waiting')
    world.admit(max, [eve])
    expect(door().admission(eve)).toBe('member')
  })

  it('hides what somebody who waits wrote, however it is dated, and shows it once they are let in', () => {
    const { world, olga, ben, eve } = ownedWorld()
    const lane = world.post(eve, { t: 1 }).lane
    world.set(olga, 'membersOnly', 1, [ben], HERE)
    expect(world.view(olga).contentLimit(eve, lane)).toBe(0)
    expect(world.names(world.view(olga).members)).toEqual(['ben', 'olga'])
    world.admit(olga, [eve])
    expect(world.view(olga).contentLimit(eve, lane)).toBeGreaterThan(0)
    expect(world.names(world.view(olga).members)).toEqual(['ben', 'eve', 'olga'])
  })

  it('makes a room of nobody of one whose maker waits, and undoes their acts as a moderator', () => {
    const { world, olga, max, ben, eve } = ownedWorld()
    world.set(olga, 'membersOnly', 1, [max, ben], HERE)
    world.create(eve, 'hers')
    expect(world.known(olga)).toBeUndefined()
    world.create(max, 'his')
    world.join(ben)
    world.role(max, eve, 2)
    world.ban(eve, ben)
    expect(world.names(world.view(olga).members)).toEqual(['ben', 'max'])
    world.admit(olga, [eve])
    expect(world.names(world.view(olga).members)).toEqual(['max'])
  })

  it('expels for good: an admit that names the ban lets them in again, one that does not changes nothing', () => {
    const { world, olga, max, eve, door } = ownedWorld()
    world.role(olga, max, 4, HERE)
    const ban = world.ban(max, eve, HERE)
    world.admit(olga, [eve])
    expect(door().admission(eve)).toBe('expelled')
    world.admit(olga, [eve], [ban.id])
    expect(door().admission(eve)).toBe('member')
  })

  it('is no matter of a member: neither setting nor admit of room 0 counts elsewhere', () => {
    const { world, olga, max, eve } = ownedWorld()
    world.create(max, 'lab')
    const [set, admit] = [world.set(max, 'membersOnly', 1), world.admit(max, [eve], [], { room: world.room })]
    const { counted } = world.view(olga)
    expect([counted.has(set.id), counted.has(admit.id)]).toEqual([false, false])
  })
})

/** What owner, admins and others do at once: kind, author, target, and what it names. */
const act = fc.record({
  kind: fc.constantFrom(
    'role',
    'demote',
    'expel',
    'lift',
    'admit',
    'close',
    'open',
    'newcode',
    'seal',
    'entry',
    'create',
    'post',
    'join',
  ),
  by: fc.nat(3),
  whom: fc.nat(3),
  names: fc.nat(30),
  t: fc.integer({ min: 1, max: 9 }),
})
const CODES = ['one', 'two', 'three']
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

function play(acts: readonly Act[]) {
  const { world, olga, max, ben, eve } = ownedWorld()
  const persons = [olga, max, ben, eve]
  const known = world.events.length
  for (const { kind, by, whom, names, t } of acts) {
    const [author, target] = [persons[by]!, persons[whom]!]
    const made = world.events.map(({ event }) => event)
    const named = made[names % made.length]!
    const where = { ...HERE, t }
    const code = CODES[names % CODES.length]!
    const cut = made.filter((event) => event.author === target).slice(0, names)
    if (kind === 'role') world.role(author, target, 4, { ...where, lifts: [named.id] })
    else if (kind === 'demote') world.role(author, target, 1, { ...where, cut })
    else if (kind === 'expel') world.ban(author, target, { ...where, cut })
    else if (kind === 'lift') world.lift(author, [named.id], where)
    else if (kind === 'admit') world.admit(author, [target], [named.id], { t })
    else if (kind === 'close') world.set(author, 'membersOnly', 1, [target], where)
    else if (kind === 'open') world.set(author, 'membersOnly', 0, [], where)
    else if (kind === 'newcode')
      world.newCode(author, code, [author, target], { t, replaces: CODES.slice(0, names % 3) })
    else if (kind === 'seal') world.newCode(author, code, [target], { made: false, t })
    else if (kind === 'entry') world.entry(author, code, { t })
    else if (kind === 'create') world.create(author, `room${names}`, { t })
    else if (kind === 'join') world.join(author, [], { t })
    else world.post(author, { t })
  }
  const shown = (events = world.events) => {
    const { door, ranks, counted, codes } = world.network(olga, events)
    const view = world.known(olga, events)
    return JSON.stringify([
      persons.map((person) => [door.admission(person), ranks.get(person) ?? 1]),
      [...counted].sort(),
      [codes.newest, [...codes.holders].sort()],
      view && world.told(view),
      view && persons.map((person) => view.contentLimit(person, world.lane(person, world.room, 'one', true))),
    ])
  }
  return { world, known, shown }
}

describe('acts of owner and admins at once', () => {
  it('are the same in every order of arrival of seven acts', () => {
    const check = (acts: Act[]) => {
      const { world, known, shown } = play(acts)
      return isSameInEveryOrder(world, known, shown)
    }
    fc.assert(fc.property(fc.array(act, { minLength: 7, maxLength: 7 }), check), { numRuns: 1 })
    fc.assert(fc.property(fc.array(act, { minLength: 4, maxLength: 4 }), check), { numRuns: 40 })
  })

  it('never take rank or entry from the owner', () => {
    const check = (acts: Act[]) => {
      const { world } = play(acts)
      const olga = world.person('olga')
      const { door, ranks } = world.network(olga)
      return door.admission(olga) === 'member' && ranks.get(olga) === 5
    }
    fc.assert(fc.property(fc.array(act, { maxLength: 30 }), check), { numRuns: 200 })
  })
})
