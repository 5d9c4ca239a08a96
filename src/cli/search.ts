/** `lanchat search <words>`: what was said, newest first. */
import type { OwnOptions } from './calls.ts'
import { HISTORY_MAX, isHistoryCount } from './commands.ts'
import { type Settings, UsageError } from './options.ts'
import { question } from './question.ts'
import type { World } from './world.ts'

/** Throws UsageError where the room or the limit can be none. */
export async function search(
  world: World,
  settings: Settings,
  { room, limit }: OwnOptions,
  words: readonly string[],
): Promise<number> {
  if (room !== undefined && !/^\S+$/u.test(String(room)))
    throw new UsageError('--room must be the name of a room.')
  if (limit !== undefined && !isHistoryCount(String(limit)))
    throw new UsageError(`--limit must be a number, 1 to ${HISTORY_MAX}.`)
  const options = [
    ...(room === undefined ? [] : ['--room', String(room)]),
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
  ]
  return question(world, settings, ['/search', ...options, '--', ...words].join(' '), { storedWillDo: true })
}
