import { expect, test } from 'vitest'
import {
  addressOf,
  createAddresses,
  DIALS_MAX,
  dialNode,
  due,
  failed,
  note,
  reached,
  UNVERIFIED_MAX,
} from '../../src/node/addresses.ts'
import { STATE } from '../../src/node/choice.ts'
import { LAN } from '../../src/node/timing.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { HIGH, LOW, Node } from './choice-by-hand.ts'
import { hint } from './hints.ts'

const all = () => true

test('four dials at once; reachable nodes and hubs go first and do not count', () => {
  const list = createAddresses(LAN)
  for (let i = 0; i < 6; i++) note(list, hint(`plain${i}`), 0)
  note(list, hint('reachable', { reachable: true }), 0)
  note(list, hint('hub', { hub: true }), 0)
  const dialled = due(list, 0, all)
  expect(dialled.slice(0, 2).sort()).toEqual(['hub', 'reachable'])
  expect(dialled).toHaveLength(2 + DIALS_MAX)
  expect(due(list, 0, all)).toEqual([])
  failed(list, 'plain0', 'refused', 1, 0.5)
  expect(due(list, 1, all)).toEqual(['plain4'])
})

test('an address that never authenticated waits 1, 2, 4 .. 60 s', () => {
  const list = createAddresses(LAN)
  note(list, hint('a'), 0)
  let now = 0
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    expect(due(list, now, all)).toEqual(['a'])
    failed(list, 'a', 'timeout', now, 0.5)
    const { dialAt } = list.byAddress.get('a')!
    waits.push(dialAt - now)
    expect(due(list, dialAt - 1, all)).toEqual([])
    now = dialAt
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
})

test('a newly seen r resets the back-off', () => {
  const list = createAddresses(LAN)
  note(list, hint('a'), 0)
  due(list, 0, all)
  failed(list, 'a', 'timeout', 0, 0.5)
  expect(due(list, 10, all)).toEqual([])
  note(list, hint('a', { reachable: true }), 20)
  expect(due(list, 20, all)).toEqual(['a'])
})

test('the addresses of one node are tried 250 ms apart', () => {
  const list = createAddresses(LAN)
  for (const address of ['referer', 'near', 'far']) note(list, hint(address, { node: 'n' }), 0)
  expect(due(list, 0, all)).toEqual(['referer'])
  expect(due(list, 250, all)).toEqual(['near'])
  expect(due(list, 500, all)).toEqual(['far'])
})

test('never more than 32 unverified addresses; one that failed makes room', () => {
  const list = createAddresses(LAN)
  for (let i = 0; i < 100; i++) note(list, hint(`a${i}`), 0)
  expect(list.byAddress.size).toBe(UNVERIFIED_MAX)
  due(list, 0, all)
  failed(list, 'a0', 'timeout', 0, 0.5)
  expect(note(list, hint('new'), 1)).toBe(true)
  expect(list.byAddress.size).toBe(UNVERIFIED_MAX)
  expect(list.byAddress.has('a0')).toBe(false)
})

test('a hub finds room among addresses that nobody has tried', () => {
  const list = createAddresses(LAN)
  for (let i = 0; i < 50; i++) note(list, hint(`a${i}`), 0)
  expect(note(list, hint('plain'), 1)).toBe(false)
  expect(note(list, hint('hub', { hub: true }), 1)).toBe(true)
  expect(list.byAddress.size).toBe(UNVERIFIED_MAX)
})

test('what other nodes name is bounded like any hint', () => {
  const list = createAddresses(LAN)
  for (let i = 0; i < 500; i++) note(list, hint(`a${i}`, { source: 'beacon', node: `n${i}` }), 0)
  expect(list.byAddress.size).toBe(UNVERIFIED_MAX)
})

test('a node that authenticated is always taken in', () => {
  const list = createAddresses(LAN)
  for (let i = 0; i < 50; i++) note(list, hint(`a${i}`), 0)
  reached(list, 'real', 'n', 1, true)
  expect(list.byAddress.get('real')).toMatchObject({ verified: true })
})

