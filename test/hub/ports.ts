import type { HubPorts } from '../../src/hub/index.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { Author, NET } from '../node/author.ts'

type Person = HubPorts['self']

/** Keys of so many people. */
export const persons = <T extends readonly number[]>(...numbers: T): { [K in keyof T]: Person } =>
  numbers.map((n) => new Author(n).person) as { [K in keyof T]: Person }

/** What a hub asks of the node around it: everybody may do everything, all carry all, and what it sends is dropped. */
export const hubPorts = (self: Person, others: Partial<HubPorts>): HubPorts => ({
  crypto: nodeCrypto,
  net: NET,
  self,
  rate: { perS: 10, burst: 40 },
  bereft: [],
  send: () => {},
  sendShared: () => {},
  refuse: () => {},
  fault: () => {},
  verify: () => {},
  settle: () => {},
  holds: () => false,
  knows: () => true,
  carries: () => true,
  denial: () => undefined,
  permit: () => undefined,
  mayAcknowledge: () => true,
  durableN: () => 0,
  pull: () => {},
  online: () => {},
  ...others,
})
