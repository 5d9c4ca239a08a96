import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { skeleton } from '../../src/wire/confusable.ts'
import {
  checkNetworkName,
  checkNick,
  checkRoomName,
  nameFaultText,
  proposeNick,
} from '../../src/wire/name.ts'
import { vectorFile } from '../vectors/json.ts'

const vectors = vectorFile<{
  nicks: { text: string; ok?: string; fault?: string }[]
  skeletons: { text: string; skeleton: string }[]
}>('names.json')

describe('the names of the vectors', () => {
  it.each(vectors.nicks)('are judged: $text', ({ text, ...verdict }) => {
    expect(checkNick(text)).toEqual(verdict)
  })

  it.each(vectors.skeletons)('have skeletons: $text', (vector) => {
    expect(skeleton(vector.text)).toBe(vector.skeleton)
  })
})

describe('a nick', () => {
  it.each([
    ['anna', 'anna'],
    ['Anna-Lena_3.b', 'Anna-Lena_3.b'],
    ['a', 'a'],
    ['7', '7'],
    ['ａｎｎａ', 'anna'],
    ['Zoe\u0308', 'Zoë'],
    ['Æsa', 'Æsa'],
    ['Иван', 'Иван'],
    ['Νίκος', 'Νίκος'],
    ['さくらちゃん', 'さくらちゃん'],
    ['ユーザー', 'ユーザー'],
    ['Tanaka太郎', 'Tanaka太郎'],
    ['김민수', '김민수'],
    ['محمد', 'محمد'],
    ['देवनागरी', 'देवनागरी'],
    ['ภูมิ', 'ภูมิ'],
    ['Nguyễn', 'Nguyễn'],
  ])('takes %j as %j', (text, ok) => {
    expect(checkNick(text)).toEqual({ ok })
  })

  it.each([
    ['', 'empty'],
    ['a'.repeat(25), 'long'],
    ['я'.repeat(32), 'long'],
    ['anna lee', 'character'],
    ['anna~k3f9', 'character'],
    ['a/b', 'character'],
    ['@anna', 'character'],
    ['#a', 'character'],
    ['a,b', 'character'],
    ['an\u200dna', 'character'],
    ['an\u00adna', 'character'],
    ['an\u202ena', 'character'],
    ['anna😀', 'character'],
    ['a\u0000', 'character'],
    ['ɑnna', 'character'],
    ['\ud800', 'character'],
    ['_anna', 'edge'],
    ['anna.', 'edge'],
    ['\u0301a', 'edge'],
    ['a\u0323\u0301\u0308\u0304', 'marks'],
    ['a\u0316\u0316', 'marks'],
    ['аnna', 'scripts'],
    ['αnna', 'scripts'],
    ['Иванさ', 'scripts'],
    ['ᎪᎪ', 'scripts'],
  ])('refuses %j: %s', (text, fault) => {
    expect(checkNick(text)).toEqual({ fault })
    expect(nameFaultText(fault as 'long')).toMatch(/^it /)
  })

  it('counts graphemes, not code units', () => {
    const syllable = 'क्षि'
    expect(checkNick(syllable.repeat(5))).toEqual({ ok: syllable.repeat(5) })
  })

  it('stays what it is when checked again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        const first = checkNick(text)
        if ('ok' in first) expect(checkNick(first.ok)).toEqual(first)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a proposed nick', () => {
  it.each([
    ['anna', 'anna'],
    ['DOMAIN\\Anna Lee', 'Anna-Lee'],
    ['anna.lee@example.org', 'anna.lee'],
    ['  ---  ', 'guest'],
    ['', 'guest'],
    ['😀', 'guest'],
    ['_www', 'www'],
    ['Аnna', 'А'],
    ['x'.repeat(99), 'x'.repeat(24)],
  ])('from %j is %j', (userName, nick) => {
    expect(proposeNick(userName)).toBe(nick)
  })

  it('is valid whatever it is made of', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({
        unit: fc.constantFrom('a', 'я', 'α', '\u0301', '\u0316', '-', '.', 'さ', 'क्षि', '1', ' '),
        maxLength: 80,
      }),
    )
    fc.assert(
      fc.property(text, (userName) => {
        const nick = proposeNick(userName)
        expect(checkNick(nick)).toEqual({ ok: nick })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('names of rooms and networks', () => {
  it('keep to the same letters, with their own lengths', () => {
    expect(checkRoomName('physics-2')).toEqual({ ok: 'physics-2' })
    expect(checkRoomName('a'.repeat(32))).toEqual({ ok: 'a'.repeat(32) })
    expect(checkRoomName('a'.repeat(33))).toEqual({ fault: 'long' })
    expect(checkRoomName('two words')).toEqual({ fault: 'character' })
    expect(checkNetworkName('a'.repeat(63))).toEqual({ ok: 'a'.repeat(63) })
    expect(checkNetworkName('a'.repeat(64))).toEqual({ fault: 'long' })
  })

  it('make one network of upper and lower case', () => {
    expect(checkNetworkName('Lab')).toEqual({ ok: 'lab' })
    expect(checkNetworkName('İstanbul')).toEqual(checkNetworkName('i̇stanbul'))
  })
})

describe('skeletons', () => {
  it.each([
    ['anna', 'Anna'],
    ['anna', 'аnnа'],
    ['anna', 'ａｎｎａ'],
    ['anna', 'an\u200bna'],
    ['anna', 'α\u200dnna'],
    ['paypal', 'раураӏ'],
    ['bill', 'BIll'],
    ['bill', 'bi11'],
    ['bob', 'b0b'],
    ['modern', 'rnodern'],
    ['HANNA', 'ΗΑΝΝΑ'],
    ['nova', 'ηονα'],
    ['Groß', 'GROSS'],
    ['İ', 'i'],
    ['Zoë', 'zoe\u0308'],
    ['カナ', '力ナ'],
    ['ΣΑΣ', 'σας'],
  ])('of %j and %j are equal', (a, b) => {
    expect(skeleton(a)).toBe(skeleton(b))
  })

  it.each([
    ['anna', 'änna'],
    ['anna', 'hanna'],
    ['bert', 'berta'],
    ['a.b', 'a_b'],
  ])('of %j and %j differ', (a, b) => {
    expect(skeleton(a)).not.toBe(skeleton(b))
  })

  it('are never refused, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof skeleton(text)).toBe('string')
      }),
    )
  })
})
