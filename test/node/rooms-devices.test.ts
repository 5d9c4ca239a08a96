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

  it('shows its person’s picture and colour, whatever it showed before it was linked', () => {
    const { world, anna, phone } = home()
    const look = () => world.network().looks.get(anna)
    world.look(anna, 1, [0, 0, 255])
    world.look(phone, 1, [255, 0, 0])
    world.look(phone, 2, [0xff, 0xd8, 0xff])
    world.device(anna, phone, true)
    expect(look()).toEqual({ colour: new Uint8Array([0, 0, 255]) })
    const { id } = world.look(phone, 2, [0xff, 0xd8, 0xff])
    expect(look()?.picture).toBe(id)
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

/** Anna's phone made a room and was unlinked with a cut: what whoever stole it wrote later lies beyond that. */
function robbed() {
  const scene = home()
  const { world, anna, phone, ben, tablet } = scene
  const before = world.events.length
  const link = world.device(anna, phone, true)
  const lab = world.create(phone, 'lab')
  const held = world.post(phone)
  world.ban(anna, tablet)
  world.join(ben)
  const unlinking = world.device(anna, phone, false, [held, world.topic(phone, 'of before')])
  const late = world.post(phone)
  world.topic(phone, 'of the thief')
  const view = () => world.known(undefined, world.events, lab)
  const shown = (events = world.events) => {
    const { devices } = world.network(undefined, events)
    const room = world.known(undefined, events, lab)
    return JSON.stringify([
      devices.personOf(phone),
      devices.isRemoved(phone),
      devices.unlinkedT(phone),
      devices.lastUnlinkedT(anna),
      devices.linkedBy(anna),
      [...devices.counted].sort(),
      room && world.told(room),
      room?.contentLimit(phone, late.lane),
    ])
  }
  /** It still is Anna's, with her room, and ends where she said. */
  const expectHers = () => {
    expect(world.names([scene.devices().personOf(phone)])).toEqual(['anna'])
    expect(view()?.contentLimit(phone, late.lane)).toBe(held.n)
    expect(view()).toMatchObject({ createdBy: anna, topic: 'of before' })
    expect(world.names(view()!.ranks.keys())).toEqual(['anna'])
  }
  /** It is nobody's, and nothing of it counts. */
  const expectNobodys = () => {
    expect([scene.devices().personOf(phone), scene.devices().isRemoved(phone)]).toEqual([phone, true])
    expect(view()).toBeUndefined()
    expect(world.view(undefined, world.events, world.general).contentLimit(phone, late.lane)).toBe(0)
    expect(world.network().profiles.has(phone)).toBe(false)
    expect(scene.devices().of(phone)).toEqual([])
  }
  return { ...scene, before, link, lab, held, unlinking, late, view, shown, expectHers, expectNobodys }
}

describe('a stolen device that its person unlinked', () => {
  it('stays theirs up to the cut, though somebody else links it with an earlier date (DV-2)', () => {
    const { world, phone, ben, link, expectHers } = robbed()
    expectHers()
    world.device(ben, phone, true, [], { t: link.t - 1 })
    expectHers()
  })

  it('stays so where it links others, or somebody’s devices link it, with earlier dates (DV-2)', () => {
    const { world, phone, ben, tablet, link, devices, expectHers } = robbed()
    world.device(phone, tablet, true, [], { t: link.t - 4 })
    world.device(phone, tablet, false, [], { t: link.t - 3 })
    expectHers()
    world.device(ben, tablet, true, [], { t: link.t - 2 })
    world.device(tablet, phone, true, [], { t: link.t - 1 })
    expectHers()
    expect(devices().isRemoved(tablet)).toBe(true)
  })

  it('is nobody’s, and nothing that it wrote counts, where somebody else linked and unlinked it too (DV-2)', () => {
    const { world, phone, ben, link, held, unlinking, late, devices, expectNobodys, anna } = robbed()
    world.device(ben, phone, true, [], { t: link.t - 2 })
    world.device(ben, phone, false, [held, late], { t: link.t - 1 })
    expectNobodys()
    // So no key of before is used again (SE-6), and the device counts among the 32.
    expect(devices().lastUnlinkedT(anna)).toBe(unlinking.t)
    expect(devices().linkedBy(anna)).toEqual([phone])
  })

  it('is nobody’s where whoever unlinked it was unlinked themselves (DV-2)', () => {
    const { world, phone, ben, tablet, devices } = home()
    world.device(ben, phone, true)
    world.device(ben, phone, false)
    world.device(tablet, ben, true)
    world.device(tablet, ben, false)
    expect(devices().personOf(phone)).toBe(phone)
    expect(devices().isRemoved(phone)).toBe(true)
    expect(devices().personOf(ben)).toBe(tablet)
  })

  it('is no longer whose it was called, once its person unlinks it (DV-2)', () => {
    const { world, anna, phone, ben, tablet, devices } = home()
    const link = world.device(anna, phone, true)
    const lab = world.create(phone, 'lab')
    const held = world.post(phone)
    world.device(ben, phone, true, [], { t: link.t - 1 })
    expect(devices().personOf(phone)).toBe(ben)
    expect(devices().linkedBy(anna)).toEqual([phone])
    world.device(anna, phone, false, [held])
    expect(devices().personOf(phone)).toBe(anna)
    expect([...world.known(undefined, world.events, lab)!.ranks]).toEqual([[anna, 3]])
    // Nor is it of who never linked it, or asks by the same kind of event.
    world.device(tablet, phone, false)
    world.device(phone, anna, false)
    expect(devices().personOf(phone)).toBe(anna)
  })

  it('is weighed alike in every order of arrival (DV-1, DV-2)', () => {
    for (const isUnlinkedTwice of [false, true]) {
      const { world, phone, ben, tablet, link, before, shown } = robbed()
      const events = world.events.length
      world.device(ben, phone, true, [], { t: link.t - 1 })
      world.device(phone, tablet, true, [], { t: link.t - 2 })
      world.device(tablet, ben, true, [], { t: link.t - 3 })
      if (isUnlinkedTwice) world.device(ben, phone, false, [], { t: link.t })
      expect(isSameInEveryOrder(world, events, shown)).toBe(true)
      const told = shown()
      const [known, late] = [world.events.slice(0, before), world.events.slice(before)]
      for (let i = 0; i < late.length; i++)
        expect(shown([...late.slice(i), ...known, ...late.slice(0, i)].reverse())).toBe(told)
    }
  })

  it('never gets beyond its cut nor gives anybody else its person’s room, whatever is signed with its key (DV-2)', () => {
    const foreign = fc.record({
      by: fc.nat(2),
      device: fc.nat(2),
      isLink: fc.boolean(),
      isAllHeld: fc.boolean(),
      t: fc.oneof(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2_000_000_000_000, max: 2_000_000_000_009 }),
      ),
    })
    const check = (acts: (typeof foreign extends fc.Arbitrary<infer T> ? T : never)[]) => {
      const { world, anna, phone, ben, tablet, held, late, devices, view } = robbed()
      // Anna never agreed to be anybody's device.
      const keys = [phone, ben, tablet]
      for (const { by, device, isLink, isAllHeld, t } of acts)
        world.device(keys[by]!, keys[device]!, isLink, isAllHeld ? [late] : [], { t })
      const now = devices()
      expect(now.isRemoved(phone)).toBe(true)
      const [lab, general] = [view(), world.view(undefined, world.events, world.general)]
      expect([anna, phone]).toContain(now.personOf(phone))
      expect(now.personOf(anna)).toBe(anna)
      expect(general.contentLimit(phone, late.lane)).toBe(0)
      for (const key of keys) expect(now.personOf(now.personOf(key))).toBe(now.personOf(key))
      if (!lab) return
      expect(lab.contentLimit(phone, late.lane)).toBeLessThanOrEqual(held.n)
      expect(world.names(lab.ranks.keys())).toEqual(['anna'])
      expect(lab.topic).toBe('of before')
      // Whom she had banned stays out.
      expect(lab.members.has(now.personOf(tablet))).toBe(false)
    }
    fc.assert(fc.property(fc.array(foreign, { maxLength: 12 }), check), { numRuns: 500 })
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
  })

  it('make no chain and no circle of persons', () => {
    const check = (acts: Act[]) => {
      const { world, keys } = play(acts)
      const { devices } = world.network()
      return keys.every((key) => devices.personOf(devices.personOf(key)) === devices.personOf(key))
    }
    fc.assert(fc.property(fc.array(act, { maxLength: 40 }), check), { numRuns: 200 })
  })
})
