import { describe, expect, it } from 'vitest'
import { ClockWatch } from '../../src/node/clock-watch.ts'
import { spanText } from '../../src/node/span.ts'

describe('a clock that is not the network’s', () => {
  it('is told once, in which direction, and again only after it was right', () => {
    const watch = new ClockWatch()
    const day = 86_400_000
    expect(watch.look(30_000)).toBeUndefined()
    expect(watch.look(-day)).toContain('1 day ahead of the network')
    expect(watch.look(-day)).toBeUndefined()
    expect(watch.look(-90_000)).toBeUndefined()
    expect(watch.look(-130_000)).toBeUndefined()
    expect(watch.look(0)).toBeUndefined()
    expect(watch.look(3 * day)).toContain('3 days behind the network')
  })
})

describe('a length of time', () => {
  it.each([
    [0, '0 seconds'],
    [1400, '1 second'],
    [90_000, '2 minutes'],
    [3_600_000, '1 hour'],
    [86_400_000 - 600_000, '1 day'],
    [-200 * 86_400_000, '200 days'],
  ])('%d ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text)
  })
})
