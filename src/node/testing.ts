/**
 * `lanchat/testing`: a LAN in memory for tests of bots and of whatever else is built on the Node API. Its nodes are real
 * ones (the same core, the same events, the same frames) on stores in memory and links inside this process.
 *
 * @module lanchat/testing
 */
export type { Lan } from './testing/lan.ts'
export { createLan } from './testing/lan.ts'
export type { LanNodeOptions } from './testing/lan-node.ts'
export { LAN, QUICK, type Timing } from './timing.ts'
