import { beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { orderOf } from '../../../src/node/display-order.ts'
import type { MemoryStore } from '../../../src/node/memory-store.ts'
import type { Replica } from '../../../src/node/replica.ts'
import { look, type Wanted } from '../../../src/node/search/looking.ts'
import { marksOf } from '../../../src/node/search/marks.ts'
import { hitsOf, readQuery } from '../../../src/node/search/query.ts'
import { SEGMENT_DOCS, SearchIndex } from '../../../src/node/search/search-index.ts'
import { hasLink } from '../../../src/node/search/words.ts'
import { type Line, lastLines, type Visibility } from '../../../src/node/timeline.ts'
import { fromHex } from '../../../src/wire/bytes.ts'
import { decodeBody, encodeBody } from '../../../src/wire/codec.ts'
import { type Draft, type Event, LANE_START, signRun } from '../../../src/wire/event.ts'
import type { EventId, PersonKey, RoomId } from '../../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../../src/wire/kinds.ts'
import { seeded } from '../../seeded.ts'
import { Author, NET, NOW, replicaOf } from '../author.ts'
import { visibilityHere } from './indexed.ts'

const ROOMS = ['6', '7', '8'].map((digit) => digit.repeat(32) as RoomId)
const AUTHORS = Array.from({ length: 5 }, (_, k) => new Author(k + 1))
const WORDS = Array.from({ length: 40 }, (_, k) => `${'abcdefgh'[k % 8]}${'lmno'[k % 4]}word${k}`)
const MESSAGES = SEGMENT_DOCS + 1500
const HOUR = 3600 * 1000

const random = seeded(11)
const pick = <T>(of: readonly T[]): T => of[Math.floor(random() ** 2 * of.length)]!
/** Of every script that words are made of in another way, and what may stand between two of them. */
const PIECES = [
  ...'会議室の人日は一今時間大学了是不我有这个中国',
  ...[
    '会議',
    '今日は',
    '𠀀',
    '々',
    'ｶﾞ',
    'ゟ',
    '㆒',
    '㊗',
    'ー',
    'ไทย',
    'น้ำ',
    'ໝາ',
    '가나다',
    'Straße',
    'Äpfel',
    'apfel',
    'a\u0308',
  ],
  ...['Їжак', 'привет', 'ΣΊΣΥΦΟΣ', 'ﬁn', 'iPhone', '3', '7_x', '🍕', '👍🏽', '❤\ufe0f', 'नमस्ते', 'مرحبا'],
]
const BETWEEN = ['', '', '', '', ' ', ' ', '、', ', ', '。', '-']
const mixed = (length: number) => {
  let text = ''
  for (let k = 0; k < length; k++) text += (k > 0 ? pick(BETWEEN) : '') + pick(PIECES)
  return text
}
const text = () =>
  random() < 0.4
    ? mixed(1 + Math.floor(random() ** 2 * 30))
    : Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(WORDS)).join(' ') +
      (random() < 0.03 ? ' https://example.org/' : '')

/** Messages of everybody everywhere, in lanes one after the other; some edited, reacted to, or of the same time. */
function fill(replica: Replica): void {
  const messages: Event[] = []
  for (const room of ROOMS)
    for (const author of AUTHORS) {
      const lane = author.contentLane()
      let last: { n: number; id: EventId } = { n: 0, id: LANE_START }
      let t = NOW + Math.floor(random() * HOUR)
      for (let left = MESSAGES / (ROOMS.length * AUTHORS.length); left > 0; left -= 32) {
        const drafts = Array.from({ length: 32 }, (): Draft => {
          // Not always later, and not always when it was written.
          t += Math.floor(random() * 3) * 1000
          const value = bodyOf(messages.filter((each) => each.author === author.person && each.room === room))
          return {
            kind: kindNumber(value.kind),
            at: t - Math.floor(random() * 5000),
            t,
            body: encodeBody(nodeCrypto.random(16), value),
          }
        })
        const run = signRun(
          nodeCrypto,
          author.signer,
          { net: NET, room, lane, n: last.n, prev: last.id },
          drafts,
        )
        replica.add(run)
        messages.push(...run.events.filter(({ kind }) => kind === kindNumber('message')))
        last = run.events.at(-1)!
      }
    }
}

function bodyOf(own: readonly Event[]): BodyValue {
  const chance = own.length > 0 ? random() : 1
  if (chance < 0.05) return { kind: 'edit', target: fromHex(pick(own).id), text: text() }
  if (chance < 0.1) return { kind: 'reaction', target: fromHex(pick(own).id), emoji: '🎉', on: true }
  return { kind: 'message', text: text(), action: false, replyTo: null }
}

