/**
 * What goes into the core of a node and what comes out of it: the seam between everything a node decides (core.ts) and
 * the shell that has clock, disk and links (io/node.ts), the simulator, and the LAN in memory.
 */
import type { Host, Rate } from '../hub/index.ts'
import type { Crypto, Signer } from '../wire/crypto.ts'
import type { Event } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import type { NetId, PersonKey, RoomId } from '../wire/ids.ts'
import type { ChoiceEffect, ChoiceEvent, ChoiceOptions } from './choice.ts'
import type { OwnCode, Way } from './doors.ts'
import type { Answer, Command, MessageEvent, NodeEvent } from './events.ts'
import type { Place } from './places.ts'
import type { Brought, Salvaged } from './salvage.ts'
import type { IndexWork } from './search/search-index.ts'
import type { Proof } from './signed-lines.ts'
import type { Store, StoreOp } from './store.ts'
import type { Check, LinkId } from './sync.ts'
import type { DetailedLine, Which } from './timeline.ts'

export interface CoreOptions {
  readonly crypto: Crypto
  readonly signer: Signer
  readonly seed: Uint8Array
  readonly net: NetId
  /** Of a network that has one: its key is part of `net`. */
  readonly owner?: PersonKey
  readonly network: string
  readonly nick: string
  readonly store: Store
  readonly retentionMs: number
  /** undefined: a network with a code: the code is the place. */
  readonly place: Place | undefined
  readonly rate: Rate
  /** Of the network (rule ID-3): seals what peers carry. Where the network has an owner, of the code in force. */
  readonly gateKey: Uint8Array
  /** What this node was started with, where the network has an owner. */
  readonly code?: OwnCode
  /** May this key have a link through a peer at the moment? Default yes. */
  readonly admits?: (key: PersonKey) => boolean
  readonly choice: Omit<ChoiceOptions, 'self'>
  /** The nick was asked for now, not only proposed: a profile that says otherwise is written anew. */
  readonly renames: boolean
  /** Some words about oneself for the profile; default none. */
  readonly about?: string
  /** Away by itself after so long without a command, unless the person chose otherwise; default 0, never. */
  readonly autoAwayMs?: number
  /** Where this node accepts links, as wss://address:port/lanchat/1. */
  readonly url: () => string
  /** Resolves once whatever else waits has had its turn; default: a read of the store. */
  readonly breathe?: () => Promise<void>
  /** What people should know of the disk, for `status`; undefined, the default: nothing. */
  readonly disk?: () => string | undefined
  /** Is what was damaged or deleted here still to be brought back? Default: no. */
  readonly isMending?: () => boolean
  /** What has gone over a link so far, for `status`; default: not counted. */
  readonly traffic?: (link: LinkId) => Traffic | undefined
}

/** Bytes and frames over one link since it came up. */
export interface Traffic {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly framesIn: number
}

export interface PeerHello {
  readonly places: Uint8Array
  readonly grown: boolean
  readonly age: number
  readonly visitor: boolean
}

export type CoreInput =
  | Exclude<ChoiceEvent, { in: 'linkUp' } | { in: 'frame' } | { in: 'circuitFailed' }>
  | {
      readonly in: 'linkUp'
      readonly link: LinkId
      readonly key: PersonKey
      readonly dialled: boolean
      readonly address: string
      readonly local?: boolean
      /** The machine that it comes from; absent: this one. */
      readonly host?: Host
      readonly hello: PeerHello
      /** What this node said of its place on this link; absent: what is true now. */
      readonly told?: Pick<PeerHello, 'places' | 'grown'>
      /** The way in that the link's encryption began with, by its tag; absent: the newest. */
      readonly way?: string
      /** Who carries it. Only the core itself gives it. */
      readonly via?: PersonKey
    }
  | { readonly in: 'frame'; readonly link: LinkId; readonly frame: Frame }
  | { readonly in: 'verified'; readonly ticket: number; readonly ok: readonly boolean[] }
  | { readonly in: 'written'; readonly ticket: number }
  | { readonly in: 'pump'; readonly link: LinkId }
  /** A relay frame to this key was not sent: too much waits for that reader. */
  | { readonly in: 'relayStalled'; readonly link: LinkId; readonly key: PersonKey }
  | { readonly in: 'command'; readonly command: Command; readonly ref: unknown; readonly slot: number }
  /** The lines that a `lines` effect asked for; fault: why some of them could not be read. */
  | {
      readonly in: 'lines'
      readonly ticket: number
      readonly lines: readonly RoomLine[]
      readonly fault?: string
    }
  /** The scan of the store is done: what Replica.scan gave. */
  | {
      readonly in: 'scanned'
      readonly wrong: number
      readonly rooms: Iterable<RoomId>
      readonly events: readonly Event[]
    }
  /** sinceStart: there has been no disk in this run yet; then this node is hub rather than nobody. */
  | { readonly in: 'storeFailing'; readonly failing: boolean; readonly sinceStart?: true }
  /** An empty database took the place of the one that was read: nothing is acknowledged before `scanned` comes again. */
  | { readonly in: 'storeReplaced' }
  /** A part of what a damaged store held; answered by the effect `salvaged`. Behind the last one others are told. */
  | { readonly in: 'salvage'; readonly part: Salvaged; readonly isLast: boolean }
  /** The wall clock moved against the monotonic one. */
  | { readonly in: 'clockJumped' }
  /** Does anybody listen to what others write? At first: yes. */
  | { readonly in: 'audience'; readonly isThere: boolean }

