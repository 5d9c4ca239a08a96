/**
 * The load of one repetition, a process of its own so that it can be pinned: members that receive, senders that keep so many
 * texts under way. Receivers are counted natively (members.ts); a few stay here as samples: they measure latency, and where a
 * server confirms nothing the receipt of one in each room stands for it. A server writes to a room in the order in which its
 * members came, or by some other rule of its own, so where latency is judged the samples came spread over all of them.
 */

import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Member } from '../peers/peer.ts'
import { cpuMsOf, rssMiBOf } from '../program.ts'
import { Author, authorId } from './author.ts'
import { Members } from './members.ts'
import type { Arrivals, Outcome, Plan } from './plan.ts'
import { sample } from './sample.ts'
import { speeches } from './speeches.ts'

/** Rooms with a sample in a load that is flat out, where the server confirms by itself: they see all texts of the room. */
const SAMPLED_ROOMS = 8
/** Where a rate is set, each room has a sample for so many receivers, one at least. */
const RECEIVERS_OF_A_SAMPLE = 100
/** Its multiples, less what is whole of them, fill a unit evenly (Weyl). */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2
const RATE_TICK_MS = 2
const BEHIND_MS = 1000
/** Enough for a 99.9th percentile. */
const SAMPLES_MAX = 20_000

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan
const speech = speeches[plan.peer]
if (!speech) throw new Error(`no such peer: ${plan.peer}`)
const { isConfirming } = speech
const isPaced = plan.rate > 0

/** Of many rooms none is the one that everybody is in, where a server has such a room. */
const allRooms = Array.from({ length: plan.rooms }, (_, k) => (plan.rooms > 1 ? k + 1 : k))

let number = 0
const receivers: Member[] = []
const samples = new Set<Member>()
/** The first of each room: where the server confirms nothing, its receipt does. */
const confirming = new Set<Member>()
const senders: Member[] = []
for (const [at, room] of allRooms.entries()) {
  const sampled = sampledPlaces(at)
  for (let k = 0; k < plan.members; k++) {
    const receiver: Member = { number: ++number, rooms: [room], role: 'receiver' }
    receivers.push(receiver)
    if (!sampled.includes(k)) continue
    if (k === sampled[0]) confirming.add(receiver)
    samples.add(receiver)
  }
  for (let k = 0; k < plan.senders; k++) senders.push({ number: ++number, rooms: [room], role: 'sender' })
}

/** Which of a room's receivers are samples, by the order in which they come. */
function sampledPlaces(room: number): number[] {
  if (!isPaced) return isConfirming && room >= SAMPLED_ROOMS ? [] : [Math.floor(plan.members / 2)]
  const count = Math.ceil(plan.members / RECEIVERS_OF_A_SAMPLE)
  const step = plan.members / count
  // Of many rooms each has them at other places.
  const offset = ((room * GOLDEN_RATIO + 0.5) % 1) * step
  return Array.from({ length: count }, (_, k) => Math.floor(k * step + offset))
}

const members = await Members.of(plan, speech)
// Number 0 makes the rooms where somebody has to.
for (const socket of await members.open([{ number: 0, rooms: allRooms, role: 'sender' }])) socket.resume()
const counter = await members.beginCounting()
const { arrivals, sockets: receiverSockets } = await arrive()
const senderSockets = await members.open(senders)
const loadPids = [process.pid, counter.pid]

async function arrive(): Promise<{ arrivals: Arrivals; sockets: Socket[] }> {
  const rssBeforeMiB = rss(plan.pids)
  const before = [cpuS(plan.pids), cpuS([process.pid])] as const
  const startedAt = performance.now()
  const sockets = await members.open(receivers, (receiver) => !samples.has(receiver))
  const loadCpuS = cpuS([process.pid]) - before[1]
  members.handOver(sockets.filter((_, k) => !samples.has(receivers[k]!)))
  // What the last ones left behind belongs to their coming.
  await pause(BEHIND_MS)
  const seconds = (performance.now() - startedAt) / 1000
  const serverCpuS = cpuS(plan.pids) - before[0]
  const idleFrom = [cpuS(plan.pids), performance.now()] as const
  await pause(plan.settleS * 1000)
  const arrivals: Arrivals = {
    joined: receivers.length,
    seconds,
    serverCpuS,
    idleCpuSPerS: (cpuS(plan.pids) - idleFrom[0]) / ((performance.now() - idleFrom[1]) / 1000),
    loadCpuS,
    rssBeforeMiB,
    rssAfterMiB: rss(plan.pids),
  }
  return { arrivals, sockets }
}

