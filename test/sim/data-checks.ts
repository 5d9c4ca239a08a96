/** What must hold once everything is healed and quiet (DESIGN section 4). */

import { orderOf } from '../../src/node/display-order.ts'
import { type LaneClass, parseEntries } from '../../src/node/lanes.ts'
import { lastLines, visibilityOf } from '../../src/node/timeline.ts'
import { hex } from '../../src/wire/bytes.ts'
import {
  type Event,
  HEADER_BYTES,
  isControlLane,
  parseRun,
  parseTombstone,
  tombstoneCheck,
  verifyRun,
} from '../../src/wire/event.ts'
import { NETWORK_ROOM, type RoomId } from '../../src/wire/ids.ts'
import type { SimNode } from './data-node.ts'
import type { World } from './data-world.ts'
import { networkText, roomText } from './view-text.ts'

/** Comparisons of all pairs until nothing more moves, at most. */
export const ROUNDS_MAX = 8
const TASKS_MAX = 200_000

/** Heals all, lets sync end and checks every invariant. Throws Violation. Returns the rounds it took. */
export async function checkEnd(world: World): Promise<number> {
  world.log('end: heal all')
  world.network.partition(new Map())
  for (const node of world.nodes) {
    world.network.resume(node)
    node.clockOffset = 0
    await node.scan()
  }
  await drain(world)
  world.connectAll()
  await drain(world)
  world.isQuiet = true
  const rounds = await quiesce(world)
  for (const node of world.nodes) node.flush(true)
  await checkViews(world)
  for (const node of world.nodes) {
    checkDeleted(world, node)
    checkForks(world, node)
    checkEntries(world, node)
  }
  checkSignatures(world, world.nodes[world.seed % world.nodes.length]!)
  checkPromised(world)
  return rounds
}

async function drain(world: World): Promise<void> {
  if (!(await world.time.runAll(TASKS_MAX))) world.violation('INV-27: sync does not end')
  for (const node of world.nodes)
    if (node.sync.isBusy) world.violation(`INV-27: ${node.index} waits for ever`)
}

/** INV-27: equal vectors after a bounded number of rounds, which one round more does not change; nothing twice. */
async function quiesce(world: World): Promise<number> {
  let wasEqual = false
  for (let round = 0; ; round++) {
    for (const node of world.nodes) node.setTime()
    const difference = differingVectors(world)
    if (world.pulledTwiceCount > 0) world.violation(`INV-27: ${world.pulledTwiceCount} runs pulled twice`)
    // Who carries a room may have learned of it only now: equal counts once a round more has changed nothing.
    if (!difference && wasEqual) return round - 1
    wasEqual = !difference
    if (round > ROUNDS_MAX)
      world.violation(`INV-27: vectors differ after ${ROUNDS_MAX} rounds: ${difference}`)
    await compareAll(world)
  }
}

async function compareAll(world: World): Promise<void> {
  for (const node of world.nodes) node.compareAll()
  await drain(world)
}

export function roomsOf(world: World): RoomId[] {
  return [...new Set([NETWORK_ROOM, ...world.nodes.flatMap((node) => [...node.replica.rooms()])])].sort()
}

/**
 * Who must hold the same of a room. Processes of one key never link: what one of them holds reaches the other through
 * somebody else who carries the room, and where everybody else was expelled there is nobody.
 */
function carriers(world: World, room: RoomId, cls: LaneClass): readonly SimNode[] {
  const all = world.nodes.filter((node) => node.views.carries(node.person, room, cls, false))
  return all.some(({ person }) => person !== all[0]!.person) ? all : all.slice(0, 1)
}

function differingVectors(world: World): string | undefined {
  for (const room of roomsOf(world))
    for (const cls of [0, 1] as const) {
      const [first, ...others] = carriers(world, room, cls)
      for (const other of others)
        if (hex(first!.replica.vectors.digest(room, cls)) !== hex(other.replica.vectors.digest(room, cls)))
          return describe(first!, other, room, cls)
    }
  return undefined
}

