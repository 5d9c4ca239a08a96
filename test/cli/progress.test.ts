import { expect, test } from 'vitest'
import { Progress } from '../../src/cli/progress.ts'
import type { AckEvent, NodeEvent } from '../../src/node/index.ts'

const sent = (id: string): NodeEvent => ({ type: 'sent', id, room: 'general', text: id })
const ack = (id: string, state: AckEvent['state'], copies: number): NodeEvent => ({
  type: 'ack',
  id,
  state,
  copies,
  ...(copies === 0 && { alone: true as const }),
})
const bobCame: NodeEvent = { type: 'presence', user: { id: 'b', name: 'bob' }, online: true }

const said = (...events: NodeEvent[]): string[] => {
  const progress = new Progress()
  return events.flatMap((event) => (progress.hear(event) ? [progress.marked] : []))
}

test('sent, stored and replicated, each with its mark', () => {
  expect(said(sent('x'), ack('x', 'stored', 1), ack('x', 'replicated', 2))).toEqual([
    '… not stored yet',
    '✓ stored',
    '✓✓ on 2 others',
  ])
})

test('a private message is delivered, whatever comes behind that', () => {
  expect(said(sent('x'), ack('x', 'stored', 1), ack('x', 'delivered', 1), ack('x', 'replicated', 2))).toEqual(
    ['… not stored yet', '✓ stored', '✓✓ delivered'],
  )
})

test('alone is said until somebody comes', () => {
  expect(said(sent('x'), ack('x', 'stored', 0), bobCame, ack('x', 'replicated', 2))).toEqual([
    '… not stored yet',
    '· only here so far',
    '',
    '✓✓ on 2 others',
  ])
})

test('only the latest own message counts', () => {
  expect(said(sent('x'), sent('y'), ack('x', 'stored', 1))).toEqual(['… not stored yet', '… not stored yet'])
})
