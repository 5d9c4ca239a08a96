/**
 * Many idle members, and the storm of their coming: 2,000 of one room (or --nodes n), twelve at a time, each with the whole of
 * its server's handshake. What is judged is the server's CPU for each that joined, and its memory for each that is there.
 */
import type { Figure, Report, Target } from '../figures.ts'
import type { Arrivals } from '../load/plan.ts'
import { peersOf } from '../peers/all.ts'
import type { Peer } from '../peers/peer.ts'
import type { WorkOptions } from '../run.ts'
import { repetition } from './repetition.ts'

const MEMBERS = 2000
/** By then what the joins left behind is written and collected. */
const SETTLE_S = 5
const PEERS = ['lanchat', 'socket.io', 'ws-naive']

/** As it was, and less what those already there cost meanwhile, who were half of all on the average. */
const cpuMsInAll = ({ serverCpuS, joined }: Arrivals) => (serverCpuS * 1000) / joined
const cpuMsPerJoin = ({ serverCpuS, idleCpuSPerS, seconds, joined }: Arrivals) =>
  ((serverCpuS - (idleCpuSPerS * seconds) / 2) * 1000) / joined
const rssKiBPerMember = ({ rssAfterMiB, rssBeforeMiB, joined }: Arrivals) =>
  ((rssAfterMiB - rssBeforeMiB) * 1024) / joined

export async function arrivals({
  reps = 5,
  peers: asked = PEERS,
  nodes = MEMBERS,
  tls = false,
}: WorkOptions): Promise<Report> {
  const shape = { rooms: 1, members: nodes, senders: 0, inFlight: 0, rate: 0 }
  const peers = peersOf(asked, tls)
  const came = new Map<Peer, Arrivals[]>(peers.map((peer) => [peer, []]))
  for (let rep = 0; rep < reps; rep++)
    for (const peer of peers) {
      const outcome = await repetition(peer, shape, { tls, seconds: 0, settleS: SETTLE_S })
      came.get(peer)!.push(outcome.arrivals)
    }
  const own = peers.find((peer) => peer.name === 'lanchat')
  const figures: Figure[] = []
  if (own)
    for (const peer of peers) {
      if (peer === own) continue
      const ratio = (what: string, value: (each: Arrivals) => number, atMost: number): Figure => ({
        name: `${what}, lanchat / ${peer.name}`,
        unit: 'times',
        samples: came.get(own)!.map((each, rep) => value(each) / value(came.get(peer)![rep]!)),
        ...(peer.name === 'socket.io' && !tls && { targets: [{ of: 'p50', atMost }] satisfies Target[] }),
      })
      figures.push(ratio('CPU per join', cpuMsPerJoin, 0.75))
      figures.push(ratio('memory per idle member', rssKiBPerMember, 0.5))
    }
  for (const peer of peers) {
    const each = came.get(peer)!
    const figure = (what: string, unit: Figure['unit'], value: (arrivals: Arrivals) => number): Figure => ({
      name: `${peer.name}: ${what}`,
      unit,
      samples: each.map(value),
    })
    const limit = tls && peer === own ? { targets: [{ of: 'p50', atMost: 64 }] satisfies Target[] } : {}
    figures.push(
      figure('CPU per join', 'ms', cpuMsPerJoin),
      figure('... with the members already there', 'ms', cpuMsInAll),
      figure('CPU a second with all idle', 'ms', ({ idleCpuSPerS }) => idleCpuSPerS * 1000),
    )
    figures.push({ ...figure('memory (RSS) per idle member', 'KiB', rssKiBPerMember), ...limit })
    figures.push(
      figure('joins a second', '1/s', ({ joined, seconds }) => joined / seconds),
      figure('CPU of the load per join', 'ms', ({ loadCpuS, joined }) => (loadCpuS * 1000) / joined),
    )
  }
  return {
    work: tls ? 'W5 over TLS' : 'W5',
    figures,
    notes: [
      `${nodes} members of one room. Joins a second are limited by the load, which makes every handshake on one core: judge CPU.`,
      `Memory is read ${SETTLE_S} s after the last one came, less what the server had before the first; the kernel's own for sockets is not in it.`,
      'The longer the load takes, the more do those already there cost, who say twice a second that they live: that is measured afterwards, and taken off.',
      'A join to lanchat proves a key to each side (two signatures, two checks) and tells each member of the others.',
    ],
  }
}
