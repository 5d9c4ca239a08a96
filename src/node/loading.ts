/** Loading: what a node knows of its store before it begins. Whether it is true is looked for later (store-state.ts). */
import { NETWORK_ROOM, type RoomId } from '../wire/ids.ts'
import { FUTURE_MS_MAX, TIME_MAX } from '../wire/limits.ts'
import type { Acts } from './acts.ts'
import type { Carriage } from './carriage.ts'
import type { Clearing } from './clearing.ts'
import type { Display } from './display.ts'
import type { Doors } from './doors.ts'
import { time12 } from './keys.ts'
import type { People } from './people.ts'
import type { Replica } from './replica.ts'
import type { Store } from './store.ts'
import { isHeld } from './timeline.ts'
import type { Views } from './views.ts'

/** Whose last event is looked for at the same time: most of it is waiting for another thread. */
const ROOMS_AT_ONCE = 16

export interface LoadingPorts {
  readonly store: Store
  readonly replica: Replica
  readonly views: Views
  readonly clearing: Clearing
  readonly display: Display
  readonly people: People
  readonly doors: Doors | undefined
  readonly carriage: Carriage
  readonly acts: Pick<Acts, 'loaded'>
  /** Monotonic ms. */
  now(): number
  /** netNow, ms. */
  netNow(): number
}

export async function load(ports: LoadingPorts): Promise<void> {
  const { store, replica, views, clearing, people, doors, carriage, acts, now } = ports
  await replica.load()
  await views.load(store)
  await clearing.load()
  const rooms = [...replica.rooms()]
  for (let k = 0; k < rooms.length; k += ROOMS_AT_ONCE)
    await Promise.all(rooms.slice(k, k + ROOMS_AT_ONCE).map((room) => noteLatest(ports, room)))
  for (const { event } of views.controls(NETWORK_ROOM)) people.met(event.author)
  acts.loaded()
  doors?.look()
  carriage.noteMine(now())
}

/** What comes later in this room is stamped behind its last event, but for what is held (TL-4). */
async function noteLatest({ store, views, display, netNow }: LoadingPorts, room: RoomId): Promise<void> {
  const now = netNow()
  const end = Math.min(Math.max(0, Math.floor(now) + FUTURE_MS_MAX + 1), TIME_MAX)
  const range = { from: `o${room}`, to: `o${room}${time12(end)}`, reverse: true, limit: 1 }
  for await (const [key] of store.scan(range))
    display.noteT({ room, t: Number.parseInt(key.slice(33, 45), 16) })
  for (const { event } of views.controls(room)) if (!isHeld(event, now)) display.noteT(event)
}
