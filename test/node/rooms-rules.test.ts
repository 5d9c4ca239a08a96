import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/wire/event.ts'
import { type EventId, type LaneId, NETWORK_ROOM, type PersonKey } from '../../src/wire/ids.ts'
import { CUT_PARTS_MAX } from '../../src/wire/limits.ts'
import { cutOf, isSameInEveryOrder, none, ownedWorld, permutations, World } from './rooms/world.ts'

/** A public room of anna with the moderator max and the members bert and carl. */
function lab(options: { max?: number } = {}) {
  const world = new World()
  const [anna, max, bert, carl] = ['anna', 'max', 'bert', 'carl'].map((name) => world.person(name)) as [
    PersonKey,
    PersonKey,
    PersonKey,
    PersonKey,
  ]
  world.create(anna, 'lab', options)
  world.role(anna, max, 2)
  const joins = { max: world.join(max), bert: world.join(bert), carl: world.join(carl) }
  const steady = world.events.length
  return {
    world,
    anna,
    max,
    bert,
    carl,
    joins,
    content: (who: PersonKey, lane = 'one'): LaneId => world.lane(who, world.room, lane, true),
    /** The view, once it is the same for every order in which the case's own events arrive. */
    view() {
      const [before, late] = [world.events.slice(0, steady), world.events.slice(steady)]
      const view = world.view()
      const told = JSON.stringify(world.told(view))
      for (const order of permutations(late))
        expect(JSON.stringify(world.told(world.view(undefined, [...order, ...before])))).toBe(told)
      return view
    },
  }
}
const never = () => undefined

describe('a mute', () => {
  it('ends what its target says at the cut, however it is dated, and leaves them a member', () => {
    const { world, max, bert, content, view } = lab()
    const seen = world.post(bert)
    world.mute(max, bert, { cut: [seen] })
    world.post(bert, { t: 1 })
    const after = view()
    expect(after.contentLimit(bert, content(bert))).toBe(1)
    expect(after.contentLimit(bert, content(bert, 'another'))).toBe(0)
    expect(world.names(after.members)).toContain('bert')
  })

  it('ends by a lift that names it, whichever arrives first, and not by a join', () => {
    const { world, anna, max, bert, content, view } = lab()
    const mute = world.mute(max, bert)
    world.join(bert, [mute.id], { lane: 'two' })
    expect(view().contentLimit(bert, content(bert))).toBe(0)
    world.lift(anna, [mute.id])
    expect(view().contentLimit(bert, content(bert))).toBe(Number.POSITIVE_INFINITY)
  })

  it('of a time ends by a join of its target that was made then, not by an earlier one', () => {
    const { world, max, bert, content, view } = lab()
    const mute = world.mute(max, bert, { until: 1_900_000_000_000 })
    world.join(bert, [mute.id], { lane: 'two' })
    expect(view().contentLimit(bert, content(bert))).toBe(0)
    world.join(bert, [mute.id], { lane: 'two', t: 1_900_000_000_000 })
    expect(view().contentLimit(bert, content(bert))).toBe(Number.POSITIVE_INFINITY)
  })

  it('binds nobody of the same rank, nor above', () => {
    const { world, anna, max, view } = lab()
    world.mute(max, anna)
    world.mute(max, max)
    expect(view().mutes).toEqual([])
  })
})

describe('a ban for a time', () => {
  it('ends by a join of its target that was made when it was over', () => {
    const { world, max, bert, joins, view } = lab()
    const ban = world.ban(max, bert, { cut: [joins.bert], until: 1_900_000_000_000 })
    world.join(bert, [ban.id], { lane: 'two' })
    expect(world.names(view().members)).not.toContain('bert')
    world.join(bert, [ban.id], { lane: 'two', t: 1_900_000_000_001 })
    expect(world.names(view().members)).toContain('bert')
  })
})