export interface CoreMoment {
  /** Monotonic, ms. */
  readonly now: number
  /** Raw wall clock, ms. */
  readonly wall: number
  readonly random: () => number
}

export type CoreEffect =
  | Exclude<
      ChoiceEffect,
      {
        do:
          | 'send'
          | 'sendAll'
          | 'sendSome'
          | 'circuit'
          | 'follow'
          | 'becomeHub'
          | 'resign'
          | 'offline'
          | 'memberJoined'
          | 'memberLeft'
          | 'wake'
      }
    >
  | { readonly do: 'send'; readonly links: readonly LinkId[]; readonly frame: Frame }
  | { readonly do: 'refuse'; readonly link: LinkId; readonly code: string; readonly detail: string }
  | { readonly do: 'fault'; readonly link: LinkId; readonly key: PersonKey; readonly why: string }
  | {
      readonly do: 'verify'
      readonly link: LinkId
      readonly ticket: number
      readonly checks: readonly Check[]
    }
  | {
      readonly do: 'write'
      readonly ticket: number
      readonly ops: readonly StoreOp[]
      readonly sync: boolean
      /** Keys under which bodies lay that are deleted by this: to be erased from the files. */
      readonly erased?: readonly string[]
    }
  /** Give `pump` for `link` once the link `over` can take more. */
  | { readonly do: 'pump'; readonly link: LinkId; readonly over: LinkId }
  | { readonly do: 'tell'; readonly event: NodeEvent }
  | { readonly do: 'answer'; readonly slot: number; readonly answer: Answer }
  /** Read the last lines of these rooms and give them back as `lines`; of work on the search index there are none. */
  | {
      readonly do: 'lines'
      readonly ticket: number
      readonly rooms: readonly RoomId[]
      readonly count: number
      readonly which: Which | IndexWork
    }
  | { readonly do: 'wake'; readonly at: number }
  /** The place's ids, age or grownness changed: hello and mDNS say so from now on. */
  | { readonly do: 'place'; readonly place: Place }
  /** A grown group of another place is on this network. */
  | { readonly do: 'apart'; readonly ids: readonly string[] }
  /** All of the `salvage` given last is checked and taken in. */
  | { readonly do: 'salvaged'; readonly brought: Brought }
  /** The network's code has changed: links begin by the first of these, and by the others come those who do not know yet. */
  | { readonly do: 'ways'; readonly ways: readonly Way[] }
  | { readonly do: 'settled' }

/** A line of a room's history, as people are told of it. */
export interface RoomLine {
  readonly room: RoomId
  readonly message: MessageEvent
  /** Where the line was asked for by id. */
  readonly line?: DetailedLine
  /** Where it was asked for: what proves the message, and then its edit. */
  readonly proofs?: readonly Proof[]
  /** With them: what makes the further devices that signed these their person's. */
  readonly links?: readonly Proof[]
}

/** One own event to be. */
export interface Writing {
  readonly kind: number
  /** salt16 || value, for the display time it will have. */
  readonly body: (t: number) => Uint8Array
  /** People wrote it: they are told of its acknowledgements. */
  readonly isSaid?: boolean
}
