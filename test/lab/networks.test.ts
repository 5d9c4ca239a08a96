import { afterEach, beforeEach, expect, it } from 'vitest'
import type { NodeEvent } from '../../src/node/events.ts'
import { newInvitation } from '../../src/node/io/founding.ts'
import type { NodeReport } from '../../src/node/report.ts'
import { createLab, describeInLab, type Lab } from './hosts.ts'
import { type Lanchat, lanchat } from './lanchat.ts'
import { holds } from './stored-bytes.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('net')
})
afterEach(() => lab.close())

/** Each of them reads what each other one says. */
async function talk(nodes: readonly Lanchat[]): Promise<void> {
  const texts = nodes.map((node) => `this is ${node.host.name} ${node.process.pid}`)
  await Promise.all(nodes.map((node, k) => node.say(texts[k]!)))
  for (const node of nodes) for (const text of texts) await node.message(text)
}

/** What others announce by mDNS in the place of a network's id, as this node hears it. */
async function net8s(node: Lanchat): Promise<string[]> {
  const report = (await node.ask('/doctor')) as NodeReport
  return report.neighbours.map(({ net8 }) => net8)
}

describeInLab('networks as they are', () => {
  it('talks where nobody has a default route', async () => {
    const nodes = ['ann', 'bob'].map((name) => lanchat(lab, lab.host(name, { defaultRoute: false })))
    await Promise.all(nodes.map((node) => node.ready()))
    await talk(nodes)
  })

  it('talks over two subnets through a machine that is on both', async () => {
    const middle = lanchat(lab, lab.host('mid', { bridges: ['lan', 'lab'] }))
    await middle.ready()
    const left = lanchat(lab, lab.host('ann', { bridges: ['lan'] }))
    const right = lanchat(lab, lab.host('bob', { bridges: ['lab'] }))
    await Promise.all([left.ready(), right.ready()])
    await talk([middle, left, right])
  })

  it('is alone without a network, and found when an interface appears', async () => {
    const host = lab.host('ann', { bridges: [] })
    const [a, b] = [lanchat(lab, host), lanchat(lab, lab.host('bob'))]
    expect((await a.ready()).hub.self).toBe(true)
    await b.ready()
    await a.say('written without any network')
    host.plug('lan')
    await b.message('written without any network')
    await talk([a, b])
  })

  it('gives the hub to another when the first starter refuses inbound connections', async () => {
    const closed = lab.host('ann')
    closed.firewall('tcp')
    const first = lanchat(lab, closed)
    expect((await first.ready()).hub.self).toBe(true)
    const second = lanchat(lab, lab.host('bob'))
    const startedAt = performance.now()
    await first.follows((hub) => !hub.self, { timeoutMs: 10_000 })
    await second.follows((hub) => hub.self, { timeoutMs: 10_000 })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await talk([first, second])
  })

  it('finds others from behind a firewall that drops whatever they begin', async () => {
    const closed = lab.host('ann')
    closed.firewall('all')
    const first = lanchat(lab, closed)
    await first.ready()
    const second = lanchat(lab, lab.host('bob'))
    const startedAt = performance.now()
    await first.follows((hub) => !hub.self)
    expect(performance.now() - startedAt).toBeLessThan(40_000)
    await talk([first, second])
  })

  it('lets two people talk on one machine, also to a third elsewhere', async () => {
    const host = lab.host('ann')
    const two = [lanchat(lab, host, { name: 'ann' }), lanchat(lab, host, { name: 'eve' })]
    const third = lanchat(lab, lab.host('bob'))
    await Promise.all([...two, third].map((node) => node.ready()))
    await talk([...two, third])
  })

  it('keeps two networks on one LAN apart, also those with codes', async () => {
    const host = lab.host('ann')
    const others = lab.host('bob')
    const pairs = [
      { network: 'lan' },
      { network: 'choir' },
      { network: 'choir', code: 'orbit lemon anvil cactus dune frost' },
    ].map((options, k) => [host, others].map((h) => lanchat(lab, h, { ...options, name: `${h.name}${k}` })))
    await Promise.all(pairs.flat().map((node) => node.ready()))
    for (const [k, pair] of pairs.entries()) {
      await pair[0]!.say(`only for ${k}`)
      await pair[1]!.message(`only for ${k}`)
    }
    for (const [k, pair] of pairs.entries())
      for (const node of pair) expect(node.texts).toEqual([`only for ${k}`])
  })

  it('finds by a new code those who have it or come back with the old one, and nobody else', async () => {
    const host = lab.host('ann')
    const { text: old, owner } = await newInvitation(
      'choir',
      'able-about-above-accept-acid-acorn',
      lab.directory('ann-ann'),
    )
    const first = lanchat(lab, host, { network: 'choir', code: old })
    expect((await first.ready()).self.id).toBe(owner)
    const bob = lab.host('bob')
    const away = lanchat(lab, bob, { network: 'choir', code: old })
    await away.ready()
    await talk([first, away])
    await away.stop()
    const before = await net8s(first)
    await first.command('/newcode')
    const { text } = (await first.ask('/invitation')) as { text: string }
    await first.say('behind the new code')
    const back = lanchat(lab, bob, { network: 'choir', code: old })
    await back.message('behind the new code')
    const late = lanchat(lab, lab.host('cid'), { network: 'choir', code: text })
    await late.ready()
    await late.message('behind the new code')
    await talk([first, back, late])
    // Who has only the old code hears nothing of it by mDNS.
    const shown = await net8s(late)
    expect(shown.length).toBeGreaterThan(0)
    for (const net8 of before) expect(shown).not.toContain(net8)
    const args = ['--timeout', '5']
    const stranger = lanchat(lab, lab.host('eve'), { network: 'choir', code: old, args })
    expect(await stranger.process.exited).toEqual({ code: 4, signal: null })
    expect(stranger.events.filter(({ type }) => type === 'ready')).toEqual([])
  })

  it('stops with exit 4 where its code is wrong', async () => {
    const first = lanchat(lab, lab.host('ann'), {
      network: 'choir',
      code: 'orbit lemon anvil cactus dune frost',
    })
    await first.ready()
    const wrong = lanchat(lab, lab.host('bob'), {
      network: 'choir',
      code: 'orbit lemon anvil cactus dune forst',
      args: ['--timeout', '3'],
    })
    expect(await wrong.process.exited).toEqual({ code: 4, signal: null })
    expect(wrong.events.filter((event) => event.type === 'ready')).toEqual([])
    await first.say('still here')
  })

  it('joins by --peer where multicast is gone', async () => {
    const hosts = [lab.host('ann'), lab.host('bob'), lab.host('cid')]
    for (const host of hosts) host.firewall('multicast')
    const first = lanchat(lab, hosts[0]!)
    const port = new URL((await first.ready()).hub.url).port
    const args = ['--peer', `${hosts[0]!.address}:${port}`]
    const others = [lanchat(lab, hosts[1]!, { args }), lanchat(lab, hosts[2]!, { args })]
    await Promise.all(others.map((node) => node.ready()))
    await talk([first, ...others])
  })

  it('keeps two grown groups apart when their networks are joined, and says so', async () => {
    const trunk = lab.trunk('left', 'right')
    trunk.down()
    const sides = ['left', 'right'] as const
    const hosts = sides.map((side) =>
      [0, 1].map((k) => lab.host(`${side}${k}`, { bridges: [side], subnetOf: 'left' })),
    )
    // Ten minutes together make a group grown; their clocks run twenty times as fast.
    const young = hosts.map((pair) => pair.map((host) => lanchat(lab, host, { hurry: 20 })))
    await Promise.all(young.flat().map((node) => node.ready()))
    for (const [k, pair] of young.entries()) {
      await pair[0]!.say(`the secret of ${sides[k]}`)
      await pair[1]!.message(`the secret of ${sides[k]}`)
    }
    // Nothing tells the moment: time itself is what has to pass.
    await new Promise((resolve) => setTimeout(resolve, (620 * 1000) / 20))
    for (const node of young.flat()) await node.stop()

    const grown = hosts.map((pair) => pair.map((host) => lanchat(lab, host)))
    const places = (await Promise.all(grown.flat().map((node) => node.ready()))).map((event) => event.place)
    expect(new Set(places).size).toBe(2)
    trunk.up()
    const isTold = (event: NodeEvent) =>
      event.type === 'system' && (event.event === 'place' || event.event === 'warning')
    await Promise.any(grown.flat().map((node) => node.event(isTold)))
    for (const [k, pair] of grown.entries()) {
      await talk(pair)
      for (const node of pair) {
        expect(await node.history()).toContain(`the secret of ${sides[k]}`)
        expect((await node.history()).join()).not.toContain(`the secret of ${sides[1 - k]}`)
        expect(pair.map((one) => one.id)).toContain(node.hub?.id)
      }
    }
    for (const node of grown.flat()) await node.stop()
    for (const [k, pair] of grown.entries())
      for (const node of pair) expect(await holds(node.dataDir, `the secret of ${sides[1 - k]}`)).toBe(false)
  })
})
