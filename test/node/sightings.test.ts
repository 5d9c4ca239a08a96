import { describe, expect, it } from 'vitest'
import type { Announcement } from '../../src/node/announcement.ts'
import { REPEAT_MS, SIGHTINGS_MAX, Sightings } from '../../src/node/sightings.ts'

const txt = {
  v: 1,
  nn: '00000000',
  net8: '0000000000000000',
  place8: '',
  e: 0,
  role: 'node',
  p: false,
  r: false,
} as const

function announcement(n: number, port = 27470): Announcement {
  return { service: 'node', instance: n.toString(16).padStart(16, '0'), port, addresses: [], txt }
}

describe('sightings', () => {
  it('pass on what is new, what changed, and what was not heard for a while', () => {
    const sightings = new Sightings()
    expect(sightings.see(announcement(1), 'a', 0)).toBe(true)
    expect(sightings.see(announcement(1), 'a', 10)).toBe(false)
    expect(sightings.see(announcement(1, 5), 'a', 20)).toBe(true)
    expect(sightings.see(announcement(1, 5), 'a', 20 + REPEAT_MS)).toBe(true)
    expect(sightings.list()).toHaveLength(1)
  })

  it('let nobody overwrite what another address says of a name', () => {
    const sightings = new Sightings()
    sightings.see(announcement(1), 'honest', 0)
    sightings.see(announcement(1, 9), 'forger', 0)
    expect(sightings.list().map((sighting) => [sighting.referer, sighting.port])).toEqual([
      ['honest', 27470],
      ['forger', 9],
    ])
  })

  it('pass on a bounded part of a storm, and still a newcomer from another address', () => {
    const sightings = new Sightings()
    const told = Array.from({ length: 20_000 }, (_, n) => sightings.see(announcement(n), 'storm', n / 100))
    expect(told.filter(Boolean).length).toBeLessThan(100)
    expect(sightings.see(announcement(70_000), 'newcomer', 200)).toBe(true)
  })

  it('stay bounded when the storm forges its addresses, and then recover', () => {
    const sightings = new Sightings()
    for (let n = 0; n < 20_000; n += 1) sightings.see(announcement(n), `10.0.${n >> 8}.${n & 255}`, n)
    expect(sightings.list()).toHaveLength(SIGHTINGS_MAX)
    expect(sightings.see(announcement(70_000), 'newcomer', 40_000)).toBe(true)
  })

  it('count each address that they name, so that one name brings no more dials than one (DI-4)', () => {
    const sightings = new Sightings()
    const addresses = Array.from({ length: 8 }, (_, i) => `203.0.113.${i}`)
    let dials = 0
    for (let n = 0; n < 10_000; n += 1)
      if (sightings.see({ ...announcement(n), addresses }, 'storm', n)) dials += 9
    expect(dials).toBeLessThanOrEqual(64 + 80)
  })
})
