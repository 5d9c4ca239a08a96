/** What a running node says of its surroundings: the data of `/doctor`, which `lanchat doctor` asks the lanchat running here. */
import type { HubInfo } from './events.ts'
import type { Holdings } from './holdings.ts'

export interface NodeReport {
  readonly pid: number
  readonly version: string
  readonly uptimeS: number
  readonly network: string
  /** Where it accepts links. */
  readonly port: number
  /** Has another machine opened a link to it? */
  readonly reachable: boolean
  readonly hub: HubInfo | null
  /** Who is reachable through the hub now, this node too. */
  readonly members: number
  /** The network's time minus this machine's, ms. */
  readonly clockMs: number
  /** memory: the disk fails, and what is said now is forgotten at the end. */
  readonly store: 'disk' | 'memory'
  /** What it holds: nodes that carry the same rooms are in sync when their digests are equal. */
  readonly holds: Holdings
  /** Other nodes heard by mDNS, also of other networks. */
  readonly neighbours: readonly {
    readonly addresses: readonly string[]
    readonly port: number
    readonly nn: string
    readonly net8: string
    readonly role: string
    readonly ageMs: number
  }[]
  /** host:port of nodes once linked with. */
  readonly remembered: readonly string[]
}
