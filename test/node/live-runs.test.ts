/** LV-17: what numbers stand for is kept of few links, whoever tells them. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { LiveRuns } from '../../src/node/live-runs.ts'
import { packRun } from '../../src/wire/event.ts'
import { endOf, nextRun } from '../../src/wire/next-run.ts'
import { shortRun } from '../../src/wire/short-run.ts'
import { Author, NET } from './author.ts'

/** What a node with this hub reads, and whom it asked. */
function reader(hub?: number) {
  const asked: number[] = []
  const live = new LiveRuns({
    crypto: nodeCrypto,
    net: NET,
    held: () => 0,
    pull: () => {},
    isHub: (link) => link === hub,
    ask: (link) => asked.push(link),
    fault: () => {},
  })
  return { live, asked }
}

const author = new Author(1)
const first = author.run(author.contentLane(), ['one'])
const second = author.run(first.events[0]!.lane, ['two'], first)
const named = { ...shortRun(packRun(first)), number: 0 }
const next = nextRun(packRun(second), endOf(first.events[0]!), 0)!

test('of nine links that tell numbers the one that told longest ago is forgotten, and asked for what it told', () => {
  const { live, asked } = reader()
  for (let link = 1; link <= 8; link++) expect(live.read(link, [named], 0)).toHaveLength(1)
  expect(live.read(1, [next], 0)).toHaveLength(1)
  live.read(9, [named], 0)
  expect([live.read(2, [next], 0), asked]).toEqual([[], [2]])
  expect(live.read(4, [next], 0)).toHaveLength(1)
})

test('whoever else tells numbers, those of the hub are kept', () => {
  const { live, asked } = reader(1)
  for (let link = 1; link <= 12; link++) live.read(link, [named], 0)
  expect(live.read(1, [next], 0)).toHaveLength(1)
  expect(asked).toEqual([])
})
