import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { ControlEvent } from '../../src/node/rooms.ts'
import { readPersons } from '../../src/node/rooms.ts'
import { hex } from '../../src/wire/bytes.ts'
import type { Event } from '../../src/wire/event.ts'
import { type EventId, type LaneId, NETWORK_ROOM, type PersonKey } from '../../src/wire/ids.ts'
import { permutations, World } from './rooms/world.ts'

/** A public room of anna with two moderators and a member, its steady events kept apart from what the case adds. */
function lab() {
  const world = new World()
  const person = (name: string) => world.person(name)
  const [anna, max, mira, bert] = [person('anna'), person('max'), person('mira'), person('bert')]
  world.create(anna, 'lab')
  world.role(anna, max, 2)
  world.role(anna, mira, 2)
  const joins = { max: world.join(max), mira: world.join(mira), bert: world.join(bert) }
  const steady = world.events.length
  return {
    world,
    anna,
    max,
    mira,
    bert,
    joins,
    content: (who: PersonKey, lane = 'one'): LaneId => world.lane(who, world.room, lane, true),
    /** The view, once it is the same for every order in which the case's own events arrive. */
    view(owner?: PersonKey) {
      const [before, late] = [world.events.slice(0, steady), world.events.slice(steady)]
      const view = world.view(owner)
      const told = JSON.stringify(world.told(view))
      for (const order of permutations(late)) {
        expect(JSON.stringify(world.told(world.view(owner, [...order, ...before])))).toBe(told)
      }
      return view
    },
  }
}

describe('a kick', () => {
  it('ends what is posted concurrently at the cut, however it is dated', () => {
    const { world, max, bert, joins, content, view } = lab()
    const seen = world.post(bert)
    world.ban(max, bert, { kick: true, cut: [seen, joins.bert] })
    world.post(bert, { t: 1 })
    const after = view()
    expect(after.contentLimit(bert, content(bert))).toBe(1)
    expect(after.contentLimit(bert, content(bert, 'a new lane'))).toBe(0)
    expect(world.names(after.members)).toEqual(['anna', 'max', 'mira'])
  })

  it('is lifted by its target joining again and naming it', () => {
    const { world, max, bert, joins, content, view } = lab()
    const kick = world.ban(max, bert, { kick: true, cut: [joins.bert] })
    world.join(bert, [kick.id], { lane: 'two' })
    const after = view()
    expect(world.names(after.members)).toContain('bert')
    expect(after.bans).toEqual([])
    expect(after.contentLimit(bert, content(bert))).toBe(Infinity)
  })

  it('stays where the join does not name it, or is another person’s', () => {
    const { world, max, mira, bert, joins, view } = lab()
    const kick = world.ban(max, bert, { kick: true, cut: [joins.bert] })
    world.join(bert, [], { lane: 'two' })
    world.join(mira, [kick.id])
    expect(world.names(view().members)).not.toContain('bert')
  })

  it('is not lifted by a join of a lane beyond its fork', () => {
    const { world, max, bert, joins, view } = lab()
    const kick = world.ban(max, bert, { kick: true, cut: [joins.bert] })
    const join = world.join(bert, [kick.id], { lane: 'two' })
    world.fork(bert, world.room, join.lane, 1)
    expect(world.names(view().members)).not.toContain('bert')
  })

  it('leaves a ban on the same person in force when it is lifted', () => {
    const { world, max, mira, bert, joins, view } = lab()
    const kick = world.ban(max, bert, { kick: true, cut: [joins.bert] })
    world.ban(mira, bert, { cut: [joins.bert] })
    world.join(bert, [kick.id], { lane: 'two' })
    const after = view()
    expect(world.names(after.members)).not.toContain('bert')
    expect(after.bans).toHaveLength(1)
  })
})

