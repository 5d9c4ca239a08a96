import { describe, expect, it } from 'vitest'
import { plain } from '../../../src/cli/render.ts'
import { type RoomState, type Status, statusLine } from '../../../src/cli/screen/status.ts'

const room = (name: string, over: Partial<RoomState> = {}): RoomState => ({
  name,
  unread: 0,
  mentions: 0,
  isCurrent: false,
  ...over,
})
const line = (columns: number, over: Partial<Status> = {}) =>
  statusLine(
    {
      network: 'lan',
      hub: 'hub ada',
      rooms: [
        room('general', { isCurrent: true }),
        room('lab', { unread: 3 }),
        room('dev', { unread: 2, mentions: 1 }),
      ],
      waiting: 0,
      latest: '',
      ...over,
    },
    columns,
    plain,
  )

describe('the status line', () => {
  it('names network, hub, and the rooms by their numbers with what is unread', () => {
    expect(line(80)).toBe('lan | hub ada | [1:general] 2:lab(3) 3:dev(2!)')
  })

  it('says when there is no hub, and what waits for one', () => {
    expect(line(80, { hub: undefined, waiting: 2 })).toBe(
      'lan | looking for others | 2 not stored yet | [1:general] 2:lab(3) 3:dev(2!)',
    )
  })

  it('leaves out on narrow screens what matters least', () => {
    expect(line(42)).toBe('lan | hub ada | [1:general] 3:dev(2!)')
    expect(line(32)).toBe('lan | hub ada | [1:general]')
    expect(line(14)).toBe('lan | hub ada')
    expect(line(10)).toBe('lan | ...')
  })

  it('leaves out how far the latest message has come before a room that is unread', () => {
    const latest = '✓✓ read by 2'
    expect(line(80, { latest })).toContain('| ✓✓ read by 2 | [1:general] 2:lab(3) 3:dev(2!)')
    expect(line(38, { latest })).toBe('lan | hub ada | [1:general] 3:dev(2!)')
    expect(line(20, { latest })).toBe('lan | hub ada | ...')
    const read = [room('general', { isCurrent: true }), room('lab'), room('dev')]
    expect(line(44, { latest, rooms: read })).toBe('lan | hub ada | ✓✓ read by 2 | [1:general]')
  })
})
