/** The choice of hub: what it knows, what comes in, what goes out. */
import { fromHex } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { type Addresses, createAddresses, type DialFailure, type Hint } from '../addresses.ts'
import type { Timing } from '../timing.ts'
import type { Came } from './came.ts'
import { type Held, notHeld } from './hollow.ts'
import { notWary, type Wary } from './wary.ts'

/** Numbered by the shell; never used twice. */
export type LinkId = number

export type ChoiceFrame = {
  [N in ChoiceFrameName]: FrameOf<N>
}[ChoiceFrameName]

/** Frames of the choice: the rest of the node never looks at them. */
export const CHOICE_FRAMES = [
  'heartbeat',
  'join',
  'joined',
  'notJoined',
  'absorb',
  'absorbed',
  'redirect',
  'handover',
  'took',
  'who',
  'whoIs',
  'report',
  'noDial',
  'dialBack',
  'dialledBack',
  'beaconAsk',
  'beacon',
  'hear',
  'hears',
  'goodbye',
] as const
export type ChoiceFrameName = (typeof CHOICE_FRAMES)[number]

export interface ChoiceOptions {
  readonly self: PersonKey
  readonly timing: Timing
  /** Instance name of a key: the dial list knows nodes by it before it knows their keys. */
  readonly instanceOf: (key: PersonKey) => string
  readonly neverHub?: boolean
  readonly preferHub?: boolean
  /** Pinned by the network's owner. */
  readonly pinned?: boolean
  /** A one-shot command: never hub, never in the line, not counted. */
  readonly visitor?: boolean
  /** Whom the network does not let in now: never followed, and never heard as hub. Default nobody. */
  readonly bars?: (key: PersonKey) => boolean
  /** Started with a code that no node has ever accepted. */
  readonly codeUntested?: boolean
  /** After this long an untested code that was refused is given up. */
  readonly timeoutMs?: number
}

/** What the ranking needs from the rest of the node. */
export interface Facts {
  /** Events held but not yet synced with the hub. */
  readonly lag: number
  /** The scan of the store is done: the node may stand in the line (INV-14). */
  readonly ready: boolean
  /** The store fails: never hub now, and hubship is handed over. */
  readonly failing: boolean
  /** There has been no disk in this run yet: hub only where nobody with a disk can be. */
  readonly diskless: boolean
  /** Somebody asked this node not to be hub any more: only where nobody else can be. */
  readonly drained: boolean
  /** The network does not let this node in, or not yet: never hub now, and what it is hub of is given up. */
  readonly barred: boolean
  /** Age of the place, s. */
  readonly ageS: number
}

/** now: monotonic ms. wall: raw wall clock, ms. random: [0, 1), as often as asked. */
export interface Moment {
  readonly now: number
  readonly wall: number
  readonly random: () => number
}

export type ChoiceEvent =
  /** soughtMs: others have been asked by mDNS for so long already, and what they said follows in this turn. Default: 0. */
  | { readonly in: 'start'; readonly soughtMs?: number }
  /** After a `wake`, or whenever it suits. */
  | { readonly in: 'tick' }
  /** A link is authenticated, of this net, and its place is settled. */
  | {
      readonly in: 'linkUp'
      readonly link: LinkId
      readonly key: PersonKey
      /** By this node. */
      readonly dialled: boolean
      /** host:port: the address dialled, or the remote address with the port of its hello; '' where it accepts none. */
      readonly address: string
      readonly visitor: boolean
      /** The peer runs on this machine: that it came in proves nothing about the firewall. */
      readonly local?: boolean
      /** The peer that carries this link as a relay: it is a circuit, and has no address. */
      readonly via?: PersonKey
    }
  | { readonly in: 'linkDown'; readonly link: LinkId; readonly cause: 'closed' | 'silent' }
  | { readonly in: 'frame'; readonly link: LinkId; readonly frame: ChoiceFrame }
  /** What these links bring waits unread, since this node is busy: given often, so that they are not taken for silent. */
  | { readonly in: 'unread'; readonly links: ReadonlySet<LinkId> }
  | ({ readonly in: 'hint' } & Hint)
  /** TCP has answered a dial; auth is under way. Optional. */
  | { readonly in: 'dialOpen'; readonly address: string }
  /** A dial ended without a link. codeMatters: it refused the code, has our name hint and is no open network, or is a --peer. */
  | {
      readonly in: 'dialFailed'
      readonly address: string
      readonly why: DialFailure
      readonly codeMatters?: boolean
    }
  /** A circuit that was asked for did not come about. */
  | { readonly in: 'circuitFailed'; readonly via: LinkId; readonly to: PersonKey }
  /** The event loop was away for ms; given before timers and sockets are served. Below awayMs it does nothing. */
  | { readonly in: 'away'; readonly ms: number }
  | { readonly in: 'facts'; readonly facts: Partial<Facts> }
  /** Whom the network lets in has changed. */
  | { readonly in: 'barsChanged' }
  /** This hub has provably withheld something: it is not followed for so many ms (rule HB-26). */
  | { readonly in: 'avoid'; readonly hub: PersonKey; readonly ms: number }
  /** Dial nodes without a link, at most so many: something has to go around the hub (rule GU-3). */
  | { readonly in: 'reachOut'; readonly max: number }
  | { readonly in: 'quit' }

