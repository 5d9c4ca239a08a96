import { describe, expect, it } from 'vitest'
import { WaysIn } from '../../src/node/ways-in.ts'

const first = { tag: '', psk: new Uint8Array(32).fill(1) }
const second = { tag: 'd'.repeat(16), psk: new Uint8Array(32).fill(2) }
const NET8 = 'a'.repeat(16)
const OPEN = '0'.repeat(16)
const ANN = '10.0.0.1:27470'

const network = (ways = [first], hasCode = true) =>
  new WaysIn({ ways, nn: '01020304', net8: NET8, openNet8: hasCode ? OPEN : NET8, hasCode })

describe('the ways into a network', () => {
  it('the first code is shown as the id of the network, a later one by its tag', () => {
    const waysIn = network()
    expect(waysIn.net8).toBe(NET8)
    waysIn.change([second, first])
    expect(waysIn.net8).toBe(second.tag)
    expect(waysIn.meaningOf(NET8)).toBe(first)
    expect(waysIn.meaningOf(second.tag)).toBe(second)
  })

  it('a dial begins by the newest, but where an older one is announced', () => {
    const waysIn = network([second, first])
    expect(waysIn.secret()).toEqual({ ...second, nn: '01020304' })
    waysIn.announced(ANN, first)
    expect(waysIn.secret(ANN)).toEqual({ ...first, nn: '01020304' })
    expect(waysIn.secret('10.0.0.2:27470').tag).toBe(second.tag)
    waysIn.announced(ANN, second)
    expect(waysIn.secret(ANN).tag).toBe(second.tag)
  })

  it('who announces another code under our name, or was named by a person, tells that ours is wrong', () => {
    const waysIn = network()
    expect(waysIn.meaningOf('f'.repeat(16))).toBe('other code')
    waysIn.announced(ANN, 'other code')
    waysIn.named('10.0.0.2:27470')
    waysIn.announced('10.0.0.3:27470', first)
    const addresses = [ANN, '10.0.0.2:27470', '10.0.0.3:27470']
    expect(addresses.map((each) => waysIn.judges(each))).toEqual([true, true, false])
  })

  it('an open network of our name tells nothing, nor does one with a code where ours has none', () => {
    expect(network().meaningOf(OPEN)).toBeUndefined()
    expect(network([first], false).meaningOf('f'.repeat(16))).toBeUndefined()
  })

  it('announcements without end take no memory without end: the oldest are forgotten', () => {
    const waysIn = network([second, first])
    waysIn.announced(ANN, first)
    for (let n = 0; n < 512; n++) waysIn.announced(`10.0.1.1:${n}`, first)
    expect(waysIn.secret(ANN).tag).toBe(second.tag)
    expect(waysIn.secret('10.0.1.1:0').tag).toBe(first.tag)
  })

  it('nor do those of other codes, and none of them has an address forgotten that a person named', () => {
    const waysIn = network()
    waysIn.named(ANN)
    for (let n = 0; n <= 512; n++) waysIn.announced(`10.0.1.1:${n}`, 'other code')
    expect([ANN, '10.0.1.1:0', '10.0.1.1:512'].map((each) => waysIn.judges(each))).toEqual([
      true,
      false,
      true,
    ])
  })
})
