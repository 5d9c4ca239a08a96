/**
 * The load of one repetition, a process of its own so that it can be pinned: members that receive, senders that keep so many
 * texts under way. Receivers are counted natively (count.c takes their sockets over once they have joined); a few stay here as
 * samples: they measure latency, and where a server confirms nothing their receipt stands for it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Member, Sender, Speech } from '../peers/peer.ts'
import { cpuMsOf, rssMiBOf } from '../program.ts'
import type { Outcome, Plan } from './plan.ts'
import { speeches } from './speeches.ts'

const TEXT_BYTES = 100
/** mark3 sender4 number9 sentAt12 (microseconds), then filler. */
/** lanchat lets 16 strangers of one address in at once. */
const JOINING_AT_ONCE = 12
/** Rooms with a sample where the server confirms by itself. */
const SAMPLED_ROOMS = 8
const RATE_TICK_MS = 2

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan
const speech: Speech | undefined = speeches[plan.peer]
if (!speech) throw new Error(`no such peer: ${plan.peer}`)

/** One sender: what it has under way and when each text went. */
class Author {
  readonly #sender: Sender
  readonly #id: string
  readonly #sentAt = new Map<number, number>()
  #number = 0
  #confirmed = 0
  underWay = 0

  constructor(sender: Sender, id: number) {
    this.#sender = sender
    this.#id = id.toString(36).padStart(4, '0')
  }

  publish(count: number): void {
    if (count <= 0) return
    const now = performance.now()
    const stamp = Math.round(now * 1000)
      .toString()
      .padStart(12, '0')
    const texts: Buffer[] = []
    for (let k = 0; k < count; k++) {
      const number = this.#number++
      this.#sentAt.set(number, now)
      texts.push(
        Buffer.from(`@@#${this.#id}${number.toString().padStart(9, '0')}${stamp}`.padEnd(TEXT_BYTES, '.')),
      )
    }
    this.underWay += count
    this.#sender.publish(texts)
  }

  /** Confirmed in the order of publishing. */
  done(count: number, isMeasured: boolean): void {
    const now = performance.now()
    for (let k = 0; k < count; k++) {
      const number = this.#confirmed++
      if (isMeasured) confirmMs.push(now - (this.#sentAt.get(number) ?? now))
      this.#sentAt.delete(number)
    }
    this.underWay -= count
  }
}

const latencyMs: number[] = []
const confirmMs: number[] = []
const authors = new Map<string, Author>()
let isMeasuring = false
let sampled = 0

// From the moment of joining: others may take longer than a server waits.
const { keepalive } = speech
const joined: Duplex[] = []
let handedOver: ReadonlySet<Duplex> = new Set()
if (keepalive)
  setInterval(() => {
    for (const socket of joined) if (!handedOver.has(socket)) socket.write(keepalive.bytes)
  }, keepalive.everyMs)

async function open(member: Member): Promise<Duplex> {
  const socket = speech!.connect
    ? await speech!.connect(plan.port, member)
    : connect({ port: plan.port, host: '127.0.0.1', noDelay: true })
  if (!speech!.connect) await once(socket, 'connect')
  await speech!.join(socket, member)
  joined.push(socket)
  return socket
}

async function openAll(members: readonly Member[]): Promise<Duplex[]> {
  const sockets: Duplex[] = []
  for (let at = 0; at < members.length; at += JOINING_AT_ONCE)
    sockets.push(...(await Promise.all(members.slice(at, at + JOINING_AT_ONCE).map(open))))
  return sockets
}

/** A receiver that stays here: each text that arrives is told with its author's id. */
function sample(socket: Duplex, hear: (author: string, sentAt: number) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (;;) {
      const at = bytes.indexOf('@@#', from)
      if (at < 0) {
        from = Math.max(from, bytes.length - 2)
        break
      }
      if (bytes.length < at + 28) {
        from = at
        break
      }
      hear(
        bytes.toString('latin1', at + 3, at + 7),
        Number(bytes.toString('latin1', at + 16, at + 28)) / 1000,
      )
      from = at + 28
    }
    rest = Buffer.from(bytes.subarray(from))
  })
}

