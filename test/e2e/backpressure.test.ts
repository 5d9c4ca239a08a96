/**
 * No queue without an end: somebody writes as fast as the hub takes it, somebody else has stopped reading, and the hub's memory
 * stays where it was. What is written comes whole to everybody who reads.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromHex, readUint } from '../../src/wire/bytes.ts'
import { encodeFrame } from '../../src/wire/codec.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { type Attacker, beat, Scene } from '../hostile/attack.ts'
import { Held } from '../lab/held.ts'

const TEXT = 'x'.repeat(7900)
/** Their bodies fill one run. */
const TOGETHER = 4
/** Under way at once: less than the 1 MiB that a reader may be behind. */
const UNDER_WAY = 20 * TOGETHER
/** By then code is compiled, heaps have grown to what they need, and the store has its caches. */
const FIRST_RUNS = 600
/** 285 MB: what is not read is many times a queue and all buffers of the system. */
const FURTHER_RUNS = 9000
/** The caches of the store, and freed memory in pieces: 16 to 31 MiB, well below what was written. */
const GROWTH_MIB_MAX = 64
const MINUTES_MS = 300_000

const scene = new Scene()
let hub: PersonKey
let held: Held
let beats: NodeJS.Timeout

beforeAll(async () => {
  await scene.open('--rate', '0')
  held = await Held.of(scene.hub.process)
  hub = await scene.hubKey
  // Who is silent is no member for long.
  beats = setInterval(() => {
    for (const each of scene.attackers) each.send(beat({ upstream: fromHex(hub) }))
  }, 500)
})
afterAll(() => {
  clearInterval(beats)
  return scene.close()
})

/** Writes as fast as it is stored and read. */
class Author {
  stored = 0
  #posted = 0
  #wake: () => void = () => {}

  constructor(readonly member: Attacker) {
    member.onFrame = (frame) => {
      if (frame.type === 'ack')
        for (let at = 0; at < frame.entries.length; at += 12)
          this.stored = Math.max(this.stored, readUint(frame.entries, at + 8, 4))
      this.wake()
    }
  }

  /** Something has come on. */
  wake(): void {
    this.#wake()
  }

  async write(runs: number, read: () => number): Promise<void> {
    const { member } = this
    const done = () => Math.min(this.stored, read())
    const value = { kind: 'message', text: TEXT, action: false, replyTo: null } as const
    const values = Array.from({ length: TOGETHER }, () => value)
    for (let k = 0; k < runs; k++) {
      await this.#until(() => member.credit >= TOGETHER && this.#posted - done() < UNDER_WAY)
      member.credit -= TOGETHER
      this.#posted += TOGETHER
      // What the hub prints is nobody's interest here.
      scene.hub.process.lines.length = 0
      await member.push(encodeFrame({ type: 'post', run: member.run(scene.general, values) }))
    }
    await this.#until(() => done() >= this.#posted)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (!this.member.isOpen)
        throw new Error(`the author's link ended: ${JSON.stringify(this.member.cause)}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

describe('a hub between somebody who writes without a pause and somebody who has stopped reading', () => {
  it(
    'holds a bounded amount, and gives the one who reads everything',
    async () => {
      const author = new Author(await scene.joined())
      const reader = await scene.joined()
      let heard = 0
      reader.onFrame = (frame) => {
        if (frame.type === 'live') for (const { bodies } of frame.runs) heard += bodies.length
        author.wake()
      }
      await author.write(FIRST_RUNS, () => heard)
      const before = await held.mib()

      const asleep = await scene.joined()
      asleep.link.pause()
      await author.write(FURTHER_RUNS, () => heard)
      expect((await held.mib()) - before).toBeLessThan(GROWTH_MIB_MAX)
      expect(heard).toBe((FIRST_RUNS + FURTHER_RUNS) * TOGETHER)

      // It is cut off whole, never a frame of it, and hears so once it reads again.
      asleep.link.resume()
      await asleep.closed
      expect(scene.bugs()).toEqual([])
    },
    MINUTES_MS,
  )
})
