/** What a node last told about itself, for who starts listening late. */
import type { HubEvent, NodeEvent, OfflineEvent, ReadyEvent } from '../node/index.ts'

export class Standing {
  #ready: ReadyEvent | undefined
  #now: HubEvent | OfflineEvent | undefined

  hear(event: NodeEvent): void {
    if (event.type === 'ready') this.#ready = event
    else if (event.type === 'hub' || event.type === 'offline') this.#now = event
  }

  /** `ready` with the present hub, then `offline` if it is lost; nothing before the node was ready. */
  events(): NodeEvent[] {
    if (!this.#ready) return []
    if (this.#now?.type === 'hub') return [{ ...this.#ready, hub: this.#now.hub, epoch: this.#now.epoch }]
    return this.#now ? [this.#ready, this.#now] : [this.#ready]
  }
}