function describe(a: SimNode, b: SimNode, room: RoomId, cls: LaneClass): string {
  const entries = (node: SimNode) =>
    new Set(
      Array.from({ length: 256 }, (_, i) => node.replica.vectors.bucketEntries(room, cls, i)).flatMap(
        (list) => list.map((entry) => hex(entry)),
      ),
    )
  const [mine, theirs] = [entries(a), entries(b)]
  const show = (entry: string) =>
    `${entry.slice(0, 4)}/${entry.slice(64, 80)} n${Number.parseInt(entry.slice(80, 88), 16)} ${entry.slice(88, 96)} fork${Number.parseInt(entry.slice(104, 112), 16)} xor ${entry.slice(112)}`
  const only = (some: Set<string>, rest: Set<string>) =>
    [...some].filter((entry) => !rest.has(entry)).map(show)
  return `room ${room.slice(0, 8)} class ${cls}: ${a.index} has ${only(mine, theirs)}; ${b.index} has ${only(theirs, mine)}`
}

/** INV-1, INV-2, INV-16: one set, one view, one order; nothing beyond a cut. */
async function checkViews(world: World): Promise<void> {
  for (const room of roomsOf(world)) {
    const views = new Map(carriers(world, room, 0).map((node) => [node, viewText(node, room)]))
    same(world, views, `INV-1: views of ${room.slice(0, 8)}`)
    const timelines = new Map<SimNode, string>()
    for (const node of carriers(world, room, 1)) timelines.set(node, await timelineText(world, node, room))
    same(world, timelines, `INV-1: timelines of ${room.slice(0, 8)}`)
  }
}

function same(world: World, texts: ReadonlyMap<SimNode, string>, what: string): void {
  const [first, ...others] = texts
  for (const [node, text] of others)
    if (text !== first![1])
      world.violation(
        `${what} differ: ${first![0].index}: ${apart(first![1], text)}\n${node.index}: ${apart(text, first![1])}`,
      )
}

/** What of a text is not in the other. */
const apart = (text: string, other: string) => {
  const rest = new Set(other.split(','))
  return text
    .split(',')
    .filter((part) => !rest.has(part))
    .join()
}

const viewText = ({ views }: SimNode, room: RoomId): string =>
  room === NETWORK_ROOM ? networkText(views.network()) : roomText(views.room(room))

async function timelineText(world: World, node: SimNode, room: RoomId): Promise<string> {
  const view = node.views.room(room)
  if (!view) return 'unknown'
  const lines = await lastLines(node, room, 10_000, visibilityOf(node.replica, view))
  const orders = lines.map(({ event }) => orderOf(event))
  if (orders.join() !== [...orders].sort().join()) world.violation(`INV-2: ${node.index} shows out of order`)
  if (new Set(orders).size !== orders.length) world.violation(`INV-4: ${node.index} shows a line twice`)
  for (const { event } of lines)
    for (const { target, cut } of view.bans) {
      if (event.author !== target) continue
      const entry = cut.get(`${room}/${event.lane}`)
      if (!entry || event.n > entry.n)
        world.violation(`INV-16: ${node.index} shows ${event.id.slice(0, 8)} beyond a cut`)
    }
  return lines.map(({ event, body, edit }) => `${event.id.slice(0, 8)}:${edit?.text ?? body.text}`).join()
}

/** INV-17: no body where a tombstone is held. */
function checkDeleted(world: World, node: SimNode): void {
  for (const [key, value] of node.store.list({ from: 'd', to: 'e' })) {
    if (node.store.get(`b${key.slice(1)}`)) world.violation(`INV-17: ${node.index} has a deleted body again`)
    const tombstone = parseTombstone(world.net, value)
    const check = tombstone && tombstoneCheck(tombstone)
    if (!check || !world.crypto.verify(check.message, check.signature, check.key))
      world.violation(`INV-8: ${node.index} holds a bad tombstone`)
  }
}

