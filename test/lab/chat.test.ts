import { afterEach, beforeEach, expect, it } from 'vitest'
import type { MessageEvent } from '../../src/node/events.ts'
import { createLab, describeInLab, type Lab } from './hosts.ts'
import { lanchat } from './lanchat.ts'
import { holds } from './stored-bytes.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('cht')
})
afterEach(() => lab.close())

describeInLab('chat on one LAN', () => {
  it('finds each other, follows one hub and reads the same in the same order', async () => {
    const nodes = ['ann', 'bob', 'cid'].map((name) => lanchat(lab, lab.host(name)))
    const ready = await Promise.all(nodes.map((node) => node.ready()))
    const ids = ready.map((event) => event.self.id)
    expect(new Set(ids).size).toBe(3)
    // Who started at the same time as others may have been hub for a moment.
    const [ann, bob, cid] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]]
    const said = ['hello from ann', 'hello from bob', 'hello from cid']
    const sent = await Promise.all([ann.say(said[0]!), bob.say(said[1]!), cid.say(said[2]!)])
    for (const node of nodes) for (const text of said) await node.message(text)
    await Promise.all([ann.stored(sent[0]!), bob.stored(sent[1]!), cid.stored(sent[2]!)])

    const hubs = new Set(nodes.map((node) => node.hub?.id))
    expect(hubs.size).toBe(1)
    expect(ids).toContain([...hubs][0])
    expect(nodes.filter((node) => node.hub?.self).length).toBe(1)
    const views = await Promise.all(nodes.map((node) => node.history()))
    expect([...views[0]!].sort()).toEqual(said)
    expect(views[1]).toEqual(views[0])
    expect(views[2]).toEqual(views[0])
    for (const node of nodes) expect([...node.texts].sort()).toEqual(said)

    const message = await bob.message(said[0]!)
    expect(message).toMatchObject({ room: 'general', from: { id: ids[0], name: 'ann' } })
    const who = (await cid.ask('/who')) as { id: string; name: string; online: boolean }[]
    expect(who.map((person) => person.name).sort()).toEqual(['ann', 'bob', 'cid'])
    expect(who.every((person) => person.online)).toBe(true)
  })

  it('keeps a private message between two: a third machine holds nothing of its text', async () => {
    const secret = 'the cake is in the upper drawer 7f3a'
    const open = 'everybody may know this 91bc'
    const [ann, bob, cid] = ['ann', 'bob', 'cid'].map((name) => lanchat(lab, lab.host(name)))
    const nodes = [ann!, bob!, cid!]
    await Promise.all(nodes.map((node) => node.ready()))
    await bob!.say('here I am')
    await ann!.message('here I am')
    expect(await ann!.command(`/msg bob ${secret}`)).toMatchObject({
      type: 'sent',
      room: null,
      to: { name: 'bob' },
    })
    expect(await bob!.message(secret)).toMatchObject({ private: true, room: null, from: { name: 'ann' } })
    await bob!.command(`/msg ann back: ${secret}`)
    await ann!.message(`back: ${secret}`)
    // What came later has arrived, so the private text would have.
    await ann!.say(open)
    await cid!.message(open)
    for (const node of nodes) await node.stop()
    expect(cid!.texts.filter((text) => text.includes(secret))).toEqual([])
    expect(await holds(cid!.dataDir, open)).toBe(true)
    expect(await holds(cid!.dataDir, secret)).toBe(false)
  })

  it('keeps text, name, topic and reasons of a private room from a hub that is not in it, which stores them', async () => {
    const open = 'everybody may know this 8d1e'
    const hub = lanchat(lab, lab.host('hub'), { args: ['--prefer-hub'] })
    await hub.ready()
    const [bob, cid] = ['bob', 'cid'].map((name) => lanchat(lab, lab.host(name)))
    // On a slow machine two that start at the same time may find each other first.
    for (const node of [bob!, cid!]) await node.follows(({ name }) => name === 'hub')
    await cid!.say('here I am')
    await bob!.message('here I am')
    expect(
      await bob!.command('/create vault-quintal --private --topic plans-zephyr of ours --invite cid'),
    ).toMatchObject({ type: 'system', event: 'create', room: 'vault-quintal' })
    await cid!.event((event) => event.type === 'system' && event.event === 'create')
    await bob!.command('/group_msg vault-quintal the cake is upstairs oboe')
    await cid!.message('the cake is upstairs oboe')
    await bob!.command('/join vault-quintal')
    await bob!.command('/lock nobody else gruyere')
    await cid!.event((event) => event.type === 'system' && event.event === 'lock')
    await cid!.command('/group_msg vault-quintal whose kumquat')
    const { id } = await bob!.message('whose kumquat')
    await cid!.event((event) => event.type === 'ack' && event.id === id && event.state === 'stored')
    await cid!.command(`/group_msg general ${open}`)
    await hub.message(open)
    for (const node of [bob!, cid!, hub]) await node.stop()
    expect(await holds(hub.dataDir, open)).toBe(true)
    for (const secret of ['vault', 'quintal', 'zephyr', 'oboe', 'gruyere', 'kumquat'])
      expect(await holds(hub.dataDir, secret), secret).toBe(false)
  })

  it('keeps what is said in a made room among its members', async () => {
    const [ann, bob, cid] = ['ann', 'bob', 'cid'].map((name) => lanchat(lab, lab.host(name)))
    for (const node of [ann!, bob!, cid!]) await node.ready()
    expect(await ann!.command('/create kitchen')).toMatchObject({
      type: 'system',
      event: 'create',
      room: 'kitchen',
    })
    await bob!.event(
      (event) => event.type === 'system' && event.event === 'create' && event.room === 'kitchen',
    )
    expect(await bob!.command('/join kitchen')).toMatchObject({
      type: 'system',
      event: 'join',
      room: 'kitchen',
    })
    await ann!.event((event) => event.type === 'system' && event.event === 'join' && event.room === 'kitchen')
    await bob!.say('soup is ready')
    expect(await ann!.message('soup is ready')).toMatchObject({ room: 'kitchen' })
    await ann!.say('for all', 'general')
    await cid!.message('for all')
    expect(cid!.texts).not.toContain('soup is ready')
    const rooms = (await cid!.ask('/rooms')) as { name: string; members: number; joined: boolean }[]
    expect(rooms.find((room) => room.name === 'kitchen')).toMatchObject({ members: 2, joined: false })
  })

  it('shows a late joiner what was said before, marked as history', async () => {
    const [a, b] = [lanchat(lab, lab.host('ann')), lanchat(lab, lab.host('bob'))]
    await Promise.all([a.ready(), b.ready()])
    for (const text of ['one', 'two', 'three']) await a.stored(await a.say(text))
    const late = lanchat(lab, lab.host('cid'))
    await late.ready()
    const before = late.events.filter((event): event is MessageEvent => event.type === 'message')
    expect(before.map((message) => [message.text, message.history])).toEqual([
      ['one', true],
      ['two', true],
      ['three', true],
    ])
    await b.say('four')
    expect((await late.message('four')).history).toBeUndefined()
    expect(await late.history()).toEqual(['one', 'two', 'three', 'four'])
  })

  it('keeps identity and history when everybody stops and starts again', async () => {
    const hosts = [lab.host('ann'), lab.host('bob')]
    const first = hosts.map((host) => lanchat(lab, host))
    const before = await Promise.all(first.map((node) => node.ready()))
    await first[0]!.stored(await first[0]!.say('before the night'))
    await first[1]!.message('before the night')
    for (const node of first) expect((await node.stop()).code).toBe(143)

    const second = hosts.map((host) => lanchat(lab, host))
    const after = await Promise.all(second.map((node) => node.ready()))
    expect(after.map((event) => event.self.id)).toEqual(before.map((event) => event.self.id))
    for (const node of second) expect(await node.history()).toEqual(['before the night'])
    await second[1]!.say('good morning')
    await second[0]!.message('good morning')
    expect(await second[0]!.history()).toEqual(['before the night', 'good morning'])
  })
})
