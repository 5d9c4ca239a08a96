/**
 * What people are told of what they said themselves: how safe it is, or that it does not count. Never before the event's own
 * `sent` (INV-7): that may wait behind an earlier answer.
 */
import type { Event } from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'
import type { Acts } from './acts.ts'
import type { NodeEvent } from './events.ts'
import type { Told } from './outbox.ts'

export interface OwnToldPorts {
  acts(): Pick<Acts, 'holds' | 'withdrawn'>
  tell(event: NodeEvent): void
}

export class OwnTold {
  readonly #ports: OwnToldPorts

  constructor(ports: OwnToldPorts) {
    this.#ports = ports
  }

  acknowledged(told: Told): void {
    this.#behindSent(told.event.id, () => this.ack(told))
  }

  ack({ event, state, copies, alone }: Told): void {
    this.#ports.tell({ type: 'ack', id: event.id, state, copies, ...(alone && { alone: true as const }) })
  }

  withdrawn(event: Event): void {
    this.#behindSent(event.id, () => this.#ports.acts().withdrawn(event))
  }

  #behindSent(id: EventId, tell: () => void): void {
    if (!this.#ports.acts().holds(id, tell)) tell()
  }
}
