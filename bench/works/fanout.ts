/**
 * Fan-out against other servers: the same load on each, server on one core and load on the other, servers interleaved, ratios
 * paired by repetition. What is judged is CPU seconds of the server per million deliveries.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

if (process.argv[1]?.endsWith('fanout.js')) {
  const [, , shape = 'W1', names = 'lanchat,jetstream', reps = '1', seconds = '4'] = process.argv
  for (let rep = 0; rep < Number(reps); rep++)
    for (const name of names.split(',')) {
      const peer = PEERS[name]?.()
      if (!peer) continue
      const outcome = await repetition(peer, SHAPES[shape]!, { warmUpS: 1.5, seconds: Number(seconds) })
      const { deliveries, serverCpuS, loadCpuS, bytesPerDelivery, deliveriesPerRead, serverRssMiB } = outcome
      const quantile = (samples: readonly number[], q: number) =>
        [...samples].sort((a, b) => a - b)[Math.floor(q * samples.length)]?.toFixed(2) ?? '-'
      process.stdout.write(
        `${shape} ${name.padEnd(12)} ${(deliveries / outcome.seconds / 1e6).toFixed(3)} M/s  ${((serverCpuS / deliveries) * 1e6).toFixed(3)} CPU-s/M  server ${(serverCpuS / outcome.seconds).toFixed(2)} load ${(loadCpuS / outcome.seconds).toFixed(2)} cores  ${bytesPerDelivery.toFixed(0)} B  ${deliveriesPerRead.toFixed(1)}/read  rss ${serverRssMiB.toFixed(0)}  p50 ${quantile(outcome.latencyMs, 0.5)} p99 ${quantile(outcome.latencyMs, 0.99)}  ack p50 ${quantile(outcome.confirmMs, 0.5)}\n`,
      )
    }
}
