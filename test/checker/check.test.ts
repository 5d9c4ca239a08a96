import { describe, expect, it } from 'vitest'
import { check } from './check.ts'
import { figuresOf } from './figures.ts'
import { Story } from './story.ts'

const start = () => new Story('ann', 'bob', 'cid')
const kinds = (story: Story) => check(story.run).map(({ kind }) => kind)
const findings = (story: Story) => check(story.run).map(({ kind, about }) => `${kind}: ${about}`)

describe('a good run', () => {
  it('has no anomalies', () => {
    const story = start()
    story.says('ann', 'one')
    story.says('bob', 'two', { levels: ['stored'] })
    story.says('cid', 'a talk', { room: '@ann+cid', to: ['ann', 'cid'], levels: ['stored', 'delivered'] })
    story.says('ann', 'nobody here', { levels: ['stored'], alone: true })
    story.rests()
    story.says('bob', 'three')
    expect(kinds(story.rests())).toEqual([])
  })

  it('may leave the outcome of an invocation open, whether it happened or not', () => {
    const story = start()
    const message = story.message('ann', 'was it sent?')
    story.restarts('ann', () => story.add('ann', { what: 'invoke', text: message.text, room: message.room }))
    for (const client of ['ann', 'bob', 'cid']) story.shows(client, message)
    story.add('ann', { what: 'invoke', text: 'never heard of', room: 'general' })
    story.add('ann', { what: 'info', text: 'never heard of' })
    expect(kinds(story.rests())).toEqual([])
  })

  it('may show an own message again to the next process, and leave what came before its start unshown', () => {
    const story = start()
    const message = story.says('ann', 'one')
    story.restarts('ann').add('ann', { what: 'shown', message })
    story.says('bob', 'two')
    story.restarts('cid')
    expect(kinds(story.rests())).toEqual([])
  })
})

describe('a lost message', () => {
  it('is found where it was stored and is nowhere', () => {
    const story = start()
    const message = story.says('ann', 'gone', { levels: ['stored'] })
    for (const client of ['ann', 'bob', 'cid']) story.forgets(client, message)
    expect(findings(story.rests())).toEqual(['lost: "gone" of ann in general, stored, is nowhere'])
  })

  it('is found where one member lacks it', () => {
    const story = start()
    story.forgets('cid', story.says('ann', 'not for cid'))
    expect(findings(story.rests())).toContain(
      'lost: "not for cid" of ann in general, replicated, is not on cid',
    )
  })

  it('is found where it was never acknowledged, but its author lives', () => {
    const story = start()
    const message = story.says('ann', 'gone', { levels: [] })
    for (const client of ['ann', 'bob', 'cid']) story.forgets(client, message)
    expect(findings(story.rests())).toEqual(['lost: "gone" of ann in general, sent, is nowhere'])
  })

  it.each([
    ['sent and its author’s device is lost', { levels: [] }, ['ann'], []],
    ['alone and its author’s device is lost', { levels: ['stored'], alone: true }, ['ann'], []],
    ['alone and another device is lost', { levels: ['stored'], alone: true }, ['bob'], ['lost']],
    ['stored and one device is lost', { levels: ['stored'] }, ['ann'], ['lost']],
    ['stored and two devices are lost', { levels: ['stored'] }, ['ann', 'bob'], []],
    ['stored and one device is lost twice', { levels: ['stored'] }, ['ann', 'ann'], ['lost']],
    ['replicated and two devices are lost', {}, ['ann', 'bob'], ['lost']],
    ['replicated and three devices are lost', {}, ['ann', 'bob', 'cid'], []],
    ['delivered and one device is lost', { levels: ['stored', 'delivered'] }, ['bob'], ['lost']],
  ] as const)('%s: %o', (_, saying, losses, expected) => {
    const story = start()
    const message = story.says('ann', 'gone', saying)
    for (const client of ['ann', 'bob', 'cid']) story.forgets(client, message)
    for (const client of losses) story.loses(client)
    expect(kinds(story.rests())).toEqual(expected)
  })

  it('is found where all had it at a checkpoint, although its author’s device was lost since', () => {
    const story = start()
    const message = story.says('ann', 'unacknowledged', { levels: [] })
    story.rests()
    for (const client of ['ann', 'bob', 'cid']) story.forgets(client, message)
    story.loses('ann')
    expect(kinds(story.rests())).toEqual(['lost'])
  })

  it('is excused where it was in memory only and the process ended', () => {
    const story = start()
    story.add('ann', { what: 'memory', only: true })
    const message = story.says('ann', 'gone', { levels: [] })
    for (const client of ['ann', 'bob', 'cid']) story.forgets(client, message)
    expect(kinds(story.restarts('ann').rests())).toEqual([])
  })

  it('written in memory only, but stored elsewhere, is found', () => {
    const story = start()
    story.add('ann', { what: 'memory', only: true })
    const message = story.says('ann', 'gone', { levels: ['stored'] })
    for (const client of ['ann', 'bob', 'cid']) story.forgets(client, message)
    expect(kinds(story.restarts('ann').rests())).toEqual(['lost'])
  })
})

