import { describe, expect, it } from 'vitest'
import { codeBitsAtMost, newCode, WORDS_IN_CODE } from '../../src/cli/code.ts'
import { codeWarning } from '../../src/cli/network.ts'
import { CODE_WORDS } from '../../src/wire/code-words.ts'

describe('the words of codes', () => {
  it('are 2,048 different ones of three to seven letters, in order', () => {
    expect(CODE_WORDS.length).toBe(2048)
    expect(new Set(CODE_WORDS).size).toBe(2048)
    expect(CODE_WORDS.filter((word) => !/^[a-z]{3,7}$/.test(word))).toEqual([])
    expect([...CODE_WORDS].sort()).toEqual(CODE_WORDS)
  })
})

describe('a new code', () => {
  it('is six words of the list, and says how many bits that is', () => {
    const { code, bits } = newCode()
    const words = code.split('-')
    expect(words.length).toBe(WORDS_IN_CODE)
    expect(words.filter((word) => !CODE_WORDS.includes(word))).toEqual([])
    expect(bits).toBe(66)
  })

  it('is another one each time, and never one to warn of', () => {
    const codes = Array.from({ length: 50 }, () => newCode().code)
    expect(new Set(codes).size).toBe(50)
    // Of six words drawn at random two are alike now and then; that is counted as five.
    for (const code of codes)
      if (new Set(code.split('-')).size === 6) expect(codeWarning(code)).toBeUndefined()
  })
})

describe('a code somebody made up', () => {
  it.each([
    ['1234', 13],
    ['password', 13],
    ['Password', 13],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 4],
    ['lunch lunch lunch lunch lunch lunch', 11],
    ['correct horse battery staple', 50],
  ])('%s has at most %i bits, and people are warned', (code, bits) => {
    expect(codeBitsAtMost(code)).toBe(bits)
    expect(codeWarning(code)).toMatch(/easy to guess.*lanchat network new/)
  })

  it('of sixteen random signs is taken without a word', () => {
    expect(codeWarning('x7Kq2PzR9mWc4LtV')).toBeUndefined()
  })
})
