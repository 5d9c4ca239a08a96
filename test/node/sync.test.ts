import { describe, expect, test } from 'vitest'
import { Hosts } from '../../src/hub/index.ts'
import { BEYOND_MAX } from '../../src/node/beyond.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { eventKey, forkKey, tombstoneKey } from '../../src/node/keys.ts'
import { type LaneClass, packEntry } from '../../src/node/lanes.ts'
import { Measure } from '../../src/node/measure.ts'
import { type LinkId, Sync } from '../../src/node/sync.ts'
import { concat, fromHex, hex, uint } from '../../src/wire/bytes.ts'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/wire/codec.ts'
import { LANE_START, lastOf, packRun, signRun, type VerifiedRun } from '../../src/wire/event.ts'
import type { Frame, FrameName } from '../../src/wire/frames.ts'
import { madeRoom, type RoomId, roomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { FRAME_BYTES_MAX, PERIOD_MS, RUN_BODY_BYTES_MAX } from '../../src/wire/limits.ts'
import { Author, joined, NET, NOW, ROOM, replicaOf, withBodies } from './author.ts'

const anna = new Author(1)

/** A node as sync sees it; what it sends waits in `out` until the net delivers it. */
class Peer {
  readonly replica
  readonly store
  readonly save
  readonly sync: Sync
  readonly person
  readonly out: { link: LinkId; frame: Frame }[] = []
  readonly pumps: LinkId[] = []
  readonly faults: string[] = []
  readonly taken: VerifiedRun[] = []
  forks = 0
  carries: (room: RoomId, cls: LaneClass) => boolean = () => true
  lists: (room: RoomId, cls: LaneClass) => boolean = () => true

  now = 0
  /** What one machine may bring. */
  brought = new Hosts({ perS: 0, burst: 0 })
  hostOf = (_: LinkId): string => 'one machine'

  constructor(number: number, limit = Number.POSITIVE_INFINITY, rate = { perS: 0, burst: 0 }) {
    this.person = new Author(number).person
    const { replica, store, save } = replicaOf(() => limit)
    this.replica = replica
    this.store = store
    this.save = save
    this.sync = new Sync({
      measure: new Measure(rate, () => this.now),
      isMeasured: () => true,
      hostLeft: (link) => this.brought.left(this.hostOf(link), this.now),
      hostTook: (link, units) => this.brought.took(this.hostOf(link), units, this.now),
      crypto: nodeCrypto,
      replica: this.replica,
      carriage: {
        mine: (room, cls) => this.carries(room, cls),
        theirs: (_, room, cls) => this.lists(room, cls),
      },
      send: (link, frame) => this.out.push({ link, frame }),
      wantPump: (link) => this.pumps.push(link),
      verify: (_, checks, then) => {
        const each = checks.map(({ message, signature, key }) => nodeCrypto.verify(message, signature, key))
        then(each.every(Boolean), each)
      },
      took: (_, run) => {
        this.taken.push(run)
        return this.replica.add(run)
      },
      deleted: (_, tombstone) => this.replica.delete(tombstone),
      forked: () => this.forks++,
      fault: (_, why) => this.faults.push(why),
      pulled: () => {},
      served: () => {},
      listed: () => {},
    })
  }

  add(...runs: readonly VerifiedRun[]): this {
    for (const run of runs) this.replica.add(run)
    return this
  }

  sent<N extends FrameName>(type: N): Extract<Frame, { type: N }>[] {
    return this.out.flatMap(({ frame }) =>
      frame.type === type ? [frame as Extract<Frame, { type: N }>] : [],
    )
  }
}

/** Links between peers; every frame goes through the codec, as on a real link. */
class Net {
  readonly frames: Frame['type'][] = []
  readonly #ends = new Map<LinkId, readonly [Peer, Peer]>()
  #next = 1

  connect(a: Peer, b: Peer): LinkId {
    const link = this.#next++
    this.#ends.set(link, [a, b])
    a.sync.linkUp(link, b.person)
    b.sync.linkUp(link, a.person)
    return link
  }

  cut(link: LinkId): void {
    const ends = this.#ends.get(link)!
    this.#ends.delete(link)
    for (const end of ends) end.sync.linkDown(link)
  }

  /** Delivers until nothing moves, or until a frame of this type was delivered. */
  run(until?: FrameName): void {
    for (let steps = 0; steps < 20_000; steps++) {
      const peers = [...new Set([...this.#ends.values()].flat())]
      const busy = peers.find((peer) => peer.out.length + peer.pumps.length > 0)
      if (!busy) return
      const next = busy.out.shift()
      if (!next) {
        busy.sync.pump(busy.pumps.shift()!)
        continue
      }
      const ends = this.#ends.get(next.link)
      if (!ends) continue
      const bytes = encodeFrame(next.frame)
      expect(bytes.length).toBeLessThanOrEqual(FRAME_BYTES_MAX)
      const frame = decodeFrame(bytes)
      if (typeof frame === 'string') throw new Error(`${next.frame.type}: ${frame}`)
      this.frames.push(frame.type)
      ends[ends[0] === busy ? 1 : 0].sync.frame(next.link, frame)
      if (frame.type === until) return
    }
    throw new Error('does not end')
  }
}

function expectEqual(a: Peer, b: Peer): void {
  for (const cls of [0, 1] as const)
    expect(hex(a.replica.vectors.digest(ROOM, cls))).toBe(hex(b.replica.vectors.digest(ROOM, cls)))
  expect([...a.faults, ...b.faults]).toEqual([])
  expect([a.sync.isBusy, b.sync.isBusy]).toEqual([false, false])
}
const lanesOf = (count: number, texts = ['1', '2']) =>
  Array.from({ length: count }, () => anna.run(anna.contentLane(), texts))

describe('LV-18: what an author’s own link brings', () => {
  const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)
  /** Runs of one event each. */
  function monologue(count: number): VerifiedRun[] {
    const lane = anna.contentLane()
    const runs: VerifiedRun[] = []
    for (const text of texts(count)) runs.push(anna.run(lane, [text], runs[runs.length - 1]))
    return runs
  }
  const measured = () => new Peer(2, Number.POSITIVE_INFINITY, { perS: 10, burst: 40 })
  const heldOf = (peer: Peer, run: VerifiedRun) =>
    peer.replica.lane(ROOM, anna.person, run.events[0]!.lane)?.n ?? 0
  function later(peer: Peer, ms: number, net: Net): void {
    peer.now += ms
    peer.sync.tick(peer.now)
    net.run()
  }

  test('what they wrote before they came is pulled at once', () => {
    const [author, other, net] = [new Peer(1), measured(), new Net()]
    author.add(...monologue(1000))
    net.connect(author, other)
    net.run()
    expectEqual(author, other)
  })

  test('what is told of a longer lane later is pulled by measure, in order and to the end', () => {
    const [author, other, net] = [new Peer(1), measured(), new Net()]
    const link = net.connect(author, other)
    net.run()
    const runs = monologue(200)
    author.add(...runs)
    author.sync.compare(link)
    net.run()
    expect(heldOf(other, runs[0]!)).toBeLessThanOrEqual(64)
    for (let i = 0; i < 25; i++) {
      const before = heldOf(other, runs[0]!)
      later(other, 1000, net)
      expect(heldOf(other, runs[0]!) - before).toBeLessThanOrEqual(64)
    }
    expectEqual(author, other)
    expect(other.sync.isBusy).toBe(false)
  })

  test('what one machine brings of others, under however many keys, is taken by measure and to the end', () => {
    const [other, helper, second, net] = [measured(), new Peer(3), new Peer(4), new Net()]
    other.brought = new Hosts({ perS: 80, burst: 1000 })
    const [runs, more] = [monologue(3000), monologue(500)]
    helper.add(...runs)
    second.add(...more)
    net.connect(helper, other)
    net.run()
    expect(heldOf(other, runs[0]!)).toBeLessThanOrEqual(1064)
    expect(heldOf(other, runs[0]!)).toBeGreaterThan(900)
    net.connect(second, other)
    net.run()
    expect(heldOf(other, more[0]!)).toBe(0)
    for (let i = 0; i < 5; i++) later(other, 2000, net)
    expect(heldOf(other, more[0]!) + heldOf(other, runs[0]!)).toBeLessThanOrEqual(1064 + 864)
    for (let i = 0; i < 40; i++) later(other, 2000, net)
    expect(heldOf(other, more[0]!) + heldOf(other, runs[0]!)).toBe(3500)
    expect(other.faults).toEqual([])
  })

  test('what another machine brings is not held up by one that brings too much', () => {
    const [other, helper, honest, net] = [measured(), new Peer(3), new Peer(4), new Net()]
    other.brought = new Hosts({ perS: 80, burst: 1000 })
    other.hostOf = (link) => `machine ${link}`
    const [runs, more] = [monologue(3000), monologue(500)]
    helper.add(...runs)
    honest.add(...more)
    net.connect(helper, other)
    net.connect(honest, other)
    net.run()
    expect(heldOf(other, runs[0]!)).toBeLessThanOrEqual(1064)
    expect(heldOf(other, more[0]!)).toBe(500)
  })

  test('a lane of which something further on came goes before longer ones that wait', () => {
    const [author, other, net] = [new Peer(1), measured(), new Net()]
    const link = net.connect(author, other)
    net.run()
    const [first, long, short] = [monologue(60), monologue(300), monologue(3)]
    author.add(...first)
    author.sync.compare(link)
    net.run()
    author.add(...long)
    author.sync.compare(link)
    net.run()
    author.add(...short)
    other.sync.settleRun(link, short[2]!)
    net.run()
    expect([long, short].map(([run]) => heldOf(other, run!))).toEqual([0, 0])
    for (let s = 0; s < 6; s++) later(other, 1000, net)
    expect(heldOf(other, short[0]!)).toBe(3)
    expect(heldOf(other, long[0]!)).toBeLessThan(100)
  })

  test('somebody else who has it gives all of it at once', () => {
    const [author, third, other, net] = [new Peer(1), new Peer(3), measured(), new Net()]
    const [own, theirs] = [net.connect(author, other), net.connect(third, other)]
    net.run()
    const runs = monologue(500)
    author.add(...runs)
    third.add(...runs)
    author.sync.compare(own)
    net.run()
    third.sync.compare(theirs)
    net.run()
    expectEqual(third, other)
  })
})

describe('what is asked of a node with thousands of deletions', () => {
  /** A lane of one message, and deletions of what may come behind it (EV-12). */
  const deleted = (peer: Peer, count: number) => {
    const [run] = lanesOf(1, ['1'])
    peer.add(run!)
    const event = run!.events[0]!
    for (let i = 1; i <= count; i++)
      peer.replica.delete(
        anna.delete({ ...event, n: 1 + i, id: hex(uint(i, 4)).padEnd(64, '0') as typeof event.id }),
      )
    return peer.replica.lane(ROOM, anna.person, event.lane)!
  }

  test('a lane that one page lists again and again is looked at as often as where it stands once', () => {
    const peer = new Peer(2)
    const lane = deleted(peer, 3)
    let looks = 0
    lane.tombstones = new (class extends Map<(typeof lane)['id'], number> {
      override [Symbol.iterator]() {
        looks++
        return super[Symbol.iterator]()
      }
    })(lane.tombstones)
    looks = 0
    peer.sync.linkUp(1, new Author(3).person)
    const { author, lane: id, n } = lane
    const entry = { author, lane: id, n, id8: lane.id.slice(0, 16), forkAt: 0, xor8: 'f'.repeat(16) }
    const entries = concat(...new Array(960).fill(packEntry(entry)))
    peer.sync.frame(1, { type: 'vector', room: fromHex(ROOM), class: 1, entries, more: true })
    expect(looks).toBeLessThan(5)
    expect(peer.sent('want')).toHaveLength(1)
  })

  test('no more of them are read from the store than go into the next frame', () => {
    const peer = new Peer(2)
    const lane = deleted(peer, 150)
    const read: number[] = []
    const all = peer.replica.deletionsOf.bind(peer.replica)
    peer.replica.deletionsOf = function* (of) {
      for (const bytes of all(of)) {
        read.push(bytes.length)
        yield bytes
      }
    }
    peer.sync.linkUp(1, new Author(3).person)
    const lanes = concat(fromHex(lane.author), fromHex(lane.lane), uint(0, 4), uint(2, 1))
    peer.sync.frame(1, { type: 'want', id: 0, room: fromHex(ROOM), lanes })
    const counts: number[] = []
    while (peer.pumps.length > 0) {
      peer.sync.pump(peer.pumps.shift()!)
      counts.push(read.length)
    }
    expect(counts.slice(0, 3)).toEqual([64, 128, 150])
    expect(peer.sent('tombstones').map((frame) => frame.tombstones.length / 164)).toEqual([64, 64, 22])
    expect(peer.sent('done')).toHaveLength(1)
  })
})

describe('LK-7: what the own disk has damaged is no fault to anybody', () => {
  /** Two who hold the same, of which the disk of the first damages what lies under a key. */
  async function damaged(runs: readonly VerifiedRun[], key: string, at: number, more = (_: Peer) => {}) {
    const [bad, good, newcomer, net] = [new Peer(2), new Peer(3), new Peer(4), new Net()]
    for (const peer of [bad, good]) {
      peer.add(...runs)
      more(peer)
      await peer.save()
    }
    const value = bad.store.get(key)!.slice()
    value[at]! ^= 4
    await bad.store.write([['put', key, value]], true)
    return { bad, good, newcomer, net }
  }
  const keyOf = (run: VerifiedRun) => {
    const { room, author, lane, n } = lastOf(run)
    return eventKey(room, author, lane, n)
  }
  /** The newcomer has nothing to complain of, and all three hold the same once the others have met. */
  function expectMended(bad: Peer, good: Peer, newcomer: Peer, net: Net): void {
    const link = net.connect(bad, newcomer)
    net.run()
    expect(newcomer.faults).toEqual([])
    const other = net.connect(bad, good)
    net.run()
    for (const now of [15_000, 30_000]) {
      for (const peer of [bad, good, newcomer]) peer.sync.tick(now)
      for (const peer of [bad, newcomer]) peer.sync.compare(link)
      for (const peer of [bad, good]) peer.sync.compare(other)
      net.run()
    }
    expectEqual(bad, newcomer)
    expectEqual(bad, good)
  }

  test.each([
    ['the signature of a run', ['1', '2', '3'], 20],
    ['the signature of an event alone', ['1'], 149 + 20],
    ['the time of an event alone', ['1'], 105],
  ])('%s', async (_, texts, at) => {
    const runs = lanesOf(2, texts)
    const { bad, good, newcomer, net } = await damaged(runs, keyOf(runs[0]!), at)
    expectMended(bad, good, newcomer, net)
  })

  test('the signature of a run that another one follows, which covers both', async () => {
    const [first] = lanesOf(1, ['1', '2'])
    const next = anna.run(lastOf(first!).lane, ['3'], first)
    const { bad, newcomer, net } = await damaged([first!, next], keyOf(first!), 20)
    net.connect(bad, newcomer)
    net.run()
    expectEqual(bad, newcomer)
  })

  test('the signature of the last run, which leaves those before it', async () => {
    const [first] = lanesOf(1, ['1', '2'])
    const next = anna.run(lastOf(first!).lane, ['3'], first)
    const { bad, good, newcomer, net } = await damaged([first!, next], keyOf(next), 149 + 20)
    const link = net.connect(bad, newcomer)
    net.run()
    expect(newcomer.taken.flatMap(({ events }) => events)).toHaveLength(2)
    expect(newcomer.faults).toEqual([])
    net.cut(link)
    expectMended(bad, good, newcomer, net)
  })

  // Of its time and of its signature.
  test.each([94, 120])('a deletion, at byte %d', async (at) => {
    const [run] = lanesOf(1, ['1', '2'])
    const tombstone = anna.delete(run!.events[0]!)
    const { bad, good, newcomer, net } = await damaged([run!], tombstoneKey(tombstone.id), at, (peer) =>
      peer.replica.delete(tombstone),
    )
    expectMended(bad, good, newcomer, net)
    expect(newcomer.replica.tombstones.get(tombstone.id)).toEqual(tombstone.bytes)
  })

  test('the proof of a fork', async () => {
    const [run] = lanesOf(1, ['1'])
    const lane = lastOf(run!).lane
    const branches = [anna.run(lane, ['2'], run), anna.run(lane, ['another 2'], run)]
    const key = forkKey(ROOM, anna.person, lane)
    const { bad, good, newcomer, net } = await damaged([run!, ...branches], key, 2 + 149 + 10)
    expectMended(bad, good, newcomer, net)
    expect(newcomer.replica.forkAt(ROOM, anna.person, lane)).toBe(2)
  })
})

describe('SY-7: pulling', () => {
  test('both sides get what they lack, in one exchange', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    const [one, two, three] = lanesOf(3)
    a.add(one!, two!)
    b.add(two!, three!)
    const net = new Net()
    net.connect(a, b)
    net.run()
    expectEqual(a, b)
    expect(a.taken.map((run) => run.events[0]!.lane)).toEqual([three!.events[0]!.lane])
    expect(b.taken.map((run) => run.events[0]!.lane)).toEqual([one!.events[0]!.lane])
  })

  test('what has expired is not pulled, also where its author offers it, who came back with an old store (EV-14)', () => {
    const [late, other, net] = [new Peer(1), new Peer(2), new Net()]
    const t = NOW - 200 * 24 * 3600 * 1000
    const run = anna.run(anna.contentLane(t), ['old'], undefined, t)
    late.replica.setNow(t)
    late.add(run)
    const link = net.connect(late, other)
    net.run()
    other.sync.pullLane(link, ROOM, anna.person, lastOf(run).lane)
    net.run()
    expect(other.taken).toEqual([])
    expect(other.sent('want')).toEqual([])
  })

  test('equal nodes exchange their digests and nothing else', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    const runs = lanesOf(2)
    a.add(...runs)
    b.add(...runs)
    const net = new Net()
    net.connect(a, b)
    net.run()
    expect(net.frames).toEqual(['have', 'have'])
  })

  test('control lanes come before content', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    a.add(...lanesOf(3), anna.run(anna.controlLane(), ['topic']))
    const net = new Net()
    net.connect(a, b)
    net.run()
    expectEqual(a, b)
    expect(b.taken.map((run) => run.events[0]!.kind >= 0x80)).toEqual([true, false, false, false])
  })

  test('only what a node carries is pulled, and only what a peer may carry is listed and served', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    a.add(...lanesOf(1), anna.run(anna.controlLane(), ['topic']))
    b.carries = (_, cls) => cls === 0
    a.lists = (_, cls) => cls === 0
    const net = new Net()
    net.connect(a, b)
    net.connect(a, c)
    net.run()
    expect(b.taken.map((run) => run.events[0]!.kind >= 0x80)).toEqual([true])
    expect(c.taken.map((run) => run.events[0]!.kind >= 0x80)).toEqual([true])
    const lane = [...a.replica.lanes(ROOM, 1)][0]!
    const wanted = concat(fromHex(lane.author), fromHex(lane.lane), uint(0, 4), uint(7, 1))
    a.sync.frame(2, { type: 'want', id: 9, room: fromHex(ROOM), lanes: wanted })
    net.run()
    expect(c.taken).toHaveLength(1)
  })

  test('a lane is pulled after what is held, not from its start', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1', '2', '3'])
    const second = anna.run(lane, ['4'], first)
    a.add(first, second)
    b.add(first)
    const net = new Net()
    net.connect(a, b)
    net.run()
    expectEqual(a, b)
    expect(b.taken.map((run) => run.events.map(({ n }) => n))).toEqual([[4]])
  })

  test('tombstones travel before runs, and alone where only they are missing', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const [run] = lanesOf(1, ['1', '2'])
    for (const peer of [a, b]) peer.add(run!)
    a.replica.delete(anna.delete(run!.events[0]!))
    const net = new Net()
    net.connect(a, b)
    net.connect(a, c)
    net.run()
    expectEqual(a, b)
    expectEqual(a, c)
    expect(b.taken).toEqual([])
    expect(c.taken[0]!.bodies.map((body) => body === null)).toEqual([true, false])
    expect(net.frames.indexOf('tombstones')).toBeLessThan(net.frames.indexOf('runs'))
  })

  test('nothing beyond a cut is wanted, of known lanes and unknown ones', () => {
    const [a, b] = [new Peer(2), new Peer(3, 0)]
    a.add(...lanesOf(2))
    const net = new Net()
    net.connect(a, b)
    net.run()
    expect(b.taken).toEqual([])
    expect(net.frames).not.toContain('want')
  })

  test('lanes of other periods are not wanted', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    a.replica.setNow(NOW + 30 * PERIOD_MS)
    a.add(anna.run(anna.contentLane(NOW + 30 * PERIOD_MS), ['1'], undefined, NOW + 30 * PERIOD_MS))
    const net = new Net()
    net.connect(a, b)
    net.run()
    expect(net.frames).not.toContain('want')
  })

  test('headers whose bodies nobody has are not pulled again and again', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    const [run] = lanesOf(1, ['1', '2', '3'])
    a.add(withBodies(run!, (i) => i === 0))
    const net = new Net()
    const link = net.connect(a, b)
    net.run()
    a.sync.compare(link)
    net.run()
    expectEqual(a, b)
    expect(b.taken).toEqual([])
  })

  test('many lanes come in pages, and long runs with large bodies fit in frames', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    const large = 'x'.repeat(RUN_BODY_BYTES_MAX / 4 - 300)
    a.add(...lanesOf(1100, ['1']), ...lanesOf(6, [large, large, large, large]))
    a.add(
      ...lanesOf(
        70,
        Array.from({ length: 64 }, (_, i) => `${i}`),
      ),
    )
    const net = new Net()
    net.connect(a, b)
    net.run()
    expectEqual(a, b)
    expect(net.frames.filter((type) => type === 'vector').length).toBe(2)
  })
})

