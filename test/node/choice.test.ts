import { describe, expect, test } from 'vitest'
import { type ChoiceEffect, FLAG, heard, ranksOf, STATE, said, viewOf } from '../../src/node/choice.ts'
import { fromHex, uint } from '../../src/wire/bytes.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { seeded } from '../seeded.ts'
import { bytesOf, HIGH, LOW, Node, SELF, THIRD, WALL } from './choice-by-hand.ts'

/** More than fits an address in a frame. */
const NAMED = `${'node-7.'.repeat(9)}example:27470`

describe('seeking', () => {
  test('joins a hub as soon as its link is up, and follows on its word', () => {
    const node = new Node().following()
    expect(node.state).toBe('following')
    expect(viewOf(node.choice)).toMatchObject({ hub: HIGH, link: 1, epoch: 1, hubAddress: '10.0.0.1:1' })
  })

  test.each([
    { soughtMs: 0, hubAfterMs: 850 },
    { soughtMs: 200, hubAfterMs: 650 },
    { soughtMs: 600, hubAfterMs: 500 },
    { soughtMs: 10_000, hubAfterMs: 500 },
  ])(
    'who sought $soughtMs ms before it could dial becomes hub after $hubAfterMs ms',
    ({ soughtMs, hubAfterMs }) => {
      const node = new Node()
      node.give({ in: 'start', soughtMs })
      node.wait(hubAfterMs - 50)
      expect(viewOf(node.choice).state).toBe('seeking')
      node.wait(50)
      expect(viewOf(node.choice).state).toBe('hub')
    },
  )

  test('a half-done dial holds the boot up to 2.5 s longer', () => {
    const node = new Node()
    node.give({ in: 'hint', address: '10.0.0.9:1', reachable: false, hub: false, source: 'mdns' })
    node.give({ in: 'dialOpen', address: '10.0.0.9:1' })
    node.wait(3000)
    expect(node.state).toBe('seeking')
    node.wait(500)
    expect(node.state).toBe('hub')
  })

  test('a join that waits for its answer is not sent again over that link (HB-7)', () => {
    const node = new Node()
    node.link(1, LOW)
    expect(node.wait(600).filter(({ do: what }) => what === 'send')).not.toContainEqual(
      expect.objectContaining({ frame: expect.objectContaining({ type: 'join' }) }),
    )
    node.beat(1, { state: STATE.hub, upstream: bytesOf([LOW]) })
    expect(node.sent('join')).toHaveLength(0)
    node.frame(1, { type: 'notJoined', reason: 0, hub: null, address: '' })
    node.beat(1, { state: STATE.hub, upstream: bytesOf([LOW]) })
    expect(node.sent('join')).toHaveLength(1)
  })
  test('an answer to a join of before this search is ignored', () => {
    const node = new Node().following()
    const old = node.now - 5
    node.link(2, THIRD)
    node.now += 100
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    node.frame(2, { type: 'joined', at: old, epoch: 9 })
    expect(node.state).toBe('seeking')
    node.frame(2, { type: 'joined', at: node.now, epoch: 9 })
    expect(viewOf(node.choice).hub).toBe(THIRD)
  })

  test('line[0] whose hub closed becomes hub when the re-dial is refused', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    expect(node.did('dial')).toEqual([{ do: 'dial', address: '10.0.0.1:1' }])
    expect(node.state).toBe('seeking')
    node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'refused' })
    expect(node.state).toBe('hub')
  })

  test('line[0] whose re-dial has no answer asks the line first', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    node.link(2, THIRD, false)
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    node.beat(2, { state: STATE.following, upstream: fromHex(HIGH), heardMs: 1990 })
    node.wait(700)
    expect(node.sent('hear').length).toBeGreaterThan(0)
    node.frame(2, { type: 'hears', hub: fromHex(HIGH), heard: false })
    expect(node.state).toBe('hub')
  })

  const beatOfHub = { state: STATE.hub, upstream: fromHex(HIGH), line: bytesOf([THIRD, SELF]) }

  test('a hub that is heard with whatever frame lives, and T counts from its last one (HB-4)', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    for (let ms = 0; ms < 60_000; ms += 400) {
      node.wait(400)
      if (ms % 10_000 === 0) node.beat(1, beatOfHub)
      heard(node.choice, 1, node.now)
      expect(node.state).toBe('following')
    }
    node.wait(1950)
    expect(node.state).toBe('following')
    node.wait(50)
    expect(node.state).toBe('seeking')
  })

  test('a hub that sends no heartbeat for 20 s is lost, whatever else it sends (HB-4)', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    for (let ms = 0; ms < 23_000; ms += 400) {
      if (ms < 21_000) expect(node.state).toBe('following')
      node.wait(400)
      heard(node.choice, 1, node.now)
    }
    expect(node.state).not.toBe('following')
  })

  test('T grows by what a hub was silent for, not by heartbeats that it left out (HB-4)', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    for (let k = 0; k < 40; k++) {
      for (const ms of [50, 100, 700]) {
        node.wait(ms)
        heard(node.choice, 1, node.now)
      }
      if (k % 10 === 0) node.beat(1, beatOfHub)
    }
    node.wait(2350)
    expect(node.state).toBe('following')
    node.wait(50)
    expect(node.state).toBe('seeking')
  })

  test('a hub whose heartbeats come late is waited for twice as much longer, up to 3.5 s (HB-4)', () => {
    for (const [gapMs, limitMs] of [
      [500, 2000],
      [700, 2400],
      [1500, 3500],
    ] as const) {
      const node = new Node().following(HIGH, [THIRD, SELF])
      for (let k = 0; k < 32; k++) {
        node.wait(gapMs)
        node.beat(1, { state: STATE.hub, upstream: fromHex(HIGH), line: bytesOf([THIRD, SELF]) })
      }
      node.wait(limitMs - 50)
      expect([gapMs, node.state]).toEqual([gapMs, 'following'])
      node.wait(50)
      expect([gapMs, node.state]).toEqual([gapMs, 'seeking'])
    }
  })

  test('a silent hub that somebody has taken over from is not waited for beyond 2 s, however late it came before (HB-4)', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    node.link(2, THIRD)
    const took = (epoch: number) => node.beat(2, { state: STATE.hub, upstream: fromHex(THIRD), epoch })
    for (let k = 0; k < 32; k++) {
      node.wait(1500)
      node.beat(1, { state: STATE.hub, upstream: fromHex(HIGH), line: bytesOf([THIRD, SELF]) })
      node.beat(2, { state: STATE.following, upstream: fromHex(HIGH) })
    }
    node.wait(1950)
    took(2)
    expect(node.state).toBe('following')
    node.wait(50)
    took(1)
    expect(node.state).toBe('following')
    took(2)
    expect(node.state).toBe('seeking')
    expect(node.sent('join')[0]).toMatchObject({ link: 2 })
    node.frame(2, { type: 'joined', at: node.now, epoch: 2 })
    expect(viewOf(node.choice).hub).toBe(THIRD)
  })

  test('what is not read here is no silence: neither of the hub nor of a member (HB-4)', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    const busy = (links: number[], ms: number) => {
      for (let left = ms; left > 0; left -= 200) {
        node.give({ in: 'unread', links: new Set(links) })
        node.wait(200)
      }
    }
    busy([1], 12_000)
    expect(node.state).toBe('following')
    node.wait(2000)
    expect(node.state).toBe('seeking')

    const hub = new Node().hub()
    hub.link(1, LOW, false)
    hub.frame(1, { type: 'join', at: 1 })
    for (let k = 0; k < 60; k++) {
      hub.give({ in: 'unread', links: new Set([1]) })
      hub.wait(200)
      expect([k, hub.did('memberLeft'), hub.did('close')]).toEqual([k, [], []])
    }
    hub.wait(4000)
    expect(hub.did('memberLeft')).toHaveLength(1)
  })

  test('line[1] waits its turn', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    node.wait(250)
    expect(node.state).toBe('seeking')
    node.wait(150)
    expect(node.state).toBe('hub')
  })

  test('whoever has somebody to go to dials the lost hub only where that one is not hub soon (HB-9)', () => {
    const node = new Node().following(HIGH, [THIRD, SELF])
    node.link(2, THIRD)
    node.give({ in: 'hint', address: '10.0.0.1:1', reachable: true, hub: true, source: 'mdns' })
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    expect([node.sent('join').length, node.did('dial')]).toEqual([1, []])
    // The other one has not noticed yet.
    node.frame(2, { type: 'notJoined', reason: 1, hub: fromHex(HIGH), address: '10.0.0.1:1' })
    node.wait(150)
    expect(node.did('dial')).toEqual([])
    node.wait(150)
    expect(node.did('dial')).toEqual([{ do: 'dial', address: '10.0.0.1:1' }])
  })

  test('the next of the line keeps the joins of those who noticed first, and takes them in as hub (HB-27)', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    for (const [link, key] of [
      [2, THIRD],
      [3, LOW],
    ] as const) {
      node.link(link, key, false)
      node.beat(link, { state: STATE.following, upstream: fromHex(HIGH) })
    }
    node.frame(2, { type: 'join', at: 77 })
    expect(node.effects.filter(({ do: what }) => what === 'send')).toEqual([])
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    node.frame(3, { type: 'join', at: 78 })
    expect(node.sent('notJoined')).toEqual([])
    node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'refused' })
    expect(node.state).toBe('hub')
    expect(node.sent('joined')).toEqual([
      { do: 'send', link: 2, frame: { type: 'joined', at: 77, epoch: 2 } },
      { do: 'send', link: 3, frame: { type: 'joined', at: 78, epoch: 2 } },
    ])
    expect(node.did('memberJoined')).toHaveLength(2)
    expect(node.sent('heartbeat')).toHaveLength(1)
  })

  test('a join kept in vain is refused after 250 ms, and of whoever was not here before at once (HB-27)', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    node.link(2, THIRD, false)
    node.beat(2, { state: STATE.following, upstream: fromHex(HIGH) })
    node.link(3, LOW, false)
    node.beat(3, { state: STATE.seeking })
    node.frame(3, { type: 'join', at: 78 })
    expect(node.sent('notJoined')).toMatchObject([{ link: 3, frame: { hub: fromHex(HIGH) } }])
    node.frame(2, { type: 'join', at: 77 })
    node.wait(200)
    expect(node.sent('notJoined')).toEqual([])
    node.wait(50)
    expect(node.sent('notJoined')).toMatchObject([{ link: 2, frame: { hub: fromHex(HIGH) } }])
    node.wait(1000)
    expect(node.sent('notJoined')).toEqual([])
  })

  test('who lost its hub by a close tells it later, and who left a living one at once (HB-1)', () => {
    const beats = (effects: readonly ChoiceEffect[]) =>
      effects.filter((effect) => effect.do === 'sendAll' && effect.frame.type === 'heartbeat')
    const node = new Node().following(HIGH, [THIRD, SELF])
    node.link(2, THIRD)
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    expect(beats(node.effects)).toEqual([])
    node.frame(2, { type: 'joined', at: node.now, epoch: 2 })
    expect([node.state, beats(node.effects)]).toEqual(['following', []])
    expect(beats(node.wait(500))).toHaveLength(1)
    node.link(4, LOW)
    node.frame(2, { type: 'redirect', hub: fromHex(LOW), via: null, address: '' })
    expect(beats(node.effects)).toHaveLength(1)
    node.frame(4, { type: 'joined', at: node.now, epoch: 3 })
    expect([viewOf(node.choice).hub, beats(node.effects).length]).toEqual([LOW, 1])
  })

  test('a re-dial that is broken off is tried again: the system closes what the lost hub had open in any order (HB-9)', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    node.link(2, THIRD, false)
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    expect(node.did('dial')).toHaveLength(1)
    for (const ms of [15, 30]) {
      node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'reset' })
      expect([node.state, node.did('dial')]).toEqual(['seeking', []])
      node.wait(ms)
      expect(node.did('dial')).toEqual([{ do: 'dial', address: '10.0.0.1:1' }])
    }
    node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'refused' })
    expect(node.state).toBe('hub')
  })

  test('a lost hub that breaks off each dial is as a silent one (HB-9)', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    node.link(2, THIRD, false)
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    for (const ms of [15, 30, 60]) {
      node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'reset' })
      node.wait(ms)
    }
    expect(node.sent('hear')).toHaveLength(0)
    node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'reset' })
    node.wait(150)
    expect(node.sent('hear').length).toBeGreaterThan(0)
  })

  test('does not become hub while a peer has just heard one, and says why', () => {
    const node = new Node()
    node.link(2, THIRD)
    for (let s = 0; s < 20; s++) {
      node.beat(2, { state: STATE.following, upstream: fromHex(HIGH), heardMs: 300 })
      node.wait(1000)
    }
    expect(node.state).toBe('seeking')
    expect(node.choice.offline).toBe('unreachable')
  })

  test('what another seeker says holds nobody up', () => {
    const node = new Node()
    node.link(2, THIRD)
    node.beat(2, { state: STATE.seeking })
    node.frame(2, { type: 'notJoined', reason: 0, hub: fromHex(HIGH), address: '10.0.0.7:1' })
    expect(node.did('dial')).toEqual([{ do: 'dial', address: '10.0.0.7:1' }])
    node.wait(1050)
    expect(node.state).toBe('hub')
  })
})

