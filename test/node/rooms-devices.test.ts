/** Whose key is whose, by the control events of room 0 (DV-1 to DV-4). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NETWORK_ROOM, type PersonKey } from '../../src/wire/ids.ts'
import { CUT_PARTS_MAX, DEVICES_MAX } from '../../src/wire/limits.ts'
import { isSameInEveryOrder, World } from './rooms/world.ts'

function home() {
  const world = new World()
  const keys = ['anna', 'phone', 'tablet', 'ben'].map((name) => world.person(name))
  const [anna, phone, tablet, ben] = keys as [PersonKey, PersonKey, PersonKey, PersonKey]
  for (const key of keys) world.profile(key)
  return { world, keys, anna, phone, tablet, ben, devices: () => world.network().devices }
}

describe('a device', () => {
  it('is its person’s once that one’s first key has linked it, and nobody else’s after that', () => {
    const { world, anna, phone, ben, devices } = home()
    world.device(anna, phone, true)
    world.device(ben, phone, true)
    expect(devices().personOf(phone)).toBe(anna)
    expect(world.names(world.network().profiles.keys())).toEqual(['anna', 'ben', 'tablet'])
  })

  it('links nothing itself, and who has devices becomes nobody’s', () => {
    const { world, anna, phone, tablet, ben, devices } = home()
    world.device(anna, phone, true)
    world.device(phone, tablet, true)
    world.device(ben, anna, true)
    expect([tablet, anna].map((key) => devices().personOf(key))).toEqual([tablet, anna])
  })

  it('acts with its person’s rank, and joins, leaves and is banned as one with them', () => {
    const { world, anna, phone, ben } = home()
    world.device(anna, phone, true)
    world.create(anna, 'lab')
    world.join(ben)
    world.role(phone, ben, 2)
    expect([...world.view().ranks].map(([key, rank]) => `${world.nameOf(key)} ${rank}`).sort()).toEqual([
      'anna 3',
      'ben 2',
    ])
    world.create(ben, 'ours')
    const post = world.post(phone)
    world.join(phone)
    expect(world.names(world.view().members)).toEqual(['anna', 'ben'])
    world.ban(ben, anna)
    const view = world.view()
    expect(world.names(view.members)).toEqual(['ben'])
    expect(view.contentLimit(phone, post.lane)).toBe(0)
  })

  it('speaks under its person’s name, whatever it was called before', () => {
    const { world, anna, phone } = home()
    world.profile(phone, 'spam')
    world.device(anna, phone, true)
    const nick = () => world.network().profiles.get(anna)?.nick
    expect(nick()).toBe('anna')
    world.profile(phone, 'anne')
    expect(nick()).toBe('anne')
  })

  it('that is unlinked ends at the cut for good, even where a ban is lifted or it is linked again', () => {
    const { world, anna, phone, devices } = home()
    world.device(anna, phone, true)
    const [held, late] = [world.post(phone), world.post(phone)]
    world.device(anna, phone, false, [held])
    world.device(anna, phone, true)
    expect(world.view().contentLimit(phone, late.lane)).toBe(held.n)
    expect([devices().isRemoved(phone), devices().personOf(phone)]).toEqual([true, anna])
    expect(devices().of(anna)).toEqual([anna])
    expect(world.network().door.admission(phone)).toBe('removed')
  })

  it('leaves the rooms that it made before it was unlinked, though its person did not hold them, and none of later', () => {
    const { world, anna, phone, ben } = home()
    world.device(anna, phone, true)
    const lab = world.create(phone, 'lab')
    world.join(ben, [], { room: lab })
    const post = world.post(ben, { room: lab })
    world.topic(phone, 'of the phone', { room: lab })
    const safe = world.create(phone, new Uint8Array(80), { persons: [anna, ben] })
    const talk = world.talk(phone, ben)
    world.device(anna, phone, false, [])
    const late = world.create(phone, 'late')
    world.topic(anna, 'of anna', { room: lab })
    const view = () => world.known(undefined, world.events, lab)!
    expect(view()).toMatchObject({ createdBy: anna, topic: 'of anna' })
    expect(world.names(view().members)).toEqual(['anna', 'ben'])
    expect(view().contentLimit(ben, post.lane)).toBe(Number.POSITIVE_INFINITY)
    expect(view().contentLimit(phone, world.lane(phone, lab))).toBe(0)
    for (const room of [safe, talk]) expect(world.known(undefined, world.events, room)).toBeDefined()
    expect(world.known(undefined, world.events, late)).toBeUndefined()
    world.delete(anna, { room: lab })
    expect(view().deleted).toBe(true)
  })

  it('leaves its rooms in whatever order all that is heard of', () => {
    const { world, anna, phone, ben } = home()
    const before = world.events.length
    world.device(anna, phone, true)
    const lab = world.create(phone, 'lab')
    world.join(ben)
    world.device(anna, phone, false, [])
    world.topic(anna, 'of anna', { room: lab })
    const late = world.create(phone, 'late')
    const told = (events = world.events) =>
      [lab, late].map((room) => JSON.stringify(world.known(undefined, events, room)?.topic ?? null)).join()
    expect(told()).toBe('"of anna",null')
    expect(isSameInEveryOrder(world, before, told)).toBe(true)
  })

  it('that is unlinked by several events at once ends where the first of them says, in every order', () => {
    const { world, anna, phone, devices } = home()
    const before = world.events.length
    world.device(anna, phone, true)
    const one = world.post(phone, { lane: 'one' })
    const two = [world.post(phone, { lane: 'two' }), world.post(phone, { lane: 'two' })] as const
    const first = world.device(anna, phone, false, [one, two[0]])
    const second = world.device(anna, phone, false, [two[1]])
    const limits = (events = world.events) => {
      const view = world.view(undefined, events)
      return [one, two[1]].map(({ lane }) => view.contentLimit(phone, lane)).join()
    }
    expect(limits()).toBe('1,1')
    expect([first, second].map(({ id }) => devices().counted.has(id))).toEqual([true, false])
    expect(isSameInEveryOrder(world, before, limits)).toBe(true)
  })

  it('that is unlinked ends where the cut events before that let it, in every order, and where no others do', () => {
    const { world, anna, phone, ben, devices } = home()
    const before = world.events.length
    world.device(anna, phone, true)
    const posts = ['one', 'two', 'three', 'four'].map((lane) => world.post(phone, { lane }))
    world.more(ben, [posts[3]!], { room: NETWORK_ROOM })
    const parts = [1, 2].map((i) => world.more(anna, [posts[i]!], { room: NETWORK_ROOM }))
    world.device(anna, phone, false, [posts[0]!])
    world.more(anna, [posts[3]!], { room: NETWORK_ROOM })
    const limits = (events = world.events) => {
      const view = world.view(undefined, events)
      return posts.map(({ lane }) => view.contentLimit(phone, lane)).join()
    }
    expect(limits()).toBe('1,1,1,0')
    expect(parts.every(({ id }) => devices().counted.has(id))).toBe(true)
    expect(isSameInEveryOrder(world, before, limits)).toBe(true)
  })

  it('is cut off in as many events as any act, whatever else its person writes', () => {
    const { world, anna, phone } = home()
    world.device(anna, phone, true)
    const [seen, other] = [world.post(phone, { lane: 'a' }), world.post(phone, { lane: 'b' })]
    world.more(anna, [other], { room: NETWORK_ROOM })
    for (let i = 0; i < CUT_PARTS_MAX; i++) world.more(anna, [seen], { room: NETWORK_ROOM })
    for (let i = 0; i < 3; i++) world.device(anna, phone, false, i > 0 ? [other] : [])
    const view = world.view()
    expect([seen, other].map(({ lane }) => view.contentLimit(phone, lane))).toEqual([1, 0])
  })

  it('is one of at most 32 that are ever linked to a person: the first, in every order', () => {
    const { world, anna, phone } = home()
    const many = Array.from({ length: DEVICES_MAX - 2 }, (_, i) => world.person(`old${i}`))
    for (const key of many) world.device(anna, key, true)
    for (const key of many.slice(1)) world.device(anna, key, false)
    const before = world.events.length
    const last = ['x', 'y', 'z'].map((name) => world.person(name))
    for (const [i, key] of last.entries()) world.device(anna, key, true, [], { t: 2_000_000_000_000 + i })
    world.device(anna, phone, true, [], { t: 1_999_999_999_999 })
    const told = (events = world.events) => {
      const { devices } = world.network(undefined, events)
      return world.names([phone, ...last].filter((key) => devices.personOf(key) === anna)).join()
    }
    expect(told()).toBe('phone,x')
    expect(world.network().devices.ever(anna)).toHaveLength(1 + DEVICES_MAX)
    expect(isSameInEveryOrder(world, before, told)).toBe(true)
  })

  it('makes no room for its person where that one is banned from the network', () => {
    const { world, anna, phone, ben } = home()
    world.device(anna, phone, true)
    const lab = world.create(phone, 'lab')
    world.device(anna, phone, false, [])
    world.ban(ben, anna, { room: '0'.repeat(32) as World['room'] })
    expect(world.known(ben, world.events, lab)).toBeUndefined()
  })

  it('is unlinked by nobody but its person', () => {
    const { world, anna, phone, tablet, ben, devices } = home()
    world.device(anna, phone, true)
    world.device(anna, tablet, true)
    for (const by of [ben, tablet, phone]) world.device(by, phone, false)
    expect(devices().isRemoved(phone)).toBe(false)
  })

  it('of the owner of a network acts with rank 5', () => {
    const { world, anna, phone, ben } = home()
    world.device(anna, phone, true)
    world.role(phone, ben, 4, { room: '0'.repeat(32) as World['room'] })
    expect(world.network(anna).ranks.get(ben)).toBe(4)
  })
})

const act = fc.record({
  kind: fc.constantFrom(
    'link',
    'unlink',
    'more',
    'create',
    'join',
    'leave',
    'ban',
    'role',
    'post',
    'profile',
  ),
  by: fc.nat(3),
  whom: fc.nat(3),
  names: fc.nat(20),
  t: fc.integer({ min: 1, max: 9 }),
})
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

function play(acts: readonly Act[]) {
  const { world, keys } = home()
  const known = world.events.length
  world.create(keys[0]!, 'lab')
  for (const { kind, by, whom, names, t } of acts) {
    const [author, target] = [keys[by]!, keys[whom]!]
    const cut = world.events
      .map(({ event }) => event)
      .filter((event) => event.author === target)
      .slice(0, names)
    if (kind === 'link') world.device(author, target, true, [], { t })
    else if (kind === 'unlink') world.device(author, target, false, cut, { t })
    else if (kind === 'more') world.more(author, cut, { room: NETWORK_ROOM, t })
    else if (kind === 'create') world.create(author, `room${names}`, { t })
    else if (kind === 'join') world.join(author, [], { t })
    else if (kind === 'leave') world.leave(author, { t })
    else if (kind === 'ban')
      world.ban(author, target, { t, cut: cut.filter(({ room }) => room === world.room) })
    else if (kind === 'role') world.role(author, target, 2, { t })
    else if (kind === 'profile') world.profile(author, `nick${names}`)
    else world.post(author, { t })
  }
  const shown = (events = world.events) => {
    const { devices, profiles, counted } = world.network(undefined, events)
    const view = world.known(undefined, events)
    return JSON.stringify([
      keys.map((key) => [devices.personOf(key), devices.isRemoved(key), profiles.get(key)?.nick]),
      [...counted].sort(),
      view && world.told(view),
      view && keys.map((key) => view.contentLimit(key, world.lane(key, world.room, 'one', true))),
    ])
  }
  return { world, keys, known, shown }
}

describe('linking, unlinking and acting at once', () => {
  it('are the same in every order of arrival of seven acts', () => {
    const check = (acts: Act[]) => {
      const { world, known, shown } = play(acts)
      return isSameInEveryOrder(world, known, shown)
    }
    fc.assert(fc.property(fc.array(act, { minLength: 6, maxLength: 6 }), check), { numRuns: 1 })
    fc.assert(fc.property(fc.array(act, { minLength: 3, maxLength: 3 }), check), { numRuns: 40 })
  }, 60_000)

  it('make no chain and no circle of persons', () => {
    const check = (acts: Act[]) => {
      const { world, keys } = play(acts)
      const { devices } = world.network()
      return keys.every((key) => devices.personOf(devices.personOf(key)) === devices.personOf(key))
    }
    fc.assert(fc.property(fc.array(act, { maxLength: 40 }), check), { numRuns: 200 })
  }, 60_000)
})
