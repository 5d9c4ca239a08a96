/** How much of each room is stored: read from a store, a page at a time. */
import { readUint } from '../wire/bytes.ts'
import { NETWORK_ROOM, type RoomId } from '../wire/ids.ts'
import { parseLaneKey } from './keys.ts'
import type { RoomView } from './rooms.ts'
import { countIn, isRecord } from './run-record.ts'
import type { Store } from './store.ts'
import type { RoomStored } from './store-report.ts'

const BODY_LENGTH_AT = 146

/** The largest first. view: of a room, where its events are known. */
export async function roomSizes(
  store: Pick<Store, 'scan'>,
  view: (room: RoomId) => RoomView | undefined,
): Promise<RoomStored[]> {
  const rooms = new Map<RoomId, { events: number; bytes: number }>()
  for await (const [key, value] of store.scan({ from: 'e', to: 'f' })) {
    const events = countIn(value)
    if (events === 0) continue
    const { room } = parseLaneKey(key)
    const size = rooms.get(room) ?? { events: 0, bytes: 0 }
    rooms.set(room, size)
    size.events += events
    size.bytes += value.length + (isRecord(value) ? 0 : readUint(value, BODY_LENGTH_AT, 3))
  }
  return [...rooms]
    .map(([room, size]) => ({ room, ...nameOf(room, view(room)), ...size }))
    .sort((a, b) => b.bytes - a.bytes)
}

function nameOf(room: RoomId, view: RoomView | undefined): { name?: string } {
  if (room === NETWORK_ROOM) return { name: '(people and places)' }
  if (view?.type === 'general') return { name: 'general' }
  if (view?.type === 'talk') return { name: '(a private talk)' }
  if (typeof view?.name !== 'string' || view.name === '') return {}
  return { name: view.deleted ? `${view.name} (deleted)` : view.name }
}