describe('a wrong code', () => {
  const refuse = (node: Node, codeMatters: boolean) => {
    node.give({ in: 'hint', address: '10.0.0.9:1', reachable: true, hub: true, source: 'mdns' })
    node.give({ in: 'dialFailed', address: '10.0.0.9:1', why: 'wrong-code', codeMatters })
  }
  test('never accepted anywhere and refused by a node of the same name: no hub, exit after the timeout', () => {
    const node = new Node({ codeUntested: true, timeoutMs: 5000 })
    refuse(node, true)
    node.wait(4900)
    expect(node.state).toBe('seeking')
    node.wait(200)
    expect(node.did('exit')).toEqual([{ do: 'exit', code: 'CODE_WRONG' }])
  })
  test('refused by another network only: hub as always', () => {
    const node = new Node({ codeUntested: true })
    refuse(node, false)
    expect(node.hub().state).toBe('hub')
  })
  test('a code once accepted is never given up', () => {
    const node = new Node({ codeUntested: true })
    node.link(2, THIRD)
    refuse(node, true)
    expect(node.hub().state).toBe('hub')
  })
})

describe('following', () => {
  test('an older heartbeat of the same node on another link is ignored', () => {
    const node = new Node().following(LOW)
    node.give({ in: 'linkUp', link: 2, key: LOW, dialled: false, address: '10.0.0.1:1', visitor: false })
    node.beat(2, { counter: 50, state: STATE.hub, upstream: fromHex(LOW), epoch: 7 })
    node.beat(1, { counter: 49, state: STATE.following, upstream: fromHex(THIRD) })
    expect(node.state).toBe('following')
    expect(viewOf(node.choice).epoch).toBe(7)
  })

  test('who hears the hub over another link than the one it follows by does not become one (HB-8)', () => {
    const node = new Node().following(LOW, [SELF])
    node.give({ in: 'linkUp', link: 2, key: LOW, dialled: false, address: '10.0.0.1:1', visitor: false })
    const beats = { counter: 50, state: STATE.hub, upstream: fromHex(LOW), line: bytesOf([SELF]) }
    node.beat(1, beats)
    node.wait(500)
    node.beat(2, beats)
    node.wait(1950)
    expect(node.state).toBe('seeking')
    node.wait(100)
    expect(node.state).toBe('hub')
  })

  test('a hand-over counts only from the hub followed', () => {
    const node = new Node().following()
    node.link(2, THIRD)
    node.frame(2, { type: 'handover', epoch: 5 })
    expect(node.state).toBe('following')
    node.frame(1, { type: 'handover', epoch: 5 })
    expect(node.state).toBe('hub')
    expect(viewOf(node.choice).epoch).toBe(6)
    expect(node.sent('took')).toHaveLength(1)
  })

  test('never-hub declines a hand-over by saying nothing', () => {
    const node = new Node({ neverHub: true }).following()
    node.frame(1, { type: 'handover', epoch: 5 })
    expect(node.state).toBe('following')
    expect(node.sent('took')).toHaveLength(0)
  })

  test('a redirect counts only from the hub followed', () => {
    const node = new Node().following()
    node.link(2, THIRD)
    node.frame(2, { type: 'redirect', hub: fromHex(LOW), via: null, address: '' })
    expect(node.state).toBe('following')
    node.frame(1, { type: 'redirect', hub: fromHex(LOW), via: null, address: '10.0.0.8:1' })
    expect(node.state).toBe('seeking')
    expect(node.did('dial')).toContainEqual({ do: 'dial', address: '10.0.0.8:1' })
  })

  test('another hub that was dialled by name is reported without it (HB-23)', () => {
    const node = new Node().following()
    node.give({ in: 'linkUp', link: 2, key: LOW, dialled: true, address: NAMED, visitor: false })
    node.beat(2, { state: STATE.hub, upstream: fromHex(LOW) })
    expect(node.sent('report')).toMatchObject([{ link: 1, frame: { hub: fromHex(LOW), address: '' } }])
  })

  test('the hub closing while another link to it is open changes the link only', () => {
    const node = new Node().following()
    node.give({ in: 'linkUp', link: 2, key: HIGH, dialled: false, address: '10.0.0.1:9', visitor: false })
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    expect(node.did('follow')).toEqual([{ do: 'follow', hub: HIGH, link: 2, epoch: 1 }])
  })

  test('clients close links that nobody needs, and keep the one to line[0]', () => {
    const node = new Node().following(HIGH, [LOW])
    node.link(2, LOW)
    node.link(3, THIRD)
    for (let i = 0; i < 12; i++) {
      node.beat(1, { state: STATE.hub, upstream: fromHex(HIGH), line: bytesOf([LOW]) })
      for (const link of [2, 3]) node.beat(link, { state: STATE.following, upstream: fromHex(HIGH) })
      node.wait(1000)
    }
    expect([...node.choice.links.keys()]).toEqual([1, 2])
  })
})