export type ChoiceInput = Moment & ChoiceEvent

/** Why there is no hub: seeking; a hub that only others can reach; nobody here may be hub; this node is leaving. */
export type OfflineReason = 'seeking' | 'unreachable' | 'never-hub' | 'leaving'

export type ChoiceEffect =
  | { readonly do: 'send'; readonly link: LinkId; readonly frame: ChoiceFrame }
  /** One frame, encoded once, to every open link. */
  | { readonly do: 'sendAll'; readonly frame: ChoiceFrame }
  /** The same to some of them. */
  | { readonly do: 'sendSome'; readonly links: readonly LinkId[]; readonly frame: ChoiceFrame }
  /** Answered by linkUp (dialled, same address) or dialFailed. */
  | { readonly do: 'dial'; readonly address: string }
  /** Have this peer carry a link to that key. Answered by linkUp (dialled, via) or circuitFailed. */
  | { readonly do: 'circuit'; readonly via: LinkId; readonly to: PersonKey }
  /** The shell closes it and does not answer with linkDown: the link is gone at once for the choice. */
  | { readonly do: 'close'; readonly link: LinkId; readonly why: 'duplicate' | 'idle' | 'silent' }
  /** The hub is this peer, on this link (also when the link to the same hub changed). */
  | { readonly do: 'follow'; readonly hub: PersonKey; readonly link: LinkId; readonly epoch: number }
  | { readonly do: 'becomeHub'; readonly epoch: number }
  /** No longer hub; all members are gone. follow or offline comes later. */
  | { readonly do: 'resign' }
  | { readonly do: 'offline'; readonly reason: OfflineReason }
  | {
      readonly do: 'memberJoined'
      readonly link: LinkId
      readonly key: PersonKey
      readonly visitor: boolean
    }
  | { readonly do: 'memberLeft'; readonly link: LinkId; readonly key: PersonKey }
  /** What mDNS shall say: the hub service while hub, r in TXT. */
  | {
      readonly do: 'advertise'
      readonly hub: boolean
      readonly epoch: number
      readonly reachable: boolean
    }
  /** Ask by mDNS now whether there is another hub; all: for all nodes. */
  | { readonly do: 'query'; readonly all: boolean }
  /** Ask each address of the own subnets by one unicast mDNS question. */
  | { readonly do: 'askSubnet' }
  /** tick at this time (monotonic ms), or earlier. Replaces the last one. */
  | { readonly do: 'wake'; readonly at: number }
  | { readonly do: 'exit'; readonly code: 'CODE_WRONG' | 'CODE_OLD' | 'EXPELLED' | 'DEVICE_REMOVED' }
  /** All said: the node may end. */
  | { readonly do: 'quitDone' }

/** States in a heartbeat. Who is relayed follows, over a link that a peer carries. */
export const STATE = { seeking: 0, following: 1, relayed: 2, hub: 3, woken: 4 } as const
/**
 * Reasons of notJoined. relay: it follows the hub named directly, and carries whoever asks. unheard: a hub's word to a
 * member that it has not heard for so long that it counts as gone.
 */
