import { describe, expect, test } from 'vitest'
import { Kin } from '../../src/node/kin.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import type { BodyValue } from '../../src/wire/kinds.ts'

const [olga, tablet, anna, phone, ben] = ['a', 'b', 'c', 'd', 'e'].map((digit) => digit.repeat(64)) as [
  PersonKey,
  PersonKey,
  PersonKey,
  PersonKey,
  PersonKey,
]
const link = (device: PersonKey, isLink = true): BodyValue => ({
  kind: 'device',
  device: fromHex(device),
  link: isLink,
  counter: new Uint8Array(64),
  cuts: new Uint8Array(0),
})
const role = (target: PersonKey, rank = 4): BodyValue => ({
  kind: 'role',
  target: fromHex(target),
  rank,
  cut: new Uint8Array(0),
  lifts: new Uint8Array(0),
  reason: '',
})

describe('kin', () => {
  test('are keys that were linked, also over a third one, and stay so when unlinked', () => {
    const kin = new Kin()
    expect(kin.are(anna, anna)).toBe(true)
    expect(kin.note(anna, link(phone, false))).toEqual([])
    expect(kin.are(anna, phone)).toBe(false)
    expect(kin.note(anna, link(phone))).toHaveLength(1)
    expect(kin.note(anna, link(tablet))).toEqual([tablet])
    expect(kin.note(anna, link(tablet))).toEqual([])
    kin.note(anna, link(phone, false))
    expect([kin.are(phone, tablet), kin.are(phone, anna), kin.are(phone, ben)]).toEqual([true, true, false])
  })

  test('over all are the owner and whom they ever made an admin, with all their devices, in every order', () => {
    const said: [PersonKey, BodyValue][] = [
      [tablet, role(anna)],
      [olga, link(tablet)],
      [anna, link(phone)],
      [olga, role(anna, 1)],
      [ben, role(ben)],
    ]
    for (const order of [said, [...said].reverse()]) {
      const kin = new Kin(olga)
      for (const [author, body] of order) kin.note(author, body)
      expect([olga, tablet, anna, phone, ben].map((key) => kin.isOverAll(key))).toEqual([
        true,
        true,
        true,
        true,
        false,
      ])
    }
  })

  test('nobody is over all where there is no owner', () => {
    const kin = new Kin()
    kin.note(anna, role(anna))
    expect(kin.isOverAll(anna)).toBe(false)
  })

  test('of ten thousand keys in one chain are found, from either end, and over all where the owner is the last', () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => i.toString(16).padStart(64, '0') as PersonKey)
    for (const order of [keys, [...keys].reverse()]) {
      const kin = new Kin(order.at(-1))
      expect(kin.note(order[0]!, role(ben))).toEqual([])
      let changed = 0
      for (let i = 1; i < order.length; i++) changed += kin.note(order[i - 1]!, link(order[i]!)).length
      expect(changed).toBeLessThan(3 * keys.length)
      expect(kin.are(order[0]!, order.at(-1)!)).toBe(true)
      expect(kin.isOverAll(ben)).toBe(true)
    }
  })

  test('make no difference by roles that nobody of the owner gives, nor by any where there is no owner', () => {
    const kin = new Kin(olga)
    expect(kin.note(ben, role(anna))).toEqual([])
    expect(kin.note(olga, role(anna))).toEqual([anna])
    expect(kin.note(olga, role(anna))).toEqual([])
    expect(new Kin().note(olga, role(anna))).toEqual([])
  })
})