describe('hub', () => {
  test('gives one heartbeat frame for all links each 500 ms', () => {
    const node = new Node().hub()
    for (let link = 1; link <= 20; link++) node.link(link, `${link + 10}`.repeat(32) as PersonKey, false)
    for (let link = 1; link <= 20; link++) node.frame(link, { type: 'join', at: 1 })
    node.wait(1000)
    node.wait(2000)
    expect(node.sent('heartbeat')).toHaveLength(4)
    expect(node.sent('heartbeat').every((effect) => effect.do === 'sendAll')).toBe(true)
  })

  /** A hub of ten members that has just given all of them a heartbeat. */
  const hubOfTen = (): Node => {
    const node = new Node().hub()
    for (let link = 1; link <= 10; link++) {
      node.link(link, `${link + 10}`.repeat(32) as PersonKey, false)
      node.frame(link, { type: 'join', at: 1 })
    }
    while (!node.wait(50).some((effect) => effect.do === 'sendAll' && effect.frame.type === 'heartbeat'));
    return node
  }
  /** Its members are heard all the time. */
  const waitHearing = (node: Node, ms: number): void => {
    for (const link of node.choice.links.keys()) heard(node.choice, link, node.now)
    node.wait(ms)
  }
  const beaten = (node: Node) =>
    node
      .sent('heartbeat')
      .map((effect) =>
        effect.do === 'sendAll' ? 'all' : effect.do === 'sendSome' ? effect.links : effect.link,
      )

  test('a hub gives no heartbeat to whom it says something all the time, but each fourth (HB-1)', () => {
    const node = hubOfTen()
    const given: unknown[] = []
    for (let ms = 0; ms < 8000; ms += 50) {
      said(node.choice, 1, node.now)
      waitHearing(node, 50)
      given.push(...beaten(node))
    }
    const some = given.filter((to) => to !== 'all')
    expect(given.length - some.length).toBe(4)
    expect(some.length).toBeGreaterThanOrEqual(12)
    for (const to of some) expect(to).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('nobody hears nothing of a hub for more than 500 ms, whatever it says to whom, or costs much more than that (HB-1)', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seeded(seed)
      const node = hubOfTen()
      let silentMs = 0
      const spoken = new Map<number, number>()
      const beats = new Map<number, number>()
      for (let link = 1; link <= 10; link++) spoken.set(link, node.now)
      const until = node.now + 20_000
      while (node.now < until) {
        node.now++
        for (let link = 1; link <= 10; link++) heard(node.choice, link, node.now)
        // The first two hear nothing but heartbeats, the others more and more.
        for (let link = 3; link <= 10; link++)
          if (random() < link / 2000) {
            said(node.choice, link, node.now)
            spoken.set(link, node.now)
          }
        node.give({ in: 'tick' })
        for (const to of beaten(node))
          for (const link of to === 'all' ? spoken.keys() : Array.isArray(to) ? to : [to]) {
            spoken.set(link, node.now)
            beats.set(link, (beats.get(link) ?? 0) + 1)
          }
        for (const at of spoken.values()) silentMs = Math.max(silentMs, node.now - at)
      }
      expect(silentMs).toBeLessThanOrEqual(500)
      for (const link of [1, 2]) expect(beats.get(link)).toBeLessThanOrEqual(50)
      expect(beats.get(10)).toBeLessThan(25)
    }
  })

  test('what changes is told to all at once, also to whom the hub says something all the time (HB-1)', () => {
    const node = hubOfTen()
    waitHearing(node, 300)
    said(node.choice, 1, node.now)
    node.give({ in: 'facts', facts: { diskless: true } })
    waitHearing(node, 500)
    expect(beaten(node)).toEqual([[2, 3, 4, 5, 6, 7, 8, 9, 10], 'all'])
    said(node.choice, 1, node.now)
    waitHearing(node, 150)
    node.link(11, THIRD, false)
    node.frame(11, { type: 'join', at: 1 })
    expect(beaten(node)).toContain('all')
  })

  /** All of them hear something else of the hub all the time. */
  const waitSpeaking = (node: Node, ms: number): void => {
    for (let left = ms; left > 0; left -= 50) {
      for (const link of node.choice.links.keys()) said(node.choice, link, node.now)
      waitHearing(node, 50)
    }
  }

  test('the line of whom it took in as it became hub is told within 500 ms, whatever it says to them (HB-1, HB-27)', () => {
    const node = new Node().following(HIGH, [SELF, THIRD])
    node.link(2, THIRD, false)
    node.beat(2, { state: STATE.following, upstream: fromHex(HIGH) })
    node.frame(2, { type: 'join', at: 77 })
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'refused' })
    expect(viewOf(node.choice)).toMatchObject({ state: 'hub', line: [] })
    waitSpeaking(node, 500)
    expect(viewOf(node.choice).line).toEqual([THIRD])
  })

  test('who left while it was asking whether it is still hub is in the line for 500 ms at most, whatever it says (HB-1)', () => {
    const node = new Node().hub()
    for (const [link, key] of [
      [1, LOW],
      [2, THIRD],
    ] as const) {
      node.link(link, key, false)
      node.frame(link, { type: 'join', at: 1 })
      node.beat(link, { state: STATE.following, upstream: fromHex(SELF) })
    }
    node.wait(1000)
    expect(viewOf(node.choice).line).toEqual([LOW, THIRD])
    node.now += 8000
    node.give({ in: 'away', ms: 8000 })
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    node.frame(2, { type: 'whoIs', hub: fromHex(SELF), address: '' })
    expect(node.state).toBe('hub')
    waitSpeaking(node, 500)
    expect(viewOf(node.choice).line).toEqual([THIRD])
  })

  test('the line: reachable only, preferred first, then caught up, stable, lower id', () => {
    const node = new Node().hub()
    const keys = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'].map((two) => two.repeat(32) as PersonKey)
    keys.forEach((key, i) => {
      node.link(i + 1, key, false)
      node.frame(i + 1, { type: 'join', at: 1 })
    })
    const said = [
      { lag: 65 },
      { flags: 0 },
      {},
      { uptimeS: 600 },
      { flags: FLAG.reachable | FLAG.preferred },
      { flags: FLAG.reachable | FLAG.never },
    ]
    said.forEach((fields, i) => {
      node.beat(i + 1, { state: STATE.following, upstream: fromHex(SELF), ...fields })
    })
    node.wait(500)
    expect(viewOf(node.choice).line).toEqual([keys[4], keys[3], keys[2], keys[0]])
    expect(ranksOf(node.choice, node.now)[0]).toMatchObject({ id: keys[4], preferred: true, reachable: true })
  })

  test('of the line it is known for how long each has been here, however long ago it was ordered (HB-6)', () => {
    const hub = new Node().hub()
    hub.link(1, LOW, false)
    hub.frame(1, { type: 'join', at: 1 })
    hub.beat(1, { state: STATE.following, upstream: fromHex(SELF), uptimeS: 2 })
    hub.wait(500)
    hub.now += 30_000
    expect(ranksOf(hub.choice, hub.now)).toMatchObject([{ id: LOW, uptimeS: 32 }])

    hub.frame(1, { type: 'beaconAsk' })
    const member = new Node({ self: THIRD }).following(SELF)
    for (const { frame } of hub.sent('beacon')) member.frame(1, frame)
    member.now += 30_000
    expect(ranksOf(member.choice, member.now)).toMatchObject([{ id: LOW, uptimeS: 62 }])
  })

  test('a beacon holds for how long each has been here, however long that one says (HB-6)', () => {
    const hub = new Node().hub()
    hub.link(1, LOW, false)
    hub.frame(1, { type: 'join', at: 1 })
    hub.beat(1, { state: STATE.following, upstream: fromHex(SELF), uptimeS: 2 ** 32 - 1 })
    hub.wait(500)
    hub.now += 30_000
    hub.frame(1, { type: 'beaconAsk' })
    const member = new Node({ self: THIRD }).following(SELF)
    for (const { frame } of hub.sent('beacon')) member.frame(1, frame)
    expect(ranksOf(member.choice, member.now)).toMatchObject([{ id: LOW, uptimeS: 2 ** 32 - 1 }])
  })

  test('a node whose store is not scanned does not stand in the line', () => {
    const node = new Node().hub()
    node.link(1, LOW, false)
    node.frame(1, { type: 'join', at: 1 })
    node.beat(1, { state: STATE.following, upstream: fromHex(SELF), flags: FLAG.reachable | FLAG.unready })
    node.wait(500)
    expect(viewOf(node.choice).line).toEqual([])
  })

  test('a member that follows another hub is no member', () => {
    const node = new Node().hub()
    node.link(1, LOW, false)
    node.frame(1, { type: 'join', at: 1 })
    expect(node.did('memberJoined')).toHaveLength(1)
    node.beat(1, { state: STATE.following, upstream: fromHex(THIRD) })
    expect(node.did('memberLeft')).toHaveLength(1)
  })

  test('has one member dial back a candidate that nobody has reached', () => {
    const node = new Node().hub()
    for (const [link, key] of [
      [1, LOW],
      [2, HIGH],
    ] as const) {
      node.link(link, key, false)
      node.frame(link, { type: 'join', at: 1 })
    }
    node.beat(1, { state: STATE.following, upstream: fromHex(SELF), flags: FLAG.reachable })
    node.beat(2, { state: STATE.following, upstream: fromHex(SELF), flags: 0 })
    node.wait(500)
    expect(node.sent('dialBack')).toMatchObject([
      { link: 1, frame: { key: fromHex(HIGH), addresses: ['10.0.0.2:1'] } },
    ])
  })

  test('tells where members are in figures only, whatever they were dialled by (HB-23)', () => {
    const node = new Node().hub()
    node.give({
      in: 'hint',
      address: '10.0.0.1:7',
      node: LOW.slice(0, 16),
      reachable: true,
      hub: false,
      source: 'peer',
    })
    node.give({ in: 'linkUp', link: 1, key: LOW, dialled: true, address: NAMED, visitor: false })
    node.give({ in: 'linkUp', link: 2, key: HIGH, dialled: true, address: NAMED, visitor: false })
    node.frame(1, { type: 'join', at: 1 })
    node.frame(2, { type: 'join', at: 1 })
    node.beat(1, { state: STATE.following, upstream: fromHex(SELF), flags: FLAG.reachable })
    node.beat(2, { state: STATE.following, upstream: fromHex(SELF), flags: 0 })
    node.wait(500)
    expect(node.sent('beacon')).toMatchObject([{ frame: { addresses: ['10.0.0.1:7'] } }])
    const frame = expect.objectContaining({ key: fromHex(HIGH), addresses: [] })
    expect(node.sent('dialBack')).toContainEqual({ do: 'send', link: 1, frame })
  })

  test('the median clock of members is published', () => {
    const node = new Node().hub()
    node.link(1, LOW, false)
    node.frame(1, { type: 'join', at: 1 })
    node.beat(1, {
      state: STATE.following,
      upstream: fromHex(SELF),
      clock: uint(WALL + node.now + 60_000, 6),
    })
    node.wait(5500)
    const { hubMedian } = viewOf(node.choice).clock
    expect(hubMedian!.value - hubMedian!.at).toBe(WALL + 60_000)
  })

  test('asks its subnet while it has no members', () => {
    const node = new Node().hub()
    node.wait(2500)
    expect(node.did('askSubnet')).toHaveLength(1)
  })
})

