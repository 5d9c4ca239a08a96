/** Why no more of what is written can wait to be stored, and what helps: the words of OUTBOX_FULL. Pure. */
import type { HubInfo } from '../events.ts'

/** hub: undefined where there is none. */
export function outboxFullTold(hub: HubInfo | undefined): { readonly why: string; readonly next: string } {
  if (!hub)
    return {
      why: 'there is no hub at the moment to store them',
      next: 'once there is one: what waits goes out by itself then',
    }
  if (hub.self)
    return {
      why: 'you are the hub and no other machine has confirmed yet that it holds them',
      next: 'once some are confirmed: /status tells how many wait, /doctor what is wrong here',
    }
  return {
    why: `the hub, ${hub.label ?? hub.name}, has not stored them yet`,
    next: 'once it has stored some: what waits is sent to it again by itself, and /status tells how much that is',
  }
}
