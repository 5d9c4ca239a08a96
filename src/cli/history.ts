/** `lanchat history <room> [n]`: the last messages of a room or talk. */
import { HISTORY_MAX, isHistoryCount } from './commands.ts'
import { type Settings, UsageError } from './options.ts'
import { question } from './question.ts'
import type { World } from './world.ts'

/**
 * count: as typed; undefined: as many as the chat shows. Rejects with UsageError where it is none: the chat's words for that are
 * about what is typed there.
 */
export async function history(
  world: World,
  settings: Settings,
  room: string,
  count: string | undefined,
): Promise<number> {
  if (count !== undefined && !isHistoryCount(count))
    throw new UsageError(`The number of messages must be a whole one, 1 to ${HISTORY_MAX}.`)
  return question(world, settings, `/history ${count ?? ''} ${room}`)
}
