import { describe, expect, it } from 'vitest'
import { ClockWatch } from '../../src/node/clock-watch.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import { spanText } from '../../src/node/span.ts'
import { TwinWatch } from '../../src/node/twin-watch.ts'

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

describe('somebody who writes as this person', () => {
  const from = { id: 'aa', name: 'ann' }
  const sent = (id: string): NodeEvent => ({ type: 'sent', id, room: 'general', text: '' })
  const message = (id: string, history?: true): NodeEvent => {
    return {
      type: 'message',
      id,
      room: 'general',
      from,
      text: '',
      ts: 0,
      order: '',
      ...(history && { history }),
    }
  }

  it('is told once; what this process sent, and what is of earlier, is not he', () => {
    const watch = new TwinWatch()
    const look = (event: NodeEvent) => watch.look(event, 'aa', 0, 10_000)
    expect([look(sent('1')), look(message('1')), look(message('0', true))]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(watch.look(message('9'), 'bb', 0, 10_000)).toBeUndefined()
    // Of a former process, or stamped by a clock that was wrong.
    expect(watch.look(message('5'), 'aa', 0, 1000)).toBeUndefined()
    expect(watch.look(message('6'), 'aa', 120_000, 300_000)).toBeUndefined()
    expect(watch.look(message('7'), 'aa', -120_000, 300_000)).toBeUndefined()
    expect(look(message('2'))).toContain('Another lanchat writes under your identity')
    expect(look(message('3'))).toBeUndefined()
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