export const NOT_JOINED = { wait: 0, following: 1, leaving: 2, full: 3, relay: 4, unheard: 5 } as const
/** Bits of a heartbeat's flags. diskless: its disk fails, or it has none. */
export const FLAG = {
  reachable: 1,
  pinned: 2,
  preferred: 4,
  never: 8,
  leaving: 16,
  unready: 32,
  diskless: 64,
} as const

/** What a peer's newest heartbeat said. Written over by the next one. */
export interface Beat {
  at: number
  counter: number
  state: number
  upstream: PersonKey | null
  /** Who carries it to its hub. */
  via: PersonKey | null
  epoch: number
  members: number
  flags: number
  /** When it last heard its hub, on the own clock; -Infinity never. */
  hubHeardAt: number
  clock: number
  median: number | null
  lag: number
  uptimeS: number
  ageS: number
}

/** What of it ranks a node. */
export type Ranking = Pick<Beat, 'flags' | 'lag' | 'uptimeS'>

export interface Link {
  readonly id: LinkId
  readonly key: PersonKey
  readonly node: string
  readonly dialled: boolean
  readonly address: string
  readonly visitor: boolean
  readonly local: boolean
  /** The peer that carries it; undefined: a link of its own. */
  readonly via: PersonKey | undefined
  readonly upAt: number
  /** When the last frame came over it, of whatever kind. */
  heardAt: number
  /** When a heartbeat last went over it or, as hub, something that is no frame of the choice. */
  saidAt: number
  /** When what it brought waited unread here last. */
  unreadAt: number
  /** Since when an answer is awaited, for the round trip. */
  askedAt: number | undefined
  /** When a join was sent whose answer has not come yet. */
  joinSentAt: number | undefined
  beat: Beat | undefined
  /** All links of this key, itself included. */
  ofSameKey: readonly Link[]
  /** As hub: it joined. */
  member: boolean
  /** As hub: since when its lag is 0. */
  syncedAt: number | undefined
  /** As hub: when somebody was last asked to dial it back. */
  dialBackAt: number
}

/** How the hub was lost. relay: only the way to it through a peer. */
export type SeekWhy = 'boot' | 'close' | 'silent' | 'redirect' | 'relay' | 'woken'

export interface Seeking {
  readonly state: 'seeking'
  why: SeekWhy
  /** Deadlines count from here. */
  since: number
  /** Redirected: the first of several redirects, from which it is waited. */
  readonly sentAt: number
  /** The hub that was lost. */
  readonly lost: PersonKey | null
  /** Where it accepted links; '' unknown. */
  readonly lostAddress: string
  /** It is certain that `lost` is hub no more: refused, said goodbye, or seeks itself. */
  dead: boolean
  /** It was dialled anew. */
  redialled: boolean
  /** ... and broke that off so many times; when it is dialled once more, Infinity: not for that. */
  resets: number
  redialAt: number
  /** The one to go to. */
  readonly target: PersonKey | null
  /** boot: the joiner's wait; line and later: the random part. */
  readonly patienceMs: number
  joinAt: number
  /** When mDNS is next asked for hubs. */
  queryAt: number
  /** Of the links that are asked in turn, where the next round starts. */
  turn: number
  /** line[0] on silence: what the others of the line answered. */
  readonly answers: Map<PersonKey, boolean>
  /** Asked to be the relay first: the redirect named it, or it was the relay so far. */
  readonly relay: PersonKey | null
  /** Hubs to which peers offer to carry: since when, and when each peer's link last said so. */
  readonly offers: Map<PersonKey, { readonly since: number; readonly by: Map<LinkId, number> }>
  /** The circuit asked for. */
  circuit: { readonly via: LinkId; readonly to: PersonKey; until: number } | undefined
  /** Links over which no circuit came about: left out until then. */
  readonly deaf: Map<LinkId, number>
  /** Since when a hub is heard of that cannot be reached. */
  strandedAt: number | undefined
}

export interface Following {
  readonly state: 'following'
  readonly hub: PersonKey
  /** Followed since, over whatever link. */
  readonly since: number
  link: LinkId
  epoch: number
  /** T: the limit of silence, and the gaps it follows from. */
  limitMs: number
  readonly gaps: number[]
  gapAt: number
  /** The longest silence since then. */
  gapMs: number
  warmAt: number
  probeAt: number
  reportAt: number
  /** Relayed: when it next tries to reach the hub by itself, and the wait after that. */
  directAt: number
  directMs: number
}

