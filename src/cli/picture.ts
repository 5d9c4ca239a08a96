/** The network as text: who is hub, who hangs on it, what flows over the links. For classes that watch it. */
import type { LinkInfo, StatusData, Who } from '../node/index.ts'
import type { Paint } from './render.ts'
import { safeName } from './safe-text.ts'
import { padded, shorten, widthOf } from './screen/graphemes.ts'
import { sizeText } from './size-text.ts'
import { spanOf } from './span.ts'

/** Between two looks at a node, per second. */
export interface Rates {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly framesIn: number
  readonly events: number
  /** By link, as linkName gives it. */
  readonly links: ReadonlyMap<string, Pick<Rates, 'bytesIn' | 'bytesOut' | 'framesIn'>>
}

export interface Drawing {
  readonly paint: Paint
  /** Box characters, or what an old terminal has. */
  readonly isUnicode: boolean
  readonly columns: number
}

const linkName = (link: LinkInfo) => `${link.id}/${link.address ?? ''}`

/** before: the look `seconds` ago; undefined at the first, whose rates are zero. */
export function ratesOf(now: StatusData, before: StatusData | undefined, seconds: number): Rates {
  const past = new Map(before?.links.map((link) => [linkName(link), link]))
  const per = (value = 0, earlier = 0) => (value < earlier || seconds <= 0 ? 0 : (value - earlier) / seconds)
  const links = new Map(
    now.links.map((link) => {
      // What a new link has carried, it carried since the last look.
      const old = before ? past.get(linkName(link)) : link
      return [
        linkName(link),
        {
          bytesIn: per(link.bytesIn, old?.bytesIn),
          bytesOut: per(link.bytesOut, old?.bytesOut),
          framesIn: per(link.framesIn, old?.framesIn),
        },
      ]
    }),
  )
  const sum = (pick: 'bytesIn' | 'bytesOut' | 'framesIn') =>
    [...links.values()].reduce((all, rate) => all + rate[pick], 0)
  return {
    bytesIn: sum('bytesIn'),
    bytesOut: sum('bytesOut'),
    framesIn: sum('framesIn'),
    events: before ? per(now.taken, before.taken) : 0,
    links,
  }
}

const rateText = (bytesPerS: number) => `${sizeText(Math.round(bytesPerS))}/s`
const perSecond = (n: number) => `${n >= 100 ? Math.round(n) : n.toFixed(1)}/s`

/** Everything in one line, for who reads a log. */
export function lineOf(status: StatusData, rates: Rates): string {
  const hub = status.hub ? safeName(status.hub.name) : 'none'
  return [
    `hub ${hub}`,
    `members ${status.members}`,
    `links ${status.links.length}`,
    `in ${rateText(rates.bytesIn)}`,
    `out ${rateText(rates.bytesOut)}`,
    `events ${status.stored.events} (${perSecond(rates.events)})`,
    `unstored ${status.unstored}`,
  ].join('  ')
}

/** Several lines, none wider than the terminal. */
export function picture(status: StatusData, rates: Rates, drawing: Drawing): string[] {
  const { paint, columns } = drawing
  const place = status.place === undefined ? '' : `, place ${status.place.slice(0, 8)}`
  const lines: Cell[][] = [
    [
      ['bold', `network ${safeName(status.network)}`],
      [
        'dim',
        `${place}, epoch ${status.epoch}, seen from ${safeName(status.self.name)}, up ${spanOf(status.uptimeMs)}`,
      ],
    ],
    [],
    ...tree(status, rates, drawing),
    [],
    [
      [
        undefined,
        `links ${status.links.length}: in ${rateText(rates.bytesIn)}, out ${rateText(rates.bytesOut)}, ${perSecond(rates.framesIn)} frames in`,
      ],
    ],
    [
      [
        undefined,
        `stored here: ${status.stored.events} events in ${status.stored.rooms} rooms, ${perSecond(rates.events)} new`,
      ],
    ],
    [[undefined, `own messages that wait: ${status.unstored}${copiesText(status.copies)}`]],
    ...(status.disk === undefined ? [] : [[['yellow', safeName(status.disk)] satisfies Cell]]),
  ]
  return lines.map((cells) => fitted(cells, columns, paint))
}

type Cell = readonly [style: 'bold' | 'dim' | 'green' | 'yellow' | undefined, text: string]

const copiesText = (copies: number | undefined) =>
  copies === undefined ? '' : `; the latest is on ${copies} other device${copies === 1 ? '' : 's'}`

function tree(status: StatusData, rates: Rates, { isUnicode }: Drawing): Cell[][] {
  const { hub, self } = status
  if (!hub) return [[['yellow', 'no hub at the moment; looking for one']]]
  const links = new Map(status.links.map((link) => [link.id, link]))
  const [more, last] = isUnicode ? ['├── ', '└── '] : ['|-- ', '`-- ']
  const people = new Map<string, Who>([...status.online, ...status.links].map((who) => [who.id, who]))
  people.delete(hub.id)
  const place = (who: Who) => {
    const at = status.line.findIndex(({ id }) => id === who.id)
    return at < 0 ? Number.POSITIVE_INFINITY : at
  }
  const members = [...people.values()].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1))
  const widest = Math.max(...[hub, ...members].map(({ name }) => widthOf(safeName(name))))
  const row = (who: Who, head: string, what: string, isHub: boolean): Cell[] => [
    ['dim', head],
    [isHub ? 'green' : 'bold', padded(safeName(who.name), isHub ? widest + more.length : widest)],
    [undefined, `  ${what.padEnd(7)}`],
    ['yellow', who.id === self.id ? ' this machine' : ''],
    ['dim', linkText(links.get(who.id), rates)],
  ]
  return [
    row(hub, '', 'hub', true),
    ...members.map((who, i) => {
      const at = place(who)
      const link = links.get(who.id)
      const what = at !== Number.POSITIVE_INFINITY ? `line ${at + 1}` : link?.visitor ? 'visitor' : ''
      return row(who, i === members.length - 1 ? last : more, what, false)
    }),
  ]
}

function linkText(link: LinkInfo | undefined, rates: Rates): string {
  if (!link) return ''
  const rate = rates.links.get(linkName(link))
  const flow = rate ? ` in ${rateText(rate.bytesIn)} out ${rateText(rate.bytesOut)}` : ''
  return ` ${link.address ?? ''}${flow}${link.member ? '' : ' (link only)'}`
}

/** Cut at the right edge, so that the terminal never breaks a line. */
function fitted(cells: readonly Cell[], columns: number, paint: Paint): string {
  let room = columns
  return cells
    .map(([style, text]) => {
      const kept = shorten(text, room, '')
      // Behind a wide character that did not fit nothing else stands, though one column is left.
      room = kept === text ? room - widthOf(kept) : 0
      return style && kept ? paint(style, kept) : kept
    })
    .join('')
    .trimEnd()
}
