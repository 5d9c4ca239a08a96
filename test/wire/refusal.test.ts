import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/wire/bytes.ts'
import {
  explainRefusal,
  isRefusalCode,
  refusalCodes,
  refusalDetail,
  refusalOfClose,
  refusals,
  refusalText,
} from '../../src/wire/refusal.ts'

describe('the table of refusals', () => {
  it.each(refusalCodes)('%s has whole sentences, and codes and numbers in their ranges', (code) => {
    const { us, them, fatal, retryAfterMs, closeCode } = refusals[code]
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(code.length).toBeLessThanOrEqual(40)
    expect(us).toMatch(/^[A-Z{].*[.}]$/)
    if (them !== undefined) {
      expect(them).toMatch(/^[A-Z].*\.$/)
      expect(them).not.toContain('{')
      expect(utf8(them).length).toBeLessThanOrEqual(200)
    }
    if (fatal) expect(retryAfterMs).toBeUndefined()
    if (closeCode !== undefined) {
      expect(closeCode).toBeGreaterThanOrEqual(4000)
      expect(closeCode).toBeLessThanOrEqual(4999)
      expect(them).toBeDefined()
      expect(us).not.toContain('{')
    }
  })

  it('gives each close code to one code', () => {
    const closes = refusalCodes.map((code) => refusals[code].closeCode).filter((code) => code !== undefined)
    expect(new Set(closes).size).toBe(closes.length)
    expect(refusalOfClose(4002)).toBe('NETWORK_OTHER')
    expect(refusalOfClose(1006)).toBeUndefined()
  })

  it('fills in values, and takes no braces from them', () => {
    expect(refusalText('NICK_UNKNOWN', { nick: '{nick}' })).toBe(
      'Nobody is known here as {nick}. /who lists who is.',
    )
    expect(refusalText('TEXT_EMPTY')).toBe(refusals.TEXT_EMPTY.us)
    expect(refusalDetail('HUB_FULL')).toBe(refusals.HUB_FULL.them)
  })

  it("explains a peer's refusal by our sentence, else by the peer's words", () => {
    expect(explainRefusal('HUB_LEAVING', 'x')).toBe(refusals.HUB_LEAVING.us)
    const details = { most: '10', next: 'make another.' }
    expect(explainRefusal('ROOM_FULL', 'x', { room: 'lab', ...details })).toContain('The room lab is full')
    expect(explainRefusal('ROOM_FULL', 'x', { room: '{room}', ...details })).toContain(
      'The room {room} is full',
    )
    expect(explainRefusal('ROOM_FULL', 'no room')).toBe('The other side refused: no room (ROOM_FULL)')
    expect(explainRefusal('NEWER_CODE', 'because')).toBe('The other side refused: because (NEWER_CODE)')
    expect(isRefusalCode('constructor')).toBe(false)
  })
})
