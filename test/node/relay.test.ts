import { describe, expect, it } from 'vitest'
import { type End, Relay, type RelayStanding } from '../../src/node/relay.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { CIRCUITS_MAX, CIRCUITS_PER_S } from '../../src/wire/limits.ts'

const key = (n: number) => n.toString(16).padStart(64, '0') as PersonKey
const HUB = { link: 1, key: key(1) }
/** Links 1 to 99, each to the key of the same number; the hub on link 1. */
const standing: RelayStanding = {
  hub: HUB,
  peer: (link) => (link < 100 ? key(link) : undefined),
  linkTo: (to) => {
    const link = Number.parseInt(to, 16)
    return link < 100 ? link : undefined
  },
}
const from = (relay: Relay, link: number, to = HUB.key, now = 0, over: Partial<RelayStanding> = {}) =>
  relay.take(link, to, 'opening', { ...standing, ...over }, now)

describe('a relay', () => {
  it('carries from a peer to its hub, and back to that peer', () => {
    const relay = new Relay()
    expect(from(relay, 2)).toEqual({ link: 1, key: key(2) })
    expect(relay.take(1, key(2), 'bytes', standing, 0)).toEqual({ link: 2, key: HUB.key })
    expect(relay.take(2, HUB.key, 'bytes', standing, 0)).toEqual({ link: 1, key: key(2) })
    expect(relay.size).toBe(1)
  })

  it('carries from its hub to a peer', () => {
    const relay = new Relay()
    expect(from(relay, 1, key(7))).toEqual({ link: 7, key: HUB.key })
    expect(relay.take(7, HUB.key, 'bytes', standing, 0)).toEqual({ link: 1, key: key(7) })
  })

  it('carries between no two peers, to nobody unknown, and back to no sender', () => {
    const relay = new Relay()
    expect(from(relay, 2, key(3))).toBe('closed')
    expect(from(relay, 1, key(200))).toBe('closed')
    expect(from(relay, 1, HUB.key)).toBe('closed')
    expect(relay.size).toBe(0)
  })

  it('begins nothing where it follows no hub directly, and goes on with what runs', () => {
    const relay = new Relay()
    from(relay, 2)
    const seeking = { ...standing, hub: undefined }
    expect(from(relay, 3, HUB.key, 0, seeking)).toBe('closed')
    expect(relay.take(2, HUB.key, 'bytes', seeking, 0)).toEqual({ link: 1, key: key(2) })
  })

  it('begins with an opening only, and answers no end', () => {
    const relay = new Relay()
    expect(relay.take(2, HUB.key, 'bytes', standing, 0)).toBe('closed')
    expect(relay.take(2, HUB.key, 'end', standing, 0)).toBe('nothing')
  })

  it('passes an end on, once', () => {
    const relay = new Relay()
    from(relay, 2)
    expect(relay.take(1, key(2), 'end', standing, 0)).toEqual({ link: 2, key: HUB.key })
    expect(relay.take(1, key(2), 'end', standing, 0)).toBe('nothing')
    expect(relay.size).toBe(0)
  })

  it('tells the other ends when a link goes: the peer’s one, or all with the hub’s', () => {
    const relay = new Relay()
    for (const link of [2, 3, 4]) from(relay, link)
    expect(relay.linkDown(2)).toEqual([{ link: 1, key: key(2) }])
    expect(relay.linkDown(1)).toEqual<End[]>([
      { link: 3, key: HUB.key },
      { link: 4, key: HUB.key },
    ])
    expect(relay.size).toBe(0)
  })

  it('keeps a circuit of which one end becomes its hub, and ends the others on both sides', () => {
    const relay = new Relay()
    from(relay, 2)
    from(relay, 1, key(7))
    const ends = relay.follows(7)
    expect(ends).toHaveLength(2)
    expect(ends).toEqual(
      expect.arrayContaining([
        { link: 1, key: key(2) },
        { link: 2, key: HUB.key },
      ]),
    )
    expect(relay.take(7, HUB.key, 'bytes', standing, 0)).toEqual({ link: 1, key: key(7) })
    expect(relay.follows(undefined)).toHaveLength(2)
    expect(relay.size).toBe(0)
  })

  it('takes some a second from one peer, and so many in all', () => {
    const relay = new Relay()
    const begun = (link: number, now: number) => {
      // A hub may begin as many as it has peers; each names another one.
      let count = 0
      for (let n = 2; n < 99; n++) if (from(relay, link, key(n), now) !== 'closed') count++
      return count
    }
    expect(begun(1, 0)).toBe(CIRCUITS_PER_S)
    expect(begun(1, 1000)).toBeLessThanOrEqual(2 * CIRCUITS_PER_S)
    for (let s = 2; s < 30; s++) begun(1, s * 1000)
    expect(relay.size).toBe(CIRCUITS_MAX)
  })
})
