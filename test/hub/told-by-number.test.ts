/** LV-17: whoever is told a number by the hub can read it, whoever comes, goes, writes and is read from meanwhile. */
import { expect, test } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { LiveRuns } from '../../src/node/live-runs.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { type Event, lastOf, packRun, type VerifiedRun, vouchedRun } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { LaneId, PersonKey, RoomId } from '../../src/wire/ids.ts'
import { isNext } from '../../src/wire/next-run.ts'
import { Author, NET, NOW } from '../node/author.ts'
import { seeded } from '../seeded.ts'
import { hubPorts } from './ports.ts'

const ROOMS = ['7', '8', '9'].map((digit) => digit.repeat(32) as RoomId)
const STEPS = 3000

class Member {
  readonly author: Author
  /** What it has written of each room. */
  readonly written = new Map<RoomId, VerifiedRun>()
  readonly lanes = new Map<RoomId, LaneId>()
  link: number | undefined
  readonly carried = new Set<RoomId>(ROOMS)
  readonly got = new Map<string, Event>()
  live!: LiveRuns

  constructor(number: number) {
    this.author = new Author(number)
  }

  next(room: RoomId, texts: readonly string[], t: number): VerifiedRun {
    const lane = this.lanes.get(room) ?? this.author.contentLane()
    this.lanes.set(room, lane)
    const run = this.author.run(lane, texts, this.written.get(room), t, room)
    this.written.set(room, run)
    return run
  }
}

test.each([1, 2, 3])(
  'seed %i: each run reaches each carrier, most of them by number, and all can be read',
  (seed) => {
    const random = seeded(seed)
    const below = (n: number) => Math.floor(random() * n)
    const members = Array.from({ length: 6 }, (_, i) => new Member(i + 1))
    const self = new Member(9)
    const byKey = new Map(members.map((member) => [member.author.person, member]))
    const byLink = new Map<number, Member>()
    const wrong: string[] = []
    let byNumber = 0
    let byName = 0
    let links = 0
    const deliver = (link: number, frame: Frame) => {
      if (frame.type !== 'live') return
      const member = byLink.get(link)
      const decoded = decodeFrame(encodeFrame(frame))
      if (!member || typeof decoded === 'string' || decoded.type !== 'live') return
      for (const run of decoded.runs) isNext(run) ? byNumber++ : byName++
      for (const run of member.live.read(link, decoded.runs, 0)) member.got.set(lastOf(run).id, lastOf(run))
    }
    const hub = new Hub(
      hubPorts(self.author.person, {
        rate: { perS: 0, burst: 40 },
        send: deliver,
        sendShared: (to, frame) => {
          for (const link of to) deliver(link, frame)
        },
        carries: (person, room) => byKey.get(person)!.carried.has(room),
        fault: (_, why) => wrong.push(why),
        verify: (_, run, then) => then(vouchedRun(run)),
      }),
      0,
    )
    const comes = (member: Member) => {
      const link = ++links
      member.link = link
      byLink.set(link, member)
      member.live = new LiveRuns({
        crypto: nodeCrypto,
        net: NET,
        isHub: () => false,
        held: (room: RoomId, author: PersonKey) => {
          const own = author === member.author.person ? member.written.get(room) : undefined
          return own ? lastOf(own).n : 0
        },
        pull: (_, room, author, lane) => wrong.push(`missing of ${room} ${author} ${lane}`),
        ask: () => wrong.push('an unknown number'),
        fault: (_, why) => wrong.push(why),
      })
      hub.joined(link, member.author.person, false)
    }
    const goes = (member: Member) => {
      hub.left(member.link!)
      byLink.delete(member.link!)
      member.link = undefined
    }

    let now = 0
    for (let step = 0; step < STEPS; step++) {
      now += below(4)
      hub.setNow(now)
      const member = members[below(members.length)]!
      const room = ROOMS[below(ROOMS.length)]!
      const texts = Array.from({ length: 1 + (below(5) === 0 ? below(4) : 0) }, (_, i) => `${step}/${i}`)
      const t = NOW + 1000 * step
      const what = below(100)
      if (what < 2) member.link === undefined ? comes(member) : goes(member)
      else if (what < 3) {
        if (!member.carried.delete(room)) member.carried.add(room)
        hub.carriageChanged()
      } else if (what < 10) hub.relay(self.next(room, texts, t), -1)
      else if (what < 13) {
        // Pulled over the link of somebody else, who holds it.
        const other = members.find(({ link }) => link !== undefined)
        if (other) hub.relay(member.next(room, texts, t), other.link!)
      } else if (member.link !== undefined) {
        const run = member.next(room, texts, t)
        hub.frame(member.link, { type: 'post', run: packRun(run) })
        const { id } = lastOf(run)
        if (below(16) === 0) {
          now += 100
          hub.setNow(now)
          hub.endTurn()
          for (const each of members)
            if (each !== member && each.link !== undefined && each.carried.has(room) && !each.got.has(id))
              wrong.push(`${each.author.person} did not get ${id}`)
        }
      }
      hub.endTurn()
    }
    expect(wrong).toEqual([])
    expect(byNumber).toBeGreaterThan(byName)
  },
)

test('who is pulled from and joins before that is told can read what follows', () => {
  const [anna, bert] = [new Author(1), new Author(2)]
  const asked: string[] = []
  const live = new LiveRuns({
    crypto: nodeCrypto,
    net: NET,
    isHub: () => false,
    held: () => 2,
    pull: (_, room) => asked.push(room),
    ask: () => asked.push('all'),
    fault: (_, why) => asked.push(why),
  })
  const read: string[] = []
  const deliver = (link: number, frame: Frame) => {
    if (link !== 2 || frame.type !== 'live') return
    for (const run of live.read(link, frame.runs, 0)) read.push(lastOf(run).id)
  }
  const hub = new Hub(
    hubPorts(new Author(9).person, {
      send: deliver,
      sendShared: (to, frame) => {
        for (const link of to) deliver(link, frame)
      },
    }),
    0,
  )
  hub.joined(1, anna.person, false)
  const room = ROOMS[0]!
  const lane = anna.contentLane()
  // Too long for one frame.
  const first = anna.run(lane, ['x'.repeat(14_000)], undefined, NOW, room)
  const second = anna.run(lane, ['x'.repeat(14_000)], first, NOW + 1000, room)
  const third = anna.run(lane, ['hi'], second, NOW + 2000, room)
  hub.relay(first, 2)
  hub.relay(second, 2)
  hub.joined(2, bert.person, false)
  hub.endTurn()
  hub.frame(1, { type: 'post', run: packRun(third) })
  hub.endTurn()
  expect([asked, read.at(-1)]).toEqual([[], lastOf(third).id])
})
