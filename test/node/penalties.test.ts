import { describe, expect, it } from 'vitest'
import { Penalties } from '../../src/node/penalties.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { FAULTS_MAX, PENALTY_MS } from '../../src/wire/limits.ts'

const ANN = 'aa'.repeat(32) as PersonKey
const BOB = 'bb'.repeat(32) as PersonKey
const key = (n: number) => n.toString(16).padStart(64, '0') as PersonKey

describe('penalties for faults (rule LK-7)', () => {
  it('faults are counted by key', () => {
    const penalties = new Penalties()
    expect([penalties.count(ANN), penalties.count(BOB), penalties.count(ANN)]).toEqual([1, 1, 2])
  })

  it('key and address wait from their penalty on until it is over', () => {
    const penalties = new Penalties()
    expect(penalties.waits(ANN, 1000)).toBe(false)
    penalties.begin(ANN, '192.168.1.7', 1000)
    for (const who of [ANN, '192.168.1.7']) {
      expect(penalties.waits(who, 1000 + PENALTY_MS - 1)).toBe(true)
      expect(penalties.waits(who, 1000 + PENALTY_MS)).toBe(false)
    }
    expect(penalties.waits(BOB, 1000)).toBe(false)
  })

  it('a key that shares its address with honest people waits alone', () => {
    const penalties = new Penalties()
    penalties.begin(ANN, undefined, 0)
    expect([penalties.waits(ANN, 1), penalties.waits('127.0.0.1', 1)]).toEqual([true, false])
  })

  it('who has waited begins with no fault', () => {
    const penalties = new Penalties()
    for (let n = 1; n <= FAULTS_MAX; n++) expect(penalties.count(ANN)).toBe(n)
    penalties.begin(ANN, undefined, 0)
    expect(penalties.count(ANN)).toBe(1)
  })

  it('keys without end take no memory without end: who was at fault longest ago is forgotten', () => {
    const penalties = new Penalties()
    penalties.count(ANN)
    penalties.count(BOB)
    for (let n = 0; n < 4095; n++) penalties.count(key(n))
    expect(penalties.count(BOB)).toBe(2)
    expect(penalties.count(ANN)).toBe(1)
    penalties.begin(ANN, undefined, 0)
    for (let n = 0; n < 4096; n++) penalties.begin(key(n), undefined, 0)
    expect([penalties.waits(ANN, 1), penalties.waits(key(4095), 1)]).toEqual([false, true])
  })
})
