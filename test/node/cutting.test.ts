/** What an act cuts off that has too many lanes for one event, or for all that it may have. */
import { expect, it } from 'vitest'
import { cutting, NO_CUTTING, tellLeftOut } from '../../src/node/acts/cutting.ts'
import { DeviceActs } from '../../src/node/acts/devices.ts'
import type { Core } from '../../src/node/core.ts'
import { CUT_LANES_MAX, type HeldLane, withRooms } from '../../src/node/rooms.ts'
import type { BodyValue } from '../../src/wire/kinds.ts'
import { CUT_ENTRIES_MAX, CUT_PARTS_MAX, DEVICES_MAX } from '../../src/wire/limits.ts'
import { World } from './rooms/world.ts'

const world = new World()
const [anna, phone] = [world.person('anna'), world.person('phone')]
const lanes = (count: number): HeldLane[] =>
  Array.from({ length: count }, (_, i) => ({
    room: world.general,
    lane: i.toString(16).padStart(16, '0') as HeldLane['lane'],
    n: 1,
    id: 'ab'.repeat(32),
    t: i,
  }))

/** Anna's first device, as far as its acts on devices look: so many lanes of the phone are held there. */
function first(count: number) {
  const held = lanes(count)
  const written: BodyValue[] = []
  const told: unknown[] = []
  const core = {
    me: anna,
    self: anna,
    views: { network: () => world.network(), controls: () => world.events },
    people: { nick: () => 'anna', who: () => ({ name: 'anna', id: anna }) },
    replica: {
      rooms: () => [world.general],
      lanes: (_room: unknown, cls: 0 | 1) => (cls === 1 ? held : []),
      event: (_room: unknown, _key: unknown, lane: string) => ({ t: Number.parseInt(lane, 16) }),
    },
    tell: (event: unknown) => told.push(event),
  } as unknown as Core
  const answers = {
    system: (_: unknown, event: string) => told.push({ type: 'system', event }),
    refuse: (_: unknown, code: string) => told.push({ type: 'error', code }),
  }
  const writer = {
    write: (_room: unknown, value: BodyValue, then = () => {}) => {
      written.push(value)
      then()
    },
  }
  const acts = new DeviceActs(core, answers as never, {} as never, writer as never)
  return { acts, written, told }
}
const asked = {} as Parameters<DeviceActs['remove']>[0]

it('an unlinking of many lanes is written as one act with cut events right before it', () => {
  world.device(anna, phone, true)
  const { acts, written, told } = first(2 * CUT_ENTRIES_MAX + 1)
  acts.remove(asked, { do: 'unlink', who: phone })
  expect(written.map(({ kind }) => kind)).toEqual(['cut', 'cut', 'device'])
  expect(told).toEqual([{ type: 'system', event: 'unlink' }])
})

it('an unlinking of more lanes than it may list keeps the newest, and says with a code that the others go', () => {
  const { acts, written, told } = first(CUT_LANES_MAX + 7)
  acts.remove(asked, { do: 'unlink', who: phone })
  expect(written).toHaveLength(1 + CUT_PARTS_MAX)
  expect(told).toMatchObject([{ event: 'unlink' }, { type: 'error', code: 'LANES_LEFT_OUT' }])
  expect((told[1] as { message: string }).message).toContain('7 oldest')
})

it('lanes that fit, and acts that cut nothing, say nothing', () => {
  const { written, told } = first(0)
  const core = { tell: (event: unknown) => told.push(event), people: { nick: () => '' } } as never
  tellLeftOut(core, phone, NO_CUTTING)
  tellLeftOut(core, phone, cutting(lanes(CUT_LANES_MAX), withRooms))
  expect([written, told]).toEqual([[], []])
})

it('a device beyond those that a person may have is refused with a code', () => {
  for (let i = 1; i < DEVICES_MAX; i++) world.device(anna, world.person(`old${i}`), true)
  const { acts, written, told } = first(0)
  acts.accept(asked, { do: 'linkAccept', who: 'tablet' })
  expect([told, written]).toEqual([[{ type: 'error', code: 'DEVICES_MAX' }], []])
})
