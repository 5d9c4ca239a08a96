import { describe, expect, it } from 'vitest'
import { alertText, titleText } from '../../../src/cli/screen/alert.ts'

describe('an alert', () => {
  it('rings, and tells the desktop in the ways asked for', () => {
    expect(alertText(['bell'], 'bob', 'hi')).toBe('\u0007')
    expect(alertText(['osc9'], 'bob in lab', 'hi')).toBe('\u001b]9;bob in lab: hi\u0007')
    expect(alertText(['osc777'], 'bob', 'hi')).toBe('\u001b]777;notify;bob;hi\u0007')
    expect(alertText(['bell', 'osc9', 'title'], 'b', 'x')).toBe('\u0007\u001b]9;b: x\u0007')
    expect(alertText([], 'bob', 'hi')).toBe('')
  })

  it('lets nobody end the sequence, begin another, or fill a field that is not theirs', () => {
    const evil = 'x\u0007\u001b]0;owned\u0007\u009c;y\n\u202e'
    const told = alertText(['osc777'], evil, evil.repeat(99))
    expect(told.match(/[\u0000-\u001f\u007f-\u009f]/g)).toEqual(['\u001b', '\u0007'])
    expect(told.split(';')).toHaveLength(4)
    expect(told.length).toBeLessThan(400)
  })
})

describe('the title', () => {
  it('says how much is unread, and where one is', () => {
    expect(titleText(3, 'lab')).toBe('\u001b]0;(3) lab - lanchat\u0007')
    expect(titleText(0, 'la\u001bb')).not.toContain('\u001bb')
  })
})