describe('two hubs', () => {
  const meet = () => {
    const node = new Node().hub()
    node.link(1, LOW)
    node.beat(1, { state: STATE.hub, upstream: fromHex(LOW), members: 3 })
    return node
  }
  test('the worse one asks with its figures and gives up on the ok', () => {
    const node = meet()
    expect(node.sent('absorb')).toMatchObject([{ frame: { members: 0 } }])
    const [ask] = node.sent('absorb')
    node.now += 5
    node.frame(1, { type: 'absorbed', at: (ask!.frame as { at: number }).at })
    expect(node.did('resign')).toHaveLength(1)
    expect(node.sent('join')).toHaveLength(1)
  })
  test('an ok that took nearly as long as its promise is ignored', () => {
    const node = meet()
    const at = node.now
    node.now += 950
    node.frame(1, { type: 'absorbed', at })
    expect(node.state).toBe('hub')
  })
  test('who has said ok stays for its promise', () => {
    const node = meet()
    node.link(2, THIRD)
    node.frame(2, { type: 'absorb', at: 7, members: 0, flags: 0 })
    expect(node.sent('absorbed')).toMatchObject([{ link: 2, frame: { at: 7 } }])
    node.frame(1, { type: 'absorbed', at: node.now })
    expect(node.state).toBe('hub')
    node.frame(2, { type: 'absorb', at: 8, members: 0, flags: 0 })
    expect(node.sent('absorbed')).toHaveLength(0)
  })
  test('the better one asks nothing and says ok', () => {
    const node = new Node().hub()
    node.link(1, HIGH, false)
    node.beat(1, { state: STATE.hub, upstream: fromHex(HIGH), flags: 0 })
    expect(node.sent('absorb')).toHaveLength(0)
    node.frame(1, { type: 'absorb', at: 3, members: 0, flags: 0 })
    expect(node.sent('absorbed')).toHaveLength(1)
  })
  test('moves only over a link of its own; where it cannot dial, the other has to come', () => {
    const node = new Node().hub()
    node.link(1, LOW, false)
    node.beat(1, { state: STATE.hub, upstream: fromHex(LOW), members: 3 })
    expect(node.sent('absorb')).toHaveLength(0)
    expect(node.did('dial')).toEqual([{ do: 'dial', address: '10.0.0.1:1' }])
    node.give({ in: 'dialFailed', address: '10.0.0.1:1', why: 'timeout' })
    expect(node.sent('noDial')).toHaveLength(1)
    node.frame(1, { type: 'absorb', at: 3, members: 3, flags: FLAG.reachable })
    expect(node.sent('absorbed')).toHaveLength(1)
  })
  test('a hub that leaves never says ok', () => {
    const node = new Node().hub()
    node.link(2, THIRD, false)
    node.frame(2, { type: 'join', at: 1 })
    node.beat(2, { state: STATE.following, upstream: fromHex(SELF) })
    node.wait(500)
    node.give({ in: 'quit' })
    expect(node.sent('handover')).toHaveLength(1)
    node.link(1, HIGH)
    node.frame(1, { type: 'absorb', at: 3, members: 0, flags: 0 })
    expect(node.sent('absorbed')).toHaveLength(0)
  })
})

