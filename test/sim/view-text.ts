/** Views as text: what of rooms, people and acts has to be the same on nodes that hold the same events (INV-1). */
import type { NetworkView, RoomView } from '../../src/node/rooms.ts'
import { hex } from '../../src/wire/bytes.ts'

const text = (value: string | Uint8Array) => (typeof value === 'string' ? value : hex(value))
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).sort()

export function networkText({
  profiles,
  ranks,
  counted,
  bans,
  mutes,
  demotions,
  devices,
}: NetworkView): string {
  const persons = [...profiles.keys()].sort()
  return JSON.stringify([
    persons.map((person) => [person, profiles.get(person)!.nick, devices.of(person), devices.ever(person)]),
    [...ranks].sort(),
    [...counted].sort(),
    ids(bans),
    ids(mutes),
    ids(demotions),
  ])
}

export function roomText(view: RoomView | undefined): string {
  if (!view) return 'unknown'
  return JSON.stringify([
    view.type,
    text(view.name),
    text(view.topic),
    view.max,
    view.settings,
    view.deleted,
    [...view.members].sort(),
    [...(view.persons ?? [])].sort(),
    [...view.ranks].sort(),
    ids(view.bans),
    ids(view.mutes),
    ids(view.demotions),
    [...view.hidden].sort(),
    view.pins,
    [...view.invited].sort(),
    [...view.counted].sort(),
  ])
}
