/** Real processes whose clocks are wrong, or are set while they run (INV-24). Their timers are right, as on real machines. */

import { renameSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { NodeEvent } from '../../src/node/events.ts'
import { createLab, describeInLab, type Lab } from './hosts.ts'
import { type Lanchat, lanchat } from './lanchat.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('clk')
})
afterEach(() => lab.close())

/** A host whose clock is as far off as its file says: in seconds. */
class Clock {
  readonly file = lab.directory(`clock-${Math.random().toString(16).slice(2)}`)
  /** At once: a process never reads half of it. */
  set(seconds: number): void {
    writeFileSync(`${this.file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
    renameSync(`${this.file}.new`, this.file)
  }
  constructor(readonly seconds: number) {
    lab.directory('')
    this.set(seconds)
  }
}

interface Machine {
  readonly node: Lanchat
  readonly clock: Clock
  /** What it told from here on was told once all followed one hub. */
  from: number
}

/** The first of them is hub. */
async function start(offsets: Readonly<Record<string, number>>): Promise<Machine[]> {
  const machines: Machine[] = []
  for (const [name, seconds] of Object.entries(offsets)) {
    const clock = new Clock(seconds)
    const node = lanchat(lab, lab.host(name), { clockFile: clock.file })
    machines.push({ node, clock, from: 0 })
    await node.ready()
  }
  const [first] = machines as [Machine]
  for (const { node } of machines) await node.follows((hub) => hub.id === first.node.id)
  for (const machine of machines) machine.from = machine.node.mark()
  // The median is taken each 5 s, and heard with the next heartbeat.
  for (const { node } of machines) {
    const by = performance.now() + 60_000
    const right = async () => {
      const { clockMs } = (await node.ask('/doctor')) as { clockMs: number }
      return clockMs
    }
    let last = await right()
    for (let calm = 0; calm < 4 && performance.now() < by; ) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      const now = await right()
      calm = Math.abs(now - last) < 2000 ? calm + 1 : 0
      last = now
    }
  }
  return machines
}

interface Said {
  readonly text: string
  /** By the clock of this machine, which is right. */
  readonly at: number
}

/** One after the other, each once all have the line before. */
async function talk(machines: readonly Machine[], what: string): Promise<Said[]> {
  const said: Said[] = []
  for (const { node } of machines) {
    const text = `${what} ${node.host.name}`
    const at = Date.now()
    await node.stored(await node.say(text))
    for (const { node: other } of machines) await other.message(text)
    said.push({ text, at })
  }
  return said
}

const textsOf = (said: readonly Said[]) => said.map(({ text }) => text)

const DAY_S = 86_400
const isWarning = (event: NodeEvent) => event.type === 'system' && event.event === 'warning'
const isUnrest = ({ type }: NodeEvent) => type === 'hub' || type === 'offline'

/** One order, told as new; nobody lost the hub; and where most clocks are right the times are. */
async function expectRight(machines: readonly Machine[], said: readonly Said[], slackMs = 60_000) {
  for (const { node, from } of machines) {
    expect(await node.history()).toEqual(textsOf(said))
    for (const { text, at } of said) {
      const { ts, history, approx } = await node.message(text)
      expect({ text, history, approx }).toEqual({ text, history: undefined, approx: undefined })
      expect(Math.abs(ts - at)).toBeLessThan(slackMs)
    }
    expect(node.events.slice(from).filter(isUnrest)).toEqual([])
  }
}

describeInLab('machines whose clocks are wrong', () => {
  it('keep one causal order and the right time where the hub is a day behind and a member a day ahead', async () => {
    const machines = await start({ ann: -DAY_S, bob: 0, cid: 0, dan: DAY_S, eve: 0 })
    const said = [...(await talk(machines, 'one')), ...(await talk(machines, 'two'))]
    await expectRight(machines, said)
    for (const { node, clock } of machines) if (clock.seconds !== 0) await node.event(isWarning)
  })

  it('keep one causal order where none of them is right', async () => {
    const machines = await start({ ann: 3 * 3600, bob: -1200, cid: 900, dan: -5 * DAY_S })
    const said = [...(await talk(machines, 'one')), ...(await talk(machines, 'two'))]
    for (const { node } of machines) expect(await node.history()).toEqual(textsOf(said))
    for (const { node, from } of machines) expect(node.events.slice(from).filter(isUnrest)).toEqual([])
  })
})

/** What others know of a clock is as old as a heartbeat: sooner, two of four clocks would be wrong for somebody. */
const BEATS_MS = 1500

describeInLab('a clock that is set while its machine runs', () => {
  it('forward, back and again: nobody else notices, on the hub or on a member', async () => {
    const machines = await start({ ann: 0, bob: 0, cid: 0, dan: 0 })
    const [hub, member] = machines as [Machine, Machine]
    const said = await talk(machines, 'before')
    for (const [i, seconds] of [DAY_S, -DAY_S, 7200].entries()) {
      hub.clock.set(seconds)
      said.push(...(await talk(machines, `${i} at the hub`)))
      // Whose clock it is is told so, once, while it is wrong.
      if (i === 0) await hub.node.event(isWarning)
      hub.clock.set(0)
      await pause(BEATS_MS)
      member.clock.set(seconds)
      said.push(...(await talk(machines, `${i} at a member`)))
      if (i === 0) await member.node.event(isWarning)
      member.clock.set(0)
      await pause(BEATS_MS)
    }
    await expectRight(machines, said)
    for (const { node } of machines.slice(2)) expect(node.events.filter(isWarning)).toEqual([])
  })
})
