import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { minuteOfDay, Notices, readNotices } from '../../src/node/notices.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import { lab, meet, type Person } from './people.ts'

const room = 'ab'.repeat(16) as RoomId
const at = (hour: number, minute = 0) => hour * 60 + minute

describe('hours of quiet', () => {
  it.each([
    ['over midnight', [at(22), at(7)], [at(22), at(23, 59), at(0), at(6, 59)], [at(7), at(12), at(21, 59)]],
    ['by day', [at(9), at(17)], [at(9), at(16, 59)], [at(8, 59), at(17), at(3)]],
    ['all day', [at(8), at(8)], [at(8), at(7, 59), at(20)], []],
  ] as const)('%s call for nothing', (_, quiet, within, outside) => {
    const notices = new Notices({ byDefault: 'all', rooms: [], quiet })
    for (const minute of within) expect(notices.calls(room, true, minute)).toBe(false)
    for (const minute of outside) expect(notices.calls(room, true, minute)).toBe(true)
  })

  it('are those of this machine’s clock', () => {
    const noon = new Date(2026, 10, 20, 12, 34, 56).getTime()
    expect(minuteOfDay(noon)).toBe(at(12, 34))
  })
})

describe('what is kept', () => {
  it('is read again, and a damaged one is left alone', () => {
    const notices = new Notices()
    expect(notices.takeSaved()).toBeUndefined()
    notices.choose(room, 'none')
    notices.chooseQuiet([60, 120])
    const saved = new TextEncoder().encode(JSON.stringify(notices.takeSaved()))
    const again = new Notices(readNotices(saved))
    expect([again.calls(room, true, 0), again.quiet, again.byDefault]).toEqual([false, [60, 120], 'mentions'])
    for (const text of ['', '3', '{"byDefault":"x"}', '{"byDefault":"all"}'])
      expect(readNotices(new TextEncoder().encode(text))).toBeUndefined()
  })
})

describe('a message', () => {
  let lan: Lan
  let anna: Person
  let ben: Person
  beforeEach(async () => {
    lan = createLan()
    ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
    await lab([anna, ben])
  })
  afterEach(() => lan.close())

  it('calls for what was chosen: of a room all, mentions or nothing', async () => {
    const calls = async (text: string, where: string) => {
      await anna.says(text, where)
      return ((await ben.hears({ type: 'message', text })) as { notify?: true }).notify === true
    }
    expect([await calls('one', 'lab'), await calls('ben, two', 'lab')]).toEqual([false, true])
    await ben.does({ do: 'notify', room: 'lab', calls: 'all' })
    expect([await calls('three', 'lab'), await calls('four', 'general')]).toEqual([true, false])
    const data = await ben.knows({ do: 'notify', room: 'lab', calls: 'none' })
    expect(data).toEqual({ byDefault: 'mentions', rooms: [{ room: 'lab', calls: 'none' }] })
    expect([await calls('ben, five', 'lab'), await calls('ben, six', 'general')]).toEqual([false, true])
    await ben.does({ do: 'notify', calls: 'none' })
    await anna.does({ do: 'msg', to: 'ben', text: 'seven' })
    expect(await ben.hears({ type: 'message', text: 'seven' })).not.toHaveProperty('notify')
    expect(await ben.knows({ do: 'quiet', quiet: [22 * 60, 7 * 60] })).toMatchObject({ quiet: '22:00-07:00' })
    expect(await ben.knows({ do: 'quiet', quiet: null })).not.toHaveProperty('quiet')
  })
})