describe('other anomalies', () => {
  it('finds a message that a process reads and never showed', () => {
    const story = start()
    story.holds('cid', story.says('ann', 'silent', { to: ['ann', 'bob'] }))
    expect(findings(story.rests())).toEqual([
      'unseen: "silent" in general was never shown by cid, which reads it',
    ])
  })

  it('finds a message shown twice by one process', () => {
    const story = start()
    const message = story.says('ann', 'again')
    story.add('bob', { what: 'shown', message })
    expect(findings(story.rests())).toEqual(['duplicate: bob is shown "again" twice'])
  })

  it('finds one text as two messages', () => {
    const story = start()
    const message = story.says('ann', 'again')
    const copy = { ...message, id: 'id9999', order: '9999' }
    for (const client of ['ann', 'bob', 'cid']) story.shows(client, copy)
    expect(kinds(story.rests())).toContain('duplicate')
  })

  it('finds a history that is not in order', () => {
    const story = start()
    story.says('ann', 'one')
    story.says('bob', 'two')
    story.rests((checkpoint) => ({
      ...checkpoint,
      reads: checkpoint.reads.map((read) => ({ ...read, messages: [...read.messages].reverse() })),
    }))
    expect(new Set(kinds(story))).toEqual(new Set(['reordered']))
  })

  it('finds a message whose place changed', () => {
    const story = start()
    const message = story.says('ann', 'one', { to: ['ann', 'bob'] })
    story.shows('cid', { ...message, order: '0007' })
    expect(kinds(story.rests())).toContain('reordered')
  })

  it('finds two that read the same messages in another order', () => {
    const story = start()
    story.says('ann', 'one')
    story.says('bob', 'two')
    story.rests((checkpoint) => ({
      ...checkpoint,
      reads: checkpoint.reads.map((read) =>
        read.client === 'bob' ? { ...read, messages: [...read.messages].reverse() } : read,
      ),
    }))
    expect(kinds(story)).toContain('diverged')
  })

  it('finds two that read different messages, nothing of which was promised', () => {
    const story = start()
    story.add('ann', { what: 'memory', only: true })
    story.forgets('cid', story.says('ann', 'half', { levels: [] }))
    expect(findings(story.rests())).toEqual([
      'diverged: general: only ann reads 1 ("half"); only cid reads 0',
    ])
  })

  it('finds an answer ordered before what its author had been shown', () => {
    const story = start()
    story.says('ann', 'a question', { order: '0500' })
    story.says('bob', 'an answer', { order: '0400' })
    expect(findings(story.rests())).toEqual([
      'early: "an answer" of bob stands before "a question", which bob had been shown',
    ])
  })

  it('takes what was shown to an earlier process of a device for shown, but not across its loss', () => {
    const tell = (between: (story: Story) => void) => {
      const story = start()
      story.says('ann', 'a question', { order: '0500' })
      between(story)
      story.says('bob', 'an answer', { order: '0400', levels: [] })
      return check(story.run).map(({ kind }) => kind)
    }
    expect(tell((story) => story.restarts('bob'))).toEqual(['early'])
    expect(tell((story) => story.loses('bob'))).toEqual([])
  })

  it('takes what was shown while nothing could be written for forgotten with its process, and for nothing less', () => {
    const tell = (...steps: ((story: Story) => void)[]) => {
      const story = start()
      for (const step of steps) step(story)
      story.says('bob', 'an answer', { order: '0400', levels: [] })
      return check(story.run).map(({ kind }) => kind)
    }
    const asks = (story: Story) => story.says('ann', 'a question', { order: '0500' })
    const memory = (only: boolean) => (story: Story) => story.add('bob', { what: 'memory', only })
    const soon = (story: Story) => story.soon()
    const restarts = (story: Story) => story.restarts('bob')
    expect(tell(memory(true), asks, restarts)).toEqual([])
    expect(tell(memory(true), asks)).toEqual(['early'])
    expect(tell(asks, memory(true), restarts)).toEqual(['early'])
    const asksOnly = (story: Story) =>
      story.says('ann', 'a question', { order: '0500', levels: [], to: ['ann', 'bob'] })
    expect(tell(asksOnly, restarts)).toEqual(['early'])
    expect(tell(asksOnly, soon, restarts)).toEqual([])
    expect(tell(asksOnly, soon, memory(true), restarts)).toEqual([])
    expect(tell(memory(true), asks, memory(false), restarts)).toEqual(['early'])
  })

  it('finds what nobody sent, and what failed', () => {
    const story = start()
    const ghost = story.message('bob', 'boo')
    for (const client of ['ann', 'bob', 'cid']) story.shows(client, ghost)
    const refused = story.message('ann', 'refused')
    story.add('ann', { what: 'invoke', text: 'refused', room: 'general' })
    story.add('ann', { what: 'fail', text: 'refused', code: 'NOT_MEMBER' })
    for (const client of ['ann', 'bob', 'cid']) story.shows(client, refused)
    expect(findings(story.rests())).toEqual([
      'phantom: ann is shown "boo" of bob, which nobody sent',
      'phantom: ann is shown "refused" of ann, whose sending failed',
    ])
  })

  it.each([
    ['text', { text: 'pay mallory' }],
    ['author', { from: 'cid' }],
    ['room', { room: 'kitchen' }],
  ])('finds a message with another %s', (_, change) => {
    const story = start()
    const message = story.says('ann', 'pay bob', { to: ['ann', 'bob'] })
    story.shows('cid', { ...message, ...change })
    expect(kinds(story.rests())).toContain('altered')
  })

  it.each([
    [
      'stored after replicated',
      (story: Story, id: string) => story.ok('ann', id, 'replicated', 2).ok('ann', id, 'stored', 2),
    ],
    [
      'stored twice',
      (story: Story, id: string) => story.ok('ann', id, 'stored', 1).ok('ann', id, 'stored', 1),
    ],
    [
      'fewer copies than before',
      (story: Story, id: string) => story.ok('ann', id, 'stored', 3).ok('ann', id, 'replicated', 2),
    ],
    ['before sent', (story: Story, id: string) => story.restarts('ann').ok('ann', id, 'stored', 1)],
  ])('finds an acknowledgement that goes back: %s', (_, plant) => {
    const story = start()
    plant(story, story.says('ann', 'one', { levels: [] }).id)
    expect(kinds(story.rests())).toEqual(['regressed'])
  })

  it('finds an acknowledgement that claims more than its figures', () => {
    const story = start()
    const { id } = story.says('ann', 'one', { levels: [] })
    story.ok('ann', id, 'replicated', 1)
    story.add('ann', { what: 'ok', id, level: 'stored', copies: 1, alone: true })
    expect(new Set(kinds(story.rests()))).toEqual(new Set(['overstated', 'regressed']))
  })

  it('finds that not all follow one hub', () => {
    const story = start()
    const at = (hub: string | undefined) =>
      story.rests((checkpoint) => ({ ...checkpoint, hubs: new Map([...checkpoint.hubs, ['cid', hub]]) }))
    at('cid')
    at(undefined)
    at('ann')
    expect(findings(story)).toEqual([
      'divided: ann follows ann, bob follows ann, cid follows cid',
      'divided: ann follows ann, bob follows ann, cid follows nobody',
    ])
  })
})

it('counts messages by what was said of them, and the longest silence', () => {
  const story = start()
  story.says('ann', 'one')
  story.says('bob', 'two', { levels: ['stored'] })
  story.says('cid', 'three', { levels: ['stored'], alone: true })
  story.says('cid', 'four', { levels: [] })
  story.add('cid', { what: 'invoke', text: 'five', room: 'general' })
  expect(figuresOf(story.rests().run)).toMatchObject({
    messages: 5,
    none: 1,
    alone: 1,
    stored: 1,
    replicated: 1,
    unknown: 1,
    starts: 3,
    shown: 12,
  })
})

it('refuses a run in which a text is sent twice', () => {
  const story = start()
  for (const _ of [1, 2]) story.add('ann', { what: 'invoke', text: 'the same', room: 'general' })
  expect(() => check(story.run)).toThrow(TypeError)
})
