import { describe, expect, it } from 'vitest'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'
import { isControlKind } from '../../src/wire/event.ts'
import { type BodyValue, kindName, kindNumber, kindTable } from '../../src/wire/kinds.ts'
import { RUN_BODY_BYTES_MAX } from '../../src/wire/limits.ts'
import { vectorFile } from '../vectors/json.ts'

interface Body {
  kind: BodyValue['kind']
  number: number
  body: Uint8Array
}
const { good, later, earlier, bad } = vectorFile<{
  good: (Body & { fields: Record<string, unknown>; salt: Uint8Array })[]
  later: Body & { fields: Record<string, unknown> }
  earlier: Body & { fields: Record<string, unknown> }
  bad: (Body & { name: string })[]
}>('kinds.json')

describe('a body', () => {
  it.each(good)('of kind $kind comes back', ({ kind, number, fields, salt, body }) => {
    const value = { kind, ...fields } as BodyValue
    expect(decodeBody(number, body)).toEqual(value)
    expect(encodeBody(salt, value)).toEqual(body)
  })

  it.each(bad)('of kind $kind is no value: $name', ({ number, body }) => {
    expect(decodeBody(number, body)).toBeNull()
  })

  it('may have fields of a later version after the known ones', () => {
    expect(decodeBody(later.number, later.body)).toEqual({ kind: later.kind, ...later.fields })
  })

  it('may lack a field that came later', () => {
    expect(decodeBody(earlier.number, earlier.body)).toEqual({ kind: earlier.kind, ...earlier.fields })
  })

  it('of an unknown kind is no value', () => {
    expect(decodeBody(0x7f, good[0]!.body)).toBeNull()
    expect(kindName(0x7f)).toBeUndefined()
  })

  it('with the largest cut fits in a run', () => {
    const ban = encodeBody(new Uint8Array(16), {
      kind: 'ban',
      target: new Uint8Array(32),
      kick: false,
      cut: new Uint8Array(0),
      cuts: new Uint8Array(36 * 800),
      until: new Uint8Array(6),
      reason: 'x'.repeat(256),
    })
    expect(ban.length).toBeLessThanOrEqual(RUN_BODY_BYTES_MAX)
  })
})

describe('the table of kinds', () => {
  it('gives control kinds the top bit, and content kinds not', () => {
    const names = kindTable.filter(({ number }) => isControlKind(number)).map(({ name }) => name)
    expect(kindTable.filter(({ number }) => !isControlKind(number)).map(({ name }) => name)).toEqual([
      'message',
      'edit',
      'reaction',
      'file',
    ])
    expect(names).toHaveLength(27)
    expect(new Set(kindTable.map(({ number }) => number)).size).toBe(kindTable.length)
    expect(kindName(kindNumber('ban'))).toBe('ban')
    for (const { types } of kindTable) expect(types).not.toContain('unnamed')
  })
})
