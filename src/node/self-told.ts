/** What people are told of this node itself: that it is here, what came from the other side, that its key is used twice. */
import type { PersonKey } from '../wire/ids.ts'
import type { HubInfo } from './events.ts'
import { type Heal, healText } from './heals.ts'
import type { HubTold } from './hub-told.ts'
import type { People } from './people.ts'
import type { PlaceKeeper } from './place-keeper.ts'
import type { Reign } from './reign.ts'
import type { Turn } from './turn.ts'
import { TWIN_WARNING } from './twin-watch.ts'

export interface SelfToldPorts {
  readonly self: PersonKey
  /** As people know it. */
  readonly network: string
  readonly turn: Turn
  readonly people: People
  readonly placeKeeper: PlaceKeeper
  readonly reign: Reign
  readonly hubTold: HubTold
}

export class SelfTold {
  readonly #ports: SelfToldPorts

  constructor(ports: SelfToldPorts) {
    this.#ports = ports
  }

  /** What there was before is told: from here on it is what goes on. */
  ready(hub: HubInfo): void {
    const { self, network, turn, people, placeKeeper, reign, hubTold } = this.#ports
    hubTold.begins(hub)
    turn.tell({
      type: 'ready',
      self: people.who(self),
      network,
      ...(placeKeeper.place && { place: placeKeeper.place.ids[0]! as string }),
      hub,
      epoch: reign.epoch,
      room: 'general',
    })
  }

  /** Another process of this key is proven to run. */
  twin(): void {
    const { self, turn, people } = this.#ports
    turn.tell({ type: 'system', event: 'warning', room: null, user: people.who(self), text: TWIN_WARNING })
  }

  heal(heal: Heal): void {
    const { self, turn, people } = this.#ports
    const text = healText(heal)
    turn.tell({ type: 'system', event: 'heal', room: null, user: people.who(self), text, ...heal })
  }
}