describe('away', () => {
  const wokenHub = () => {
    const node = new Node().hub()
    node.link(1, LOW, false)
    node.frame(1, { type: 'join', at: 1 })
    node.now += 8000
    node.give({ in: 'away', ms: 8000 })
    return node
  }
  test('a woken hub asks everybody and acknowledges nothing', () => {
    const node = wokenHub()
    expect(node.state).toBe('woken')
    expect(node.sent('who')).toMatchObject([{ do: 'sendAll' }])
    expect(viewOf(node.choice).acknowledges).toBe(false)
  })
  test('told of another hub it gives up for it', () => {
    const node = wokenHub()
    node.frame(1, { type: 'whoIs', hub: fromHex(THIRD), address: '10.0.0.3:1' })
    expect(node.did('resign')).toHaveLength(1)
    expect(node.did('dial')).toEqual([{ do: 'dial', address: '10.0.0.3:1' }])
    expect(node.sent('redirect')).toMatchObject([{ link: 1 }])
  })
  test('told that it is still hub, or nothing for 1 s, it goes on', () => {
    const told = wokenHub()
    told.frame(1, { type: 'whoIs', hub: fromHex(SELF), address: '' })
    expect(told.state).toBe('hub')
    const untold = wokenHub()
    untold.wait(1000)
    expect(untold.state).toBe('hub')
    expect(viewOf(untold.choice).acknowledges).toBe(true)
  })
  test('without any link it starts over', () => {
    const node = new Node().hub()
    node.now += 8000
    node.give({ in: 'away', ms: 8000 })
    expect(node.state).toBe('seeking')
  })
  test('a short absence changes nothing', () => {
    const node = new Node().hub()
    node.give({ in: 'away', ms: 900 })
    expect(node.state).toBe('hub')
  })
})