describe('a setting', () => {
  it('is the latest that counts, whatever rank of moderator made it', () => {
    const { world, anna, max, bert, view } = lab({ max: 9 })
    expect(view().settings.max).toBe(9)
    world.set(anna, 'max', 5)
    world.set(max, 'max', 3)
    world.set(bert, 'max', 1)
    world.set(max, 'readOnly', 1)
    const { max: most, settings } = view()
    expect([most, settings]).toEqual([
      3,
      { max: 3, readOnly: true, locked: false, slowS: 0, newcomers: false, visibleDays: 0 },
    ])
  })

  it('read-only hides what others write behind it and before it ends', () => {
    const { world, max, bert, view } = lab()
    const before = world.post(bert)
    world.set(max, 'readOnly', 1)
    const within = world.post(bert)
    const ofModerator = world.post(max)
    world.set(max, 'readOnly', 0)
    const after = world.post(bert)
    const { ruleAgainst } = view()
    expect([before, within, ofModerator, after].map((event) => ruleAgainst(event, never))).toEqual([
      undefined,
      'ROOM_READ_ONLY',
      undefined,
      undefined,
    ])
  })

  it('slow mode hides a message too soon after the one before it in its lane', () => {
    const { world, max, bert, view } = lab()
    world.set(max, 'slow', 10)
    const event = world.post(bert)
    const { ruleAgainst } = view()
    expect(ruleAgainst(event, () => event.t - 9_999)).toBe('SLOW_MODE')
    expect(ruleAgainst(event, () => event.t - 10_000)).toBeUndefined()
    expect(ruleAgainst({ ...event, kind: 2 }, () => event.t - 1)).toBeUndefined()
    expect(ruleAgainst(world.post(max), () => event.t)).toBeUndefined()
  })

  it('hides whom nobody had met when newcomers began to wait, until a moderator gives them a voice', () => {
    const { world, anna, max, bert, carl, view } = lab()
    world.set(max, 'newcomers', 1, [anna, max, bert])
    const [known, unknown] = [world.post(bert), world.post(carl, { t: 1 })]
    expect(view().ruleAgainst(known, never)).toBeUndefined()
    expect(view().ruleAgainst(unknown, never)).toBe('NOT_VOICED')
    world.invite(bert, [carl])
    expect(view().ruleAgainst(unknown, never)).toBe('NOT_VOICED')
    world.invite(max, [carl])
    expect(view().ruleAgainst(unknown, never)).toBeUndefined()
  })

  it('hides all that somebody said whose voice is taken back, until they get it again, whatever arrives first', () => {
    const { world, anna, max, bert, carl, view } = lab()
    world.set(max, 'newcomers', 1, [anna, max, bert])
    const said = world.post(carl)
    world.invite(max, [carl, bert])
    world.unvoice(bert, [carl])
    expect(view().ruleAgainst(said, never)).toBeUndefined()
    world.unvoice(anna, [carl, bert])
    expect(view().ruleAgainst(said, never)).toBe('NOT_VOICED')
    expect(view().ruleAgainst(world.post(bert), never)).toBeUndefined()
    world.invite(max, [carl])
    expect(view().ruleAgainst(said, never)).toBeUndefined()
  })

  it('locked lets nobody in who was not there, but whom a moderator invites', () => {
    const { world, anna, max, bert, carl, view } = lab()
    const [dora, emil] = [world.person('dora'), world.person('emil')]
    world.set(max, 'locked', 1, [anna, max, bert, carl])
    world.join(dora, [], { t: 1 })
    world.join(emil)
    world.invite(max, [emil])
    expect(world.names(view().members)).toEqual(['anna', 'bert', 'carl', 'emil', 'max'])
    world.unvoice(anna, [emil])
    expect(world.names(view().members)).toEqual(['anna', 'bert', 'carl', 'max'])
    world.set(max, 'locked', 0)
    expect(world.names(view().members)).toContain('dora')
  })
})

describe('a pin', () => {
  it('stays until the latest word about it is that it goes', () => {
    const { world, anna, max, bert, view } = lab()
    const [one, two] = [world.post(bert), world.post(bert)]
    world.pin(max, two)
    world.pin(anna, one)
    world.pin(bert, one, false)
    expect(view().pins).toEqual([two.id, one.id])
    world.pin(max, two, false)
    expect(view().pins).toEqual([one.id])
  })
})

