import { describe, expect, it } from 'vitest'
import { formatTxt, parseTxt, type Txt } from '../../src/node/txt.ts'

const txt: Txt = {
  v: 1,
  nn: '0123abcd',
  net8: '0011223344556677',
  place8: '8899aabbccddeeff',
  e: 7,
  role: 'hub',
  p: true,
  r: false,
}
const items = (fields: Record<string, string>) =>
  Object.entries(fields).map(([key, value]) => Buffer.from(`${key}=${value}`))
const read = (changes: Record<string, string>) => parseTxt(items({ ...formatTxt(txt), ...changes }))

describe('TXT', () => {
  it('reads what it wrote', () => {
    expect(parseTxt(items(formatTxt(txt)))).toEqual(txt)
    expect(parseTxt(items(formatTxt({ ...txt, place8: '', role: 'visitor' })))).toEqual({
      ...txt,
      place8: '',
      role: 'visitor',
    })
  })

  it('stays far below what one packet and one item hold', () => {
    const written = items(formatTxt({ ...txt, e: 0xffffffff }))
    expect(Math.max(...written.map((item) => item.length))).toBeLessThan(64)
    expect(written.reduce((sum, item) => sum + 1 + item.length, 0)).toBeLessThan(200)
  })

  it('ignores keys it does not know, also those that mean something in JavaScript', () => {
    expect(read({ constructor: 'x', __proto__: 'x', undefined: '', later: '1' })).toEqual(txt)
    expect(parseTxt([Buffer.from('no equals sign'), Buffer.from('=x'), ...items(formatTxt(txt))])).toEqual(
      txt,
    )
  })

  it('takes the first of two items with one key', () => {
    expect(parseTxt([...items(formatTxt(txt)), Buffer.from('e=9')])?.e).toBe(7)
  })

  it('gives the weakest value to optional fields that are missing', () => {
    const { v, nn, net8 } = formatTxt(txt)
    expect(parseTxt(items({ v: v!, nn: nn!, net8: net8! }))).toEqual({
      ...txt,
      place8: '',
      e: 0,
      role: 'node',
      p: false,
      r: false,
    })
  })

  it('takes a role of a later version for a plain node', () => {
    expect(read({ role: 'archive' })?.role).toBe('node')
  })

  it.each([
    ['no version', { v: '' }],
    ['version 0', { v: '0' }],
    ['a version that is no number', { v: '1e1' }],
    ['a negative epoch', { e: '-1' }],
    ['an epoch above 32 bits', { e: '4294967296' }],
    ['a short network id', { net8: '00' }],
    ['upper-case hex', { net8: '00112233445566AA' }],
    ['terminal escapes', { nn: '\u001b[2Jabcd' }],
    ['a bad place', { place8: 'zz' }],
    ['a flag that is neither', { r: 'yes' }],
  ])('refuses %s', (_, changes) => {
    expect(read(changes as Record<string, string>)).toBeUndefined()
  })

  it('refuses an empty record and one made of noise', () => {
    expect(parseTxt([])).toBeUndefined()
    expect(
      parseTxt([new Uint8Array(0), new Uint8Array(300).fill(61), Buffer.from([0xff, 0x3d, 0])]),
    ).toBeUndefined()
  })
})
