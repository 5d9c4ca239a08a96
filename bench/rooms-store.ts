/**
 * A data directory as somebody has it who has long been in a large network: 1,000 people, 200 rooms, so many messages of the
 * last 90 days. Made once by the replica itself, with true keys and signatures, in about a minute of CPU, and kept below
 * `.bench/` until it is a month old. What the first start adds (the search index) stays there too, so that a run of the bench
 * that was cut short goes on where it was.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { nodeCrypto, signerOf } from '../src/node/crypto.ts'
import { diskOf, openKeeping, seedOf, storeOf } from '../src/node/io/keeping.ts'
import { Replica } from '../src/node/replica.ts'
import { boxKeyPairOf } from '../src/node/sealing.ts'
import { encodeBody } from '../src/wire/codec.ts'
import type { Signer } from '../src/wire/crypto.ts'
import { type Draft, LANE_START, newContentLane, newControlLane, signRun } from '../src/wire/event.ts'
import { generalRoom, madeRoom, NETWORK_ROOM, networkId, personKey, type RoomId } from '../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../src/wire/kinds.ts'
import { PERIOD_MS, RETENTION_DAYS } from '../src/wire/limits.ts'
import { PROJECT } from './program.ts'
import { SortedStore } from './sorted-store.ts'

export const NETWORK = 'rooms'
/** Raised where the store is made another way. */
const FORMAT = 5
const PEOPLE = 1000
const ROOMS = 200
const DAY_MS = 24 * 3600 * 1000
const DAYS = 90
const AGE_DAYS_MAX = 30
export const VOCABULARY = 50_000
const RUN = 8

/** The data directory; made where it is not there, or too old. tell: what is done meanwhile. */
export async function roomsStore(messages: number, tell: (text: string) => void): Promise<string> {
  const dir = `${PROJECT}.bench/rooms-${messages}`
  const mark = `${dir}.made`
  try {
    const made = JSON.parse(readFileSync(mark, 'utf8')) as { format: number; at: number }
    if (made.format === FORMAT && Date.now() - made.at < AGE_DAYS_MAX * DAY_MS) return dir
  } catch {
    // None yet.
  }
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  tell(`making ${messages} messages below ${dir}`)
  await make(dir, messages, tell)
  writeFileSync(mark, JSON.stringify({ format: FORMAT, at: Date.now() }))
  return dir
}

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const SYLLABLES = [
  'ka',
  'lo',
  'mi',
  'ten',
  'ra',
  'su',
  'vel',
  'no',
  'dri',
  'pa',
  'he',
  'zu',
  'gor',
  'li',
  'am',
  'se',
]
/** Word k of the vocabulary, the common ones short. */
export function wordOf(k: number): string {
  let [rest, word] = [k + 16, '']
  for (; rest > 0; rest >>= 4) word += SYLLABLES[rest & 15]
  return word
}

