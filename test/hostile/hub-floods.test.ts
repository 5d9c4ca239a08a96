/** A hub that sends without end what it may send at times: its member stays small and answers. */
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { fromHex, hex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import {
  isControlKind,
  LANE_START,
  newContentLane,
  newControlLane,
  packRun,
  signRun,
} from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { madeRoom, NETWORK_ROOM, personKey, type RoomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { shortRun } from '../../src/wire/short-run.ts'
import type { Chat } from '../e2e/loopback.ts'
import { Held } from '../lab/held.ts'
import { type Attacker, GROWTH_MIB_MAX, LINE_MS_MAX, repeat, Scene } from './attack.ts'
import { endure } from './endure.ts'
import { LyingHub } from './lying-hub.ts'

const scene = new Scene()
const hub = new LyingHub(scene)
let member: Chat
let link: Attacker
let held: Held
let self: string
const random = (n: number) => nodeCrypto.random(n)

beforeAll(async () => {
  await hub.open()
  member = await scene.member('member', '--never-hub', '--log-level', 'info')
  held = await Held.of(member.process)
  link = await hub.arrival
  self = (await member.event('ready')).self.id
})
afterAll(async () => {
  await hub.close()
  await scene.close()
})

/** One event of somebody who never was. */
function strange(room: RoomId, value: BodyValue, salt = random(16), signer = signerOf(random(32))) {
  const isControl = isControlKind(kindNumber(value.kind))
  const at = Date.now()
  const lane = isControl ? newControlLane(nodeCrypto) : newContentLane(nodeCrypto, at)
  return packRun(
    signRun(nodeCrypto, signer, { net: scene.net, room, lane, n: 0, prev: LANE_START }, [
      { kind: kindNumber(value.kind), at, t: at, body: encodeBody(salt, value) },
    ]),
  )
}
function* live(count: number, make: () => ReturnType<typeof strange>): Iterable<Frame> {
  for (let i = 0; i < count; i++)
    yield { type: 'live', runs: Array.from({ length: 50 }, () => ({ ...shortRun(make()), number: 0 })) }
}
const text = (n: number): BodyValue => ({
  kind: 'message',
  text: 'x'.repeat(n),
  action: false,
  replyTo: null,
})
const room = () => {
  const signer = signerOf(random(32))
  const salt = random(16)
  const id = madeRoom(nodeCrypto, scene.net, personKey(signer.key), salt)
  const name = `r${hex(random(6))}`
  return strange(
    id,
    { kind: 'create', type: 0, name, topic: '', max: 0, persons: new Uint8Array(0) },
    salt,
    signer,
  )
}
const profile = (): BodyValue => ({
  kind: 'profile',
  nick: `n${hex(random(5))}`,
  boxKey: random(32),
  about: '',
})
const key = () => random(32)

const floods: Record<string, () => Iterable<Frame>> = {
  'profiles of strangers': () => live(60, () => strange(NETWORK_ROOM, profile())),
  'joins of strangers': () =>
    live(60, () => strange(scene.general, { kind: 'join', lifts: new Uint8Array(0) })),
  'rooms of strangers': () => live(40, room),
  'messages of strangers': () => live(60, () => strange(scene.general, text(100))),
  'messages in rooms that nobody made': () => live(40, () => strange(hex(random(16)) as RoomId, text(100))),
  'who comes and goes': () => repeat(20_000, (i) => ({ type: 'presence', key: key(), online: i % 2 === 0 })),
  'what people say of being here': () =>
    repeat(20_000, () => ({ type: 'mode', key: key(), mode: 1, text: 'x'.repeat(200) })),
  'who types': () => repeat(20_000, () => ({ type: 'typing', room: fromHex(scene.general), key: key() })),
  'who has read how far': () =>
    repeat(5000, () => ({
      type: 'marker',
      room: fromHex(scene.general),
      key: key(),
      to: fromHex(self),
      held: random(12 * 16),
      read: random(70),
    })),
  'questions who has read how far': () =>
    repeat(20_000, () => ({ type: 'markerAsk', room: fromHex(scene.general), key: key() })),
  'acknowledgements of nothing': () =>
    repeat(2000, () => ({ type: 'ack', room: fromHex(scene.general), entries: random(12 * 500) })),
  'refusals of nothing': () => repeat(20_000, () => ({ type: 'refused', id: key(), code: 'BANNED' })),
}

/** Sends it all as fast as it is read, while the member is asked something again and again. */
async function askThrough(frames: Iterable<Frame>) {
  const { asked, slowest, grown } = await endure({
    held,
    ask: async () => {
      member.process.lines.length = 0
      const at = performance.now()
      await member.ask({ command: '/react' })
      return performance.now() - at
    },
    send: () => link.pushAll(frames),
    taken: () => hub.taken(link),
  })
  const told = `${asked} answers, slowest ${Math.round(slowest)} ms, grown ${Math.round(grown)} MiB`
  return { slowest, grown, told }
}

describe('a flood from the hub followed: its member answers all the while, of', () => {
  for (const [name, make] of Object.entries(floods))
    it(name, async () => {
      // Signed before, so that the member alone is what takes time.
      const { slowest, grown, told } = await askThrough([...make()])
      console.log(`${name}: ${told}`)
      expect(scene.bugs(member.process)).toEqual([])
      expect(slowest).toBeLessThan(LINE_MS_MAX)
      expect(grown).toBeLessThan(GROWTH_MIB_MAX)
      expect(link.isOpen).toBe(true)
    })
})
