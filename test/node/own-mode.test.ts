import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import { Modes } from '../../src/hub/modes.ts'
import { Doing, TYPING_MS } from '../../src/node/doing.ts'
import { OwnMode, readSavedMode } from '../../src/node/own-mode.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { PersonKey, RoomId } from '../../src/wire/ids.ts'
import { MEMBERS_MAX } from '../../src/wire/limits.ts'
import { hubPorts } from '../hub/ports.ts'

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
      isHere: () => true,
    })
    for (const person of [bob, carl]) doing.heard(person, { mode: 'away', text: '' })
    doing.hubBegins(0)
    doing.heard(carl, { mode: 'away', text: '' })
    doing.tick(3999)
    expect(doing.of(bob).mode).toBe('away')
    doing.tick(4000)
    expect(told).toEqual(['bb away', 'cc away', 'bb online'])
  })

  it('and are gone again leaves room for those who are here', () => {
    const doing = new Doing({ changed: () => {}, typing: () => {}, isHere: (person) => person === carl })
    doing.heard(carl, { mode: 'hidden', text: '' })
    for (let i = 0; i < 3 * MEMBERS_MAX; i++)
      doing.heard(i.toString(16).padStart(64, '0') as PersonKey, { mode: 'busy', text: '' })
    doing.tick(0)
    doing.heard(bob, { mode: 'hidden', text: '' })
    expect([carl, bob].map((person) => doing.isHidden(person))).toEqual([true, true])
  })

  it('of typing ends by itself', () => {
    const told: boolean[] = []
    const doing = new Doing({
      changed: () => {},
      typing: (_, __, isTyping) => told.push(isTyping),
      isHere: () => true,
    })
    doing.types(room, bob, 0)
    doing.types(room, bob, 5000)
    doing.tick(TYPING_MS)
    expect(told).toEqual([true])
    doing.tick(5000 + TYPING_MS)
    expect([told, doing.size]).toEqual([[true, false], 0])
  })
})

describe('the hub', () => {
  it('keeps and passes on nothing that visitors say of themselves, whom nobody sees go (LV-10)', () => {
    const sent: Frame['type'][] = []
    const ports = hubPorts(carl, { send: (_, { type }) => sent.push(type) })
    const shared = { ...ports, sendShared: (_: unknown, { type }: Frame) => sent.push(type) }
    const hub = new Hub(shared, 0)
    hub.joined(1, bob, false)
    for (let link = 2; link < 20; link++) {
      const key = link.toString(16).padStart(64, '0') as PersonKey
      hub.joined(link, key, true)
      hub.frame(link, { type: 'mode', key: fromHex(key), mode: 1, text: 'here for ever' })
      hub.left(link)
    }
    hub.setNow(10_000)
    hub.tick()
    hub.joined(99, bob, false)
    expect(sent).not.toContain('mode')
  })

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
