/** 500 awkward strings through every field of text: what comes out on the other side is what went in, or it was refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRequest } from '../../src/cli/json.ts'
import { plain, render } from '../../src/cli/render.ts'
import type { Answer, Command } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { decodeBody, decodeFrame, encodeBody, encodeFrame } from '../../src/wire/codec.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { checkNick, checkRoomName } from '../../src/wire/name.ts'
import { refusalCodes } from '../../src/wire/refusal.ts'
import { AWKWARD } from './awkward.ts'
import { lab, Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeAll(async () => {
  lan = createLan()
  // Nobody is to wait for their turn here.
  const people = await Promise.all(
    ['anna', 'ben'].map(async (name) => new Person(await lan.node({ name, rate: 0 }))),
  )
  ;[anna, ben] = people as [Person, Person]
  for (const person of people)
    await person.until({ do: 'who' }, (rows: { name: string }[]) =>
      ['anna', 'ben'].every((name) => rows.some((row) => row.name === name)),
    )
  await lab([anna, ben])
})
afterAll(() => lan.close())

const bytes = (text: string) => Buffer.byteLength(text)
const isHalf = (text: string) => !text.isWellFormed()

/** What was refused has a code of the table, and none that says that something went wrong here. */
function isRefused(answer: Answer, ...codes: string[]): boolean {
  if (answer.type !== 'error') return false
  expect(refusalCodes).toContain(answer.code)
  expect(codes).toContain(answer.code)
  return true
}

/** Asks with each string; gives those that were taken, with their answers. */
async function taken(
  command: (text: string) => Command,
  codes: readonly string[],
  texts: readonly string[] = AWKWARD,
): Promise<(readonly [text: string, answer: Answer])[]> {
  const out: (readonly [string, Answer])[] = []
  for (const text of texts) {
    const answer = await anna.ask(command(text))
    if (!isRefused(answer, ...codes)) out.push([text, answer])
  }
  return out
}

/** Each fifth: where each costs a search through what was said. */
const SOME = AWKWARD.filter((_, i) => i % 5 === 0)
const TEXT_CODES = ['TEXT_EMPTY', 'TEXT_TOO_LONG', 'TEXT_INVALID']