export interface HubPhase {
  readonly state: 'hub'
  readonly epoch: number
  readonly since: number
  /** Members without visitors. */
  members: number
  /** The line must be ordered anew before it is published. */
  lineDirty: boolean
  /** The line's links, best first. */
  inLine: readonly Link[]
  beaconAt: number
  queryAt: number
  subnetAt: number
  lostDialAt: number
  dialBackAt: number
  /** Times at which all known addresses are dialled. */
  dialAllAt: number[]
  /** Since when members are asked to dial this node, and when the next one is. */
  selfAskedAt: number | undefined
  selfAskAt: number
  promiseUntil: number
  /** Bound, and on its way to a better hub: no further promises. */
  noOkUntil: number
  /** Asking to be absorbed: ABSORBING. */
  absorbing: { readonly into: PersonKey; retryAt: number } | undefined
  /** When hubs were last asked to absorb this one. */
  readonly askedAt: Map<PersonKey, number>
  handover: { readonly to: PersonKey; readonly link: LinkId; readonly until: number } | undefined
  /** Nodes that did not answer a hand-over, and when it was given up. */
  readonly declined: Map<PersonKey, number>
  /** Hubs that this node could not dial: it is the better one until then. */
  readonly favoured: Map<PersonKey, number>
  /** Hubs that could not dial this node: they are the better ones until then. */
  readonly yieldTo: Map<PersonKey, number>
  /** Hubs that members hear and this one has no link to. */
  readonly reports: Map<PersonKey, Report>
}

/** A member's word of another hub. */
export interface Report {
  /** Members' links, and when each last said so. */
  readonly by: Map<LinkId, number>
  /** Since when it is reported, by anybody. */
  readonly since: number
  /** No circuit is asked for before. */
  tryAt: number
}

export interface Woken {
  readonly state: 'woken'
  /** What it was before. */
  readonly was: Seeking | Following | HubPhase
  readonly until: number
}

export type Phase =
  | { readonly state: 'idle' }
  | Seeking
  | Following
  | HubPhase
  | Woken
  | { readonly state: 'gone' }

/** A node of the line with the figures it was ranked by. */
export interface Rank {
  readonly key: PersonKey
  readonly flags: number
  readonly lag: number
  /** When it started, on the own clock: it goes on being here after it was ranked. */
  readonly startedAt: number
}

/** Asked to dial somebody back. */
export interface DialBack {
  readonly token: number
  readonly node: string
  readonly asker: LinkId
  readonly until: number
}

/** The whole state. Changed in place by `choose`: with 300 members a copy per heartbeat would cost more than the work. */
export interface Choice {
  readonly options: ChoiceOptions
  readonly timing: Timing
  readonly self: PersonKey
  readonly selfBytes: Uint8Array
  readonly node: string
  facts: Facts
  phase: Phase
  startedAt: number
  /** Highest epoch seen. */
  epoch: number
  counter: number
  /** A link from another machine came in. */
  reachable: boolean
  readonly links: Map<LinkId, Link>
  readonly byKey: Map<PersonKey, readonly Link[]>
  readonly byNode: Map<string, number>
  readonly addresses: Addresses
  /** When the addresses that peers named so far are worked off (told.ts). */
  toldUntil: number
  /** When an own dial last reached this node. */
  readonly ownDials: Map<PersonKey, number>
  /** The line as last published by the hub followed, or by this node as hub; and its bytes in the heartbeat. */
  line: readonly PersonKey[]
  lineBytes: Uint8Array
  /** The figures it was ranked by. */
  ranks: readonly Rank[]
  rttMs: number
  /** When somebody who came was asked for it last. */
  askedAt: number
  beatAt: number
  /** When a heartbeat last went to all, and when the next one does because something has changed. */
  lastBeatAt: number
  newsAt: number
  /** When links were last looked over for silence and idleness. */
  sweepAt: number
  /** Since when there is no hub, until it has been told. */
  offlineSince: number | undefined
  offline: OfflineReason | undefined
  leavingSince: number | undefined
  /** Leaving: the members that have not followed the new hub yet. */
  readonly awaited: Set<LinkId>
  /** Joins that wait for this node to become hub: what they echo, and when they are refused. */
  readonly earlyJoins: Map<LinkId, { readonly at: number; readonly until: number }>
  dialBacks: DialBack[]
  token: number
  handedOverAt: number
  /** How the present hub came to be it. */
  came: Came | undefined
  codeUntested: boolean
  codeRefused: boolean
  /** Since when, without a link, nodes say that the code is an old one. */
  codeOldSince: number | undefined
  median: number | null
  medianAt: number
  /** Wall clock medians by the hub and line[0], and when (monotonic) they arrived. */
  hubMedian: { readonly value: number; readonly at: number } | undefined
  lineMedian: { readonly value: number; readonly at: number } | undefined
  /** Age of the place as the hub tells it, s. */
  hubAgeS: number
  /** Hubs that are not followed, and until when. */
  readonly avoided: Map<PersonKey, number>
  /** What holds this search up. */
  held: Held
  /** How often hubs took nobody in. */
  readonly hollow: Map<PersonKey, number>
  /** Hubs that did not last. */
  readonly wary: Wary
  /** Until when it is remembered that hubs were told of to which nobody carried this node. */
  strandedUntil: number
  advertised: string
  /** When something is due, and what the shell was told of it. */
  wakeAt: number
  toldWakeAt: number
}