describe('a ban', () => {
  it('is not lifted by its target joining again', () => {
    const { world, max, bert, joins, view } = lab()
    const ban = world.ban(max, bert, { cut: [joins.bert] })
    world.join(bert, [ban.id], { lane: 'two' })
    expect(world.names(view().members)).not.toContain('bert')
  })

  it('ends by an unban that names it, whichever arrives first', () => {
    const { world, max, mira, bert, joins, content, view } = lab()
    const ban = world.ban(max, bert, { cut: [joins.bert] })
    world.lift(mira, [ban.id])
    const after = view()
    expect(after.bans).toEqual([])
    expect(world.names(after.members)).toContain('bert')
    expect(after.contentLimit(bert, content(bert))).toBe(Infinity)
  })

  it('stays when the unban names another ban', () => {
    const { world, max, mira, bert, joins, view } = lab()
    const first = world.ban(max, bert, { cut: [joins.bert] })
    world.ban(mira, bert, { cut: [joins.bert] })
    world.lift(anna(world), [first.id])
    expect(view().bans).toHaveLength(1)
  })

  it('of the creator is not lifted by a moderator', () => {
    const { world, anna, max, bert, view } = lab()
    const ban = world.ban(anna, bert)
    world.lift(max, [ban.id])
    expect(view().bans).toHaveLength(1)
  })

  it('by somebody without rank counts nothing', () => {
    const { world, max, bert, view } = lab()
    world.ban(bert, max)
    world.lift(bert, [])
    expect(view().bans).toEqual([])
  })

  it('between two moderators is void both ways', () => {
    const { world, max, mira, joins, view } = lab()
    world.ban(max, mira, { cut: [joins.mira] })
    world.ban(mira, max)
    const after = view()
    expect(after.bans).toEqual([])
    expect(world.names(after.members)).toEqual(['anna', 'bert', 'max', 'mira'])
  })

  it('does not bind the creator or oneself', () => {
    const { world, anna, max, view } = lab()
    world.ban(max, anna)
    world.ban(max, max)
    world.ban(anna, anna)
    expect(view().bans).toEqual([])
  })

  it('of a moderator leaves what he did within the cut and takes what he did beyond it', () => {
    const { world, anna, max, mira, bert, joins, view } = lab()
    const early = world.ban(max, bert, { kick: true, cut: [joins.bert] })
    world.ban(anna, max, { cut: [early] })
    world.topic(max, 'mutiny')
    const after = view()
    expect(after.bans.map((ban) => ban.id)).toContain(early.id)
    expect(after.topic).toBe('')
    expect(world.names(after.members)).toEqual(['anna', 'mira'])
    expect(mira).toBeDefined()
  })

  it('takes a banned person’s own later join and leave out of the count', () => {
    const { world, max, bert, joins, view } = lab()
    const ban = world.ban(max, bert, { cut: [joins.bert] })
    const leave = world.leave(bert)
    const after = view()
    expect(after.counted.has(leave.id)).toBe(false)
    expect(after.counted.has(joins.bert.id)).toBe(true)
    world.lift(max, [ban.id])
    expect(world.names(world.view().members)).not.toContain('bert')
  })
})

const anna = (world: World) => world.person('anna')

describe('a cut', () => {
  it('is 0 where this node holds another event at its n', () => {
    const { world, max, bert, content, view } = lab()
    const seen = world.post(bert)
    world.ban(max, bert, { cut: [seen] })
    expect(world.view().contentLimit(bert, content(bert))).toBe(1)
    world.swap(bert, world.room, seen.lane, 1)
    expect(view().contentLimit(bert, content(bert))).toBe(0)
  })

  it('holds where the event at its n is not known here', () => {
    const { world, max, bert, content, view } = lab()
    const seen = world.post(bert)
    world.post(bert)
    world.ban(max, bert, { cut: [{ ...seen, n: 9 }] })
    expect(view().contentLimit(bert, content(bert))).toBe(9)
  })

  it('gives way to a fork below it', () => {
    const { world, max, bert, content, view } = lab()
    world.post(bert)
    world.post(bert)
    const seen = world.post(bert)
    world.ban(max, bert, { cut: [seen] })
    world.fork(bert, world.room, seen.lane, 3)
    expect(view().contentLimit(bert, content(bert))).toBe(2)
  })

  it('of several bans is the least', () => {
    const { world, max, mira, bert, content, view } = lab()
    const [first, , third] = [world.post(bert), world.post(bert), world.post(bert)]
    world.ban(max, bert, { cut: [third] })
    world.ban(mira, bert, { cut: [first] })
    expect(view().contentLimit(bert, content(bert))).toBe(1)
  })
})

