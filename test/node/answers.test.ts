/** Answers to commands: lists have a limit, and say so; so has what is asked at once. */
import { describe, expect, it } from 'vitest'
import { Answers, type Asked, LISTED_MAX, UNSTORED_MAX } from '../../src/node/acts/answers.ts'
import { ASKERS_MAX } from '../../src/node/audience.ts'
import type { Core } from '../../src/node/core.ts'
import type { Answer } from '../../src/node/events.ts'
import { createLan } from '../../src/node/testing.ts'

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

describe('commands asked without waiting', () => {
  const outbox = { unstored: 0 }
  const silent = { tell: () => {}, answer: () => {}, outbox, moment: { now: 0 } } as unknown as Core

  /** Asks so often; which of them were carried out. */
  function asked(command: string, times: number) {
    const answers = new Answers(silent)
    const done: Asked[] = []
    for (let slot = 0; slot < times; slot++) answers.take(slot, slot, command, (asked) => done.push(asked))
    return { answers, done }
  }

  it.each([
    ['/group_msg', 256],
    ['/history', 8],
  ])('are carried out some at a time: %s', (command, atOnce) => {
    const { answers, done } = asked(command, 1000)
    expect(done).toHaveLength(atOnce)
    expect(answers.waiting).toBe(1000)
    for (const each of [...done]) answers.result(each, null)
    // What is told must have left first: answers pile up in a turn as well.
    answers.goOn()
    expect(done).toHaveLength(atOnce)
    while (answers.left()) {
      answers.goOn()
      for (const each of done.slice(-atOnce)) if (!each.answer) answers.result(each, null)
    }
    expect(done.map(({ slot }) => slot)).toEqual(Array.from({ length: 1000 }, (_, slot) => slot))
    expect(answers.waiting).toBe(0)
  })

  it('are not lost where they were said, when the node ends', () => {
    const { answers, done } = asked('/group_msg', 1000)
    answers.finish()
    expect(done).toHaveLength(1000)
  })
})

it('a program that asks without waiting hears BUSY, and is answered in full otherwise, in order', async () => {
  await using lan = createLan()
  const anna = await lan.node({ name: 'anna' })
  await anna.ready
  const answers: Promise<Answer>[] = []
  for (let n = 0; n < ASKERS_MAX + 100; n++)
    answers.push(anna.execute(n % 64 === 0 ? { do: 'rooms' } : { do: 'pins', room: 'general' }))
  const codes = (await Promise.all(answers)).map((answer) =>
    answer.type === 'error' ? answer.code : answer.type,
  )
  expect(codes.indexOf('BUSY')).toBe(ASKERS_MAX)
  expect(new Set(codes.slice(0, ASKERS_MAX))).toEqual(new Set(['result']))
  expect(new Set(codes.slice(ASKERS_MAX))).toEqual(new Set(['BUSY']))
  expect(await anna.execute({ do: 'rooms' })).toMatchObject({ type: 'result' })
})

describe('what is said while too much waits to be stored', () => {
  function full() {
    const outbox = { unstored: UNSTORED_MAX }
    const moment = { now: 0 }
    const answers = new Answers({ tell: () => {}, answer: () => {}, outbox, moment } as unknown as Core)
    const done: Asked[] = []
    const say = () => answers.take(1, undefined, '/group_msg', (asked) => done.push(asked))
    return { outbox, moment, answers, done, say }
  }

  it('waits until some of it is stored', () => {
    const { outbox, answers, done, say } = full()
    for (let k = 0; k < 10; k++) say()
    expect(done).toHaveLength(0)
    outbox.unstored -= 1
    answers.goOn()
    expect(done.length).toBeGreaterThan(0)
    expect(answers.waiting).toBe(10)
  })

  it('waits as long as some is stored, however slowly', () => {
    const { outbox, moment, answers, done, say } = full()
    outbox.unstored += 100
    say()
    for (let k = 0; k < 10; k++) {
      moment.now += 9000
      outbox.unstored -= 1
      answers.goOn()
    }
    expect(done).toHaveLength(0)
  })

  it('is carried out, to be refused, where nothing is stored for 10 s', () => {
    const { moment, answers, done, say } = full()
    say()
    moment.now = 9_999
    answers.goOn()
    expect(done).toHaveLength(0)
    moment.now = 10_000
    answers.goOn()
    say()
    expect(done).toHaveLength(2)
  })
})
