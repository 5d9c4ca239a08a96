/** What a node lets through early, by what it knows counts: the same that every node's rooms view ignores or lets be. */
import { skeleton } from '../../wire/confusable.ts'
import { NETWORK_ROOM, type PersonKey, type RoomId } from '../../wire/ids.ts'
import type { RoomView } from '../rooms.ts'
import type { Views } from '../views.ts'

/** Why an author's event would not count in a room: a refusal code; undefined: it would. */
export function denialOf(views: Views, author: PersonKey, room: RoomId, cls: 0 | 1): string | undefined {
  const view = views.room(room)
  if (!view) return undefined
  if (cls === 1 && view.deleted) return 'ROOM_UNKNOWN'
  if (view.persons && !view.persons.has(author)) return 'NOT_MEMBER'
  if (cls === 1 && view.bans.some((ban) => ban.target === author)) return 'BANNED'
  return undefined
}

/** The hub's answer to "may I": a refusal code; undefined: yes. */
export function permitOf(
  views: Views,
  person: PersonKey,
  action: 'create' | 'join',
  room: RoomId,
  name: string,
): string | undefined {
  if (action === 'create') {
    const wanted = skeleton(name)
    for (const view of publicRooms(views))
      if (typeof view.name === 'string' && skeleton(view.name) === wanted) return 'ROOM_NAME_TAKEN'
    return wanted === skeleton('general') ? 'ROOM_NAME_TAKEN' : undefined
  }
  const view = views.room(room)
  if (!view || view.deleted) return 'ROOM_UNKNOWN'
  if (view.bans.some((ban) => ban.target === person && !ban.kick)) return 'BANNED'
  if (view.persons && !view.persons.has(person)) return 'NOT_MEMBER'
  return view.max > 0 && view.members.size >= view.max && !view.members.has(person) ? 'ROOM_FULL' : undefined
}

function* publicRooms(views: Views): Iterable<RoomView> {
  for (const id of views.ids()) {
    const view = id === NETWORK_ROOM ? undefined : views.room(id)
    if (view?.type === 'public' && !view.deleted) yield view
  }
}
