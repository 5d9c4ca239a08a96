/** Messages that were sent, and that something decided meanwhile keeps back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorEvent, Node, Room } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'

let lan: Lan
let anna: Node
let ben: Node
let games: Room
beforeEach(async () => {
  lan = createLan()
  anna = await lan.node({ name: 'anna' })
  ben = await lan.node({ name: 'ben' })
  await ben.ready
  await anna.execute({ do: 'create', room: 'games' })
  games = await enters(ben)
})
afterEach(() => lan.close())

/** As soon as the room is known. */
async function enters(node: Node): Promise<Room> {
  for (;;) {
    const room = await node.join('games').catch(() => undefined)
    if (room) return room
  }
}

/** Ben says it while the hub, which he does not hear, decides something. */
async function saysMeanwhile(decide: () => Promise<unknown>): Promise<{ code?: string; id?: string }> {
  const told: ErrorEvent[] = []
  ben.on((event) => event.type === 'error' && event.id !== undefined && told.push(event))
  lan.cut(anna, ben)
  const sent = games.send('too late')
  const why = sent.catch((error: { code: string }) => error)
  await decide()
  lan.heal()
  const error = (await why) as { code: string }
  expect(told).toMatchObject([{ code: error.code, id: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  return error
}

describe('a message on its way', () => {
  it('rejects with ROOM_UNKNOWN where its room was deleted meanwhile', async () => {
    expect(await saysMeanwhile(() => anna.execute({ do: 'delete', room: 'games' }))).toMatchObject({
      code: 'ROOM_UNKNOWN',
    })
    await ben.settle()
  })

  it('rejects with BANNED where its author was banned meanwhile', async () => {
    expect(
      await saysMeanwhile(() => anna.execute({ do: 'ban', room: 'games', who: 'ben', reason: 'noise' })),
    ).toMatchObject({ code: 'BANNED', message: expect.stringContaining('noise') })
  })

  it('rejects with MUTED where its author was muted meanwhile, and goes out once that is lifted', async () => {
    const messages = (await anna.join('games')).messages()
    expect(await saysMeanwhile(() => anna.execute({ do: 'mute', room: 'games', who: 'ben' }))).toMatchObject({
      code: 'MUTED',
    })
    await anna.execute({ do: 'unmute', room: 'games', who: 'ben' })
    expect((await messages.next()).value.text).toBe('too late')
  })
})
