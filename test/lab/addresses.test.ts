/** Machines whose addresses change while lanchat runs: another lease, another Wi-Fi, a network without IPv4. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { HubInfo } from '../../src/node/events.ts'
import { createLab, describeInLab, type Lab } from './hosts.ts'
import { type Lanchat, lanchat } from './lanchat.ts'

/** A link from before ends by silence, and who was carried to the hub meanwhile tries by itself. */
const SOON_MS = 20_000

let lab: Lab
beforeEach(() => {
  lab = createLab('adr')
})
afterEach(() => lab.close())

/** The first is hub, and all have heard each other. */
async function three(): Promise<[Lanchat, Lanchat, Lanchat]> {
  const hub = lanchat(lab, lab.host('ann'), { args: ['--prefer-hub'] })
  await hub.ready()
  const nodes = [hub, lanchat(lab, lab.host('bob')), lanchat(lab, lab.host('cid'))] as const
  for (const node of nodes) await node.follows(({ id }) => id === hub.id)
  await talk(nodes, 'before')
  return [...nodes]
}

/** Each of them reads what each other one says. */
async function talk(nodes: readonly Lanchat[], what: string): Promise<void> {
  const texts = nodes.map(({ host }) => `${host.name} ${what}`)
  await Promise.all(nodes.map((node, k) => node.say(texts[k]!)))
  for (const node of nodes) for (const text of texts) await node.message(text)
}

/** All follow the first one, and know soon where it is now. */
async function followAt(nodes: readonly Lanchat[], address: string): Promise<void> {
  for (const node of nodes) await node.follows(({ id }) => id === nodes[0]!.id)
  for (const node of nodes.slice(1)) {
    const by = performance.now() + SOON_MS
    let url: string
    do url = ((await node.ask('/hub')) as { hub: HubInfo }).hub.url
    while (!url.includes(address) && performance.now() < by)
    expect(url).toContain(address)
  }
}

describeInLab('an address that changes', () => {
  it.each([0, 1])('of a member or of the hub: all talk on', async (which) => {
    const nodes = await three()
    nodes[which]!.host.readdress('10.77.0.90')
    await talk(nodes, 'behind it')
    await followAt(nodes, nodes[0].host.address)
  })

  it('of a machine that was away meanwhile', async () => {
    const nodes = await three()
    const [{ host }, ...others] = nodes
    host.linkDown()
    host.unaddress()
    for (const node of others) await node.follows(({ id }) => id !== nodes[0].id)
    host.giveAddress('10.77.0.90')
    host.linkUp()
    await talk(nodes, 'behind it')
    await followAt(nodes, '10.77.0.90')
  })

  it('of a machine that sleeps meanwhile', async () => {
    const nodes = await three()
    const [{ host, process }, ...others] = nodes
    process.signal('SIGSTOP')
    host.readdress('10.77.0.90')
    for (const node of others) await node.follows(({ id }) => id !== nodes[0].id)
    process.signal('SIGCONT')
    await talk(nodes, 'behind it')
    await followAt(nodes, '10.77.0.90')
  })

  it('of all at once, to another subnet', async () => {
    const nodes = await three()
    for (const [i, { host }] of nodes.entries()) host.readdress(`10.99.0.${90 + i}`)
    await talk(nodes, 'behind it')
    await followAt(nodes, '10.99.0.90')
  })

  it('of two that swap theirs', async () => {
    const nodes = await three()
    const [a, b] = nodes.map(({ host }) => host)
    const [forA, forB] = [b!.address, a!.address]
    a!.unaddress()
    b!.unaddress()
    a!.giveAddress(forA)
    b!.giveAddress(forB)
    await talk(nodes, 'behind it')
    await followAt(nodes, forA)
  })
})

describeInLab('a network without IPv4', () => {
  it('is said so, and joined by --peer', async () => {
    const hosts = ['ann', 'bob'].map((name) => lab.host(name))
    hosts.forEach((host, i) => {
      host.unaddress()
      host.giveAddress(`fd77::${i + 1}`)
    })
    const ann = lanchat(lab, hosts[0]!, { args: ['--prefer-hub'] })
    await ann.ready()
    const bob = lanchat(lab, hosts[1]!, { args: ['--peer', '[fd77::1]'] })
    await bob.follows(({ id }) => id === ann.id)
    await talk([ann, bob], 'by IPv6')
    await ann.process.said(/No network: no interface with an IPv4 address is up\./)
    expect(bob.hub!.url).toBe('wss://[fd77::1]:27470/lanchat/1')
  })
})