describe('a fork', () => {
  it('ends content lanes without any ban', () => {
    const { world, bert, content } = lab()
    world.fork(bert, world.room, content(bert), 5)
    expect(world.view().contentLimit(bert, content(bert))).toBe(4)
    world.fork(bert, world.room, content(bert), 1)
    expect(world.view().contentLimit(bert, content(bert))).toBe(0)
  })

  it('takes control events at and beyond it out of the count', () => {
    const { world, anna, max, bert, view } = lab()
    const ban = world.ban(max, bert)
    world.fork(max, world.room, ban.lane, ban.n)
    expect(view().bans).toEqual([])
    expect(anna).toBeDefined()
  })
})

describe('a demotion', () => {
  it('beats what its target does concurrently: the cut decides', () => {
    const { world, anna, max, bert, joins, view } = lab()
    world.role(anna, max, 1, { cut: [joins.max] })
    world.ban(max, bert, { cut: [joins.bert], t: 1 })
    const after = view()
    expect(after.bans).toEqual([])
    expect(after.ranks.get(max)).toBeUndefined()
  })

  it('leaves what its target did within the cut', () => {
    const { world, anna, max, bert, joins, view } = lab()
    const ban = world.ban(max, bert, { cut: [joins.bert] })
    world.role(anna, max, 1, { cut: [ban] })
    expect(view().bans.map(({ id }) => id)).toEqual([ban.id])
  })

  it('ends the protection of rank, so that a ban by an equal counts', () => {
    const { world, anna, max, mira, joins, view } = lab()
    world.role(anna, max, 1, { cut: [joins.max] })
    world.ban(mira, max, { cut: [joins.max] })
    world.ban(max, mira, { cut: [joins.mira] })
    const after = view()
    expect(after.bans.map((ban) => ban.by)).toEqual([mira])
  })

  it('does not touch what its target writes', () => {
    const { world, anna, max, joins, content, view } = lab()
    world.role(anna, max, 1, { cut: [joins.max] })
    world.leave(max)
    const after = view()
    expect(after.contentLimit(max, content(max))).toBe(Infinity)
    expect(world.names(after.members)).not.toContain('max')
  })

  it('by a moderator of his equal is void', () => {
    const { world, max, mira, view } = lab()
    world.role(max, mira, 1)
    expect(view().ranks.get(mira)).toBe(2)
  })

  it('ends when a new grant names it, and not when a new grant does not', () => {
    const { world, anna, max, joins, view } = lab()
    const demotion = world.role(anna, max, 1, { cut: [joins.max] })
    world.role(anna, max, 2)
    expect(view().ranks.get(max)).toBeUndefined()
    world.role(anna, max, 2, { lifts: [demotion.id] })
    expect(view().ranks.get(max)).toBe(2)
  })
})

describe('a grant', () => {
  it('lifts only what was done to its own target', () => {
    const { world, anna, max, bert, view } = lab()
    const ban = world.ban(anna, bert)
    world.role(anna, max, 2, { lifts: [ban.id] })
    expect(view().bans).toHaveLength(1)
  })

  it('by a moderator counts nothing', () => {
    const { world, max, bert, view } = lab()
    world.role(max, bert, 2)
    expect(view().ranks.get(bert)).toBeUndefined()
  })

  it('of rank 4 counts nothing outside room 0, of rank 3 and 5 nowhere', () => {
    const { world, anna, bert, view } = lab()
    for (const rank of [3, 4, 5]) world.role(anna, bert, rank as 4)
    expect(view().ranks.get(bert)).toBeUndefined()
  })
})

describe('hiding', () => {
  it('is done by moderators and undone by the latest word of one rank', () => {
    const { world, max, mira, bert, view } = lab()
    const [one, two] = [world.post(bert), world.post(bert)]
    world.hide(max, one)
    world.hide(max, two)
    world.hide(mira, two, false)
    world.hide(bert, world.post(max))
    expect([...view().hidden]).toEqual([one.id])
  })

  it('by the creator stands against a later word of a moderator', () => {
    const { world, anna, max, bert, view } = lab()
    const post = world.post(bert)
    world.hide(anna, post)
    world.hide(max, post, false)
    expect([...view().hidden]).toEqual([post.id])
  })
})

describe('a delete', () => {
  it('is final, whatever joins come with it', () => {
    const { world, anna, bert, view } = lab()
    world.delete(anna)
    world.join(bert)
    world.leave(bert)
    world.join(anna)
    expect(view().deleted).toBe(true)
  })

  it('by a moderator counts nothing', () => {
    const { world, max, view } = lab()
    world.delete(max)
    expect(view().deleted).toBe(false)
  })
})