describe('SY-12: several links', () => {
  test('a lane is pulled over one link at a time', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const runs = lanesOf(20)
    a.add(...runs)
    b.add(...runs)
    const net = new Net()
    net.connect(a, c)
    net.connect(b, c)
    net.run()
    expectEqual(a, c)
    expect(c.taken).toHaveLength(20)
  })

  test('what another link shows beyond it is pulled there afterwards', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const lane = anna.contentLane()
    const first = anna.run(lane, ['1'])
    a.add(first)
    b.add(first, anna.run(lane, ['2'], first))
    const net = new Net()
    net.connect(a, c)
    net.connect(b, c)
    net.run()
    expectEqual(b, c)
    expect(c.taken.map((run) => run.events.map(({ n }) => n))).toEqual([[1], [2]])
  })

  test('what was under way on a lost link is pulled over another', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const runs = lanesOf(3)
    a.add(...runs)
    b.add(...runs)
    const net = new Net()
    const lost = net.connect(a, c)
    net.run('want')
    net.connect(b, c)
    net.run('vector')
    net.cut(lost)
    net.run()
    expectEqual(b, c)
    expect(c.taken).toHaveLength(3)
  })

  test('resume after a break is the same exchange', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    a.add(...lanesOf(400, ['1', '2', '3']))
    const net = new Net()
    for (let i = 0; i < 3; i++) {
      const link = net.connect(a, b)
      net.run('runs')
      net.cut(link)
    }
    expect(b.taken.length).toBeGreaterThan(0)
    net.connect(a, b)
    net.run()
    expectEqual(a, b)
    expect(b.taken).toHaveLength(400)
  })

  test('a peer that answers nothing keeps its lanes from no other link for long', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const runs = lanesOf(3)
    a.add(...runs)
    b.add(...runs)
    const net = new Net()
    net.connect(a, c)
    net.run('want')
    a.pumps.length = 0
    net.connect(b, c)
    net.run()
    expect(c.taken).toEqual([])
    for (const now of [1000, 3000, 5900, 6001]) c.sync.tick(now)
    net.run()
    expectEqual(b, c)
  })

  test('nor does one that goes on answering and brings nothing of them (SY-16)', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const runs = lanesOf(3)
    a.add(...runs)
    b.add(...runs)
    const net = new Net()
    const slow = net.connect(a, c)
    net.run('want')
    a.pumps.length = 0
    net.connect(b, c)
    net.run()
    expect(c.taken).toEqual([])
    for (let now = 1000; now <= 20_000; now += 1000) {
      c.sync.frame(slow, { type: 'runs', runs: [] })
      c.sync.tick(now)
    }
    net.run()
    expect(c.taken).toHaveLength(3)
    expect(hex(c.replica.vectors.digest(ROOM, 1))).toBe(hex(b.replica.vectors.digest(ROOM, 1)))
  })

  test('nor what is shown of them later', () => {
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    const [run] = lanesOf(1)
    a.add(run!)
    const net = new Net()
    const slow = net.connect(a, c)
    const other = net.connect(b, c)
    net.run('want')
    a.pumps.length = 0
    b.add(run!)
    for (let now = 1000; now <= 20_000; now += 1000) {
      c.sync.frame(slow, { type: 'runs', runs: [] })
      c.sync.tick(now)
    }
    b.sync.compare(other)
    net.run()
    expect(c.taken).toHaveLength(1)
  })
})

