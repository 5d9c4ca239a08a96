/** The line below the composer: network, hub, and the rooms with what is unread in each. */
import type { Paint } from '../render.ts'
import { shorten, widthOf } from './graphemes.ts'

export interface RoomState {
  readonly name: string
  readonly unread: number
  /** There are more of them than were counted. */
  readonly isMore?: boolean
  /** Unread ones that name this person. */
  readonly mentions: number
  readonly isCurrent: boolean
}

export interface Status {
  readonly network: string
  /** In words; undefined: none at the moment. */
  readonly hub: string | undefined
  /** In the order of Alt-1 .. Alt-9. */
  readonly rooms: readonly RoomState[]
  /** Own messages that no hub has stored yet. */
  readonly waiting: number
  /** How far the latest own message has come; '' where nothing is to be said. */
  readonly latest: string
}

/**
 * One row at most columns - 1 wide. Rooms that do not fit are left out, the current one and those unread last. Before one that is
 * unread is, how far the latest message has come makes room.
 */
export function statusLine(status: Status, columns: number, paint: Paint): string {
  const { row, leftOut } = laidOut(status, columns, paint)
  if (leftOut === 0 || status.latest === '' || status.waiting > 0) return row
  const without = laidOut({ ...status, latest: '' }, columns, paint)
  return without.leftOut < leftOut ? without.row : row
}

/** leftOut: unread rooms that do not stand in it. */
function laidOut(
  status: Status,
  columns: number,
  paint: Paint,
): { readonly row: string; readonly leftOut: number } {
  const width = Math.max(1, columns - 1)
  const hub = status.hub ?? 'looking for others'
  const waiting = status.waiting > 0 ? `${status.waiting} not stored yet` : status.latest
  const fixed = [status.network, hub, waiting].filter((part) => part !== '').join(' | ')
  let used = widthOf(fixed)
  if (used > width - 4)
    return {
      row: paint('dim', shorten(fixed, width, '...')),
      leftOut: status.rooms.filter(({ unread }) => unread > 0).length,
    }
  const rank = (room: RoomState) => (room.isCurrent ? 0 : room.mentions > 0 ? 1 : room.unread > 0 ? 2 : 3)
  const numbered = status.rooms.map((room, index) => ({ room, index, text: roomText(room, index) }))
  const chosen = new Set<number>()
  used += 3
  for (const { index, text } of [...numbered].sort((a, b) => rank(a.room) - rank(b.room))) {
    const taken = widthOf(text) + 1
    if (used + taken > width + 1) continue
    chosen.add(index)
    used += taken
  }
  const rooms = numbered
    .filter(({ index }) => chosen.has(index))
    .map(({ room, text }) => {
      if (room.mentions > 0) return paint(['bold', 'yellow'], text)
      if (room.isCurrent || room.unread > 0) return paint('bold', text)
      return paint('dim', text)
    })
  const leftOut = numbered.filter(({ room, index }) => room.unread > 0 && !chosen.has(index)).length
  if (rooms.length === 0) return { row: paint('dim', fixed), leftOut }
  return { row: `${paint('dim', `${fixed} | `)}${rooms.join(' ')}`, leftOut }
}

/** `2:lab(3)`; `+`: and more; with `!` where one names this person. Numbers end at 9, like the keys. */
function roomText(room: RoomState, index: number): string {
  const number = index < 9 ? `${index + 1}:` : ''
  const unread =
    room.unread > 0 ? `(${room.unread}${room.isMore ? '+' : ''}${room.mentions > 0 ? '!' : ''})` : ''
  return room.isCurrent ? `[${number}${room.name}]` : `${number}${room.name}${unread}`
}
