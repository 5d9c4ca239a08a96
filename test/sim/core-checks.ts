/**
 * What must hold of whole nodes once everything is healed and quiet: one hub (INV-9), equal sets and views (INV-1,
 * INV-27), nothing promised is lost (INV-5), what was banned or deleted stays away (INV-16, INV-17), no honest lane
 * has forked (INV-15), and what was typed has arrived. While they run: core-watch.ts.
 */
import type { MessageEvent } from '../../src/node/events.ts'
import { bodyKey } from '../../src/node/keys.ts'
import type { Event } from '../../src/wire/event.ts'
import { type EventId, NETWORK_ROOM } from '../../src/wire/ids.ts'
import type { Secrets } from './core-secrets.ts'
import type { Banned, Said, Watch } from './core-watch.ts'
import type { SimNode, World } from './core-world.ts'
import { hasBody } from './stored.ts'
import { networkText, roomText } from './view-text.ts'

/** The running nodes to which something is promised. The program of a device that was unlinked ends (DV-2). */
function honest(world: World): SimNode[] {
  const up = world.nodes.filter((node) => node.isUp && !node.isCheat)
  return up.filter(({ key }) => !up.some(({ core }) => core.views.network().devices.isRemoved(key)))
}

/** Why this world is not quiet yet; undefined: it is. */
export function unrest(world: World, watch: Watch): string | undefined {
  const up = honest(world)
  const hubs = world.hubs()
  if (hubs.length !== 1) return `hubs: ${hubs.map((node) => node.name).join(' ') || 'none'}`
  for (const node of up) {
    if (!node.core.isReady) return `${node.name} is not ready`
    if (node.core.hubKey !== hubs[0]!.key) return `${node.name} does not follow ${hubs[0]!.name}`
    if (node.core.sync.isBusy) return `${node.name} still syncs`
    if (node.core.outbox.queued > 0) return `${node.name} waits for credit`
    if (!node.core.settled) return `${node.name} has ${node.core.outbox.unstored} unstored`
  }
  const [unanswered] = watch.unanswered()
  if (unanswered) return `no answer: ${unanswered}`
  return differing(up)
}

/** Rooms and classes that two nodes carry, and of which they hold different vectors (INV-27). */
export function differing(up: readonly SimNode[]): string | undefined {
  const rooms = new Set(up.flatMap((node) => [...node.core.replica.rooms()]))
  for (const room of rooms)
    for (const cls of [0, 1] as const) {
      const carriers = up.filter((node) => node.core.views.carries(node.key, room, cls, false))
      const [first, ...others] = carriers
      if (!first) continue
      const digest = Buffer.from(first.core.replica.vectors.digest(room, cls)).toString('hex')
      const other = others.find(
        (node) => Buffer.from(node.core.replica.vectors.digest(room, cls)).toString('hex') !== digest,
      )
      if (other)
        return `${first.name} and ${other.name} differ in room ${room.slice(0, 8)} class ${cls} (INV-27)`
    }
  return undefined
}

/**
 * Checks a quiet world. lost: devices whose disks were lost for good in this run. allTold: clocks were right all along, so
 * that each node knows what is past: whatever was written while it ran has been told.
 */
export async function checkQuiet(
  world: World,
  watch: Watch,
  secrets: Secrets,
  lost: number,
  allTold: boolean,
): Promise<void> {
  const up = honest(world)
  const bad = (what: string) => world.violations.push(`at the end: ${what}`)
  checkViews(up, bad)
  secrets.check(up, bad)
  for (const node of up) checkPlain(node, watch, secrets, bad)
  for (const node of up) checkPresence(up, node, bad)
  for (const [id, said] of watch.said) if (!said.by.isCheat) checkKept(watch, up, id, said, lost, bad)
  checkForks(world, up, bad)
  for (const id of watch.deletions) for (const node of up) checkDeleted(node, id, bad)
  await checkShown(watch, secrets, up, allTold, bad)
  for (const ban of watch.bans) for (const node of up) await checkBanned(node, ban, bad)
}

