import { describe, expect, it } from 'vitest'
import { COMMANDS, usageOf } from '../../src/cli/commands.ts'
import { plain, render, resultText } from '../../src/cli/render.ts'
import type { MessageEvent, NodeEvent, SystemEvent } from '../../src/node/index.ts'

const look = { paint: plain, tabs: false, self: 'ab'.repeat(32) }
const hub = { id: 'cd'.repeat(32), name: 'ada', url: 'wss://10.0.0.2:27470', self: false }
const rank = {
  id: hub.id,
  reachable: true,
  pinned: false,
  preferred: false,
  lag: 0,
  uptimeS: 3,
  why: 'bob would follow',
}

describe('what people read of a node', () => {
  it('says of the hub why it is hub, and of the line why each stands there', () => {
    const data = { hub, epoch: 2, line: [{ name: 'bob' }], ranks: [rank], why: 'ada is hub: it was first' }
    expect(resultText('/hub', data, look)).toBe(
      [
        'hub     ada (10.0.0.2:27470)',
        'epoch   2',
        'why     ada is hub: it was first',
        'line 1  bob would follow',
      ].join('\n'),
    )
  })

  it('names the address of the hub, and leaves out what only programs want', () => {
    expect(resultText('/hub', { hub, epoch: 2, ranks: [] }, look)).toBe(
      'hub    ada (10.0.0.2:27470)\nepoch  2',
    )
    expect(resultText('/hub', { hub: { ...hub, label: 'bob~k3f9' }, ranks: [] }, look)).toContain(
      'bob~k3f9 (',
    )
    expect(resultText('/status', { hub: null, taken: 3, uptimeMs: 61_000 }, look)).toBe(
      'hub     none\nuptime  1 min',
    )
    const data = {
      uptimeS: 5,
      clockMs: -2000,
      neighbours: [{ port: 1 }, { port: 2 }],
      remembered: ['10.0.0.2:1'],
    }
    expect(resultText('/doctor', data, look)).toBe(
      'uptime      5 s\nclock       differs by 2 s\nneighbours  2',
    )
  })

  it('says of what is stored how much of each room, and what the disk did', () => {
    const rooms = [
      { room: '12'.repeat(16), name: 'general', events: 3, bytes: 731 },
      { room: '34'.repeat(16), events: 10, bytes: 1100 },
    ]
    expect(resultText('/doctor', { rooms }, look)).toBe(
      'room      events  size\ngeneral   3       731 B\n34343434  10      1.1 kB',
    )
    const failing = { rooms: [], failure: { since: 0, why: 'ENOSPC' }, note: 'Some came back.' }
    expect(resultText('/doctor', failing, look)).toMatch(
      /^Nothing is stored yet\.\nThe disk fails since \S+ \S+ \(ENOSPC\)\.\nSome came back\.$/,
    )
  })

  it('gives programs all of it', () => {
    expect(resultText('/hub', { hub, ranks: [rank] }, { ...look, tabs: true })).toContain('reachable yes')
  })
})

describe('the time of a message', () => {
  const message = (more: object) =>
    render(
      {
        type: 'message',
        id: '1',
        room: 'general',
        from: { id: 'cd'.repeat(32), name: 'ada' },
        text: 'hi',
        ts: 0,
        order: '',
        ...more,
      },
      look,
    )!.text

  it('is shown with ~ where it is far from its arrival', () => {
    expect(message({})).toBe('[general] ada: hi')
    expect(message({ approx: true })).toMatch(/^~\S+ \S+ \[general\] ada: hi$/)
  })
})

describe('a message of many lines', () => {
  const text = 'x\n'.repeat(500)
  const message = { type: 'message', id: '1', room: 'lab', from: hub, text, ts: 0, order: '' } as MessageEvent
  const screen = { room: 'lab', nick: 'me', time: '14:03' }
  it('is whole in a history, and wherever no screen is', () => {
    expect(render(message, look)!.text.split('\n')).toHaveLength(501)
    expect(resultText('/history', [message], { ...look, screen }).split('\n')).toHaveLength(501)
    expect(render(message, { ...look, screen })!.text.split('\n')).toHaveLength(101)
  })
})