const { isConfirming } = speech
let number = 0
const receivers: Member[] = []
const samples: Member[] = []
const senders: Member[] = []
for (let room = 0; room < plan.rooms; room++) {
  // Number 0 makes the rooms where somebody has to.
  const isSampled = !isConfirming || room < SAMPLED_ROOMS
  for (let k = 0; k < plan.members; k++)
    (isSampled && k === 0 ? samples : receivers).push({ number: ++number, rooms: [room], role: 'receiver' })
  for (let k = 0; k < plan.senders; k++) senders.push({ number: ++number, rooms: [room], role: 'sender' })
}
const allRooms = Array.from({ length: plan.rooms }, (_, room) => room)
const first = await openAll([{ number: 0, rooms: allRooms, role: 'sender' }])
for (const socket of first) socket.resume()
const sampleSockets = await openAll(samples)
const receiverSockets = await openAll(receivers)
const senderSockets = await openAll(senders)

// The sockets go over to the counter: what had arrived before is no text.
for (const socket of receiverSockets) socket.pause()
handedOver = new Set(receiverSockets)
const counter: ChildProcess = spawn(
  plan.counter,
  [
    `${receiverSockets.length}`,
    keepalive ? keepalive.bytes.toString('hex') : '-',
    `${keepalive?.everyMs ?? 0}`,
  ],
  { stdio: ['pipe', 'pipe', 'inherit', ...receiverSockets] as never },
)
const answers = createInterface({ input: counter.stdout! })[Symbol.asyncIterator]()
async function counted(): Promise<{ marks: number; bytes: number; reads: number }> {
  counter.stdin!.write('\n')
  const [marks = 0, bytes = 0, reads = 0] = String((await answers.next()).value)
    .split(' ')
    .map(Number)
  return { marks, bytes, reads }
}
const isPaced = plan.rate > 0
for (const [k, member] of senders.entries()) {
  const socket = senderSockets[k]!
  const sender = speech.sender(socket, member)
  const author = new Author(sender, k)
  authors.set(k.toString(36).padStart(4, '0'), author)
  socket.on('data', (chunk: Buffer) => {
    if (!sender.confirmed) return
    const count = sender.confirmed(chunk)
    if (count === 0) return
    author.done(count, isMeasuring)
    if (!isPaced) author.publish(plan.inFlight - author.underWay)
  })
}
for (const socket of sampleSockets) {
  // Freed in the turn in which they came: one write for all.
  sample(socket, (id, sentAt) => {
    if (isMeasuring) {
      sampled++
      latencyMs.push(performance.now() - sentAt)
    }
    if (isConfirming || isPaced) return
    authors.get(id)?.done(1, false)
    refill()
  })
}
let isRefilling = false
function refill(): void {
  if (isRefilling) return
  isRefilling = true
  queueMicrotask(() => {
    isRefilling = false
    for (const author of authors.values()) author.publish(plan.inFlight - author.underWay)
  })
}

if (isPaced) pace()
else for (const author of authors.values()) author.publish(plan.inFlight)

function pace(): void {
  const startedAt = performance.now()
  const all = [...authors.values()]
  let published = 0
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * plan.rate)
    for (; published < due; published++) all[published % all.length]!.publish(1)
  }, RATE_TICK_MS)
}

await pause(plan.warmUpS * 1000)
isMeasuring = true
const before = await counted()
const cpuBefore = [cpuS(plan.pids), cpuS([process.pid, counter.pid!])] as const
const startedAt = performance.now()
await pause(plan.seconds * 1000)
const after = await counted()
const seconds = (performance.now() - startedAt) / 1000
const serverCpuS = cpuS(plan.pids) - cpuBefore[0]
const loadCpuS = cpuS([process.pid, counter.pid!]) - cpuBefore[1]
isMeasuring = false

const marks = after.marks - before.marks
const outcome: Outcome = {
  deliveries: marks + sampled,
  seconds,
  bytesPerDelivery: (after.bytes - before.bytes) / marks,
  deliveriesPerRead: marks / Math.max(1, after.reads - before.reads),
  serverCpuS,
  loadCpuS,
  serverRssMiB: plan.pids.reduce((sum, pid) => sum + rssMiBOf(pid), 0),
  latencyMs: thinned(latencyMs),
  confirmMs: thinned(confirmMs),
}
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => {
  counter.kill('SIGKILL')
  process.exit(0)
})

/** At most some thousands of samples: enough for a 99.9th percentile. */
function thinned(samples: readonly number[]): number[] {
  const step = Math.max(1, Math.ceil(samples.length / 20_000))
  return samples.filter((_, k) => k % step === 0)
}

function cpuS(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0) / 1000
}
