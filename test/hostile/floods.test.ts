/** Floods of what is allowed one at a time, by a proved member: the hub stays small, quick and fair to the others. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { concat, fromHex, hex, uint } from '../../src/wire/bytes.ts'
import { newContentLane } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { type LaneId, NETWORK_ROOM } from '../../src/wire/ids.ts'
import { isRefusalCode } from '../../src/wire/refusal.ts'
import { shortRun } from '../../src/wire/short-run.ts'
import type { Chat } from '../e2e/loopback.ts'
import { Held } from '../lab/held.ts'
import { type Attacker, beat, GROWTH_MIB_MAX, LINE_MS_MAX, repeat, Scene } from './attack.ts'
import { endure } from './endure.ts'

const scene = new Scene()
let people: readonly [Chat, Chat]
let held: Held

beforeAll(async () => {
  await scene.open()
  held = await Held.of(scene.hub.process)
  people = await Promise.all([scene.talker('anna'), scene.talker('bert')])
  await scene.talk(...people)
})
afterAll(() => scene.close())

const random = (n: number) => nodeCrypto.random(n)

const bytesOf = (n: number, size: number) => random(n * size)

const floods: Record<string, (attacker: Attacker) => Iterable<Frame>> = {
  'permission for ever new room names': () =>
    repeat(40_000, (i) => ({
      type: 'permitAsk',
      ref: i,
      action: 0,
      room: new Uint8Array(16),
      name: `room${i}`,
    })),
  'offers of lanes that never come': ({ signer }) =>
    repeat(200, () => ({
      type: 'offer',
      room: fromHex(scene.general),
      entries: concat(
        ...Array.from({ length: 512 }, () =>
          concat(
            signer.key,
            fromHex(newContentLane(nodeCrypto, Date.now())),
            uint(9, 4),
            random(8),
            uint(0, 4),
            uint(0, 8),
          ),
        ),
      ),
    })),
  'lists of rooms that nobody knows': () =>
    repeat(100, () => ({ type: 'have', entries: bytesOf(1800, 33), last: true })),
  'questions who the hub is': () => repeat(40_000, () => ({ type: 'who' })),
  'heartbeats that say ever new things': () =>
    repeat(20_000, (i) =>
      beat({
        counter: i,
        flags: (i % 64) & ~16,
        members: i % 65_536,
        epoch: 2 ** 32 - 1,
        uptimeS: i,
        lag: i % 7,
        line: bytesOf(5, 32),
      }),
    ),
  'other hubs that it should go and look at': () =>
    repeat(20_000, (i) => ({ type: 'report', hub: random(32), address: `127.0.0.1:${1 + (i % 1000)}` })),
  joins: () => repeat(20_000, (i) => ({ type: 'join', at: i })),
  'witnesses of nothing': ({ signer }) =>
    repeat(500, () => ({
      type: 'witness',
      room: fromHex(scene.general),
      at: uint(Date.now(), 6),
      key: signer.key,
      entries: bytesOf(512, 52),
      signature: random(64),
    })),
  'vectors that nobody asked for': () =>
    repeat(300, () => ({
      type: 'vector',
      room: fromHex(NETWORK_ROOM),
      class: 0,
      entries: bytesOf(900, 64),
      more: true,
    })),
  'runs by numbers that stand for nothing, and behind what never came': (attacker) => {
    const run = attacker.message('one')
    const byName = { ...shortRun(run), number: 1 }
    const byNumber = (number: number) => ({
      number,
      tail: concat(uint(9, 2), random(70)),
      bodies: run.bodies,
    })
    return repeat(500, () => ({
      type: 'live',
      runs: [byName, ...Array.from({ length: 250 }, (_, i) => byNumber(1 + (i % 2)))],
    }))
  },
}

/** Sends it all as fast as it is read, while two people talk. */
async function talkThrough(attacker: Attacker, frames: Iterable<Frame>) {
  const { ms, asked, slowest, grown } = await endure({
    held,
    ask: () => scene.talk(...people),
    send: () => attacker.pushAll(frames),
    taken: () => attacker.settled().catch(() => {}),
  })
  const told = `${Math.round(ms)} ms, ${asked} lines, slowest ${Math.round(slowest)} ms, grown ${Math.round(grown)} MiB, ${attacker.refused?.code ?? JSON.stringify(attacker.cause ?? 'open')}`
  return { slowest, grown, told }
}

describe('a flood of', () => {
  for (const [name, frames] of Object.entries(floods))
    it(name, async () => {
      const attacker = await scene.joined()
      const { slowest, grown, told } = await talkThrough(attacker, frames(attacker))
      console.log(`${name}: ${told}`)
      expect(scene.bugs()).toEqual([])
      expect(slowest).toBeLessThan(LINE_MS_MAX)
      expect(grown).toBeLessThan(GROWTH_MIB_MAX)
      if (attacker.refused) expect(isRefusalCode(attacker.refused.code)).toBe(true)
      attacker.link.terminate()
    })

  it('signed runs that leave a gap', async () => {
    const attacker = await scene.joined()
    const frames: Frame[] = []
    for (let i = 0; i < 60; i++) {
      const runs = []
      for (let k = 0; k < 100; k++) {
        const lane = `${i}/${k}`
        attacker.message('one', { lane })
        runs.push(attacker.message('two', { lane }))
      }
      frames.push({ type: 'live', runs })
    }
    const { slowest, grown, told } = await talkThrough(
      attacker,
      (function* () {
        for (let round = 0; round < 20; round++) yield* frames
      })(),
    )
    console.log(`gaps: ${told}`)
    expect(slowest).toBeLessThan(LINE_MS_MAX)
    expect(grown).toBeLessThan(GROWTH_MIB_MAX)
    attacker.link.terminate()
  })

  it('runs whose signatures do not hold', async () => {
    const attacker = await scene.joined()
    const run = attacker.message('bad')
    const bad = { ...run, signature: run.signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) }
    const frame: Frame = { type: 'live', runs: Array.from({ length: 200 }, () => bad) }
    const { slowest, grown, told } = await talkThrough(
      attacker,
      repeat(2000, () => frame),
    )
    console.log(`bad signatures: ${told}`)
    expect(slowest).toBeLessThan(LINE_MS_MAX)
    expect(grown).toBeLessThan(GROWTH_MIB_MAX)
    attacker.link.terminate()
  })

  it('deletions of what nobody wrote', async () => {
    const signer = signerOf(random(32))
    const attacker = await scene.joined({ signer })
    const lane = fromHex(newContentLane(nodeCrypto, Date.now()))
    const tombstone = (i: number) => {
      const head = concat(
        fromHex(scene.net),
        fromHex(scene.general),
        signer.key,
        lane,
        uint(i + 1, 4),
        random(32),
      )
      return concat(head, signer.sign(concat(new TextEncoder().encode('lanchat/del/1'), head)))
    }
    attacker.send({ type: 'post', run: attacker.message('to be deleted', { laneId: hex(lane) as LaneId }) })
    const { slowest, grown, told } = await talkThrough(
      attacker,
      repeat(100, (i) => ({
        type: 'tombstones',
        tombstones: concat(...Array.from({ length: 200 }, (_, k) => tombstone(i * 200 + k))),
      })),
    )
    console.log(`tombstones: ${told}`)
    expect(slowest).toBeLessThan(LINE_MS_MAX)
    expect(grown).toBeLessThan(GROWTH_MIB_MAX)
    attacker.link.terminate()
  })
})
