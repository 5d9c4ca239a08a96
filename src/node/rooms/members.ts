/** Who is in a room (rule RM-13). */
import type { PersonKey } from '../../wire/ids.ts'
import type { Said } from './view.ts'

/**
 * Members by the latest of each person's joins and leaves that count; a create joins its author.
 * events: those that count, in display order; named: whom a private room's create names, in it from the start. A person
 * with a counted ban or kick is no member.
 */
export function joined(
  events: Iterable<Said>,
  isBanned: (person: PersonKey) => boolean,
  named: Iterable<PersonKey> = [],
): Set<PersonKey> {
  const members = new Set<PersonKey>([...named].filter((person) => !isBanned(person)))
  for (const { by, body } of events) {
    if (body?.kind === 'leave') members.delete(by)
    else if ((body?.kind === 'join' || body?.kind === 'create') && !isBanned(by)) members.add(by)
  }
  return members
}