describe('a search', () => {
  let replica: Replica
  let store: MemoryStore
  let index: SearchIndex
  const open = (event: Event, body: Uint8Array) => decodeBody(event.kind, body)

  beforeAll(async () => {
    const made = replicaOf()
    replica = made.replica
    store = made.store
    replica.setNow(NOW + 24 * HOUR)
    index = new SearchIndex({
      crypto: nodeCrypto,
      seed: new Uint8Array(32),
      replica,
      retentionMs: 180 * 24 * HOUR,
      get: (key) => store.get(key),
      put: (op) => void store.write([op], false),
      read: open,
      isReadable: () => true,
      isPlain: () => true,
    })
    replica.onContent = (lane) => index.changed(lane)
    fill(replica)
    await made.save()
    while (index.isBehind) index.work(300)
  })

  const wantedOf = (words: string, more: Partial<Wanted> = {}): Wanted => {
    const query = readQuery(words, replica.now)
    if ('fault' in query) throw new Error(query.fault)
    const { terms, phrases, since, until, has, isRanked } = query
    return { terms, phrases, since, until, has, isRanked, rooms: new Set(ROOMS), ...more }
  }
  const find = async (wanted: Wanted, count: number) => {
    const ports = {
      index,
      store,
      replica,
      breathe: async () => {},
      visibility: () => visibilityHere(replica),
      open,
      devicesOf: (person: PersonKey) => [person],
    }
    return (await look(ports, wanted, count)).found.map(({ line }) => orderOf(line.event))
  }
  const lines = new Map<RoomId, readonly Line[]>()
  const linesOf = async (room: RoomId) => {
    const known = lines.get(room)
    if (known) return known
    const read = await lastLines({ store, replica, open }, room, 1e9, visibilityHere(replica))
    lines.set(room, read)
    return read
  }
  /** The plain look: every message that is shown, one after the other. */
  const plain = async ({ terms, phrases, rooms, from, since, until, has }: Wanted) => {
    const found: string[] = []
    for (const room of rooms) {
      for (const { event, body, edit, reactions } of await linesOf(room)) {
        const shown = edit?.text ?? body.text
        if (hitsOf({ terms, phrases }, shown) === undefined) continue
        if ((from && !from.has(event.author)) || event.at < since || event.at >= until) continue
        if ((has.has('link') && !hasLink(shown)) || (has.has('reaction') && !reactions)) continue
        found.push(orderOf(event))
      }
    }
    return found.sort().reverse()
  }

  const queries: readonly (readonly [name: string, words: string, more: Partial<Wanted>])[] = [
    ['a common word', WORDS[0]!, {}],
    ['a rare word', WORDS[39]!, {}],
    ['two words', `${WORDS[0]} ${WORDS[3]}`, {}],
    ['three words', `${WORDS[0]} ${WORDS[1]} ${WORDS[2]}`, {}],
    ['a phrase', `"${WORDS[0]} ${WORDS[1]}"`, {}],
    ['a beginning', `${WORDS[5]!.slice(0, 2)}*`, {}],
    ['a single letter', 'b*', {}],
    ['links', 'has:link', {}],
    ['reactions', 'has:reaction', {}],
    ['a word with reactions', `${WORDS[1]} has:reaction`, {}],
    ['somebody', WORDS[1]!, { from: new Set([AUTHORS[2]!.person]) }],
    ['one of two people', WORDS[1]!, { from: new Set([AUTHORS[0]!.person, AUTHORS[4]!.person]) }],
    ['one room', WORDS[1]!, { rooms: new Set([ROOMS[1]!]) }],
    ['a span of time', WORDS[1]!, { since: NOW + 10 * 60_000, until: NOW + 20 * 60_000 }],
    ['nothing there is', 'nothingofthekind', {}],
  ]

  it.each(queries)('for %s finds just what a plain look finds, page by page', async (_, words, more) => {
    const wanted = wantedOf(words, more)
    const all = await plain(wanted)
    const pages: string[] = []
    for (let before: string | undefined; ; before = pages.at(-1)) {
      const page = await find({ ...wanted, ...(before !== undefined && { before }) }, 40)
      pages.push(...page)
      if (page.length < 40) break
    }
    expect(pages).toEqual(all)
    expect(all.length > 0).toBe(words !== 'nothingofthekind')
    const ranked = await find({ ...wanted, isRanked: true }, 1e6)
    expect(ranked.sort().reverse()).toEqual(all)
  })

  it('beside it, pages of history have what was said about their lines behind them', async () => {
    const devicesOf = (person: PersonKey) => [person]
    const marked = (event: Event, by: Visibility) => marksOf({ store, replica, open, devicesOf }, event, by)
    const said = ({ event, edit, reactions }: Line) => ({
      id: event.id,
      text: edit?.text,
      reactions: new Map([...(reactions ?? [])].map(([emoji, by]) => [emoji, new Set(by)])),
    })
    for (const room of ROOMS) {
      const all = await linesOf(room)
      const pages: Line[] = []
      for (let before = 'g'; ; before = orderOf(pages[0]!.event)) {
        const page = await lastLines(
          { store, replica, open, marksOf: marked },
          room,
          100,
          visibilityHere(replica),
          { before },
        )
        pages.unshift(...page)
        if (page.length < 100) break
      }
      expect(pages.map(said)).toEqual(all.map(said))
    }
  })

  it('for words and phrases of any script finds just what a plain look finds', async () => {
    const shown = (await Promise.all(ROOMS.map(linesOf)))
      .flat()
      .map(({ edit, body }) => edit?.text ?? body.text)
    const texts = shown.filter((each) => /[^ -~]/.test(each))
    let found = 0
    for (let k = 0; k < 60; k++) {
      // As somebody types it who has seen it: a piece of a text, a sign, some of its words, or what was never said so.
      const signs = [...texts[Math.floor(random() * texts.length)]!]
      const start = Math.floor(random() * signs.length)
      const piece = signs.slice(start, start + 1 + Math.floor(random() * 5)).join('')
      const other = mixed(1 + Math.floor(random() * 3))
      const query = [piece, `"${piece}"`, `${piece}*`, `${piece} ${other}`, other][k % 5]!
      if ('fault' in readQuery(query, replica.now)) continue
      const wanted = wantedOf(query)
      const all = await plain(wanted)
      expect(await find(wanted, 1e6), query).toEqual(all)
      if (all.length > 0) found++
    }
    expect(found).toBeGreaterThan(30)
  })
})