/** Clocks that several machines have wrong may leave two with different times; what counts then may differ (RM-10). */
const SAME_TIME_MS = 1000

/** Who carries a room sees the same people, ranks, acts and rules in it, at the same time (INV-1). */
function checkViews(up: readonly SimNode[], bad: (what: string) => void): void {
  const isSameTime = (a: SimNode, b: SimNode) => Math.abs(a.core.netNow - b.core.netNow) < SAME_TIME_MS
  const same = (what: string, nodes: readonly SimNode[], text: (node: SimNode) => string) => {
    for (const [i, node] of nodes.entries()) {
      const other = nodes.slice(0, i).find((each) => isSameTime(each, node))
      if (other && text(node) !== text(other))
        return bad(`${other.name} and ${node.name} see ${what} differently (INV-1)`)
    }
  }
  same('the network', up, ({ core }) => networkText(core.views.network()))
  for (const room of new Set(up.flatMap(({ core }) => [...core.views.ids()]))) {
    const carriers = up.filter(({ core, key }) => core.views.carries(key, room, 0, false))
    same(`room ${room.slice(0, 8)}`, carriers, ({ core }) => roomText(core.views.room(room)))
  }
}

const TEXT = /t\d+ of n\d+/g

/** No word that was taken back, and none of a private room, lies on a disk that can be read without a key (INV-17, INV-25). */
function checkPlain(node: SimNode, watch: Watch, secrets: Secrets, bad: (what: string) => void): void {
  const plain = new Set<string>()
  for (const [, value] of node.store.snapshot())
    for (const [text] of Buffer.from(value).toString('latin1').matchAll(TEXT)) plain.add(text)
  for (const [id, { text }] of watch.said) {
    if (!plain.has(text)) continue
    if (node.core.replica.tombstones.has(id as EventId))
      bad(`${node.name} still holds ${text}, deleted (INV-17)`)
    if (secrets.has(id as EventId)) bad(`${node.name} holds ${text} of a private room in plain (INV-25)`)
  }
}

function checkPresence(up: readonly SimNode[], node: SimNode, bad: (what: string) => void): void {
  if (node.options.visitor) return
  for (const other of up)
    if (!node.core.isOnline(node.core.views.personOf(other.key)))
      bad(`${node.name} takes ${other.name} for offline`)
  for (const key of node.core.onlineKeys())
    if (!node.world.nodes.some((other) => other.isUp && node.core.views.personOf(other.key) === key))
      bad(`${node.name} takes ${key.slice(0, 8)}, who is gone, for online`)
}

/** What was acknowledged, and what was only sent by a device that lives, is with everybody who carries it (INV-5). */
function checkKept(
  watch: Watch,
  up: readonly SimNode[],
  id: string,
  said: Said,
  lost: number,
  bad: (what: string) => void,
): void {
  const gone = lost + (said.isOnNoDisk ? 1 : 0)
  const isPromised = (said.stored && gone <= 1) || (said.replicated && gone <= 2)
  const isOwn = !said.by.isGone && !said.isUnsafe && !watch.isUnlinked(said.by.key)
  if (!isPromised && !isOwn) return
  const word = said.replicated ? 'replicated' : said.stored ? 'stored' : 'sent'
  const holder = up.find((node) => node.core.replica.find(id as never))
  if (!holder) {
    if (said.by.isUp || isPromised) bad(`${said.text} of ${said.by.name}, ${word}, is nowhere (INV-5)`)
    return
  }
  const event = holder.core.replica.find(id as never)!
  // What a ban cuts off is pulled by nobody.
  const isCutOff = watch.bans.some(
    ({ room, target, allowed }) =>
      room === event.room && target === event.author && !allowed.has(id as EventId),
  )
  if (isCutOff || isEnded(watch, holder, event)) return
  for (const node of up) {
    const view = node.core.views.room(event.room)
    if (view?.deleted || !node.core.views.carries(node.key, event.room, 1, false)) continue
    if (!node.core.replica.find(id as never))
      bad(`${said.text} of ${said.by.name}, ${word}, is not on ${node.name} (INV-5)`)
  }
}

