import { describe, expect, it } from 'vitest'
import { NetworkTime } from '../../src/node/network-time.ts'

const WALL = 1_700_000_000_000
const DAY = 24 * 3600 * 1000

/** A process that started at monotonic 0 with the right clock; each step: how far the own clock, the hub's and line[0]'s are off. */
function timeOf(steps: readonly { at: number; own: number; hub?: number; line?: number }[]) {
  const time = new NetworkTime(0, WALL)
  for (const { at, own, hub, line } of steps) {
    const median = (off: number) => ({ value: WALL + at + off, at })
    time.tick(at, WALL + at + own, {
      ...(hub !== undefined && { hubMedian: median(hub) }),
      ...(line !== undefined && { lineMedian: median(line) }),
    })
  }
  return time
}

describe('the start of this process in the network’s time', () => {
  const shared = { at: 10_000, own: 0, hub: 0, line: 0 }
  // One of two nodes on their own: its clock is the later one, and both go by it.
  const jumped = { at: 20_000, own: DAY, hub: DAY, line: DAY }

  it('is moved by the network’s time', () => {
    expect(timeOf([{ at: 10_000, own: -DAY, hub: 0, line: 0 }]).startedAt).toBe(WALL)
  })

  it('stays for a minute where time that was shared jumped forward: what others say by it is new', () => {
    expect(timeOf([shared, jumped]).startedAt).toBe(WALL)
    expect(timeOf([shared, jumped, { ...jumped, at: 79_000 }]).startedAt).toBe(WALL)
    expect(timeOf([shared, jumped, { ...jumped, at: 80_000 }]).startedAt).toBe(WALL + DAY)
  })

  it('stays where a clock jumped and of a new hub and its line only line[0] has told the time yet', () => {
    const clockIsSet = { at: 20_000, own: DAY, hub: 0, line: 0 }
    const between = { at: 21_000, own: DAY }
    const time = timeOf([shared, clockIsSet, between, { at: 22_000, own: DAY, line: 0 }])
    expect(time.at(22_000)).toBe(WALL + 22_000 + DAY)
    expect(time.startedAt).toBe(WALL)
  })

  it('is the earliest of several jumps', () => {
    const again = { at: 30_000, own: 2 * DAY, hub: 2 * DAY, line: 2 * DAY }
    expect(timeOf([shared, jumped, again]).startedAt).toBe(WALL)
  })

  it('moves at once where this node was alone with a wrong clock: the past of others is history', () => {
    const alone = { at: 10_000, own: -DAY }
    expect(timeOf([alone]).startedAt).toBe(WALL - DAY)
    expect(timeOf([alone, { at: 20_000, own: -DAY, hub: 0, line: 0 }]).startedAt).toBe(WALL)
    const hubOfNobody = { at: 10_000, own: -DAY, hub: -DAY }
    expect(timeOf([hubOfNobody, { at: 20_000, own: -DAY, hub: 0, line: 0 }]).startedAt).toBe(WALL)
  })
})
