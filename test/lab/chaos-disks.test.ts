/** Disks that fail and strangers on the LAN, in a network with a code, while everybody writes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Arena } from './chaos/arena.ts'
import { damage, fullDisk, powerCut } from './chaos/nemeses/disks.ts'
import { boast, flood, goodbyes, lure, slowReader, storm, withholding } from './chaos/nemeses/intruders.ts'
import { named, round } from './chaos/round.ts'
import { describeInLab } from './hosts.ts'

describeInLab('nothing is lost, doubled or reordered by', () => {
  let arena: Arena
  beforeAll(async () => {
    arena = await Arena.open({
      prefix: 'chd',
      code: 'chaos corner candle copper',
      diskOf: (index) => (['tmpfs', 'image', 'image', 'directory'] as const)[index]!,
    })
  })
  afterAll(() => arena?.close())

  it.each(named(fullDisk, powerCut, damage, storm, goodbyes, lure, boast, withholding, slowReader, flood))(
    '%s',
    async (_, nemesis) => expect(await round(arena, nemesis)).toEqual([]),
  )
})
