/** The simulator can fail: mistakes planted in whole nodes are each caught within a few seeds. */
import { afterEach, expect, test, vi } from 'vitest'
import { Receipts } from '../../src/hub/receipts.ts'
import { Acts } from '../../src/node/acts.ts'
import { Display } from '../../src/node/display.ts'
import { Durable } from '../../src/node/durable.ts'
import { Presence } from '../../src/node/presence.ts'
import { runCoreSeed } from './core-random.ts'

const SEEDS = 30

afterEach(() => void vi.restoreAllMocks())

async function caught(): Promise<string> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await runCoreSeed(seed)
    } catch (error) {
      return (error as Error).message
    }
  }
  return 'nothing'
}

test.each([
  ['acknowledging what is not on disk', () => spyWrites(), /INV-6/],
  ['acknowledging before `sent`', () => vi.spyOn(Acts.prototype, 'holds').mockReturnValue(false), /INV-7/],
  [
    'forgetting who went',
    () => vi.spyOn(Presence.prototype, 'tick').mockImplementation(() => {}),
    /who is gone, for online/,
  ],
  ['keeping some arrivals from people', () => spyArrivals(), /was never told/],
  [
    'keeping receipts for ever',
    () => vi.spyOn(Receipts.prototype, 'take').mockReturnValue([]),
    /unstored|receipts|hub/,
  ],
])('%s is caught', { timeout: 120_000 }, async (_what, plant, expected) => {
  plant()
  expect(await caught()).toMatch(expected)
})

/** Each fifth arrival is kept from people. */
function spyArrivals(): void {
  const arrived = Display.prototype.arrived
  let count = 0
  vi.spyOn(Display.prototype, 'arrived').mockImplementation(function (this: Display, events) {
    if (++count % 5 > 0) arrived.call(this, events)
  })
}

/** Every write counts as synced. */
function spyWrites(): void {
  const writing = Durable.prototype.writing
  vi.spyOn(Durable.prototype, 'writing').mockImplementation(function (this: Durable, ticket) {
    writing.call(this, ticket, true)
  })
}
