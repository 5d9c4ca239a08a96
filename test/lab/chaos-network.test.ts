/** Cables, switches and firewalls that fail while everybody writes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Arena } from './chaos/arena.ts'
import {
  cableOut,
  delay,
  firewalledFirst,
  flapping,
  halves,
  islands,
  loss,
  oneAlone,
  oneWay,
  pair,
} from './chaos/nemeses/network.ts'
import { named, round } from './chaos/round.ts'
import { describeInLab } from './hosts.ts'

describeInLab('nothing is lost, doubled or reordered by', () => {
  let arena: Arena
  beforeAll(async () => {
    arena = await Arena.open({ prefix: 'chn' })
  })
  afterAll(() => arena?.close())

  it.each(named(cableOut, flapping, oneWay, loss, delay, halves, oneAlone, islands, pair, firewalledFirst))(
    '%s',
    async (_, nemesis) => expect(await round(arena, nemesis)).toEqual([]),
  )
})
