import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { utf8 } from '../../src/wire/bytes.ts'
import { type NetId, personKey } from '../../src/wire/ids.ts'
import { formatInvitation, isInvitation, parseInvitation } from '../../src/wire/invitation.ts'
import { areInvitationWords, invitationOfWords, wordsOfInvitation } from '../../src/wire/invitation-words.ts'

const invitation = {
  network: 'klasse-8b',
  code: 'able-about-above-accept-acid-acorn',
  owner: personKey(nodeCrypto.hash(utf8('olga'))),
  retentionDays: 180,
}

describe('an invitation as a text (IN-1)', () => {
  const text = formatInvitation(nodeCrypto, invitation)

  it('says name, code, owner and days in one line, and reads back', () => {
    expect(text).toMatch(
      /^lanchat:1:klasse-8b:able-about-above-accept-acid-acorn:[0-9a-f]{64}:180:[0-9a-f]{8}$/,
    )
    expect(text.split(':').length).toBe(7)
    expect(parseInvitation(nodeCrypto, ` ${text}\n`)).toEqual(invitation)
  })

  it('is refused wherever one sign of it was changed, lost or doubled', () => {
    for (let at = 'lanchat:1:'.length; at < text.length; at++)
      for (const changed of [
        `${text.slice(0, at)}${text[at] === 'b' ? 'c' : 'b'}${text.slice(at + 1)}`,
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + text[at] + text.slice(at),
      ])
        expect(parseInvitation(nodeCrypto, changed), changed).toBeUndefined()
  })

  it('is nothing that a code could be', () => {
    expect(isInvitation('able-about-above')).toBe(false)
    expect(isInvitation(text)).toBe(true)
  })
})

describe('an invitation in words (IN-2)', () => {
  const words = wordsOfInvitation(nodeCrypto, invitation)

  it('is the words of the code and 26 more, whatever stands between them', () => {
    expect(words.slice(0, 6).join('-')).toBe(invitation.code)
    expect(words.length).toBe(32)
    for (const joined of [words.join(' '), words.join('\n').toUpperCase(), words.join(', ')])
      expect(invitationOfWords(nodeCrypto, 'klasse-8b', joined)).toEqual(invitation)
    expect(areInvitationWords(words.join(' '))).toBe(true)
    expect(areInvitationWords(invitation.code)).toBe(false)
  })

  it('is refused with another name, a word changed, or two exchanged', () => {
    expect(invitationOfWords(nodeCrypto, 'klasse-8c', words.join(' '))).toBeUndefined()
    for (let at = 0; at < words.length; at++) {
      const other = words.with(at, words[at] === 'zoo' ? 'able' : 'zebra')
      if (other.join() !== words.join())
        expect(invitationOfWords(nodeCrypto, 'klasse-8b', other.join(' ')), String(at)).toBeUndefined()
    }
    const turned = words.with(10, words[11]!).with(11, words[10]!)
    expect(invitationOfWords(nodeCrypto, 'klasse-8b', turned.join(' '))).toBeUndefined()
  })
})

describe('an invitation by a later code than the first', () => {
  const later = { ...invitation, net: '00a1b2c3d4e5f607' as NetId }
  const text = formatInvitation(nodeCrypto, later)

  it('says the id of the network too, as a text and in 32 words behind the code', () => {
    expect(text).toMatch(/^lanchat:2:klasse-8b:[a-z-]+:[0-9a-f]{64}:180:00a1b2c3d4e5f607:[0-9a-f]{8}$/)
    expect(parseInvitation(nodeCrypto, text)).toEqual(later)
    const words = wordsOfInvitation(nodeCrypto, later)
    expect(words.length).toBe(38)
    expect(areInvitationWords(words.join(' '))).toBe(true)
    expect(invitationOfWords(nodeCrypto, 'klasse-8b', words.join(' '))).toEqual(later)
    expect(invitationOfWords(nodeCrypto, 'klasse-8c', words.join(' '))).toBeUndefined()
  })

  it('is none of the first form with a field more, nor the other way round', () => {
    expect(parseInvitation(nodeCrypto, text.replace('lanchat:2', 'lanchat:1'))).toBeUndefined()
    const first = formatInvitation(nodeCrypto, invitation)
    expect(parseInvitation(nodeCrypto, first.replace('lanchat:1', 'lanchat:2'))).toBeUndefined()
  })
})
