import { describe, expect, it } from 'vitest'
import { lineOf, picture, ratesOf } from '../../src/cli/picture.ts'
import { plain } from '../../src/cli/render.ts'
import { widthOf } from '../../src/cli/screen/graphemes.ts'
import type { StatusData } from '../../src/node/index.ts'

const ADA = { id: 'aa', name: 'ada' }
const BOB = { id: 'bb', name: 'bob' }
const EVE = { id: 'ee', name: 'eve\u001b[2J' }
const status = (more: Partial<StatusData> = {}): StatusData => ({
  self: ADA,
  network: 'lan',
  place: '00112233aabbccdd',
  hub: { ...ADA, url: 'wss://10.0.0.1:1', self: true },
  epoch: 3,
  members: 3,
  line: [BOB],
  ranks: [],
  unstored: 0,
  copies: 2,
  links: [
    { ...EVE, address: '10.0.0.3:1', member: true, bytesIn: 1000, bytesOut: 0, framesIn: 1 },
    { ...BOB, address: '10.0.0.2:1', member: true, bytesIn: 1000, bytesOut: 500, framesIn: 10 },
  ],
  online: [ADA, BOB, EVE],
  stored: { events: 120, rooms: 2 },
  taken: 20,
  uptimeMs: 61_000,
  ...more,
})
const drawn = (now: StatusData, before?: StatusData, columns = 100) =>
  picture(now, ratesOf(now, before, 2), { paint: plain, isUnicode: true, columns })

describe('the picture of the network', () => {
  it('has the hub on top, the line next, then the others, with what flows over each link', () => {
    const before = status()
    const [eve, bob] = before.links
    const now = status({ links: [eve!, { ...bob!, bytesIn: 3000, bytesOut: 4500 }], taken: 30 })
    expect(drawn(now, before)).toEqual([
      'network lan, place 00112233, epoch 3, seen from ada, up 1 min',
      '',
      'ada          hub     this machine',
      '├── bob      line 1  10.0.0.2:1 in 1.0 kB/s out 2.0 kB/s',
      '└── eve\ufffd[2J          10.0.0.3:1 in 0 B/s out 0 B/s',
      '',
      'links 2: in 1.0 kB/s, out 2.0 kB/s, 0.0/s frames in',
      'stored here: 120 events in 2 rooms, 5.0/s new',
      'own messages that wait: 0; the latest is on 2 other devices',
    ])
  })

  it('says when there is no hub', () => {
    expect(drawn(status({ hub: null }))[2]).toBe('no hub at the moment; looking for one')
  })

  it('is never wider than the terminal', () => {
    expect(Math.max(...drawn(status(), undefined, 20).map((line) => [...line].length))).toBeLessThanOrEqual(
      20,
    )
  })

  it('is never wider than the terminal, and straight, where names are of wide characters', () => {
    const wide = { ...BOB, name: '会議室会議室会議室' }
    const now = status({ line: [wide], online: [ADA, wide], links: [], hub: { ...ADA, url: '', self: true } })
    const [, , hub, member] = drawn(now)
    expect(hub).toBe(`ada${' '.repeat(21)}hub     this machine`)
    expect(member).toBe('└── 会議室会議室会議室  line 1')
    for (const columns of [1, 9, 10, 20])
      for (const line of drawn(now, undefined, columns)) expect(widthOf(line)).toBeLessThanOrEqual(columns)
  })

  it('counts no rate from a first look, nor from a link that began anew', () => {
    expect(ratesOf(status(), undefined, 0)).toMatchObject({ bytesIn: 0, events: 0 })
    const [, bob] = status().links
    const anew = status({ links: [{ ...bob!, bytesIn: 10 }] })
    expect(ratesOf(anew, status(), 1).bytesIn).toBe(0)
  })

  it('fits in one line too', () => {
    expect(lineOf(status(), ratesOf(status(), undefined, 0))).toBe(
      'hub ada  members 3  links 2  in 0 B/s  out 0 B/s  events 120 (0.0/s)  unstored 0',
    )
  })
})
