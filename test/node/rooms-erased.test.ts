/** What a person deletes from another of their devices than the one that wrote it (RM-24). */
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/wire/event.ts'
import { NETWORK_ROOM, type PersonKey } from '../../src/wire/ids.ts'
import { isSameInEveryOrder, World } from './rooms/world.ts'

function room() {
  const world = new World()
  const [anna, phone, ben] = ['anna', 'phone', 'ben'].map((name) => world.person(name)) as [
    PersonKey,
    PersonKey,
    PersonKey,
  ]
  for (const person of [anna, phone, ben]) world.profile(person)
  world.create(ben, 'lab')
  const isErased = (event: Event, events = world.events) => {
    const view = world.view(undefined, events)
    return view.erased.get(event.id)?.has(view.personOf(event.author)) ?? false
  }
  return { world, anna, phone, ben, isErased }
}

describe('a message', () => {
  it('is deleted by every device of its author, and by nobody else', () => {
    const { world, anna, phone, ben, isErased } = room()
    const [first, second] = [world.post(anna), world.post(phone)]
    world.erase(phone, [first])
    world.erase(ben, [second])
    expect([isErased(first), isErased(second)]).toEqual([false, false])
    world.device(anna, phone, true)
    expect([isErased(first), isErased(second)]).toEqual([true, false])
    world.erase(anna, [second])
    expect(isErased(second)).toBe(true)
  })

  it('stays where the device that deleted it was unlinked before it did, and goes where that was after', () => {
    const { world, anna, phone, isErased } = room()
    world.device(anna, phone, true)
    const [first, second] = [world.post(anna), world.post(anna)]
    const known = world.erase(phone, [first])
    world.erase(phone, [second])
    world.device(anna, phone, false, [known])
    expect([isErased(first), isErased(second)]).toEqual([true, false])
  })

  it('is the same in every order of arrival of link, deletion and unlinking', () => {
    const { world, anna, phone, ben, isErased } = room()
    const before = world.events.length
    const posts = [world.post(anna), world.post(phone), world.post(ben)]
    world.device(anna, phone, true)
    const known = world.erase(phone, posts)
    world.erase(anna, posts.slice(1))
    world.erase(phone, posts.slice(0, 1), { lane: 'later' })
    world.device(anna, phone, false, [known])
    world.ban(ben, anna, { cut: [] })
    const told = (events = world.events) => JSON.stringify(posts.map((post) => isErased(post, events)))
    expect(isSameInEveryOrder(world, before, told)).toBe(true)
  })

  it('is deleted in no other room than its own word lies in', () => {
    const { world, anna, isErased } = room()
    const post = world.post(anna)
    world.erase(anna, [post], { room: NETWORK_ROOM })
    expect(isErased(post)).toBe(false)
  })
})
