/** What the log says became of each act: void, in force, or in force until something ended it. */
import { beforeEach, describe, expect, it } from 'vitest'
import { type Fate, fatesOf } from '../../src/node/rooms.ts'
import type { Event } from '../../src/wire/event.ts'
import { NETWORK_ROOM, type PersonKey } from '../../src/wire/ids.ts'
import { World } from './rooms/world.ts'

let world: World
let olga: PersonKey
let anna: PersonKey
let max: PersonKey
let ben: PersonKey
beforeEach(() => {
  world = new World()
  ;[olga, anna, max, ben] = ['olga', 'anna', 'max', 'ben'].map((name) => world.person(name)) as [
    PersonKey,
    PersonKey,
    PersonKey,
    PersonKey,
  ]
  world.create(anna, 'lab')
  world.role(anna, max, 2)
  world.join(ben)
})

/** Of these acts in the room: what became of them, an ender by its place here. */
function fates(...acts: Event[]): (Fate | number)[] {
  const view = world.view(olga)
  return told(fatesOf(view, inRoom(view.id)), acts)
}
function networkFates(...acts: Event[]): (Fate | number)[] {
  const { ranks, counted, ended, devices } = world.network(olga)
  const view = {
    id: NETWORK_ROOM,
    ranks,
    counted,
    ended,
    personOf: (key: PersonKey) => devices.personOf(key),
  }
  return told(fatesOf(view, inRoom(NETWORK_ROOM)), acts)
}
const inRoom = (room: string) => world.events.filter(({ event }) => event.room === room).reverse()
const told = (all: ReadonlyMap<string, Fate>, acts: readonly Event[]) =>
  acts.map(({ id }) => {
    const fate = all.get(id)!
    return typeof fate === 'object' ? acts.findIndex((act) => act.id === fate.ended) : fate
  })

describe('what is lifted later held until then', () => {
  it('a ban, a ban for a time, a mute: by the lift', () => {
    for (const bind of ['ban', 'mute'] as const)
      for (const until of [0, 1_900_000_000_000]) {
        const bound = world[bind](max, ben, { until })
        expect(fates(bound)).toEqual(['holds'])
        const lift = world.lift(anna, [bound.id])
        expect(fates(bound, lift)).toEqual([1, 'holds'])
      }
  })

  it('a kick, and a ban whose time is over: by the join of whom it was about', () => {
    const kick = world.ban(max, ben, { kick: true })
    const back = world.join(ben, [kick.id])
    const ban = world.ban(max, ben, { until: back.at + 1 })
    const again = world.join(ben, [ban.id])
    expect(fates(kick, back, ban, again).filter((_, i) => i % 2 === 0)).toEqual([1, 3])
  })

  it('a rank: by the demotion; a demotion: by the next grant', () => {
    const grant = world.role(anna, ben, 2)
    const demotion = world.role(anna, ben, 1)
    expect(fates(grant, demotion)).toEqual([1, 'holds'])
    const again = world.role(anna, ben, 2, { lifts: [demotion.id] })
    expect(fates(grant, demotion, again)).toEqual([1, 2, 'holds'])
  })

  it('what is hidden, pinned, locked, set, said of the room, or voiced: by the next word about it', () => {
    const text = world.post(ben)
    const acts = [
      world.hide(max, text),
      world.hide(anna, text, false),
      world.pin(max, text),
      world.pin(max, text, false),
      world.set(max, 'locked', 1),
      world.set(anna, 'locked', 0),
      world.set(max, 'slow', 5),
      world.set(max, 'slow', 9),
      world.topic(max, 'rats'),
      world.topic(max, 'mice'),
      world.invite(max, [ben]),
      world.unvoice(max, [ben]),
    ]
    expect(fates(...acts)).toEqual([1, 'holds', 3, 'holds', 5, 'holds', 7, 'holds', 9, 'holds', 11, 'holds'])
  })

  it('an invitation of several: once the last of them was taken back', () => {
    const invite = world.invite(max, [ben, olga])
    const one = world.unvoice(max, [ben])
    expect(fates(invite, one)).toEqual(['holds', 'holds'])
    const other = world.unvoice(max, [olga])
    expect(fates(invite, one, other)).toEqual([2, 'holds', 'holds'])
  })

  it('what two did alike: for both by what ends it', () => {
    const [one, two] = [world.set(max, 'locked', 1), world.set(anna, 'locked', 1)]
    expect(fates(one, two, world.set(anna, 'locked', 0))).toEqual([2, 2, 'holds'])
  })

  it('an expulsion: by the admission; an admission: by the next expulsion', () => {
    const where = { room: NETWORK_ROOM }
    const expel = world.ban(olga, ben, where)
    const admit = world.admit(olga, [ben], [expel.id])
    const again = world.ban(olga, ben, where)
    expect(networkFates(expel, admit, again)).toEqual([1, 2, 'holds'])
  })
})

describe('void is what nobody had to heed', () => {
  it('since its author may not do it', () => {
    const acts = [
      world.ban(ben, max),
      world.topic(ben, 'mine'),
      world.ban(max, anna),
      world.role(max, ben, 2),
    ]
    expect(fates(...acts)).toEqual(['void', 'void', 'void', 'void'])
  })

  it('since a ban or a demotion of its author cut it off, until that is lifted', () => {
    const ban = world.ban(anna, max)
    const after = world.ban(max, ben)
    const topic = world.topic(max, 'mine')
    expect(fates(ban, after, topic)).toEqual(['holds', 'void', 'void'])
    const lift = world.lift(anna, [ban.id])
    expect(fates(ban, after, topic, lift)).toEqual([3, 'holds', 'holds', 'holds'])
  })

  it('since two of one rank did it to each other', () => {
    world.role(anna, ben, 2)
    expect(fates(world.ban(max, ben), world.ban(ben, max))).toEqual(['void', 'void'])
  })

  it('beside the word of a higher rank on the same message', () => {
    const text = world.post(ben)
    const [before, over, behind] = [
      world.hide(max, text),
      world.hide(anna, text, false),
      world.hide(max, text),
    ]
    expect(fates(before, over, behind)).toEqual([1, 'holds', 'void'])
  })

  it('a grant beside a demotion that it did not know of', () => {
    const demotion = world.role(anna, ben, 1)
    expect(fates(demotion, world.role(anna, ben, 2))).toEqual(['holds', 'void'])
  })
})

it('a moderator who says the same without end beside the owner costs the log what each act is, and not the square', () => {
  const text = world.post(ben)
  const count = 200
  for (let i = 0; i < count; i++) world.hide(max, text, i % 2 === 0)
  world.hide(anna, text)
  const view = world.view(olga)
  let looks = 0
  const counted = new Set(view.counted)
  const has = counted.has.bind(counted)
  counted.has = (id) => {
    looks++
    return has(id)
  }
  const all = fatesOf({ ...view, counted }, inRoom(view.id))
  expect([...all.values()].filter((fate) => typeof fate === 'object')).toHaveLength(count)
  expect(looks).toBeLessThan(4 * all.size)
})