describe('SY-9: rooms of others', () => {
  /** A hub with something in a room of which the peer behind link 1 may not know. */
  function hub() {
    const peer = new Peer(2).add(...lanesOf(2))
    peer.lists = () => false
    peer.sync.linkUp(1, new Author(9).person)
    return peer
  }

  test('who names a private room of others is asked for all of it, and told nothing of what is here', () => {
    const peer = hub()
    for (const cls of [0, 1]) {
      const entries = concat(fromHex(ROOM), uint(cls, 1), new Uint8Array(16))
      peer.sync.frame(1, { type: 'have', entries, last: true })
      peer.sync.frame(1, {
        type: 'vector',
        room: fromHex(ROOM),
        class: cls,
        entries: new Uint8Array(0),
        more: false,
      })
    }
    expect(peer.sent('ask').map(({ class: cls }) => cls)).toContain(1)
    for (const { buckets } of peer.sent('ask')) expect(buckets.every((byte) => byte === 0)).toBe(true)
  })

  test('what is missing is asked of nobody who may not know of the room (LV-17)', () => {
    const peer = hub()
    peer.sync.askPeer(1)
    peer.sync.ask(ROOM)
    expect(peer.sent('ask')).toEqual([])
    peer.lists = () => true
    peer.sync.askPeer(1)
    expect(peer.sent('ask').length).toBeGreaterThan(0)
  })

  test('all the same, what somebody who may not know of the room holds of it is pulled', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    a.add(...lanesOf(2))
    b.add(...lanesOf(2))
    b.lists = () => false
    const net = new Net()
    net.connect(a, b)
    net.run()
    expect(b.taken).toHaveLength(2)
    expect(a.taken).toEqual([])
  })
})