describe('awkward strings', () => {
  it('are 500, each once', () => {
    expect(new Set(AWKWARD).size).toBe(500)
  })

  it('as messages arrive as they were written, or are refused with a code', async () => {
    const said = await taken((text) => ({ do: 'say', room: 'lab', text }), TEXT_CODES)
    const wanted = AWKWARD.filter((text) => text.trim() !== '' && bytes(text) <= 8000 && !isHalf(text))
    expect(said.map(([text]) => text)).toEqual(wanted)
    for (const [text, answer] of said) {
      const told = await ben.hears({ type: 'message', id: (answer as { id: string }).id })
      expect((told as { text: string }).text).toBe(text)
    }
    const history = await ben.knows<{ text: string }[]>({ do: 'history', room: 'lab', count: 1000 })
    expect(history.map(({ text }) => text)).toEqual(wanted)
  })

  it('between two people, sealed, too', async () => {
    const said = await taken((text) => ({ do: 'msg', to: 'ben', text }), TEXT_CODES, SOME)
    for (const [text, answer] of said) {
      const told = await ben.hears({ type: 'message', id: (answer as { id: string }).id })
      expect((told as { text: string }).text).toBe(text)
    }
  })

  it('as edits', async () => {
    await anna.says('first')
    const edits = await taken((text) => ({ do: 'edit', room: 'lab', message: '^', text }), TEXT_CODES, SOME)
    for (const [text, answer] of edits) if (answer.type === 'edit') expect(answer.text).toBe(text)
    const last = edits.at(-1)![0]
    await ben.until(
      { do: 'history', room: 'lab', count: 1 },
      (lines: { text: string }[]) => lines[0]?.text === last,
    )
  })

  it('as nicks follow the rules for names, and are normalised', async () => {
    const nicks: string[] = []
    for (const [text] of await taken((name) => ({ do: 'nick', name }), ['NICK_INVALID'])) {
      const checked = checkNick(text)
      expect(checked).toHaveProperty('ok')
      nicks.push((checked as { ok: string }).ok)
    }
    expect(nicks.length).toBeGreaterThan(30)
    await ben.until({ do: 'who' }, (rows: { id: string; name: string }[]) =>
      rows.some((row) => row.id === anna.node.self.id && row.name === nicks.at(-1)),
    )
    await anna.does({ do: 'nick', name: 'anna' })
  })

  it('as names of rooms follow the rules, and are made once', async () => {
    const codes = ['ROOM_NAME_INVALID', 'ROOM_NAME_TAKEN', 'RATE_LIMITED']
    for (const [text, answer] of await taken((room) => ({ do: 'create', room }), codes)) {
      const { room } = answer as { room: string }
      expect(checkRoomName(text)).toEqual({ ok: room })
      await ben.until({ do: 'rooms' }, (rows: { name: string }[]) => rows.some(({ name }) => name === room))
    }
  })

  it('as topics and reasons', async () => {
    const codes = ['TOPIC_TOO_LONG', 'TEXT_INVALID']
    const topics = await taken((topic) => ({ do: 'topic', room: 'lab', topic }), codes, SOME)
    const wanted = SOME.filter((text) => bytes(text) <= 512 && !isHalf(text))
    expect(topics.map(([text]) => text)).toEqual(wanted)
    await ben.until({ do: 'topic', room: 'lab' }, ({ topic }: { topic: string }) => topic === wanted.at(-1))
    let count = 0
    const reasons = await taken(
      (reason) => ({ do: 'lock', room: 'lab', on: count++ % 2 === 0, reason }),
      [],
      SOME.filter((text, i) => i % 4 === 0 && bytes(text) <= 256 && !isHalf(text)),
    )
    for (const [text, answer] of reasons) expect((answer as { reason?: string }).reason ?? '').toBe(text)
    for (const [reason, code] of [
      ['x'.repeat(257), 'REASON_TOO_LONG'],
      ['\ud800', 'TEXT_INVALID'],
    ] as const)
      isRefused(await anna.ask({ do: 'lock', room: 'lab', on: count % 2 === 0, reason }), code)
    isRefused(await anna.ask({ do: 'create', room: 'far', topic: 'x'.repeat(513) }), 'TOPIC_TOO_LONG')
  })

  it('as words of a profile and of a mode', async () => {
    const codes = ['WORDS_TOO_LONG', 'TEXT_INVALID']
    for (const [text, answer] of await taken((about) => ({ do: 'profile', about }), codes, SOME))
      expect((answer as { data: { about?: string } }).data.about ?? '').toBe(text)
    const modes = await taken((text) => ({ do: 'presence', mode: 'busy', text }), codes, SOME)
    for (const [text, answer] of modes)
      expect((answer as { data: { text?: string } }).data.text ?? '').toBe(text)
    await ben.until({ do: 'whois', who: 'anna' }, ({ text }: { text?: string }) => text === modes.at(-1)![0])
    await anna.does({ do: 'presence', mode: 'online' })
  })

  it('as emoji are one grapheme, as local names are names, as words to search find or do not', async () => {
    const id = await ben.says('react')
    await anna.hears({ type: 'message', id })
    const given = await taken(
      (emoji) => ({ do: 'react', room: 'lab', message: id, emoji, on: true }),
      ['EMOJI_INVALID'],
      SOME,
    )
    const segments = new Intl.Segmenter()
    for (const [emoji] of given) expect([...segments.segment(emoji)]).toHaveLength(1)
    const codes = ['NICK_INVALID', 'NICK_TAKEN']
    for (const [text] of await taken((name) => ({ do: 'contact', who: ben.node.self.id, name }), codes, SOME))
      expect(checkNick(text)).toHaveProperty('ok')
    await anna.does({ do: 'uncontact', who: ben.node.self.id })
    for (const words of AWKWARD.slice(0, 100)) {
      const answer = await anna.ask({ do: 'search', words, count: 5 })
      expect(['result', 'error']).toContain(answer.type)
    }
    const unknown = ['NICK_UNKNOWN', 'NICK_AMBIGUOUS']
    for (const who of AWKWARD) isRefused(await anna.ask({ do: 'whois', who }), ...unknown)
    for (const part of AWKWARD.slice(0, 100)) await anna.knows({ do: 'people', part })
  })

  it('in every field of every body and frame come out as they went in', () => {
    const key = new Uint8Array(32)
    const bodies = (text: string): BodyValue[] => [
      { kind: 'message', text, action: true, replyTo: null },
      { kind: 'edit', target: key, text },
      { kind: 'file', name: text, size: new Uint8Array(6), type: text, hash: key, text },
      { kind: 'reaction', target: key, emoji: text, on: true },
      { kind: 'create', type: 0, name: text, topic: text, max: 0, persons: new Uint8Array(0) },
      { kind: 'topic', topic: text, reason: '' },
      { kind: 'delete', reason: text },
      { kind: 'lift', lifts: new Uint8Array(0), reason: text },
      { kind: 'profile', nick: text, boxKey: key, about: text },
    ]
    const fits = { reaction: 64, file: 127, create: 96, profile: 63, topic: 512, delete: 256, lift: 256 }
    for (const text of AWKWARD.filter((each) => !isHalf(each) && bytes(each) <= 8000)) {
      for (const value of bodies(text)) {
        const max = (fits as Record<string, number>)[value.kind] ?? 8000
        const read = decodeBody(kindNumber(value.kind), encodeBody(new Uint8Array(16), value))
        expect(read).toEqual(bytes(text) <= max ? value : null)
      }
      if (bytes(text) > 200) continue
      const frame = { type: 'mode' as const, key, mode: 2, text }
      expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
    }
  })

  it('pass through --json and onto a terminal without moving its cursor', () => {
    for (const text of AWKWARD) {
      const request = readRequest({ text: JSON.stringify({ text }) })
      if (isHalf(text)) expect(request).toMatchObject({ refused: 'LINE_INVALID' })
      else expect(request).toEqual({ text })
      const from = { id: 'ab'.repeat(32), name: text }
      const line = render(
        { type: 'message', id: 'cd'.repeat(32), room: 'lab', from, text, ts: 0, order: '0' },
        { paint: plain, tabs: false, self: '' },
      )!
      expect(line.text).not.toMatch(/[^\P{Cc}\n\t]|\p{Surrogate}|[\u202a-\u202e\u2066-\u2069]/u)
      expect(
        line.text
          .split('\n')
          .slice(1)
          .every((more) => more.startsWith('    ')),
      ).toBe(true)
    }
  })
})
