/** The hub's one door: a node that is elected uses this. */
export { type Rate, rateOf } from './credit.ts'
export { type Host, Hosts, unitsOf } from './hosts.ts'
export { Hub, type HubPorts } from './hub.ts'
export { Receipts } from './receipts.ts'
