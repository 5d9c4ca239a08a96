import { afterEach, beforeEach, expect, it } from 'vitest'
import type { HubInfo } from '../../src/node/events.ts'
import { createLab, describeInLab, type Host, type Lab } from './hosts.ts'
import { type Lanchat, lanchat } from './lanchat.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('rel')
})
afterEach(() => lab.close())

async function start(name: string): Promise<Lanchat> {
  const node = lanchat(lab, lab.host(name))
  await node.ready()
  return node
}

/** Nothing from one host reaches the other. */
const deafen = (host: Host, to: Host) => host.firewall({ from: to.address })
const isThrough = (name: string) => (hub: HubInfo) => hub.via?.name === name

/** Each says something, everybody is told it once, and the words of those who speak through a peer are stored. */
async function talk(nodes: readonly Lanchat[], about: string): Promise<void> {
  for (const node of nodes) {
    const text = `${node.host.name} ${about}`
    await node.stored(await node.say(text))
    for (const other of nodes) await other.message(text)
  }
  for (const node of nodes) expect(new Set(node.texts).size).toBe(node.texts.length)
}

describeInLab('two hosts cannot reach each other, and a third reaches both', () => {
  it('one chats through the third while the hub stays, and by itself again after the healing', async () => {
    const ann = await start('ann')
    const bob = await start('bob')
    const cid = await start('cid')
    await talk([ann, bob, cid], 'before')
    deafen(ann.host, cid.host)
    deafen(cid.host, ann.host)
    const cutAt = performance.now()
    await cid.follows(isThrough('bob'), { timeoutMs: 10_000 })
    expect(performance.now() - cutAt).toBeLessThan(10_000)
    await talk([ann, bob, cid], 'behind the cut')
    await cid.command('/msg ann a word in private')
    await ann.message('a word in private')
    expect(bob.texts).not.toContain('a word in private')
    expect(await cid.ask('/hub')).toMatchObject({ hub: { name: 'ann', via: { name: 'bob' } } })
    for (const node of [ann, bob, cid]) expect(node.hub).toMatchObject({ name: 'ann' })
    ann.host.openFirewall()
    cid.host.openFirewall()
    await cid.follows((hub) => hub.name === 'ann' && hub.via === undefined)
    await talk([ann, bob, cid], 'healed')
    expect(ann.hub?.self).toBe(true)
  })

  it.each([
    ['from the hub', 'cid', 'ann'],
    ['to the hub', 'ann', 'cid'],
  ])('cut one way, %s: the same', async (_, deaf, from) => {
    const nodes = { ann: await start('ann'), bob: await start('bob'), cid: await start('cid') }
    const { ann, bob, cid } = nodes
    deafen(nodes[deaf as 'ann' | 'cid'].host, nodes[from as 'ann' | 'cid'].host)
    await cid.follows(isThrough('bob'))
    await talk([ann, bob, cid], 'one way')
    expect(ann.hub?.self).toBe(true)
  })

  it('two hubs meet through the third, and have one history', async () => {
    const [annHost, cidHost] = [lab.host('ann'), lab.host('cid')]
    deafen(annHost, cidHost)
    deafen(cidHost, annHost)
    const ann = lanchat(lab, annHost)
    const cid = lanchat(lab, cidHost)
    await Promise.all([ann.ready(), cid.ready()])
    expect([ann.hub?.self, cid.hub?.self]).toEqual([true, true])
    await ann.say('on the left')
    await cid.say('on the right')
    const bob = await start('bob')
    const met = Promise.race([ann.follows(isThrough('bob')), cid.follows(isThrough('bob'))])
    await met
    for (const node of [ann, bob, cid])
      for (const text of ['on the left', 'on the right']) await node.message(text)
    await talk([ann, bob, cid], 'together')
    expect(ann.hub?.id).toBe(cid.hub?.id)
  })
})
