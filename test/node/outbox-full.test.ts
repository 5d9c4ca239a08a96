/** OUTBOX_FULL says why what is written waits, also where there is a hub. */
import { expect, it } from 'vitest'
import { type Asked, UNSTORED_MAX } from '../../src/node/acts/answers.ts'
import { Posting } from '../../src/node/acts/posting.ts'
import type { Core } from '../../src/node/core.ts'
import type { HubInfo } from '../../src/node/events.ts'
import type { RoomView } from '../../src/node/rooms.ts'
import { explainRefusal } from '../../src/wire/refusal.ts'

const grace = { id: 'aa'.repeat(32), name: 'grace', url: 'wss://10.0.0.1:1/lanchat/1' }

/** What is told to whoever says one more where all that may wait does. */
function told(hub: HubInfo | undefined): string {
  const texts: string[] = []
  const core = { outbox: { unstored: UNSTORED_MAX }, hubInfo: () => hub } as unknown as Core
  const answers = {
    refuse: (_: Asked, code: string, values: Record<string, number>) =>
      texts.push(explainRefusal(code, '', values)),
  }
  const parts = [core, answers, {}, {}] as unknown as ConstructorParameters<typeof Posting>
  expect(new Posting(...parts).isDenied({} as Asked, {} as RoomView)).toBe(true)
  return texts.join()
}

it.each<[string, HubInfo | undefined, string]>([
  ['there is no hub', undefined, 'there is no hub at the moment'],
  ['the hub stores nothing', { ...grace, self: false }, 'the hub, grace, has not stored them yet'],
  ['the hub has a label here', { ...grace, self: false, label: 'boss' }, 'the hub, boss, has not stored'],
  ['this machine is the hub', { ...grace, self: true }, 'you are the hub and no other machine has confirmed'],
])('says what keeps what is written from being stored: %s', (_, hub, why) => {
  expect(told(hub)).toContain(why)
  expect(told(hub)).toContain('16384 messages of yours wait to be stored')
  expect(told(hub).includes('there is no hub')).toBe(hub === undefined)
})