test('the own address is found out once and never dialled again', () => {
  const list = createAddresses(LAN)
  note(list, hint('a'), 0)
  due(list, 0, all)
  failed(list, 'a', 'self', 0, 0.5)
  expect(due(list, 1e9, all)).toEqual([])
  expect(dialNode(list, 'n', 1e9, 0)).toEqual([])
})

test('a known node is dialled at once when asked for, but not twice within the pause', () => {
  const list = createAddresses(LAN)
  reached(list, 'a', 'n', 0, true)
  expect(dialNode(list, 'n', 100, 500)).toEqual(['a'])
  failed(list, 'a', 'refused', 110, 0.5)
  expect(dialNode(list, 'n', 200, 500)).toEqual([])
  expect(dialNode(list, 'n', 600, 500)).toEqual(['a'])
})

test('an address that never authenticated and announces itself again is dialled 4 s after the last try', () => {
  const list = createAddresses(LAN)
  note(list, hint('a', { hub: true }), 0)
  let now = 0
  for (let i = 0; i < 6; i++) {
    expect(due(list, now, all)).toEqual(['a'])
    failed(list, 'a', 'timeout', now, 0.5)
    now = list.byAddress.get('a')!.dialAt
  }
  const triedAt = list.byAddress.get('a')!.triedAt
  note(list, hint('a', { hub: true }), triedAt + 1000)
  expect(due(list, triedAt + 3999, all)).toEqual([])
  expect(due(list, triedAt + 4000, all)).toEqual(['a'])
})

test('whoever announces many addresses again and again gets one dial a second for it', () => {
  const list = createAddresses(LAN)
  const hubs = Array.from({ length: UNVERIFIED_MAX }, (_, i) => hint(`rogue${i}`, { hub: true }))
  const announced = (now: number) => {
    for (const rogue of hubs) note(list, rogue, now)
  }
  announced(0)
  // All have failed often.
  for (const { address } of hubs) {
    due(list, 0, ({ address: other }) => other === address)
    for (let i = 0; i < 10; i++) failed(list, address, 'timeout', 0, 0.5)
  }
  let dials = 0
  for (let now = 0; now < 50_000; now += 100) {
    announced(now)
    for (const address of due(list, now, all)) {
      dials++
      failed(list, address, 'timeout', now, 0.5)
    }
  }
  expect(dials).toBeLessThanOrEqual(50)
  expect(dials).toBeGreaterThan(40)
})

test('an address of another code or place gains nothing by announcing itself', () => {
  const list = createAddresses(LAN)
  note(list, hint('a'), 0)
  due(list, 0, all)
  failed(list, 'a', 'other-place', 0, 0.5)
  note(list, hint('a'), 5000)
  expect(due(list, 59_999, all)).toEqual([])
  expect(due(list, 60_000, all)).toEqual(['a'])
})

test('a machine that was given another address is said to be there, while links from before are there', () => {
  const node = new Node().following(HIGH)
  node.link(3, LOW)
  node.now += 1900
  node.link(2, HIGH)
  node.beat(2, { state: STATE.hub, upstream: fromHex(HIGH) })
  const said = () => {
    node.frame(3, { type: 'who' })
    return node.sent('whoIs').map(({ frame }) => frame)
  }
  expect(said()).toMatchObject([{ address: '10.0.0.1:1' }])
  node.now += 200
  node.beat(2, { state: STATE.hub, upstream: fromHex(HIGH) })
  node.frame(2, { type: 'joined', at: node.now, epoch: 1 })
  expect(said()).toMatchObject([{ address: '10.0.0.2:1' }])
})

test('of two addresses of a node others are told the one where it was reached last', () => {
  const list = createAddresses(LAN)
  note(list, hint('announced', { node: 'n' }), 0)
  reached(list, 'first', 'n', 0, true)
  reached(list, 'second', 'n', 1, true)
  expect(addressOf(list, 'n', () => true)).toBe('second')
  reached(list, 'first', 'n', 2, true)
  expect(addressOf(list, 'n', () => true)).toBe('first')
})