describe('what people read of messages and moderation', () => {
  const [ada, bob] = ['cd', 'ef'].map((byte, i) => ({ id: byte.repeat(32), name: ['ada', 'bob'][i]! })) as [
    { id: string; name: string },
    { id: string; name: string },
  ]
  const about = { id: '12'.repeat(32), room: 'lab', ts: 0 }
  const message: MessageEvent = { type: 'message', ...about, from: ada, text: 'yes', order: '' }
  const system: SystemEvent = { type: 'system', event: 'kick', room: 'lab', user: bob, by: ada }
  it.each<[string, NodeEvent]>([
    ['[lab] ada: (to bob: where are you) yes', { ...message, quote: { from: bob, text: 'where are you' } }],
    ['[lab] ada: yes (edited) [👍 2]', { ...message, edited: true, reactions: [{ emoji: '👍', count: 2 }] }],
    ['[lab] * ada edited: no', { type: 'edit', ...about, from: ada, text: 'no' }],
    ['[lab] * ada deleted a message', { type: 'delete', ...about, from: ada }],
    [
      '[lab] * bob gives 👍 to “tea?”',
      { type: 'reaction', ...about, from: bob, emoji: '👍', on: true, quote: { from: ada, text: 'tea?' } },
    ],
    [
      '[lab] * you take back 👍',
      { type: 'reaction', ...about, from: { ...bob, id: look.self }, emoji: '👍', on: false },
    ],
    ['* bob was removed from lab by ada (too loud)', { ...system, reason: 'too loud' }],
    ['* bob was muted in lab by ada', { ...system, event: 'mute' }],
    ['* bob is a moderator in lab now by ada', { ...system, event: 'role', role: 'moderator' }],
    [
      '* ada changed lab: one message of each in 30 s',
      { ...system, event: 'settings', user: ada, setting: 'slow', value: 30 },
    ],
    [
      '* a message of yours in lab was hidden by ada',
      { ...system, event: 'hide', user: { ...bob, id: look.self } },
    ],
    [
      '* your voice in lab was taken back by ada (ads)',
      { ...system, event: 'unvoice', user: { ...bob, id: look.self }, reason: 'ads' },
    ],
    [
      '* you were given a voice in lab by ada (knows it)',
      { ...system, event: 'voice', user: { ...bob, id: look.self }, reason: 'knows it' },
    ],
    [
      '* ada changed the topic of lab to “rats” (no mice)',
      { ...system, event: 'topic', user: ada, topic: 'rats', reason: 'no mice' },
    ],
    [
      '* ada changed lab: at most 1 person',
      { ...system, event: 'settings', user: ada, setting: 'max', value: 1 },
    ],
    [
      '1 of 2 has it, waiting: bob; read by ada',
      {
        type: 'result',
        command: '/delivery',
        data: { id: about.id, room: 'lab', of: 2, held: 1, read: [ada], waiting: [bob] },
      },
    ],
    ['* ada deleted lab (too old)', { ...system, event: 'delete', user: ada, reason: 'too old' }],
    ['* ben~k3f9 is now called bob', { ...system, event: 'nick', was: 'ben~k3f9' }],
    ['It is so already.', { type: 'result', command: '/unmute', data: null }],
    ['* ada locked lab (exam)', { ...system, event: 'lock', user: ada, reason: 'exam' }],
  ])('is %j', (text, event) => {
    expect(render(event, look)?.text).toBe(text)
  })

  it('shows the words to compare of whoever is called like a key of the answer', () => {
    const compare = ['next', 'verified'].map((name) => ({ id: hub.id, name, words: `words of ${name}` }))
    const text = resultText('/verify', { verified: false, compare }, look)
    for (const { words } of compare) expect(text).toContain(words)
    const tabs = resultText('/verify', { verified: false, compare }, { ...look, tabs: true })
    for (const { words } of compare) expect(tabs).toContain(words)
  })

  it('of a search says what was not looked at, and why nothing is found', () => {
    const note = 'No message has a file'
    expect(resultText('/search', [], look, { note, unsearched: 5000 })).toBe(
      'Nothing found.\nNo message has a file\n5000 events were not looked at: the index is being made. Ask again later.',
    )
    expect(resultText('/search', [], { ...look, tabs: true }, { note })).not.toContain(note)
  })

  it('of /help says what a command does beside it, not at the edge of a small terminal', () => {
    const rows = COMMANDS.map((row) => ({ usage: usageOf(row), help: row.help }))
    const lines = resultText('/help', rows, look).split('\n')
    expect(lines[0]).toBe(`${'/help [command]'.padEnd(26)}  what can be typed`)
    for (const [i, { usage, help }] of rows.entries())
      expect(lines[i]!.indexOf(help)).toBe(Math.max(26, usage.length) + 2)
  })

  it('shows the log with what does not hold', () => {
    const ban = { ...system, id: '', ts: 0, event: 'ban', reason: 'spam', holds: false }
    const said = 'bob was banned from lab by ada (spam)'
    expect(resultText('/log', [{ ...ban, void: true }], look)).toContain(`${said} - void`)
    const ts = new Date(2026, 10, 21, 14, 3).getTime()
    const ended = (by: unknown) => [{ ...ban, ended: { ts, by } }]
    expect(resultText('/log', ended(ada), look)).toContain(`${said} - until 2026-11-21 14:03, ended by ada`)
    expect(resultText('/log', ended(system.user), look)).toContain(', when bob came back')
    expect(resultText('/log', [], look)).toBe('Nothing has been decided here.')
  })
})