async function make(dir: string, messages: number, tell: (text: string) => void): Promise<void> {
  const random = seeded(1)
  const now = Date.now() - 3600 * 1000
  const spec = { name: NETWORK, retentionDays: RETENTION_DAYS, codeKey: new Uint8Array(32), hasCode: false }
  const net = networkId(nodeCrypto, spec)
  const keeping = await openKeeping(dir)
  const self = signerOf(await seedOf(keeping))
  const disk = await diskOf(keeping, net)
  if (!disk) throw new Error(`no store in ${dir}`)
  await disk.store.close()
  const sorted = new SortedStore()
  const replica = new Replica({
    crypto: nodeCrypto,
    net,
    // Lanes only grow here: nothing of what was taken is asked for again.
    isFresh: true,
    store: { get: () => undefined, async *scan() {} },
    retentionMs: RETENTION_DAYS * DAY_MS,
    limitOf: () => Number.POSITIVE_INFINITY,
  })
  replica.setNow(now)
  const save = () => sorted.add(replica.takeOps())

  const bodyOf = (value: BodyValue) => encodeBody(nodeCrypto.random(16), value)
  const draft = (value: BodyValue, t: number, body = bodyOf(value)): Draft => ({
    kind: kindNumber(value.kind),
    at: t,
    t,
    body,
  })
  const control = (signer: Signer, room: RoomId, drafts: readonly Draft[]) => {
    const lane = newControlLane(nodeCrypto)
    replica.add(signRun(nodeCrypto, signer, { net, room, lane, n: 0, prev: LANE_START }, drafts))
  }

  const seeds = Array.from({ length: PEOPLE - 1 }, () => nodeCrypto.random(32))
  const people = [self, ...seeds.map(signerOf)]
  const start = now - DAYS * DAY_MS
  for (const [k, signer] of people.entries()) {
    // The own profile is written at the first start.
    if (k === 0) continue
    const { publicKey } = boxKeyPairOf(nodeCrypto, seeds[k - 1]!)
    control(signer, NETWORK_ROOM, [
      draft({ kind: 'profile', nick: `person${k}`, boxKey: publicKey, about: '' }, start - DAY_MS + k),
    ])
  }
  save()

  // A few rooms have most of the people, and of the messages.
  const shares = Array.from({ length: ROOMS }, (_, k) => 1 / (k + 5))
  const sum = shares.reduce((a, b) => a + b, 0)
  let made = 0
  for (let k = 0; k < ROOMS; k++) {
    const size = Math.max(20, Math.round((PEOPLE * shares[k]!) / shares[0]! / 4))
    const members = [
      ...new Set([0, ...Array.from({ length: size }, () => 1 + Math.floor(random() * (PEOPLE - 1)))]),
    ]
    const room = k === 0 ? generalRoom(nodeCrypto, net) : makeRoom(k)
    const count = k === ROOMS - 1 ? messages - made : Math.round((messages * shares[k]!) / sum)
    fill(room, members, count)
    made += count
    if (k % 20 === 19) tell(`${k + 1} rooms, ${made} messages`)
  }
  tell('writing')
  await sorted.writeTo(await storeOf(dir, net))

  function makeRoom(k: number): RoomId {
    const owner = people[1 + (k % (PEOPLE - 1))]!
    const salt = nodeCrypto.random(16)
    const room = madeRoom(nodeCrypto, net, personKey(owner.key), salt)
    const value: BodyValue = {
      kind: 'create',
      type: 0,
      name: `room${k}`,
      topic: '',
      max: 0,
      persons: new Uint8Array(0),
    }
    control(owner, room, [draft(value, start, encodeBody(salt, value))])
    return room
  }

  function fill(room: RoomId, members: readonly number[], count: number): void {
    if (room !== generalRoom(nodeCrypto, net))
      for (const k of members)
        control(people[k]!, room, [draft({ kind: 'join', lifts: new Uint8Array(0) }, start + 1)])
    // By author and period, since that is a lane.
    const lanes = new Map<string, { signer: Signer; times: number[] }>()
    for (let k = 0; k < count; k++) {
      const member = members[Math.floor(random() ** 2 * members.length)]!
      const t = Math.floor(start + 2 + random() * (now - start - 2))
      const name = `${member}/${Math.floor(t / PERIOD_MS)}`
      const lane = lanes.get(name) ?? { signer: people[member]!, times: [] }
      lanes.set(name, lane)
      lane.times.push(t)
    }
    let unsaved = 0
    for (const { signer, times } of lanes.values()) {
      times.sort((a, b) => a - b)
      const lane = newContentLane(nodeCrypto, times[0]!)
      let last = { n: 0, id: LANE_START }
      for (let at = 0; at < times.length; at += RUN) {
        const drafts = times
          .slice(at, at + RUN)
          .map((t) => draft({ kind: 'message', text: textOf(random), action: false, replyTo: null }, t))
        const run = signRun(nodeCrypto, signer, { net, room, lane, n: last.n, prev: last.id }, drafts)
        replica.add(run)
        last = run.events.at(-1)!
      }
      unsaved += times.length
      if (unsaved > 2000) {
        save()
        unsaved = 0
      }
    }
    save()
  }
}

/** A text as people might write one. Zipf's law, about: rank r comes about 1/r as often as the first. */
export function textOf(random: () => number): string {
  const length = 3 + Math.floor(random() ** 2 * 25)
  return Array.from({ length }, () => wordOf(Math.floor(VOCABULARY ** random()) - 1)).join(' ')
}