describe('links', () => {
  test('of two links between two processes the node of the lower key keeps the older', () => {
    const node = new Node()
    node.link(1, HIGH)
    node.give({ in: 'linkUp', link: 2, key: HIGH, dialled: false, address: '10.0.0.1:1', visitor: false })
    expect(node.did('close')).toEqual([{ do: 'close', link: 2, why: 'duplicate' }])
    expect(viewOf(node.choice).reachable).toBe(true)
  })
  test('the node of the higher key leaves it to the other', () => {
    const node = new Node()
    node.link(1, LOW)
    node.give({ in: 'linkUp', link: 2, key: LOW, dialled: false, address: '10.0.0.1:1', visitor: false })
    expect(node.did('close')).toEqual([])
  })
  test('a peer on the same machine proves nothing about the firewall', () => {
    const node = new Node()
    node.give({
      in: 'linkUp',
      link: 1,
      key: LOW,
      dialled: false,
      address: '10.0.0.1:1',
      visitor: false,
      local: true,
    })
    expect(viewOf(node.choice).reachable).toBe(false)
  })
})

test('where all share one machine the line needs no proof of reachability', () => {
  const node = new Node().hub()
  const join = (link: number, key: PersonKey, local: boolean) => {
    const address = `10.0.0.${link}:1`
    node.give({ in: 'linkUp', link, key, dialled: false, address, visitor: false, local })
    node.frame(link, { type: 'join', at: 1 })
    node.beat(link, { state: STATE.following, upstream: fromHex(SELF), flags: 0 })
    node.wait(500)
  }
  join(1, LOW, true)
  expect(viewOf(node.choice).line).toEqual([LOW])
  join(2, HIGH, false)
  expect(viewOf(node.choice).line).toEqual([])
})

test('hints change nothing but the dial list (INV-22)', () => {
  const node = new Node().following()
  for (let i = 0; i < 2000; i++)
    node.give({
      in: 'hint',
      address: `10.1.${i >> 8}.${i & 255}:1`,
      node: `n${i}`,
      reachable: i % 2 === 0,
      hub: true,
      source: 'mdns',
    })
  expect(node.state).toBe('following')
  expect(node.choice.addresses.byAddress.size).toBeLessThanOrEqual(34)
})