describe('a private room', () => {
  it('has those as members from the start whom its create names, until they leave', () => {
    const world = new World()
    const [anna, bert, carl] = [world.person('anna'), world.person('bert'), world.person('carl')]
    world.create(anna, 'trio', { persons: [anna, bert, carl] })
    world.leave(carl)
    const view = world.view()
    expect([world.names(view.members), world.names(view.persons!)]).toEqual([
      ['anna', 'bert'],
      ['anna', 'bert', 'carl'],
    ])
  })
})

describe('a cut that one event cannot hold', () => {
  it.each(['ban', 'mute', 'demotion'] as const)('of a %s goes on in the events right before it', (what) => {
    const { world, anna, max, bert, content, view } = lab()
    const target = what === 'demotion' ? max : bert
    const lanes = ['a', 'b', 'c']
    // A demotion ends what somebody does, the others what they say.
    const seen = lanes.map((lane) =>
      what === 'demotion' ? world.pin(max, world.post(bert), true, { lane }) : world.post(bert, { lane }),
    )
    const late = lanes.map((lane) =>
      what === 'demotion' ? world.pin(max, world.post(bert), true, { lane }) : world.post(bert, { lane }),
    )
    const parts = [world.more(anna, [seen[0]!]), world.more(anna, [seen[1]!])]
    const act =
      what === 'demotion'
        ? world.role(anna, target, 1, { cut: [seen[2]!] })
        : world[what](anna, target, { cut: [seen[2]!] })
    const after = world.view()
    if (what === 'demotion') {
      for (const { id } of seen) expect(after.counted.has(id)).toBe(true)
      for (const { id } of late) expect(after.counted.has(id)).toBe(false)
    } else for (const lane of lanes) expect(view().contentLimit(bert, content(bert, lane))).toBe(1)
    for (const { id } of [...parts, act]) expect(after.counted.has(id)).toBe(true)
  })

  it('in room 0 goes on there, over all rooms', () => {
    const world = new World()
    const [owner, anna, bert] = ['owner', 'anna', 'bert'].map((name) => world.person(name)) as [
      PersonKey,
      PersonKey,
      PersonKey,
    ]
    for (const person of [owner, anna, bert]) world.profile(person)
    const rooms = ['lab', 'den'].map((name) => world.create(anna, name))
    const seen = rooms.map((room) => world.post(bert, { room }))
    world.more(owner, [seen[0]!], { room: NETWORK_ROOM })
    world.ban(owner, bert, { room: NETWORK_ROOM, cut: [seen[1]!] })
    for (const [i, room] of rooms.entries())
      expect(world.known(owner, undefined, room)?.contentLimit(bert, seen[i]!.lane), room).toBe(1)
  })

  it('of an admin who is one no more goes on there too, in whatever room', () => {
    const { world, olga, max, ben } = ownedWorld()
    world.role(olga, max, 4, { room: NETWORK_ROOM })
    const seen = ['a', 'b'].map((lane) => world.admit(max, [ben], [], { lane }))
    const late = ['a', 'b'].map((lane) => world.admit(max, [ben], [], { lane }))
    world.add(olga, { kind: 'cut', cut: cutOf([seen[0]!]), cuts: none }, { room: NETWORK_ROOM })
    world.role(olga, max, 1, { cut: [seen[1]!], room: NETWORK_ROOM })
    const { counted } = world.network(olga)
    expect([...seen, ...late].map(({ id }) => counted.has(id))).toEqual([true, true, false, false])
  })

  it('holds nothing of what stands elsewhere: behind another act, in another lane, by somebody else', () => {
    const { world, anna, max, bert, content, view } = lab()
    const [seen, other] = [world.post(bert, { lane: 'a' }), world.post(bert, { lane: 'b' })]
    world.more(anna, [seen])
    world.topic(anna, 'rats')
    world.more(anna, [seen], { lane: 'two' })
    world.more(max, [seen])
    world.ban(anna, bert, { cut: [other] })
    const after = view()
    expect(after.contentLimit(bert, content(bert, 'a'))).toBe(0)
    expect(after.contentLimit(bert, content(bert, 'b'))).toBe(1)
  })

  it('has an end, whatever stands before the act', () => {
    const { world, anna, bert, content } = lab()
    const [seen, other] = [world.post(bert, { lane: 'a' }), world.post(bert, { lane: 'b' })]
    world.more(anna, [other])
    for (let i = 0; i < CUT_PARTS_MAX; i++) world.more(anna, [seen])
    world.ban(anna, bert)
    const after = world.view()
    expect(after.contentLimit(bert, content(bert, 'a'))).toBe(1)
    expect(after.contentLimit(bert, content(bert, 'b'))).toBe(0)
  })
})

