/** The turns of a node's event loop: what goes wrong in one leaves the next as they are. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { CoreEffect, CoreInput, CoreMoment } from '../../../src/node/core-io.ts'
import { openNode } from '../../../src/node/io/open-node.ts'
import { Turns } from '../../../src/node/io/turns.ts'
import { HOST } from './lan.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo()
})

it("a node goes on behind a turn in which its owner's log throws", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lanchat-turn-'))
  cleanups.push(() => rm(dataDir, { recursive: true }))
  let isBroken = false
  const node = await openNode({
    dataDir,
    name: 'ann',
    discovery: false,
    interfaces: [HOST],
    port: 0,
    log: () => {
      if (isBroken) throw new Error('the log is full')
    },
  })
  cleanups.push(() => node.close())
  await node.ready
  const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve))
  cleanups.push(() => process.setUncaughtExceptionCaptureCallback(null))
  // Told to the log, as whatever a listener throws.
  const off = node.on(() => {
    throw new Error('a listener')
  })
  isBroken = true
  void node.execute({ do: 'hub' })
  expect(await thrown).toEqual(new Error('the log is full'))
  isBroken = false
  off()
  expect(await node.execute({ do: 'hub' })).toMatchObject({ type: 'result' })
  expect(await node.execute(undefined as never)).toMatchObject({ type: 'error', code: 'COMMAND_INVALID' })
})

/** A core that wants a dial for each input, and a store that can be read or not. */
class Steps {
  readonly done: string[] = []
  readonly errors: string[] = []
  /** Given while the next effect is carried out. */
  readonly meanwhile: CoreInput['in'][] = []
  readonly core = {
    hasTurn: false,
    step: (_: CoreMoment, input: CoreInput) => {
      this.done.push(input.in)
      this.core.hasTurn = true
      if (input.in === 'start') throw new Error('a bug')
      this.#effects.push({ do: 'dial', address: input.in })
    },
    endTurn: () => {
      this.done.push('end')
      this.core.hasTurn = false
    },
    takeEffects: () => this.#effects.splice(0),
  }
  readonly store = { isBlind: false, sees: () => this.#sees }
  readonly turns = new Turns({
    core: this.core,
    store: this.store,
    intake: { blind: (isBlind) => void this.done.push(isBlind ? 'links wait' : 'links go on') },
    carryOut: (effect) => {
      this.done.push(effect.do === 'dial' ? `dial ${effect.address}` : effect.do)
      for (const each of this.meanwhile.splice(0)) this.give(each)
    },
    log: (_, text) => void this.errors.push(text),
  })
  readonly #effects: CoreEffect[] = []
  #see!: () => void
  readonly #sees = new Promise<void>((resolve) => {
    this.#see = resolve
  })

  constructor() {
    this.turns.begin()
  }

  give(...inputs: CoreInput['in'][]): void {
    for (const each of inputs) this.turns.give({ in: each } as CoreInput)
  }

  async see(): Promise<void> {
    this.store.isBlind = false
    this.#see()
    await this.#sees
  }
}

const turnEnds = () => new Promise((resolve) => setImmediate(resolve))

describe('turns', () => {
  it('inputs at hand share one end of turn, and what they bring is carried out in order', async () => {
    const steps = new Steps()
    steps.give('tick', 'clockJumped')
    expect(steps.done).toEqual(['tick', 'clockJumped'])
    await turnEnds()
    expect(steps.done.slice(2)).toEqual(['end', 'dial tick', 'dial clockJumped'])
  })

  it('a commit ends the turn at once, but where inputs wait for its end already', async () => {
    const steps = new Steps()
    steps.give('written')
    expect(steps.done.splice(0)).toEqual(['written', 'end', 'dial written'])
    steps.give('tick', 'written')
    expect(steps.done.splice(0)).toEqual(['tick', 'written'])
    await turnEnds()
    expect(steps.done).toEqual(['end', 'dial tick', 'dial written'])
  })

  it('a command of a listener waits until all that its turn wrote is handed over', async () => {
    const steps = new Steps()
    steps.meanwhile.push('command')
    steps.give('tick', 'clockJumped')
    await turnEnds()
    expect(steps.done.slice(2, 6)).toEqual(['end', 'dial tick', 'dial clockJumped', 'command'])
    await turnEnds()
    expect(steps.done.slice(6)).toEqual(['end', 'dial command'])
  })

  it('an input at which the core throws is lost, and the next one is taken', async () => {
    const steps = new Steps()
    steps.give('start', 'tick')
    await turnEnds()
    expect(steps.done).toEqual(['start', 'tick', 'end', 'dial tick'])
    expect(steps.errors).toEqual([expect.stringContaining('internal error at start: Error: a bug')])
  })

  it('while the store cannot be read inputs wait, in order, but those that tell of the store itself', async () => {
    const steps = new Steps()
    steps.store.isBlind = true
    steps.give('tick', 'storeFailing', 'quit')
    expect(steps.done.splice(0)).toEqual(['links wait', 'storeFailing'])
    await steps.see()
    await turnEnds()
    expect(steps.done).toEqual(expect.arrayContaining(['tick', 'quit', 'links go on']))
    expect(steps.done.filter((each) => each === 'tick' || each === 'quit')).toEqual(['tick', 'quit'])
  })

  it('nothing is taken before they begin, nor once they end', () => {
    const steps = new Steps()
    steps.turns.end()
    steps.give('tick')
    expect(steps.done).toEqual([])
    expect(steps.turns.isRunning).toBe(false)
  })
})
