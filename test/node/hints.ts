/** Hints of where nodes are, for tests. */
import type { Hint } from '../../src/node/addresses.ts'

export const hint = (address: string, more: Partial<Hint> = {}): Hint => ({
  address,
  reachable: false,
  hub: false,
  source: 'mdns',
  ...more,
})
