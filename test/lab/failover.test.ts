import { afterEach, beforeEach, expect, it } from 'vitest'
import type { NodeEvent } from '../../src/node/events.ts'
import { createLab, describeInLab, type Lab } from './hosts.ts'
import { type Lanchat, lanchat } from './lanchat.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('flo')
})
afterEach(() => lab.close())

/** Starts these, the first as hub, and waits until all follow it. */
async function startAll(names: readonly string[], subnet?: (name: string) => string): Promise<Lanchat[]> {
  const nodes: Lanchat[] = []
  for (const name of names) {
    const bridge = subnet?.(name) ?? 'left'
    const node = lanchat(lab, lab.host(name, { bridges: [bridge], subnetOf: 'left' }))
    nodes.push(node)
    if (nodes.length === 1) await node.ready()
  }
  await Promise.all(nodes.map((node) => node.ready()))
  return nodes
}

async function settlesOnOneHub(nodes: readonly Lanchat[], timeoutMs = 60_000): Promise<void> {
  const by = performance.now() + timeoutMs
  while (new Set(nodes.map((node) => node.hub?.id ?? `none of ${node.host.name}`)).size > 1) {
    const left = by - performance.now()
    if (left <= 0) throw new Error(`hubs: ${nodes.map((node) => node.hub?.name).join(', ')}`)
    const next = nodes.map((node) =>
      node.event((event) => event.type === 'hub' || event.type === 'offline', {
        from: node.mark(),
        timeoutMs: left,
      }),
    )
    await Promise.any(next).catch(() => {})
    for (const wait of next) wait.catch(() => {})
  }
}

/** Who is hub, and the others: on a slow machine those who start together find each other first. */
async function hubFirst(nodes: readonly Lanchat[]): Promise<Lanchat[]> {
  await settlesOnOneHub(nodes)
  return [...nodes.filter((node) => node.hub?.self), ...nodes.filter((node) => !node.hub?.self)]
}

/** Each text was printed once by each node, and all show them in one order. */
async function agreeOn(nodes: readonly Lanchat[], texts: readonly string[]): Promise<void> {
  for (const node of nodes) for (const text of texts) await node.message(text)
  for (const node of nodes)
    for (const text of texts) expect(node.texts.filter((printed) => printed === text)).toHaveLength(1)
  const views = await Promise.all(nodes.map((node) => node.history()))
  for (const view of views) expect(view).toEqual(views[0])
  expect([...views[0]!].sort()).toEqual([...texts].sort())
}

describeInLab('the hub is lost', () => {
  it('goes on when it is killed, and what was typed meanwhile arrives once', async () => {
    const [hub, ...others] = await hubFirst(await startAll(['ann', 'bob', 'cid', 'dan']))
    await hub!.stored(await hub!.say('from the hub'))
    for (const node of others) await node.message('from the hub')
    const marks = others.map((node) => node.mark())
    const killed = hub!.stop('SIGKILL')
    const killedAt = performance.now()
    const typed = others.map((node) => `${node.host.name} typed this meanwhile`)
    const sent = await Promise.all(others.map((node, k) => node.say(typed[k]!)))
    await Promise.all(others.map((node, k) => node.stored(sent[k]!, { from: marks[k]! })))
    const tookMs = performance.now() - killedAt
    await killed
    await settlesOnOneHub(others)
    await agreeOn(others, ['from the hub', ...typed])
    expect(tookMs).toBeLessThan(10_000)

    // The killed one comes back, and has all of it.
    const again = lanchat(lab, hub!.host)
    await again.ready()
    for (const text of typed) await again.message(text)
    expect([...(await again.history())].sort()).toEqual(['from the hub', ...typed].sort())
  })

  it('hands over before it leaves on /quit: nobody is offline', async () => {
    const [hub, ...others] = await hubFirst(await startAll(['ann', 'bob', 'cid']))
    await others[0]!.stored(await others[0]!.say('before'))
    hub!.type('/quit')
    expect(await hub!.process.exited).toEqual({ code: 0, signal: null })
    const sent = await others[1]!.say('after')
    await others[1]!.stored(sent)
    await settlesOnOneHub(others)
    await agreeOn(others, ['before', 'after'])
  })
})

describeInLab('the network is cut in two and healed', () => {
  it('serves both halves, then has one hub and one history again', async () => {
    const trunk = lab.trunk('left', 'right')
    const nodes = await startAll(['ann', 'bob', 'cid', 'dan'], (name) => (name < 'c' ? 'left' : 'right'))
    const [left, right] = [nodes.slice(0, 2), nodes.slice(2)]
    await nodes[0]!.stored(await nodes[0]!.say('together'))
    await agreeOn(nodes, ['together'])

    trunk.down()
    for (const node of right) await node.follows((hub) => right.some((one) => one.id === hub.id))
    // Both sides know that the others are gone: what is a short break is not told of.
    for (const node of nodes)
      await node.process.find((line) => {
        const event = JSON.parse(line) as NodeEvent
        return event.type === 'presence' && !event.online
      })
    const [fromLeft, fromRight] = ['left side', 'right side']
    await left[1]!.stored(await left[1]!.say(fromLeft!))
    await right[1]!.stored(await right[1]!.say(fromRight!))
    await left[0]!.message(fromLeft!)
    await right[0]!.message(fromRight!)
    expect(left[0]!.texts).not.toContain(fromRight)

    // Older than what may just have been on its way.
    await new Promise((resolve) => setTimeout(resolve, 3500))
    trunk.up()
    const healedAt = performance.now()
    for (const node of left) await node.message(fromRight!)
    for (const node of right) await node.message(fromLeft!)
    await settlesOnOneHub(nodes)
    expect(performance.now() - healedAt).toBeLessThan(20_000)
    for (const node of nodes) {
      const isHeal = (event: NodeEvent) => event.type === 'system' && event.event === 'heal'
      expect(await node.event(isHeal)).toMatchObject({ messages: 1, people: 1 })
      expect(node.events.filter(isHeal)).toHaveLength(1)
    }
    await nodes[3]!.say('one again')
    await agreeOn(nodes, ['together', fromLeft!, fromRight!, 'one again'])
  })
})
