/**
 * Fan-out against other servers: the same load on each, server on one core and load on the other, servers interleaved, ratios
 * paired by repetition. What is judged is CPU seconds of the server per million deliveries.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figure, quantile, type Report } from '../figures.ts'
import type { Outcome, Plan } from '../load/plan.ts'
import { floorC, floorNode } from '../peers/floor.ts'
import { inspircd, ngircd } from '../peers/irc.ts'
import { lanchat } from '../peers/lanchat.ts'
import { mosquittoQos0, mosquittoQos1 } from '../peers/mosquitto.ts'
import { natsCore, natsJetStream } from '../peers/nats.ts'
import type { Peer } from '../peers/peer.ts'
import { redisAof, redisPubSub } from '../peers/redis.ts'
import { naive, socketIo } from '../peers/websockets.ts'
import { PROJECT } from '../program.ts'
import type { WorkOptions } from '../run.ts'

export type Shape = Pick<Plan, 'rooms' | 'members' | 'senders' | 'inFlight' | 'rate'>

/** The works by name: rooms, receivers and senders in each, texts under way of each sender, texts a second (0: flat out). */
export const SHAPES: Readonly<Record<string, Shape>> = {
  W1: { rooms: 1, members: 100, senders: 4, inFlight: 64, rate: 0 },
  W1s: { rooms: 1, members: 100, senders: 4, inFlight: 4, rate: 0 },
  W2: { rooms: 1, members: 1000, senders: 4, inFlight: 64, rate: 0 },
  W3: { rooms: 100, members: 10, senders: 1, inFlight: 8, rate: 0 },
  W4: { rooms: 1, members: 1000, senders: 4, inFlight: 64, rate: 20 },
  W4r: { rooms: 100, members: 10, senders: 1, inFlight: 64, rate: 2000 },
}

export const PEERS: Readonly<Record<string, () => Peer | undefined>> = {
  lanchat,
  nats: natsCore,
  jetstream: natsJetStream,
  redis: redisPubSub,
  'redis-aof': redisAof,
  ngircd,
  inspircd,
  'mosquitto-0': mosquittoQos0,
  'mosquitto-1': mosquittoQos1,
  'ws-naive': naive,
  'socket.io': socketIo,
  'floor-node': floorNode,
  'floor-c': floorC,
}

const SERVER_CORE = ['taskset', '-c', '0']
const LOAD_CORE = ['taskset', '-c', '1']

export interface Lengths {
  readonly warmUpS: number
  readonly seconds: number
}

const LENGTHS: Lengths = { warmUpS: 1.5, seconds: 4 }

/** One repetition: a fresh server, a fresh load. */
export async function repetition(peer: Peer, shape: Shape, { warmUpS, seconds }: Lengths): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'lanchat-bench-'))
  try {
    const server = await peer.start({ directory, pin: SERVER_CORE })
    try {
      const plan: Plan = {
        ...shape,
        peer: peer.name,
        port: server.port,
        pids: server.pids,
        warmUpS,
        seconds,
        counter: counterProgram(),
      }
      return await load(plan)
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function load(plan: Plan): Promise<Outcome> {
  const [program = '', ...pin] = LOAD_CORE
  const script = `${PROJECT}.bench/bench/load/load.js`
  const child = spawn(program, [...pin, process.execPath, script, JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8')) said += text
  if (said === '') throw new Error(`the load on ${plan.peer} ended without a word`)
  return JSON.parse(said) as Outcome
}

let built: string | undefined
function counterProgram(): string {
  if (built === undefined) {
    built = `${PROJECT}.bench/count`
    mkdirSync(`${PROJECT}.bench`, { recursive: true })
    execFileSync('cc', ['-O2', '-o', built, `${PROJECT}bench/load/count.c`])
  }
  return built
}

/** What is judged: lanchat's CPU per delivery in proportion to a peer's, links without TLS (docs: bench/README.md). */
const TARGETS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  W1: { jetstream: 0.85, nats: 1.1 },
  W1s: { jetstream: 1.6 },
  W2: { jetstream: 0.5, 'redis-aof': 0.75, redis: 0.9, inspircd: 0.85 },
  W3: { jetstream: 1.5 },
}

const cpuPerMillion = ({ serverCpuS, deliveries }: Outcome): number => (serverCpuS / deliveries) * 1e6
const middle = (samples: readonly number[]): number => quantile(samples, 0.5)

/** The work of one shape: every peer once in each repetition, in turns; lanchat first. */
export const fanoutOf =
  (name: string) =>
  async ({ reps = 5, peers: asked }: WorkOptions): Promise<Report> => {
    const shape = SHAPES[name]!
    const peers = (asked ?? Object.keys(PEERS)).flatMap((each) => PEERS[each]?.() ?? [])
    const outcomes = new Map<Peer, Outcome[]>(peers.map((peer) => [peer, []]))
    for (let rep = 0; rep < reps; rep++)
      for (const peer of peers) outcomes.get(peer)!.push(await repetition(peer, shape, LENGTHS))
    const own = peers.find((peer) => peer.name === 'lanchat')
    const figures: Figure[] = []
    if (own)
      for (const peer of peers) {
        if (peer === own) continue
        const theirs = outcomes.get(peer)!
        const samples = outcomes
          .get(own)!
          .map((each, rep) => cpuPerMillion(each) / cpuPerMillion(theirs[rep]!))
        const atMost = TARGETS[name]?.[peer.name]
        const targets = atMost === undefined ? {} : { targets: [{ of: 'p50' as const, atMost }] }
        figures.push({ name: `CPU per delivery, lanchat / ${peer.name}`, unit: 'times', samples, ...targets })
      }
    for (const peer of peers) {
      const mine = outcomes.get(peer)!
      const latencies = (q: number) => mine.map((each) => quantile(each.latencyMs, q))
      figures.push({
        name: `${peer.name}: CPU s per million deliveries`,
        unit: 's',
        samples: mine.map(cpuPerMillion),
      })
      if (shape.rate > 0) {
        figures.push({ name: `${peer.name}: delivery p50`, unit: 'ms', samples: latencies(0.5) })
        figures.push({ name: `${peer.name}: delivery p99`, unit: 'ms', samples: latencies(0.99) })
      }
      if (mine.every(({ confirmMs }) => confirmMs.length > 0))
        figures.push({
          name: `${peer.name}: confirmed p50`,
          unit: 'ms',
          samples: mine.map((each) => middle(each.confirmMs)),
        })
    }
    return {
      work: name,
      figures,
      notes: peers.map((peer) => `${peer.name} (${peer.about}): ${told(outcomes.get(peer)!)}`),
    }
  }

function told(outcomes: readonly Outcome[]): string {
  const of = (value: (outcome: Outcome) => number) => middle(outcomes.map(value))
  const perS = of(({ deliveries, seconds }) => deliveries / seconds)
  const cores = (value: (outcome: Outcome) => number) => of((each) => value(each) / each.seconds).toFixed(2)
  return [
    `${Math.round(perS)} deliveries/s`,
    `${of((each) => each.bytesPerDelivery).toFixed(0)} bytes each`,
    `${of((each) => each.deliveriesPerRead).toFixed(1)} in a read`,
    `server ${cores((each) => each.serverCpuS)} cores`,
    `load ${cores((each) => each.loadCpuS)} cores`,
    `RSS ${of((each) => each.serverRssMiB).toFixed(0)} MiB`,
  ].join(', ')
}