describe('SY-15: forks', () => {
  test('two nodes on different branches find the lowest difference and keep its proof', () => {
    const lane = anna.contentLane()
    const common = anna.run(
      lane,
      Array.from({ length: 20 }, (_, i) => `${i}`),
    )
    const branch = (name: string) => {
      const runs = [anna.run(lane, [`${name}0`], common)]
      for (let i = 1; i < 30; i++) runs.push(anna.run(lane, [`${name}${i}`], runs.at(-1)!))
      return runs
    }
    const [a, b, c] = [new Peer(2), new Peer(3), new Peer(4)]
    a.add(common, ...branch('a'))
    b.add(common, ...branch('b'))
    const net = new Net()
    const link = net.connect(a, b)
    net.run()
    for (const peer of [a, b]) peer.sync.compare(link)
    net.run()
    expectEqual(a, b)
    for (const peer of [a, b])
      expect(peer.replica.lane(ROOM, anna.person, lane)).toMatchObject({ forkAt: 21 })
    net.connect(b, c)
    net.run()
    expectEqual(b, c)
    expect(c.replica.lane(ROOM, anna.person, lane)).toMatchObject({ n: 20, forkAt: 21 })
  })

  test('a search whose answer never comes to anything ends', () => {
    const lane = anna.contentLane()
    const [one, other] = [anna.run(lane, ['1']), anna.run(lane, ['1b'])]
    const [a, b] = [new Peer(2), new Peer(3)]
    a.add(one)
    b.add(other)
    const net = new Net()
    net.connect(a, b)
    a.lists = () => false
    net.run()
    expect([a.sync.isBusy, b.sync.isBusy]).toEqual([false, false])
  })
})