describe('invites', () => {
  it('of many who name each other in a row are followed in steps as many as they are', () => {
    /** Looks into sets while the room is weighed. */
    const looks = (count: number) => {
      const world = new World()
      const [anna, ...chain] = Array.from({ length: count }, (_, i) => world.person(`p${i}`))
      world.create(anna!, 'plans', { persons: [anna!] })
      for (const person of chain) world.role(anna!, person, 2)
      // The last one first, so that each is named by who stands behind.
      for (let i = chain.length - 1; i > 0; i--) world.invite(chain[i - 1]!, [chain[i]!])
      world.invite(anna!, [chain[0]!])
      const has = vi.spyOn(Set.prototype, 'has')
      const view = world.view()
      const { length } = has.mock.calls
      has.mockRestore()
      expect(view.persons?.size).toBe(count)
      return length
    }
    expect(looks(400)).toBeLessThan(3 * looks(200))
  })

  it('of moderators chain, in whatever order they came', () => {
    const world = new World()
    const [anna, max, mira, bert, cora] = ['anna', 'max', 'mira', 'bert', 'cora'].map((n) => world.person(n))
    world.create(anna!, 'club', { persons: [anna!, max!] })
    world.role(anna!, max!, 2)
    world.role(anna!, mira!, 2)
    world.invite(max!, [mira!])
    world.invite(mira!, [bert!])
    world.invite(bert!, [cora!])
    world.join(bert!)
    const told = JSON.stringify(world.told(world.view()))
    for (const order of permutations(world.events))
      expect(JSON.stringify(world.told(world.view(undefined, order)))).toBe(told)
    expect(world.names(world.view().persons!)).toEqual(['anna', 'bert', 'max', 'mira'])
    expect(world.names(world.view().members)).toEqual(['anna', 'bert', 'max'])
  })

  it('beyond the cut of a banned moderator name nobody', () => {
    const world = new World()
    const [anna, max, mira, bert] = ['anna', 'max', 'mira', 'bert'].map((n) => world.person(n))
    world.create(anna!, 'club', { persons: [anna!, max!] })
    world.role(anna!, max!, 2)
    world.role(anna!, mira!, 2)
    const invite = world.invite(max!, [mira!])
    world.ban(anna!, max!, { cut: [invite] })
    world.invite(max!, [bert!])
    expect(world.names(world.view().persons!)).toEqual(['anna', 'max', 'mira'])
  })
})

describe('concurrent creates of one room', () => {
  it('give one view in every order', () => {
    const world = new World()
    const [anna, bert] = [world.person('anna'), world.person('bert')]
    world.create(anna, 'lab', { topic: 'a' })
    world.create(anna, 'lab', { topic: 'b', lane: 'two', t: 7 })
    world.create(anna, 'lab', { topic: 'c', lane: 'three', t: 7 })
    world.join(bert)
    const told = JSON.stringify(world.told(world.view()))
    for (const order of permutations(world.events))
      expect(JSON.stringify(world.told(world.view(undefined, order)))).toBe(told)
  })
})