/** It lies beyond where somebody's acts have ended its lane. */
function isEnded(watch: Watch, { core }: SimNode, { room, author, lane, n }: Event): boolean {
  const held = core.replica.lane(room, author, lane)
  const { devices } = core.views.network()
  const mayBe = watch.mayEnd(room, devices.ever(devices.personOf(author)))
  return mayBe && held !== undefined && n > core.views.limitOf(held)
}

/** Nobody but a cheat has written two events under one number (INV-15), whatever became of disks. */
function checkForks(world: World, up: readonly SimNode[], bad: (what: string) => void): void {
  const cheats = new Set(world.nodes.filter((node) => node.isCheat).map((node) => node.key))
  for (const node of up)
    for (const room of node.core.replica.rooms())
      for (const cls of [0, 1] as const)
        for (const lane of node.core.replica.lanes(room, cls))
          if (lane.forkAt > 0 && !cheats.has(lane.author))
            bad(`${node.name} has a proof that ${lane.author.slice(0, 8)} forked (INV-15)`)
}

/** What its author deleted is gone from every disk that knows of it (INV-17). */
function checkDeleted(node: SimNode, id: EventId, bad: (what: string) => void): void {
  const event = node.core.replica.find(id)
  const isThere = event ? hasBody(node.store, event) : node.store.get(bodyKey(id)) !== undefined
  if (node.core.replica.tombstones.has(id) && isThere)
    bad(`${node.name} still has the body of ${id.slice(0, 8)}, which its author deleted (INV-17)`)
}

/** Nothing of the banned person is shown beyond what the one who banned held (INV-16). */
async function checkBanned(
  node: SimNode,
  { id, room, target, allowed }: Banned,
  bad: (what: string) => void,
): Promise<void> {
  const view = node.core.views.room(room)
  const ban = node.core.replica.find(id)
  if (!view || view.deleted || !node.core.isMember(view) || !ban) return
  // Who became a device of the one who banned is no other person any more.
  if (view.personOf(ban.author) === view.personOf(target)) return
  for (const { message } of await node.core.readLines([room], 1000))
    if (message.from.id === target && !allowed.has(message.id as EventId))
      bad(`${node.name} shows ${message.text} of somebody banned before (INV-16)`)
}

/** Members of a room are shown the same lines in the same order (INV-1), and what was written since was told. */
async function checkShown(
  watch: Watch,
  secrets: Secrets,
  up: readonly SimNode[],
  allTold: boolean,
  bad: (what: string) => void,
): Promise<void> {
  const rooms = new Set(up.flatMap((node) => [...node.core.replica.rooms()]))
  rooms.delete(NETWORK_ROOM)
  for (const room of rooms) {
    const shown: { node: SimNode; lines: readonly MessageEvent[] }[] = []
    for (const node of up) {
      const view = node.core.views.room(room)
      if (!view || view.deleted || !node.core.isMember(view)) continue
      const lines = await node.core.readLines([room], 1000)
      shown.push({ node, lines: lines.map(({ message }) => message) })
      for (const { message } of lines) {
        // Clocks differ by some tenths of a second also where they are right: what is past is as vague.
        const isOlder = (watch.said.get(message.id)?.at ?? 0) <= node.startedAt + 1000
        const isPast = message.history || isOlder || secrets.isPast(node, message.id as EventId)
        if (allTold && !isPast && !watch.hasTold(node, message.id))
          bad(`${node.name} was never told ${message.text}`)
      }
    }
    const [first, ...others] = shown
    const open = (reader: SimNode, lines: readonly MessageEvent[]) =>
      lines
        .filter(({ id }) => !secrets.isClosed(reader, id as EventId))
        .map(({ order, text }) => order + text)
    for (const { node, lines } of others)
      if (open(node, first!.lines).join() !== open(first!.node, lines).join())
        bad(`${first!.node.name} and ${node.name} show room ${room.slice(0, 8)} differently (INV-1)`)
  }
}
