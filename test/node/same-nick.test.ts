/** Two people of one nick: whoever is told of one of them is told which. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { Person } from './people.ts'

let lan: Lan
let anna: Person
let bens: Person[]
let labels: string[]
beforeEach(async () => {
  lan = createLan()
  const start = async (name: string) => new Person(await lan.node({ name }))
  anna = await start('anna')
  bens = [await start('ben'), await start('ben')]
  await Promise.all([anna, ...bens].map(({ node }) => node.ready))
  await anna.until({ do: 'who' }, (all: { name: string; label?: string }[]) => {
    labels = bens.map(({ node }) => labelOf(all.find((who) => 'id' in who && who.id === node.self.id)))
    return all.filter(({ name }) => name === 'ben').length === 2
  })
})
afterEach(() => lan.close())

const labelOf = (who?: { name: string; label?: string }) => who?.label ?? who?.name ?? ''

it('in what they do, in what is done to them, and in what is written to them', async () => {
  expect(new Set(labels).size).toBe(2)
  await anna.does({ do: 'create', room: 'lab' })
  for (const ben of bens) {
    await ben.hears({ event: 'create', room: 'lab' })
    await ben.does({ do: 'join', room: 'lab' })
  }
  await anna.until({ do: 'who', room: 'lab' }, (all: unknown[]) => all.length === 3)
  const joins = anna.told.filter((event) => event.type === 'system').filter(({ event }) => event === 'join')
  for (const [i, ben] of bens.entries()) {
    const { id } = ben.node.self
    const isThis = (who?: { id: string; name: string; label?: string }) => {
      expect(who?.id).toBe(id)
      expect(labelOf(who)).toBe(labels[i])
    }
    isThis(joins.find((event) => event.user.id === id)?.user)
    const muted = await anna.does({ do: 'mute', room: 'lab', who: id })
    isThis((muted as { user: { id: string; name: string } }).user)
    await anna.does({ do: 'unmute', room: 'lab', who: id })
    const sent = await anna.does({ do: 'msg', to: id, text: `to ${i}` })
    isThis((sent as { to?: { id: string; name: string } }).to)
    const told = await anna.hears({ type: 'message', text: `to ${i}` })
    isThis((told as { to?: { id: string; name: string } }).to)
  }
  const log = await anna.knows<{ event: string; user: { label?: string; name: string } }[]>({
    do: 'log',
    room: 'lab',
    count: 50,
  })
  const mutes = log.filter(({ event }) => event === 'mute').map(({ user }) => labelOf(user))
  expect(mutes).toEqual(labels)
})