/** The code was never accepted and is refused, or is told to be old and nobody accepts it now. */
export const isCodeRefused = ({ codeUntested, codeRefused, codeOldSince }: Choice): boolean =>
  codeOldSince !== undefined || (codeUntested && codeRefused)

/** One step: the moment of its input and the effects so far. */
export interface Turn extends Moment {
  readonly effects: ChoiceEffect[]
}

export function createChoice(options: ChoiceOptions): Choice {
  return {
    options,
    timing: options.timing,
    self: options.self,
    selfBytes: fromHex(options.self),
    node: options.instanceOf(options.self),
    facts: { lag: 0, ready: true, failing: false, diskless: false, drained: false, barred: false, ageS: 0 },
    phase: { state: 'idle' },
    startedAt: 0,
    epoch: 0,
    counter: 0,
    reachable: false,
    links: new Map(),
    byKey: new Map(),
    byNode: new Map(),
    addresses: createAddresses(options.timing),
    toldUntil: -Infinity,
    ownDials: new Map(),
    line: [],
    lineBytes: new Uint8Array(0),
    ranks: [],
    rttMs: 0,
    askedAt: -Infinity,
    beatAt: Infinity,
    lastBeatAt: -Infinity,
    newsAt: Infinity,
    sweepAt: Infinity,
    offlineSince: undefined,
    offline: undefined,
    leavingSince: undefined,
    awaited: new Set(),
    earlyJoins: new Map(),
    dialBacks: [],
    token: 0,
    handedOverAt: -Infinity,
    came: undefined,
    codeUntested: options.codeUntested ?? false,
    codeRefused: false,
    codeOldSince: undefined,
    median: null,
    medianAt: -Infinity,
    hubMedian: undefined,
    lineMedian: undefined,
    hubAgeS: 0,
    avoided: new Map(),
    held: notHeld(),
    hollow: new Map(),
    wary: notWary(),
    strandedUntil: -Infinity,
    advertised: '',
    wakeAt: Infinity,
    toldWakeAt: Infinity,
  }
}

/** A node that may never be hub: by option, as a visitor, or because its store fails. */
export const mayBeHub = (choice: Choice): boolean =>
  !choice.options.neverHub &&
  !choice.options.visitor &&
  !choice.facts.failing &&
  !choice.facts.barred &&
  choice.leavingSince === undefined

export function flagsOf(choice: Choice): number {
  const { options, facts } = choice
  return (
    (choice.reachable ? FLAG.reachable : 0) |
    (options.pinned ? FLAG.pinned : 0) |
    (options.preferHub && !facts.drained ? FLAG.preferred : 0) |
    (options.neverHub || options.visitor || facts.failing || facts.diskless || facts.drained || facts.barred
      ? FLAG.never
      : 0) |
    (choice.leavingSince !== undefined ? FLAG.leaving : 0) |
    (facts.ready ? 0 : FLAG.unready) |
    (facts.failing || facts.diskless ? FLAG.diskless : 0)
  )
}