describe('a search that was given up', () => {
  test('is not taken up by its late answer, which is no fault either', () => {
    const lane = anna.contentLane()
    const texts = Array.from({ length: 9 }, (_, i) => `${i}`)
    const branch = (name: string) => {
      const runs = [anna.run(lane, [name])]
      for (const text of texts) runs.push(anna.run(lane, [name + text], runs.at(-1)!))
      return runs
    }
    const [a, b] = [new Peer(2), new Peer(3)]
    a.add(...branch('a'))
    b.add(...branch('b'))
    // Only one of them searches.
    b.carries = () => false
    const net = new Net()
    const link = net.connect(a, b)
    net.run('headersAsk')
    // The answer stays away until another search is under way.
    for (const each of b.pumps.splice(0)) b.sync.pump(each)
    const at = b.out.findIndex(({ frame }) => frame.type === 'headers')
    const [late] = b.out.splice(at, 1)
    net.run()
    for (const now of [1000, 12_001]) a.sync.tick(now)
    for (const peer of [a, b]) peer.sync.compare(link)
    net.run('headersAsk')
    a.sync.frame(link, late!.frame)
    net.run()
    expect(a.faults).toEqual([])
    expect(a.replica.lane(ROOM, anna.person, lane)).toMatchObject({ forkAt: 1 })
  })
})

