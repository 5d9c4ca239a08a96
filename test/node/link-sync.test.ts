import { expect, it } from 'vitest'
import { LinkSync } from '../../src/node/link-sync.ts'
import { Author } from './author.ts'

const { person } = new Author(1)

it('keeps over a rest what is under way, and what was compared', () => {
  const link = new LinkSync(person, 0)
  link.compared = true
  link.queue.add('0room')
  link.rest()
  expect(link.isPulling).toBe(true)
  expect([...link.queue]).toEqual(['0room'])
  link.queue.delete('0room')
  link.rest()
  expect([link.isPulling, link.isBusy, link.isWaiting, link.compared]).toEqual([false, false, false, true])
})

it('does not rest before all is served', () => {
  const link = new LinkSync(person, 0)
  const frames = [{ type: 'done', id: 1 } as const].values()
  link.serving.push(frames)
  link.rest()
  expect(link.serving[0]).toBe(frames)
  expect(link.isBusy).toBe(false)
})
