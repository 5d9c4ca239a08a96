/** Every frame type, bent and broken, against a live hub: it lives on, serves the others, grows little, and says why it refuses. */
import { afterEach, expect, it } from 'vitest'
import { frameTable } from '../../src/wire/frames.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { isRefusalCode, refusals } from '../../src/wire/refusal.ts'
import type { Chat } from '../e2e/loopback.ts'
import { Held } from '../lab/held.ts'
import { seeded } from '../seeded.ts'
import { Attacker, GROWTH_MIB_MAX, Scene } from './attack.ts'
import { Mutations, type Shot } from './mutations.ts'

const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101)
const FRAMES = Number(process.env.FUZZ_FRAMES ?? 100_000)
/** Frames between two questions that show that all before has been read. */
const BATCH = 60
/** So many asks at once a hub serves without calling it a flood. */
const ASKS = 6
/** One frame in this many may count against its sender: three of them end a link, and a new one costs a handshake. */
const RISK_IN = 60
const ATTACKERS = 3

let scene: Scene
afterEach(() => scene.close())

it(`survives ${FRAMES} mutated frames of every type`, async () => {
  scene = await new Scene().open()
  const held = await Held.of(scene.hub.process)
  const [anna, bert] = await Promise.all([scene.talker('anna'), scene.talker('bert')])
  const { self } = await anna.event('ready')
  const around = {
    hub: await scene.hubKey,
    member: self.id as PersonKey,
    general: scene.general,
  }
  const story = { sent: 0, links: 0, kinds: new Map<string, number>(), endings: new Map<string, number>() }
  const slowest = { ms: 0 }
  const memory: number[] = []
  const watch = async (people: readonly [Chat, Chat]) => {
    while (story.sent < FRAMES) {
      slowest.ms = Math.max(slowest.ms, await scene.talk(...people))
      if (story.sent >= (memory.length * FRAMES) / 10) memory.push(Math.round(await held.mib()))
    }
  }
  const attack = async (mutations: Mutations) => {
    while (story.sent < FRAMES) {
      const attacker = await scene.dial()
      if (!(attacker instanceof Attacker)) throw new Error(`no link: ${JSON.stringify(attacker)}`)
      story.links++
      await attacker.join().catch(() => {})
      while (attacker.isOpen && story.sent < FRAMES) {
        let asks = 0
        const shots: Shot[] = []
        while (shots.length < BATCH) {
          const shot = mutations.next(attacker, mutations.below(RISK_IN) === 0)
          if (shot.isAsk && ++asks > ASKS) continue
          shots.push(shot)
        }
        for (const shot of shots) {
          attacker.link.send(shot.bytes)
          story.kinds.set(shot.type, (story.kinds.get(shot.type) ?? 0) + 1)
        }
        const settled = await attacker.settled().then(
          () => true,
          () => false,
        )
        if (settled) story.sent += shots.length
      }
      if (attacker.isOpen) attacker.link.terminate()
      else {
        const cause = await attacker.closed
        const code = attacker.refused?.code ?? `none, ${JSON.stringify(cause)}`
        story.endings.set(code, (story.endings.get(code) ?? 0) + 1)
        if (cause.why === 'closed' && isRefusalCode(code)) expect(cause.code).toBe(refusals[code].closeCode)
      }
    }
  }
  const random = seeded(SEED)
  const seeds = Array.from({ length: ATTACKERS }, () => Math.floor(random() * 2 ** 32))
  try {
    await Promise.all([
      watch([anna, bert]),
      ...seeds.map((seed) => attack(new Mutations(seeded(seed), around))),
    ])
    await scene.talk(bert, anna)
    memory.push(Math.round(await held.mib()))
    expect(scene.bugs()).toEqual([])
    expect(scene.bugs(anna.process)).toEqual([])
    expect([...story.endings.keys()].filter((code) => !isRefusalCode(code))).toEqual([])
    expect(story.kinds.size).toBe(frameTable.length)
    // Behind the first tenth, by which all code has run.
    const [, warm = 0, ...later] = memory
    expect(Math.max(...later) - warm).toBeLessThan(GROWTH_MIB_MAX)
    const history = await anna.ask({ command: '/history 5' })
    expect(history.type).toBe('result')
  } finally {
    console.log(
      `seed ${SEED}: ${story.sent} frames over ${story.links} links; endings ${JSON.stringify([...story.endings])}; ` +
        `slowest line ${Math.round(slowest.ms)} ms; memory ${memory.join(' ')} MiB`,
    )
  }
})