describe('a network with an owner', () => {
  function owned() {
    const world = new World()
    const [olga, adam, anna, bert] = ['olga', 'adam', 'anna', 'bert'].map((name) => world.person(name))
    const zero = { room: NETWORK_ROOM }
    for (const person of [olga, adam, anna, bert]) world.profile(person!)
    world.role(olga!, adam!, 4, zero)
    return { world, olga: olga!, adam: adam!, anna: anna!, bert: bert!, zero }
  }

  it('has its owner and admins rank in every room', () => {
    const { world, olga, adam, anna } = owned()
    world.create(anna, 'lab')
    expect([...world.view(olga).ranks].map(([key, rank]) => [world.nameOf(key), rank]).sort()).toEqual([
      ['adam', 4],
      ['anna', 3],
      ['olga', 5],
    ])
    world.ban(adam, anna, { cut: [world.events.at(-1)!.event] })
    expect(world.view(olga).bans).toHaveLength(1)
    expect(world.view().bans).toEqual([])
  })

  it('binds every room by a ban in room 0, each lane at its own cut', () => {
    const { world, olga, adam, bert, zero } = owned()
    const [seen, , joined] = [world.post(bert), world.post(bert), world.join(bert)]
    world.ban(adam, bert, { ...zero, cut: [seen, joined] })
    const general = world.view(olga)
    expect(general.contentLimit(bert, seen.lane)).toBe(1)
    expect(world.names(general.members)).not.toContain('bert')
    expect(world.network(olga).profiles.has(bert)).toBe(false)
    expect(world.network(olga).ranks.get(adam)).toBe(4)
  })

  it('takes a room whose maker was banned before the create', () => {
    const { world, olga, adam, bert, zero } = owned()
    world.create(bert, 'spam')
    world.ban(adam, bert, zero)
    expect(world.known(olga)).toBeUndefined()
  })

  it('keeps a room whose maker was banned after the create', () => {
    const { world, olga, adam, bert, zero } = owned()
    world.create(bert, 'lab')
    const create = world.events.at(-1)!.event
    world.ban(adam, bert, { ...zero, cut: [create] })
    world.delete(bert)
    const view = world.view(olga)
    expect(view).toMatchObject({ createdBy: bert, deleted: false })
    expect(view.members.size).toBe(0)
  })

  it('ends an admin’s acts in all rooms at the cut of a demotion in room 0', () => {
    const { world, olga, adam, bert, zero } = owned()
    const early = world.ban(adam, bert)
    world.role(olga, adam, 1, { ...zero, cut: [early] })
    const late = world.ban(adam, world.person('cora'))
    const view = world.view(olga)
    expect(view.bans.map(({ id }) => id)).toEqual([early.id])
    expect(view.counted.has(late.id)).toBe(false)
    expect(view.ranks.get(adam)).toBeUndefined()
    expect(world.network(olga).ranks.get(adam)).toBeUndefined()
  })

  it('lifts a room’s ban from room 0', () => {
    const { world, olga, adam, anna, bert, zero } = owned()
    world.create(anna, 'lab')
    const ban = world.ban(anna, bert)
    world.lift(adam, [ban.id], zero)
    expect(world.view(olga).bans).toEqual([])
  })

  it('leaves what a demoted admin did within the cut, though an equal banned him since', () => {
    const { world, olga, adam, anna, bert, zero } = owned()
    world.role(olga, anna, 4, zero)
    const early = world.ban(adam, bert)
    world.role(olga, adam, 1, { ...zero, cut: [early] })
    world.ban(anna, adam, zero)
    expect(world.network(olga).bans.map(({ target }) => target)).toEqual([adam])
    expect(world.view(olga).bans.map(({ id }) => id)).toContain(early.id)
  })

  it('does not lift the owner’s ban in a room by an admin’s word in room 0', () => {
    const { world, olga, adam, bert, zero } = owned()
    const ban = world.ban(olga, bert)
    world.lift(adam, [ban.id], zero)
    expect(world.view(olga).bans).toHaveLength(1)
    world.lift(olga, [ban.id], zero)
    expect(world.view(olga).bans).toEqual([])
  })

  it('lets an admin ban neither the owner nor another admin', () => {
    const { world, olga, adam, anna, zero } = owned()
    world.role(olga, anna, 4, zero)
    world.ban(adam, anna, zero)
    world.ban(anna, adam, zero)
    world.ban(adam, olga, zero)
    expect(world.network(olga).bans).toEqual([])
  })

  it('binds a talk by bans of room 0 alone', () => {
    const { world, olga, adam, anna, bert, zero } = owned()
    world.talk(anna, bert)
    world.ban(adam, bert, zero)
    const view = world.view(olga)
    expect(view.contentLimit(bert, world.lane(bert, world.room, 'one', true))).toBe(0)
    expect(world.names(view.members)).toEqual(['anna'])
  })
})

// Random histories: people of every rank do anything, cut anywhere, name any act; one history, any order, one view.

const PEOPLE = ['olga', 'adam', 'anna', 'max', 'mira', 'bert']
const step = fc.record({
  who: fc.nat(5),
  whom: fc.nat(5),
  does: fc.constantFrom(
    'ban',
    'kick',
    'demote',
    'grant',
    'admin',
    'lift',
    'join',
    'leave',
    'invite',
    'post',
    'delete',
    'topic',
    'fork',
  ),
  zero: fc.boolean(),
  lane: fc.constantFrom('one', 'two'),
  /** How much of the past the cut or the lifts take in. */
  pick: fc.array(fc.nat(), { maxLength: 3 }),
  t: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
})