describe('SY-19: hostile frames', () => {
  /** A node that is pulling from a stranger. */
  function victim() {
    const peer = new Peer(2).add(...lanesOf(1))
    peer.sync.linkUp(1, new Author(9).person)
    return peer
  }
  const [run] = lanesOf(1)
  const packed = packRun(run!)
  const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

  test.each<[string, Frame, RegExp]>([
    [
      'a run with a bad signature',
      { type: 'runs', runs: [{ ...packed, signature: flipped(packed.signature, 3) }] },
      /signature/,
    ],
    [
      'a run with a changed header',
      { type: 'runs', runs: [{ ...packed, headers: flipped(packed.headers, 110) }] },
      /chain|period|time|signature/,
    ],
    [
      'a run with a wrong body',
      { type: 'runs', runs: [{ ...packed, bodies: [flipped(packed.bodies[0]!, 0), null] }] },
      /body/,
    ],
    [
      'a run of another network',
      { type: 'runs', runs: [{ ...packed, headers: flipped(packed.headers, 1) }] },
      /network/,
    ],
    [
      'a tombstone with a bad signature',
      { type: 'tombstones', tombstones: flipped(anna.delete(run!.events[0]!).bytes, 163) },
      /signature/,
    ],
    [
      'a fork of bad chains',
      {
        type: 'fork',
        a: { headers: packed.headers, signature: packed.signature },
        b: { headers: flipped(packed.headers, 200), signature: packed.signature },
      },
      /chain/,
    ],
  ])('%s is a fault of the peer and changes nothing', (_, frame, why) => {
    const peer = victim()
    const before = hex(peer.replica.vectors.digest(ROOM, 1))
    peer.sync.frame(1, frame)
    expect(peer.faults).toHaveLength(1)
    expect(peer.faults[0]).toMatch(why)
    expect(hex(peer.replica.vectors.digest(ROOM, 1))).toBe(before)
  })

  test('a fork of two equal chains proves nothing', () => {
    const peer = victim().add(run!)
    const chain = { headers: packed.headers, signature: packed.signature }
    peer.sync.frame(1, { type: 'fork', a: chain, b: chain })
    expect(peer.forks).toBe(0)
  })

  test('forks of lanes that are not at hand make no lanes (EV-13)', () => {
    const peer = victim()
    for (let i = 0; i < 20; i++) {
      const lane = anna.contentLane()
      const [a, b] = ['1', 'other'].map((text) => packRun(anna.run(lane, [text])))
      const chain = ({ headers, signature }: typeof packed) => ({ headers, signature })
      peer.sync.frame(1, { type: 'fork', a: chain(a!), b: chain(b!) })
    }
    expect(peer.faults).toEqual([])
    expect([...peer.replica.lanes(ROOM, 1)]).toHaveLength(lanesOf(1).length)
  })

  test('answers that nobody asked for are ignored', () => {
    const peer = victim()
    const chain = { headers: packed.headers, signature: packed.signature }
    for (const frame of [
      { type: 'done', id: 77 },
      { type: 'vector', room: fromHex(ROOM), class: 1, entries: new Uint8Array(640), more: true },
      { type: 'headers', chain },
      { type: 'headers', chain: { headers: new Uint8Array(0), signature: new Uint8Array(64) } },
    ] as Frame[])
      peer.sync.frame(1, frame)
    expect(peer.faults).toEqual([])
    expect(peer.sync.isBusy).toBe(false)
  })

  test('a flood of asks is a fault; what is served stays bounded', () => {
    const peer = victim()
    for (let i = 0; i < 40; i++)
      peer.sync.frame(1, { type: 'ask', room: fromHex(ROOM), class: 1, buckets: new Uint8Array(4096) })
    expect(peer.faults.length).toBe(40 - 16)
  })

  test('lists of rooms without end make no rooms and a bounded queue, in little time', () => {
    const peer = victim()
    const start = performance.now()
    for (let page = 0; page < 20; page++) {
      const entries = new Uint8Array(33 * 1800)
      for (let i = 0; i < 1800; i++) entries.set(uint(1 + page * 1800 + i, 4), 33 * i)
      peer.sync.frame(1, { type: 'have', entries, last: false })
    }
    expect(performance.now() - start).toBeLessThan(10_000)
    expect([...peer.replica.rooms()]).toEqual([ROOM])
    expect(peer.sent('ask')).toHaveLength(8)
  })

  test('lanes promised and never sent end with the answer', () => {
    const [a, b] = [new Peer(2), new Peer(3)]
    const net = new Net()
    a.sync.linkUp(1, b.person)
    const entry = concat(fromHex(anna.person), fromHex(anna.contentLane()), uint(5, 4), new Uint8Array(20))
    a.sync.frame(1, {
      type: 'have',
      entries: concat(fromHex(ROOM), uint(1, 1), new Uint8Array(16)),
      last: true,
    })
    a.sync.frame(1, { type: 'vector', room: fromHex(ROOM), class: 1, entries: entry, more: false })
    expect(a.sent('want')).toHaveLength(1)
    a.sync.frame(1, { type: 'done', id: a.sent('want')[0]!.id })
    expect(a.sync.isBusy).toBe(false)
    expect(net.frames).toEqual([])
  })
})

