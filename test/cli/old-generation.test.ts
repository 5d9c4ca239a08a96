import { describe, expect, it } from 'vitest'
import { isBusy } from '../../src/cli/old-generation.ts'

const MIB = 1024 * 1024
const first = { at: 1000, bytes: 30 * MIB }
const next = (afterMs: number, mib: number) => ({ at: first.at + afterMs, bytes: mib * MIB })

describe('how far the heap may grow before all of it is collected', () => {
  it('is more where it was collected twice within a second and as much lives as before', () => {
    expect(isBusy(false, first, next(450, 31))).toBe(true)
  })

  it('stays so though collections then follow each other at twice the distance', () => {
    expect(isBusy(true, first, next(1500, 30))).toBe(true)
    expect(isBusy(false, first, next(1500, 30))).toBe(false)
  })

  it('is as before once they come seldom, as with members that are idle', () => {
    expect(isBusy(true, first, next(3000, 30))).toBe(false)
  })

  it('is no more where what lives grows, as where many join', () => {
    expect(isBusy(false, first, next(300, 36))).toBe(false)
    expect(isBusy(true, first, next(300, 36))).toBe(false)
  })
})