function play(
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  isPrivate: boolean,
): World {
  const world = new World()
  const people = PEOPLE.map((name) => world.person(name))
  const [olga, adam, anna, max] = people
  world.role(olga!, adam!, 4, { room: NETWORK_ROOM })
  world.create(anna!, 'lab', isPrivate ? { persons: [anna!, max!, adam!] } : {})
  world.role(anna!, max!, 2)
  const posts: Event[] = []
  for (const { who, whom, does, zero, lane, pick, t } of steps) {
    const [author, target] = [people[who]!, people[whom]!]
    const where = { room: zero ? NETWORK_ROOM : world.room, lane, ...(t === undefined ? {} : { t }) }
    const past = [...world.events.map(({ event }) => event), ...posts].filter(
      (event) => event.author === target,
    )
    const cut = past.length ? pick.map((i) => past[i % past.length]!) : []
    const acts = world.events.filter(({ body }) => body?.kind === 'ban' || body?.kind === 'role')
    const lifts = acts.length ? pick.map((i) => acts[i % acts.length]!.event.id) : []
    if (does === 'ban' || does === 'kick') world.ban(author, target, { ...where, cut, kick: does === 'kick' })
    else if (does === 'demote') world.role(author, target, 1, { ...where, cut })
    else if (does === 'grant') world.role(author, target, 2, { ...where, lifts })
    else if (does === 'admin') world.role(author, target, 4, { ...where, lifts })
    else if (does === 'lift') world.lift(author, lifts, where)
    else if (does === 'join') world.join(author, lifts, where)
    else if (does === 'leave') world.leave(author, where)
    else if (does === 'invite') world.invite(author, [target], where)
    else if (does === 'delete') world.delete(author, where)
    else if (does === 'topic') world.topic(author, `by ${PEOPLE[who]}`, where)
    else if (does === 'post') posts.push(world.post(author, { ...where, room: world.room }))
    else if (past.length) world.fork(target, where.room, past[0]!.lane, 1 + ((pick[0] ?? 3) % 4))
  }
  return world
}

/** What a history shows, limits of every lane included. */
function shown(world: World, events?: readonly ControlEvent[]) {
  const olga = world.person('olga')
  const view = world.known(olga, events)
  if (!view) return undefined
  const limits = PEOPLE.map((name) => {
    const person = world.person(name)
    return ['one', 'two'].map((lane) => view.contentLimit(person, world.lane(person, world.room, lane, true)))
  })
  return {
    ...world.told(view),
    limits: limits.join(),
    network: [...world.network(olga, events).counted].sort(),
  }
}

describe('random histories', () => {
  const histories = fc.tuple(fc.array(step, { minLength: 5, maxLength: 60 }), fc.boolean())

  it('give equal views in any order of arrival', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), ([steps, isPrivate], random) => {
        const world = play(steps, isPrivate)
        const shuffled = [...world.events]
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = random.next().value! % (i + 1)
          ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
        }
        expect(shown(world, [...shuffled, ...shuffled.slice(0, 3)])).toEqual(shown(world))
      }),
      { numRuns: 300 },
    )
  })

  it('count exactly the bans and demotions that the rules say, checked one by one against the result', () => {
    fc.assert(
      fc.property(histories, ([steps, isPrivate]) => {
        const world = play(steps, isPrivate)
        const told = declared(world, isPrivate)
        const view = world.known(world.person('olga'))
        const bans = world.events.filter(
          ({ event, body }) => event.room === world.room && body?.kind === 'ban',
        )
        for (const { event } of bans) {
          expect([event.id, view?.counted.has(event.id) ?? false]).toEqual([event.id, told.has(event.id)])
        }
      }),
      { numRuns: 300 },
    )
  })
})

/**
 * The bans and demotions of the room that count, straight from the rules and slowly: start from nothing and ask of
 * each act whether it counts given what counts above it, level by level, with plain scans instead of indexes.
 */