test('a lane is had whole in one exchange though more lies between an erased key and the delete than is kept', () => {
  const salt = new Uint8Array(16).fill(200)
  const room = madeRoom(nodeCrypto, NET, anna.person, salt)
  const [peer, late] = [new Peer(8), new Peer(9)]
  const key: BodyValue = { kind: 'key', keyId: new Uint8Array(16), sealed: new Uint8Array(80) }
  const create: BodyValue = {
    kind: 'create',
    type: 0,
    name: new Uint8Array([97]),
    topic: '',
    max: 0,
    persons: salt.slice(16),
  }
  const start = { net: NET, room, lane: anna.controlLane(), n: 0, prev: LANE_START }
  const drafts = [key, create].map((value) => ({
    kind: kindNumber(value.kind),
    at: NOW,
    t: NOW,
    body: encodeBody(salt, value),
  }))
  const first = signRun(nodeCrypto, anna.signer, start, drafts)
  let last = first
  const follow = (values: readonly BodyValue[]) => {
    const { n, id } = lastOf(last)
    const more = values.map((value) => ({
      ...drafts[0]!,
      kind: kindNumber(value.kind),
      body: encodeBody(salt, value),
    }))
    last = signRun(nodeCrypto, anna.signer, { ...start, n, prev: id }, more)
    peer.add(last)
  }
  peer.add(first)
  const topics = Array.from(
    { length: 64 },
    (_, k): BodyValue => ({ kind: 'topic', topic: `${k}`, reason: '' }),
  )
  for (let k = 0; k <= BEYOND_MAX / 64; k++) follow(topics)
  follow([{ kind: 'delete', reason: '' }])
  const lane = peer.replica.lane(room, anna.person, start.lane)!
  expect(peer.replica.eraseKeys(lane, 0, 2)).toEqual({ looked: 2, erased: 1 })
  const net = new Net()
  net.connect(peer, late)
  net.run()
  expect(late.replica.lane(room, anna.person, start.lane)!.n).toBe(lane.n)
  expect(late.replica.vectors.digest(room, 0)).toEqual(peer.replica.vectors.digest(room, 0))
  expect([...peer.faults, ...late.faults]).toEqual([])
})

test('a live run that shows a gap makes its lane be pulled', () => {
  const [a, b] = [new Peer(2), new Peer(3)]
  const lane = anna.contentLane()
  const first = anna.run(lane, ['1'])
  const second = anna.run(lane, ['2'], first)
  const third = anna.run(lane, ['3'], second)
  b.add(first)
  a.add(first)
  const net = new Net()
  const link = net.connect(a, b)
  net.run()
  a.add(second, third)
  expect(b.sync.settleRun(link, third)).toEqual({ is: 'gap', after: 1 })
  net.run()
  expectEqual(a, b)
  expect(joined(second, third).events).toHaveLength(2)
  expect(roomId(fromHex(ROOM))).toBe(ROOM)
})