/** One act of somebody, by numbers: what random cases are made of. */
const WHAT = [
  'kick',
  'ban',
  'mute',
  'lift',
  'rejoin',
  'grant',
  'demote',
  'set',
  'invite',
  'unvoice',
  'more',
  'hide',
  'pin',
] as const
const acts = (count: number) =>
  fc.array(
    fc.record({
      by: fc.nat(3),
      on: fc.nat(3),
      what: fc.constantFrom(...WHAT),
      which: fc.nat(9),
      lane: fc.constantFrom('one', 'two'),
      isLate: fc.boolean(),
    }),
    { minLength: count, maxLength: count },
  )
type Case = ReturnType<typeof acts> extends fc.Arbitrary<infer T> ? T : never

function play(cases: Case) {
  const { world, anna, max, bert, carl, joins } = lab()
  const steady = world.events.length
  const persons = [anna, max, bert, carl]
  const bindings: EventId[] = []
  const posts: Event[] = persons.map((person) => world.post(person))
  for (const { by, on, what, which, lane, isLate } of cases) {
    const [author, target] = [persons[by]!, persons[on]!]
    const cut = isLate
      ? []
      : [posts[on]!, joins.bert, joins.max, joins.carl].filter((e) => e.author === target)
    const where = { lane }
    const named = bindings.filter((_, i) => (i + which) % 2 === 0)
    switch (what) {
      case 'kick':
      case 'ban':
        bindings.push(
          world.ban(author, target, { cut, kick: what === 'kick', until: which > 6 ? which : 0, ...where })
            .id,
        )
        break
      case 'mute':
        bindings.push(world.mute(author, target, { cut, until: which > 6 ? which : 0, ...where }).id)
        break
      case 'lift':
        world.lift(author, named, where)
        break
      case 'rejoin':
        world.join(author, named, where)
        break
      case 'grant':
        world.role(author, target, 2, { lifts: named, ...where })
        break
      case 'demote':
        bindings.push(world.role(author, target, 1, { cut, ...where }).id)
        break
      case 'set':
        world.set(
          author,
          (['max', 'readOnly', 'locked', 'slow', 'newcomers'] as const)[which % 5]!,
          which % 3,
          [anna, target],
          where,
        )
        break
      case 'invite':
        world.invite(author, [target], where)
        break
      case 'unvoice':
        world.unvoice(author, [target], where)
        break
      case 'more':
        world.more(author, cut, where)
        break
      case 'hide':
        world.hide(author, posts[on]!, which % 2 === 0, where)
        break
      case 'pin':
        world.pin(author, posts[on]!, which % 2 === 0, where)
    }
  }
  const shown = (events = world.events) => {
    const view = world.view(undefined, events)
    return JSON.stringify([
      world.told(view),
      persons.map((who) => String(view.contentLimit(who, world.lane(who, world.room, 'one', true)))),
      posts.map((post) => view.ruleAgainst(post, never) ?? ''),
    ])
  }
  return { world, steady, shown }
}

describe('moderation by several people at once', () => {
  it('is the same in every order of arrival of seven acts', () => {
    const check = (cases: Case) => {
      const { world, steady, shown } = play(cases)
      return isSameInEveryOrder(world, steady, shown)
    }
    fc.assert(fc.property(acts(7), check), { numRuns: 2 })
    fc.assert(fc.property(acts(4), check), { numRuns: 40 })
  })

  it('is the same in random orders of many acts', () => {
    fc.assert(
      fc.property(acts(24), fc.infiniteStream(fc.nat()), (cases, random) => {
        const { world, shown } = play(cases)
        const told = shown()
        for (let round = 0; round < 4; round++) {
          const order = world.events.map((event) => ({ event, at: random.next().value as number }))
          order.sort((a, b) => a.at - b.at)
          if (shown(order.map(({ event }) => event)) !== told) return false
        }
        return true
      }),
      { numRuns: 60 },
    )
  })
})
