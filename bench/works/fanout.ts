/**
 * Fan-out against other servers: the same load on each, server on one core and load on the other, servers interleaved, ratios
 * paired by repetition. What is judged is CPU seconds of the server per million deliveries, and latency where a rate is set.
 */
import { type Figure, quantile, type Report, type Target } from '../figures.ts'
import type { Outcome } from '../load/plan.ts'
import { PEERS, peersOf } from '../peers/all.ts'
import type { Peer } from '../peers/peer.ts'
import type { WorkOptions } from '../run.ts'
import { repetition, type Shape } from './repetition.ts'

interface FanoutWork extends Shape {
  /** Default: all. */
  readonly peers?: readonly string[]
}

/** Rooms, receivers and senders in each, texts under way of each sender, texts a second over all (0: flat out). */
export const WORKS: Readonly<Record<string, FanoutWork>> = {
  W1: { rooms: 1, members: 100, senders: 4, inFlight: 64, rate: 0 },
  W1s: { rooms: 1, members: 100, senders: 4, inFlight: 4, rate: 0 },
  W2: { rooms: 1, members: 1000, senders: 4, inFlight: 64, rate: 0 },
  W3: { rooms: 100, members: 10, senders: 1, inFlight: 8, rate: 0 },
  W4: { rooms: 1, members: 1000, senders: 4, inFlight: 64, rate: 20 },
  W4r: { rooms: 100, members: 10, senders: 1, inFlight: 64, rate: 2000 },
  // The physical limit: a write for each 1, 8 and 64 texts, since all of one arrival leave together.
  ...Object.fromEntries(
    [1, 8, 64].map((texts) => [
      `floor-${texts}`,
      { rooms: 1, members: 100, senders: 1, inFlight: texts, rate: 0, peers: ['floor-node', 'floor-c'] },
    ]),
  ),
}

/** lanchat in proportion to a peer, at most. */
type Targets = Readonly<Record<string, Readonly<Record<string, number>>>>
const CPU_TARGETS: Targets = {
  W1: { jetstream: 0.85, nats: 1.1 },
  W1s: { jetstream: 1.6 },
  W2: { jetstream: 0.5, 'redis-aof': 0.75, redis: 0.9, inspircd: 0.85 },
  W3: { jetstream: 1.5 },
}
const CPU_TARGETS_TLS: Targets = {
  W1: { jetstream: 1 },
  W1s: { jetstream: 1.9 },
  W2: { jetstream: 0.75, redis: 1 },
  W3: { jetstream: 1.9 },
}
const P50_TARGETS = { 'floor-node': 1.3, jetstream: 0.75 }
const P99_TARGETS = { 'floor-node': 1.5, jetstream: 0.75 }
const P50_TARGETS_TLS = { 'floor-node': 1.6 }

/** More than that and the load, not the server, says how many deliveries there are. */
const LOAD_CORES_MAX = 0.85
/** A text of 100 bytes, signature and all, without TLS. */
const BYTES_MAX = 220
/** With 1,000 members, flat out. */
const RSS_MIB_MAX = 400

export const cpuPerMillion = ({ serverCpuS, deliveries }: Outcome): number => (serverCpuS / deliveries) * 1e6
const middle = (samples: readonly number[]): number => quantile(samples, 0.5)
const atMost = (limit: number | undefined): { targets?: readonly Target[] } =>
  limit === undefined ? {} : { targets: [{ of: 'p50', atMost: limit }] }

/** Every peer once in each repetition, in turns. */
export const fanoutOf =
  (name: string) =>
  async ({ reps = 5, peers: asked, tls = false }: WorkOptions): Promise<Report> => {
    const work = WORKS[name]!
    const peers = peersOf(asked ?? work.peers ?? Object.keys(PEERS), tls)
    const outcomes = new Map<Peer, Outcome[]>(peers.map((peer) => [peer, []]))
    for (let rep = 0; rep < reps; rep++)
      for (const peer of peers) outcomes.get(peer)!.push(await repetition(peer, work, { tls }))
    const own = peers.find((peer) => peer.name === 'lanchat')
    const others = peers.filter((peer) => peer !== own)
    const ratios = own
      ? others.flatMap((peer) => comparison(name, peer.name, outcomes.get(own)!, outcomes.get(peer)!, tls))
      : []
    return {
      work: tls ? `${name} over TLS` : name,
      figures: [...ratios, ...peers.flatMap((peer) => ofPeer(name, peer.name, outcomes.get(peer)!, tls))],
      notes: [
        ...peers.map((peer) => `${peer.name} (${peer.about}): ${told(outcomes.get(peer)!)}`),
        'Cores are what a process got: with other work on the machine, of a core less than whole.',
      ],
    }
  }

