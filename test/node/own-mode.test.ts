import { describe, expect, it } from 'vitest'
import { Modes } from '../../src/hub/modes.ts'
import { Doing, TYPING_MS } from '../../src/node/doing.ts'
import { OwnMode, readSavedMode } from '../../src/node/own-mode.ts'
import type { PersonKey, RoomId } from '../../src/wire/ids.ts'

const bob = 'bb'.repeat(32) as PersonKey
const carl = 'cc'.repeat(32) as PersonKey
const room = 'ab'.repeat(16) as RoomId
const again = (own: OwnMode) =>
  new OwnMode(readSavedMode(new TextEncoder().encode(JSON.stringify(own.takeSaved()))), 0, 0)

describe('the own mode', () => {
  it('stays hidden or busy over a restart, and who was away is back', () => {
    const own = new OwnMode(undefined, 0, 0)
    own.choose({ mode: 'hidden', text: '' })
    own.chooseTelling('read', false)
    own.chooseAutoAway(60_000)
    const next = again(own)
    expect([next.saying.mode, next.isHidden, next.tellsRead, next.autoAwayMs]).toEqual([
      'hidden',
      true,
      false,
      60_000,
    ])
    next.choose({ mode: 'away', text: 'lunch' })
    expect(again(next).saying).toEqual({ mode: 'online', text: '' })
  })

  it('is away after a while without anything typed, but not when busy or hidden', () => {
    const own = new OwnMode(undefined, 1000, 0)
    own.tick(999)
    expect(own.saying.mode).toBe('online')
    own.tick(1000)
    expect([own.saying.mode, own.isAutoAway]).toEqual(['away', true])
    own.active(1001)
    expect(own.saying.mode).toBe('online')
    own.choose({ mode: 'busy', text: '' })
    own.tick(9000)
    expect(own.saying.mode).toBe('busy')
  })

  it('that a disk has damaged is none', () => {
    for (const text of ['', '7', '{"mode":"gone","text":""}', '{"mode":"busy"}'])
      expect(readSavedMode(new TextEncoder().encode(text))).toBeUndefined()
  })
})

describe('what others say of themselves', () => {
  it('of a former hub holds until the present one has had time to say it again', () => {
    const told: string[] = []
    const doing = new Doing({
      changed: (person, _, { mode }) => told.push(`${person.slice(0, 2)} ${mode}`),
      typing: () => {},
    })
    for (const person of [bob, carl]) doing.heard(person, { mode: 'away', text: '' })
    doing.hubBegins(0)
    doing.heard(carl, { mode: 'away', text: '' })
    doing.tick(3999)
    expect(doing.of(bob).mode).toBe('away')
    doing.tick(4000)
    expect(told).toEqual(['bb away', 'cc away', 'bb online'])
  })

  it('of typing ends by itself', () => {
    const told: boolean[] = []
    const doing = new Doing({ changed: () => {}, typing: (_, __, isTyping) => told.push(isTyping) })
    doing.types(room, bob, 0)
    doing.types(room, bob, 5000)
    doing.tick(TYPING_MS)
    expect(told).toEqual([true])
    doing.tick(5000 + TYPING_MS)
    expect([told, doing.size]).toEqual([[true, false], 0])
  })
})

describe('the hub', () => {
  it('passes on once a second what somebody says of themselves, and then the latest', () => {
    const modes = new Modes()
    const frame = (text: string) => ({ type: 'mode' as const, key: new Uint8Array(32), mode: 1, text })
    expect(modes.note(bob, frame('1'), 0)).toBe(true)
    for (let n = 2; n < 100; n++) expect(modes.note(bob, frame(`${n}`), n)).toBe(false)
    expect([...modes.due(999)]).toEqual([])
    expect([...modes.due(1000)]).toEqual([[bob, frame('99')]])
    expect([...modes.due(1001)]).toEqual([])
    expect([...modes.all()]).toEqual([frame('99')])
  })
})
