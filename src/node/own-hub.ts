/** The hub that this node becomes, put over its parts. */
import { Hub, type HubPorts } from '../hub/index.ts'
import { type Choice, said } from './choice.ts'
import type { Confirming } from './confirming.ts'
import type { Durable } from './durable.ts'
import type { Links } from './links.ts'
import type { Online } from './online.ts'
import type { Outgoing } from './outgoing.ts'
import type { Sync } from './sync.ts'
import type { Taking } from './taking.ts'
import type { Views } from './views.ts'

export interface OwnHubPorts
  extends Pick<HubPorts, 'crypto' | 'net' | 'self' | 'rate' | 'denial' | 'permit'> {
  readonly choice: Choice
  readonly links: Links
  readonly outgoing: Outgoing
  readonly sync: Sync
  readonly taking: Taking
  readonly views: Views
  readonly durable: Durable
  readonly confirming: Confirming
  readonly online: Online
  /** Was there a hub before, that others may have lost too? */
  isReady(): boolean
  /** Monotonic ms. */
  now(): number
}

export function ownHub(ports: OwnHubPorts): Hub {
  const { crypto, net, self, rate, denial, permit, choice, now } = ports
  const { links, outgoing, sync, taking, views, durable, confirming, online } = ports
  return new Hub(
    {
      crypto,
      net,
      self,
      rate,
      denial,
      permit,
      bereft: ports.isReady() ? Array.from(links.ofStaying(), ([, key]) => key) : [],
      send: (link, frame) => outgoing.send(link, frame),
      sendShared: (to, frame) => {
        for (const link of to) said(choice, link, now())
        outgoing.sendShared(to, frame)
      },
      refuse: (link, code, detail) => outgoing.refuse(link, code, detail),
      fault: (link, why) => outgoing.fault(link, why),
      verify: (link, run, then) => sync.verifyRun(link, run, then),
      settle: (link, run, isRelayed) => taking.settle(link, run, isRelayed),
      holds: (run) => taking.holds(run),
      knows: (room) => views.room(room) !== undefined,
      carries: (person, room, cls) => views.carries(person, room, cls, false),
      mayAcknowledge: () => confirming.mayAcknowledge(),
      durableN: durable.n,
      pull: (link, room, author, lane) => sync.pullLane(link, room, author, lane),
      online: (person, isOnline) => online.heard(person, isOnline),
    },
    now(),
  )
}
