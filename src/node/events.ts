/** What a node tells: the same objects that `--json` prints, one per line (contract 10.2 of the command line). */

export interface Who {
  /** The person's key, 64 hex digits. */
  readonly id: string
  /** The nick its owner chose; the first 8 hex digits of the id while the profile is not here yet. */
  readonly name: string
  /** A program, by its own word. */
  readonly bot?: true
}
export interface Labelled extends Who {
  /** What this reader is shown, only where different from name. */
  readonly label?: string
}
export interface HubInfo extends Who {
  readonly url: string
  readonly self: boolean
}

/** A link that is up, as `status` tells it. Bytes and frames: since it came up, where they are counted. */
export interface LinkInfo extends Who {
  /** host:port, where the peer accepts links. */
  readonly address?: string
  readonly visitor?: true
  /** The hub that is followed, or as hub a member. */
  readonly member?: true
  readonly bytesIn?: number
  readonly bytesOut?: number
  readonly framesIn?: number
}
/** What `/hub` answers. */
export interface HubData {
  readonly hub: HubInfo | null
  readonly epoch: number
  /** Reachable people, oneself included. */
  readonly members: number
  /** Who would follow the hub, in this order. */
  readonly line: readonly Who[]
  /** The line with the figures it is ordered by, and in a sentence why each stands there. */
  readonly ranks: readonly {
    readonly id: string
    readonly reachable: boolean
    readonly pinned: boolean
    readonly preferred: boolean
    readonly lag: number
    readonly uptimeS: number
    readonly why: string
  }[]
  /** Why this one is hub, as far as this node saw it: one sentence. */
  readonly why?: string
  /** Who carries this node to the hub, where it does not reach it by itself. */
  readonly through?: Who
  /** This node was asked not to be hub any more. */
  readonly drained?: true
}

/** What `status` answers. */
export interface StatusData extends HubData {
  readonly self: Who
  readonly network: string
  readonly place?: string
  /** Own events that nobody else is known to hold. */
  readonly unstored: number
  /** Other devices known to hold the latest own message. */
  readonly copies?: number
  /** ... by name: those who signed that they hold it, and the one whose word "stored" was. */
  readonly holders?: readonly Who[]
  readonly links: readonly LinkInfo[]
  /** Who is reachable now. */
  readonly online: readonly Who[]
  /** On this node: events held in all, and in how many rooms. */
  readonly stored: { readonly events: number; readonly rooms: number }
  /** That the disk fails, or was mended in this run, and how; absent: nothing of the kind. */
  readonly disk?: string
  /** Events taken in since this process started. */
  readonly taken: number
  readonly uptimeMs: number
}

export interface ReadyEvent {
  readonly type: 'ready'
  readonly self: Who
  readonly network: string
  readonly place?: string
  readonly hub: HubInfo
  readonly epoch: number
  readonly room: string
}
export interface HubEvent {
  readonly type: 'hub'
  readonly hub: HubInfo
  readonly epoch: number
}
export interface OfflineEvent {
  readonly type: 'offline'
  readonly reason: string
}
export interface SentEvent {
  readonly type: 'sent'
  readonly id: string
  readonly room: string | null
  readonly to?: Who
  readonly text: string
  readonly ref?: unknown
}
export interface MessageEvent {
  readonly type: 'message'
  readonly id: string
  readonly room: string | null
  readonly from: Labelled
  readonly text: string
  readonly ts: number
  readonly order: string
  readonly private?: true
  readonly to?: Who
  readonly history?: true
  readonly self?: true
  readonly replyTo?: string
  readonly edited?: true
  readonly action?: true
}
export interface AckEvent {
  readonly type: 'ack'
  readonly id: string
  readonly state: 'stored' | 'replicated' | 'delivered'
  readonly copies: number
  readonly alone?: true
}
export interface SystemEvent {
  readonly type: 'system'
  readonly event:
    | 'create'
    | 'join'
    | 'leave'
    | 'delete'
    | 'invite'
    | 'kick'
    | 'ban'
    | 'unban'
    | 'role'
    | 'topic'
    | 'nick'
    | 'place'
    | 'heal'
    | 'warning'
  readonly room: string | null
  readonly user: Who
  readonly by?: Who
  readonly ref?: unknown
  /** What a person should read, where the event's name does not say it all. */
  readonly text?: string
  /** heal: how many messages came from the other side, and of how many people. */
  readonly messages?: number
  readonly people?: number
}
export interface PresenceEvent {
  readonly type: 'presence'
  readonly user: Labelled
  readonly online: boolean
}
export interface ResultEvent {
  readonly type: 'result'
  readonly command: string
  readonly data: unknown
  readonly ref?: unknown
}
export interface ErrorEvent {
  readonly type: 'error'
  readonly code: string
  readonly message: string
  readonly command?: string
  readonly ref?: unknown
}

export type NodeEvent =
  | ReadyEvent
  | HubEvent
  | OfflineEvent
  | SentEvent
  | MessageEvent
  | AckEvent
  | SystemEvent
  | PresenceEvent
  | ResultEvent
  | ErrorEvent
/** The one answer to a command. */
export type Answer = SentEvent | SystemEvent | ResultEvent | ErrorEvent

/** What a person can ask a node to do. `room` is a room's name; without it the session's current room is meant by the caller. */
export type Command =
  | { readonly do: 'say'; readonly room: string; readonly text: string; readonly action?: boolean }
  | { readonly do: 'msg'; readonly to: string; readonly text: string }
  | {
      readonly do: 'create'
      readonly room: string
      readonly private?: boolean
      readonly topic?: string
      readonly max?: number
    }
  | { readonly do: 'join' | 'leave' | 'delete'; readonly room: string }
  | { readonly do: 'rooms' | 'hub' | 'status' }
  /** Gives the hub's part to another node, and takes it again only where nobody else can have it. Answered as `hub`. */
  | { readonly do: 'drain' }
  /** How this node stands, for `lanchat doctor`: a NodeReport, at once, also before it is ready. */
  | { readonly do: 'doctor' }
  | { readonly do: 'who'; readonly room?: string }
  /** before: the `order` of a message; only what stands before it. */
  | { readonly do: 'history'; readonly room: string; readonly count: number; readonly before?: string }
  /** Messages that hold all words, newest first; without room in all rooms and talks of this person. */
  | { readonly do: 'search'; readonly words: string; readonly room?: string; readonly count: number }
  | { readonly do: 'nick'; readonly name: string }
  /** Into a private room. */
  | { readonly do: 'invite'; readonly room: string; readonly to: string }
