/** How many people a room takes (rule RM-14): the one place where that is judged, at creation, at an invitation and at a join. */
import type { PersonKey } from '../../wire/ids.ts'
import { PRIVATE_MEMBERS_MAX } from '../../wire/limits.ts'
import type { Devices } from '../rooms.ts'

export interface Space {
  /** People at most, as its settings say; 0: no limit. */
  readonly max: number
  /** One key is sealed to all devices of all in it. */
  readonly isPrivate: boolean
}

/** What ROOM_TOO_LARGE says of it. */
export const excessTold = (excess: 'people' | 'devices', max: number) => ({
  max: excess === 'people' ? max : PRIVATE_MEMBERS_MAX,
  what: excess,
})

/** May all of these be in a room at once? Names what stands against it. */
export function excessOf(
  { max, isPrivate }: Space,
  persons: ReadonlySet<PersonKey>,
  devices: Pick<Devices, 'of'>,
): 'people' | 'devices' | undefined {
  if (max > 0 && persons.size > max) return 'people'
  if (!isPrivate) return undefined
  let keys = 0
  for (const person of persons) keys += devices.of(person).length
  return keys > PRIVATE_MEMBERS_MAX ? 'devices' : undefined
}