const latencyMs: number[] = []
const confirmMs: number[] = []
const authors = new Map<string, Author>()
let isMeasuring = false
let sampled = 0
let texts = 0
/** Somebody's text has come all the way: by then a server that reads its store at the start has done so. */
let begun = () => {}
const hasBegun = new Promise<void>((resolve) => {
  begun = resolve
})
let enough = () => {}
const isEnough = new Promise<void>((resolve) => {
  enough = resolve
})

for (const [k, member] of senders.entries()) {
  const socket = senderSockets[k]!
  const sender = speech.sender(socket, member)
  const author = new Author(sender, k)
  authors.set(authorId(k), author)
  socket.on('data', (chunk: Buffer) => {
    const count = sender.confirmed?.(chunk) ?? 0
    if (count === 0) return
    const took = author.done(count)
    begun()
    if (isMeasuring) {
      confirmMs.push(...took)
      got(count)
    }
    if (!isPaced) fill(author)
  })
}
for (const [k, receiver] of receivers.entries()) {
  if (!samples.has(receiver)) continue
  const confirms = !isConfirming && confirming.has(receiver)
  // Freed in the turn in which they came: one write for all.
  sample(receiverSockets[k]!, (id, sentAt) => {
    if (isMeasuring) {
      sampled++
      latencyMs.push(performance.now() - sentAt)
      if (confirms) got(1)
    }
    begun()
    if (!confirms || isPaced) return
    authors.get(id)?.done(1)
    refill()
  })
}
let isRefilling = false
function refill(): void {
  if (isRefilling) return
  isRefilling = true
  queueMicrotask(() => {
    isRefilling = false
    for (const author of authors.values()) fill(author)
  })
}

if (isPaced) pace()
else for (const author of authors.values()) fill(author)

function got(count: number): void {
  texts += count
  if (plan.texts > 0 && texts >= plan.texts) enough()
}

function fill(author: Author): void {
  const { together, inFlight } = plan
  if (together === 0) return author.publish(inFlight - author.underWay)
  while (author.underWay + together <= inFlight) author.publish(together)
}

function pace(): void {
  const startedAt = performance.now()
  const all = [...authors.values()]
  let published = 0
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * plan.rate)
    for (; published < due; published++) all[published % all.length]!.publish(1)
  }, RATE_TICK_MS)
}

if (plan.seconds > 0 && senders.length > 0) {
  await hasBegun
  await pause(plan.warmUpS * 1000)
}
isMeasuring = true
for (const { writingMs } of authors.values()) writingMs.length = 0
const before = await counter.counted()
const cpuBefore = [cpuS(plan.pids), cpuS(loadPids)] as const
const startedAt = performance.now()
await (plan.texts > 0 ? isEnough : pause(plan.seconds * 1000))
const after = await counter.counted()
const seconds = (performance.now() - startedAt) / 1000
const serverCpuS = cpuS(plan.pids) - cpuBefore[0]
const loadCpuS = cpuS(loadPids) - cpuBefore[1]
isMeasuring = false

const marks = after.marks - before.marks
const outcome: Outcome = {
  deliveries: marks + sampled,
  texts,
  seconds,
  bytesPerDelivery: (after.bytes - before.bytes) / Math.max(1, marks),
  deliveriesPerRead: marks / Math.max(1, after.reads - before.reads),
  serverCpuS,
  loadCpuS,
  serverRssMiB: rss(plan.pids),
  latencyMs: thinned(latencyMs),
  writingMs: thinned([...authors.values()].flatMap(({ writingMs }) => writingMs)),
  confirmMs: thinned(confirmMs),
  arrivals,
}
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => {
  counter.stop()
  process.exit(0)
})

function thinned(samples: readonly number[]): number[] {
  const step = Math.max(1, Math.ceil(samples.length / SAMPLES_MAX))
  return samples.filter((_, k) => k % step === 0)
}

function cpuS(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0) / 1000
}

function rss(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + rssMiBOf(pid), 0)
}
