/** Answers to commands: lists have a limit, and say so. */
import { expect, it } from 'vitest'
import { Answers, LISTED_MAX } from '../../src/node/acts/answers.ts'
import type { Core } from '../../src/node/core.ts'
import type { Answer } from '../../src/node/events.ts'

it.each([
  [LISTED_MAX - 1, false],
  [LISTED_MAX, false],
  [LISTED_MAX + 1, true],
])('of %i rows at most 10,000 are listed, with a note where some are not (%s)', (count, isCut) => {
  const told: Answer[] = []
  const core = { tell: () => {}, answer: (_slot: number, answer: Answer) => told.push(answer) }
  const answers = new Answers(core as unknown as Core)
  const rows = Array.from({ length: count }, (_, n) => n)
  answers.take(1, 'r', '/rooms', (asked) => answers.list(asked, rows, '/rooms with a part finds others.'))
  const note = `Of ${count} the first 10000: /rooms with a part finds others.`
  expect(told).toEqual([
    {
      type: 'result',
      command: '/rooms',
      data: rows.slice(0, 10_000),
      ...(isCut && { note }),
      ref: 'r',
    },
  ])
  expect(answers.waiting).toBe(0)
})