/** INV-15: only lanes that somebody forked on purpose are forked; and two branches are never both counted. */
function checkForks(world: World, node: SimNode): void {
  for (const room of node.replica.rooms())
    for (const cls of [0, 1] as const)
      for (const lane of node.replica.lanes(room, cls)) {
        const name = room + lane.author + lane.lane
        if (lane.forkAt > 0 && !world.forkedLanes.has(name))
          world.violation(`INV-15: ${node.index} holds a fork of ${lane.lane}`)
        if (lane.forkAt > 0 && !node.replica.forks.proofOf(lane))
          world.violation(`${node.index} lists a fork without its proof`)
      }
}

/** INV-14, INV-16: what is listed is held, and nothing of content beyond a cut or in a deleted room is listed. */
function checkEntries(world: World, node: SimNode): void {
  for (const room of node.replica.rooms())
    for (const cls of [0, 1] as const)
      for (const lane of node.replica.lanes(room, cls)) {
        const packed = node.replica.vectors.entry(lane)
        const n = packed ? parseEntries(packed)[0]!.n : 0
        if (n === 0) continue
        if (!node.replica.idAt(room, lane.author, lane.lane, n))
          world.violation(`INV-14: ${node.index} lists ${lane.lane} up to ${n} and holds ${lane.n}`)
        const view = cls === 1 ? node.views.room(room) : undefined
        if (view?.deleted) world.violation(`${node.index} lists content of a deleted room`)
        for (const { target, cut } of view?.bans ?? [])
          if (target === lane.author && n > (cut.get(`${room}/${lane.lane}`)?.n ?? 0))
            world.violation(`INV-16: ${node.index} lists ${lane.lane} up to ${n}, beyond a cut`)
      }
}

/** INV-8: everything stored chains up to a good signature of its author. */
function checkSignatures(world: World, node: SimNode): void {
  for (const room of node.replica.rooms())
    for (const cls of [0, 1] as const)
      for (const lane of node.replica.lanes(room, cls))
        for (let n = 1; n <= lane.n; ) {
          const chain = node.replica.runs.chain(lane, n)
          if (!chain)
            return world.violation(`INV-8: nothing signed covers ${lane.lane} ${n} at ${node.index}`)
          const bodies = new Array(chain.headers.length / HEADER_BYTES).fill(null)
          const parsed = parseRun(world.crypto, world.net, { ...chain, bodies })
          if (typeof parsed === 'string' || typeof verifyRun(world.crypto, parsed) === 'string')
            return world.violation(`INV-8: ${node.index} holds a bad run of ${lane.lane}`)
          n += bodies.length
        }
}

/** INV-5: what two disks had, of which at most one was lost, is everywhere. */
function checkPromised(world: World): void {
  for (const { event, copiesMax, lost } of world.promised.values()) {
    if (copiesMax < 2 || lost > 1) continue
    const { room, author, lane: id, n } = event
    // Where a cut hides it from those who hold it, nobody hands it on.
    if (world.nodes.some((node) => isCut(node, event))) continue
    for (const node of carriers(world, room, isControlLane(id) ? 0 : 1)) {
      if (!node.replica.vectors.isCurrent(id)) continue
      const lane = node.replica.lane(room, author, id)
      if (lane && (n > node.replica.vectors.limit(lane) || (lane.forkAt > 0 && n >= lane.forkAt))) continue
      if (!lane && node.views.room(room)?.contentLimit(author, id) === 0) continue
      if (node.replica.idAt(room, author, id, n) !== event.id)
        world.violation(
          `INV-5: ${node.index} lacks ${id} ${n}, which ${copiesMax} disks had and ${lost} lost`,
        )
    }
  }
}

function isCut(node: SimNode, { room, author, lane: id, n }: Event): boolean {
  const lane = node.replica.lane(room, author, id)
  return lane !== undefined && lane.n >= n && n > node.replica.vectors.limit(lane)
}
