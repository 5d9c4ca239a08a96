/** Sessions: one member's life at the hub, as a union by state. */
import type { PersonKey } from '../wire/ids.ts'
import type { Share } from './credit.ts'
import type { Host } from './hosts.ts'

export type Session =
  | {
      readonly state: 'joined'
      readonly link: number
      readonly key: PersonKey
      readonly share: Share
      readonly host: Host
      readonly visitor: boolean
      /** When its questions for permission so far are worked off. */
      asksUntil: number
      /** When its typing was passed on last. */
      typedAt: number
      /** When its last question for markers was passed on. */
      markersAskedAt: number
      /** Its markers passed on within the second that began then. */
      markersSince: number
      markers: number
    }
  /** Told to go elsewhere, or caught cheating: nothing more is taken from it or relayed to it. */
  | { readonly state: 'leaving'; readonly link: number; readonly key: PersonKey }

export type Joined = Extract<Session, { state: 'joined' }>