/** Paired by repetition. */
function comparison(
  work: string,
  peer: string,
  own: readonly Outcome[],
  theirs: readonly Outcome[],
  tls: boolean,
): Figure[] {
  const ratio = (what: string, value: (outcome: Outcome) => number, limit: number | undefined): Figure => ({
    name: `${what}, lanchat / ${peer}`,
    unit: 'times',
    samples: own.map((each, rep) => value(each) / value(theirs[rep]!)),
    ...atMost(limit),
  })
  const cpu = (tls ? CPU_TARGETS_TLS : CPU_TARGETS)[work]?.[peer]
  const figures = [ratio('CPU per delivery', cpuPerMillion, cpu)]
  if (WORKS[work]!.rate === 0) return figures
  const p50: Readonly<Record<string, number>> = tls ? P50_TARGETS_TLS : P50_TARGETS
  const p99: Readonly<Record<string, number>> = tls ? {} : P99_TARGETS
  figures.push(ratio('delivery p50', ({ latencyMs }) => quantile(latencyMs, 0.5), p50[peer]))
  // An author who signs nothing has a part too: what the load does with any text.
  figures.push(ratio('delivery p50 without the part of its author', sinceWritten, undefined))
  figures.push(ratio('delivery p99', ({ latencyMs }) => quantile(latencyMs, 0.99), p99[peer]))
  return figures
}

const sinceWritten = ({ latencyMs, writingMs }: Outcome): number =>
  quantile(latencyMs, 0.5) - quantile(writingMs, 0.5)

function ofPeer(work: string, peer: string, mine: readonly Outcome[], tls: boolean): Figure[] {
  const isOwn = peer === 'lanchat'
  const isPaced = WORKS[work]!.rate > 0
  const figure = (
    what: string,
    unit: Figure['unit'],
    value: (outcome: Outcome) => number,
    limit?: number,
  ): Figure => ({ name: `${peer}: ${what}`, unit, samples: mine.map(value), ...atMost(limit) })
  const figures = [
    figure('CPU s per million deliveries', 's', cpuPerMillion),
    figure('deliveries a second', '1/s', ({ deliveries, seconds }) => deliveries / seconds),
    ...[0.5, 0.99, 0.999].map((q) =>
      figure(`delivery p${q * 100}`, 'ms', ({ latencyMs }) => quantile(latencyMs, q)),
    ),
  ]
  if (isPaced)
    figures.push(figure('the part of its author p50', 'ms', ({ writingMs }) => quantile(writingMs, 0.5)))
  if (mine.every(({ confirmMs }) => confirmMs.length > 0))
    for (const q of [0.5, 0.99])
      figures.push(
        figure(
          `confirmed p${q * 100}`,
          'ms',
          ({ confirmMs }) => quantile(confirmMs, q),
          isOwn && isPaced && !tls && q === 0.5 ? 5 : undefined,
        ),
      )
  figures.push(
    figure('bytes per delivery', 'bytes', (each) => each.bytesPerDelivery, isOwn ? BYTES_MAX : undefined),
    figure(
      'memory (RSS) at the end',
      'MiB',
      (each) => each.serverRssMiB,
      isOwn && WORKS[work]!.members === 1000 ? RSS_MIB_MAX : undefined,
    ),
  )
  return figures
}

function told(outcomes: readonly Outcome[]): string {
  const of = (value: (outcome: Outcome) => number) => middle(outcomes.map(value))
  const cores = (value: (outcome: Outcome) => number) => of((each) => value(each) / each.seconds)
  const loadCores = cores((each) => each.loadCpuS)
  return [
    `${of((each) => each.deliveriesPerRead).toFixed(1)} deliveries in a read`,
    `server ${cores((each) => each.serverCpuS).toFixed(2)} cores`,
    `load ${loadCores.toFixed(2)} cores`,
    ...(loadCores > LOAD_CORES_MAX ? ['THE LOAD WAS THE LIMIT: judge CPU, not deliveries a second'] : []),
  ].join(', ')
}
