/** Which code of a network with an owner is in force, and who is in by one that was not replaced (RM-23). */
import { describe, expect, it } from 'vitest'
import { hex } from '../../src/wire/bytes.ts'
import { NETWORK_ROOM } from '../../src/wire/ids.ts'
import { doorNamed, isSameInEveryOrder, ownedWorld } from './rooms/world.ts'

const HERE = { room: NETWORK_ROOM }

/** Max is an admin. */
function network() {
  const owned = ownedWorld()
  const { world, persons, olga, max } = owned
  world.role(olga, max, 4, HERE)
  const inForce = () => world.network(olga).codes.newest
  const admissions = () => persons.map((person) => owned.door().admission(person))
  return { ...owned, inForce, admissions }
}
const door = (name: string) => hex(doorNamed(name))

describe('a new code', () => {
  it('keeps out whoever came in before and is not given it, but never owner and admins', () => {
    const { world, olga, ben, inForce, admissions } = network()
    expect(admissions()).toEqual(['member', 'member', 'member', 'member'])
    world.newCode(olga, 'one', [olga, ben])
    expect(inForce()).toBe(door('one'))
    expect(admissions()).toEqual(['member', 'member', 'member', 'outdated'])
  })

  it('is made by owner and admins alone, and never by who was expelled', () => {
    const { world, olga, max, ben, eve, inForce } = network()
    world.newCode(ben, 'one', [ben])
    expect(inForce()).toBeUndefined()
    world.newCode(max, 'two', [ben, eve])
    expect(inForce()).toBe(door('two'))
    world.role(olga, max, 1, HERE)
    expect(inForce()).toBeUndefined()
  })

  it('lets in who shows that they have it, whom it is sealed to later, and whom an admin names', () => {
    const { world, olga, max, ben, eve, admissions } = network()
    const zoe = world.person('zoe')
    world.profile(zoe)
    world.newCode(olga, 'one', [])
    world.entry(ben, 'one')
    world.newCode(max, 'one', [eve], { made: false })
    world.admit(max, [zoe])
    expect(admissions()).toEqual(['member', 'member', 'member', 'member'])
    expect(world.network(olga).door.admission(zoe)).toBe('member')
  })

  it('is not there before it is made: sealing it to somebody changes nothing', () => {
    const { world, olga, eve, inForce } = network()
    world.newCode(olga, 'one', [eve], { made: false })
    expect(inForce()).toBeUndefined()
  })

  it('replaces those that it names, and those that they replaced', () => {
    const { world, olga, ben, eve, admissions } = network()
    world.newCode(olga, 'one', [])
    world.entry(ben, 'one')
    world.newCode(olga, 'two', [], { replaces: ['one'] })
    world.entry(eve, 'two')
    expect(admissions().slice(2)).toEqual(['outdated', 'member'])
    world.newCode(olga, 'three', [], { replaces: ['two'] })
    expect(admissions().slice(2)).toEqual(['outdated', 'outdated'])
  })

  it('of two made at once is the last in display order, and who came in by the other stays in', () => {
    const { world, olga, max, ben, eve, inForce, admissions } = network()
    const known = world.events.length
    world.newCode(olga, 'hers', [], { t: 50 })
    world.entry(ben, 'hers', { t: 51 })
    world.newCode(max, 'his', [], { t: 60 })
    world.entry(eve, 'his', { t: 52 })
    expect(inForce()).toBe(door('his'))
    expect(admissions()).toEqual(['member', 'member', 'member', 'member'])
    const told = (events = world.events) => {
      const { codes } = world.network(olga, events)
      return JSON.stringify([
        codes.newest,
        [...codes.holders],
        [ben, eve].map((person) => codes.isIn(person)),
      ])
    }
    expect(isSameInEveryOrder(world, known, told)).toBe(true)
  })

  it('comes back into force where the one behind it does not count any more', () => {
    const { world, olga, max, ben, inForce, admissions } = network()
    world.newCode(olga, 'hers', [ben])
    world.newCode(max, 'his', [max], { replaces: ['hers'] })
    expect(admissions()[2]).toBe('outdated')
    world.role(olga, max, 1, HERE)
    expect(inForce()).toBe(door('hers'))
    expect(admissions()[2]).toBe('member')
  })

  it('hides what somebody outside writes, however it is dated', () => {
    const { world, olga, max, ben, eve } = network()
    world.create(max, 'lab')
    const { lane } = world.post(eve, { t: 1 })
    world.newCode(olga, 'one', [ben, max])
    expect(world.view(olga).contentLimit(eve, lane)).toBe(0)
    world.entry(eve, 'one')
    expect(world.view(olga).contentLimit(eve, lane)).toBeGreaterThan(0)
  })

  it('lets nobody in whom the network has expelled', () => {
    const { world, olga, max, ben, admissions } = network()
    world.ban(olga, ben, HERE)
    world.newCode(max, 'one', [ben])
    world.entry(ben, 'one')
    expect(admissions()[2]).toBe('expelled')
  })
})