function declared(world: World, isPrivate: boolean): Set<EventId> {
  const [olga, anna] = [world.person('olga'), world.person('anna')]
  const network = world.network(olga)
  const room = world.events.filter(
    ({ event }) =>
      event.room === world.room &&
      event.n < (world.facts.forkAt(event.room, event.author, event.lane) ?? Infinity),
  )
  const create = room.find(({ body }) => body?.kind === 'create')
  const zeroLimit = (e: Event) =>
    network.bans
      .filter((ban) => ban.target === e.author)
      .every((ban) => reaches(world, ban.cut.get(`${e.room}/${e.lane}`), e))
  if (!create || !zeroLimit(create.event)) return new Set()
  const named = new Set(isPrivate && create.body?.kind === 'create' ? readPersons(create.body.persons) : [])
  const counted = new Set<EventId>()
  const bindings: { rank: number; target: PersonKey; demotion: boolean; covers: (e: Event) => boolean }[] = []
  for (const [list, demotion] of [
    [network.bans, false],
    [network.demotions, true],
  ] as const)
    for (const { rank, target, cut } of list)
      bindings.push({
        rank,
        target,
        demotion,
        covers: (e) => reaches(world, cut.get(`${e.room}/${e.lane}`) ?? cut.get(`*/${e.lane}`), e),
      })
  const granted = new Set<PersonKey>()
  const actRank = (p: PersonKey) =>
    Math.max(network.actRanks.get(p) ?? 1, p === anna ? 3 : 1, granted.has(p) ? 2 : 1)
  const held = (p: PersonKey) => {
    const by = Math.max(0, ...bindings.filter((b) => b.demotion && b.target === p).map((b) => b.rank))
    const fromNetwork = network.actRanks.get(p) ?? 1
    return Math.max(
      fromNetwork === 5 || by <= fromNetwork ? fromNetwork : 1,
      p === anna ? 3 : 1,
      granted.has(p) && by <= 2 ? 2 : 1,
    )
  }
  const lifts = network.lifts.map(
    (lift) => ({ ...lift }) as { id: EventId; rank: number; target?: PersonKey },
  )
  for (const level of [5, 4, 3, 2]) {
    const within = ({ event }: ControlEvent) =>
      actRank(event.author) === level &&
      (!isPrivate || named.has(event.author)) &&
      bindings.every((b) => b.target !== event.author || b.rank <= level || b.covers(event))
    for (let size = -1; isPrivate && size !== named.size; ) {
      size = named.size
      for (const act of room)
        if (act.body?.kind === 'invite' && within(act))
          for (const p of readPersons(act.body.persons)) named.add(p)
    }
    const acts = room.filter(within)
    const found: typeof bindings = []
    for (const { event, body } of acts) {
      const isGrant = body?.kind === 'role' && body.rank === 2 && level >= 3
      if (body?.kind === 'lift' || isGrant)
        for (let at = 0; at < body.lifts.length; at += 32)
          lifts.push({
            id: hex(body.lifts, at, at + 32) as EventId,
            rank: level,
            ...(isGrant ? { target: hex(body.target) as PersonKey } : {}),
          })
      if (isGrant) counted.add(event.id)
    }
    for (const { event, body } of acts) {
      const isDemotion = body?.kind === 'role' && body.rank === 1
      if (body?.kind !== 'ban' && !isDemotion) continue
      const target = hex(body.target) as PersonKey
      if (held(target) >= level) continue
      if (lifts.some((l) => l.id === event.id && l.rank >= level && (!l.target || l.target === target)))
        continue
      const rejoined =
        body.kind === 'ban' &&
        body.kick &&
        room.some(
          (e) => e.event.author === target && e.body?.kind === 'join' && hex(e.body.lifts).includes(event.id),
        )
      if (rejoined) continue
      counted.add(event.id)
      const cut = body.cut
      found.push({
        rank: level,
        target,
        demotion: isDemotion,
        covers: (e) => {
          for (let at = 0; at < cut.length; at += 20)
            if (hex(cut, at, at + 8) === e.lane)
              return reaches(
                world,
                { n: Number.parseInt(hex(cut, at + 8, at + 12), 16), id8: hex(cut, at + 12, at + 20) },
                e,
              )
          return false
        },
      })
    }
    for (const { body } of acts)
      if (body?.kind === 'role' && body.rank === 2 && level >= 3) granted.add(hex(body.target) as PersonKey)
    bindings.push(...found)
  }
  return counted
}

function reaches(world: World, entry: { n: number; id8: string } | undefined, e: Event): boolean {
  if (!entry) return false
  const known = world.facts.idAt(e.room, e.author, e.lane, entry.n)
  return e.n <= (known === undefined || known.startsWith(entry.id8) ? entry.n : 0)
}
