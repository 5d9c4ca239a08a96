/** What a node tells: the same objects that `--json` prints, one per line (contract 10.2 of the command line). */
import type { OwnCode } from './doors.ts'

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
  /** This reader has compared the key, under this name. */
  readonly verified?: true
}
export interface HubInfo extends Labelled {
  readonly url: string
  readonly self: boolean
  /** The peer that carries this node to it, where it has no way of its own. */
  readonly via?: Who
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
  /** Hubs that are not followed for a while, because they kept messages back again and again. Absent: none. */
  readonly avoided?: readonly Who[]
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
  /** This node was asked not to be hub any more, or found another process under its identity. */
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

/** What `presence`, `autoAway` and `telling` answer. */
export interface OwnModeData {
  readonly mode: Mode
  readonly text?: string
  /** Away, since nothing was typed for a while. */
  readonly isAuto?: true
  /** 0: never away by itself. */
  readonly autoAwayMin: number
  readonly tellsTyping: boolean
  readonly tellsRead: boolean
}

/** Somebody in a list of people. */
export interface PersonData extends Labelled {
  readonly online: boolean
  readonly self?: true
  /** Where it is more than that they are here. */
  readonly mode?: Mode
  readonly text?: string
  /** When this device saw them last, ms; only of who is not here. */
  readonly seen?: number
}

/** What `whois` answers. */
export interface WhoisData extends PersonData {
  readonly about?: string
  /** #rrggbb */
  readonly colour?: string
  readonly picture?: { readonly type: string; readonly bytes: number }
  readonly blocked?: true
  readonly contact?: true
  /** Rooms in which both are. */
  readonly rooms: readonly string[]
}

/** What `delivery` answers: 23 of 25 hold it. */
export interface DeliveryData {
  readonly id: string
  readonly room: string | null
  /** People of the room, oneself left out. */
  readonly of: number
  /** How many say that they hold it. */
  readonly held: number
  /** Who says that they have read it. */
  readonly read: readonly Labelled[]
  /** Who has not said that they hold it, since this lanchat was started. */
  readonly waiting: readonly Labelled[]
}

/** What `notify` and `quiet` answer. */
export interface NoticesData {
  readonly byDefault: 'all' | 'mentions' | 'none'
  /** Where it was chosen otherwise. */
  readonly rooms: readonly { readonly room: string; readonly calls: 'all' | 'mentions' | 'none' }[]
  /** 22:00-07:00, local time; absent: none. */
  readonly quiet?: string
}

/** What `join` answers that names somebody: what is said there from now on goes to them alone. */
export interface EnteredTalk {
  readonly with: Labelled
}

/** What `verify` answers: both read the words of both to each other, best face to face. */
export interface VerifyData {
  readonly verified: boolean
  /** In one order for both. */
  readonly compare: readonly (Labelled & { readonly words: string })[]
}

/** What `picture` answers. Somebody else's bytes, not decoded: a page serves them as this type alone (X-Content-Type-Options). */
export interface PictureData {
  /** image/png and so on. */
  readonly type: string
  readonly bytes: number
  readonly base64: string
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
  readonly to?: Labelled
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
  /** It came more than 10 minutes before or after that: nobody here can say whether the time is right. */
  readonly approx?: true
  readonly order: string
  readonly private?: true
  readonly to?: Labelled
  readonly history?: true
  readonly self?: true
  /** The id of the message answered. */
  readonly replyTo?: string
  /** The beginning of that message as it read when this was told, where it is here and may be shown. */
  readonly quote?: { readonly from: Labelled; readonly text: string }
  readonly edited?: true
  readonly action?: true
  /** It names this person. */
  readonly mention?: true
  /** This person wants to be called for it (`notify`, `quiet`). Of messages told as they come. */
  readonly notify?: true
  /** In answers (`history`, `search` ...); later ones are told as `reaction`. */
  readonly reactions?: readonly Reacted[]
  /** In an export: its author deleted it, or a moderator hides it, so that its text is empty. */
  readonly deleted?: true
  readonly hidden?: true
  /** In answers of `search`: the pieces of the text that are what was looked for. */
  readonly hits?: readonly string[]
}
/** How many gave an emoji. */
export interface Reacted {
  readonly emoji: string
  readonly count: number
  /** This person is one of them. */
  readonly self?: true
}
/** What happens to a message after it was told: `id` is the message's. */
interface AboutMessage {
  readonly id: string
  readonly room: string | null
  readonly private?: true
  readonly to?: Labelled
  readonly from: Labelled
  readonly ts: number
  readonly self?: true
  readonly ref?: unknown
}
/** Its author gave it another text. */
export interface EditEvent extends AboutMessage {
  readonly type: 'edit'
  readonly text: string
}
/** Its author deleted it: its body is gone everywhere that hears of it. */
export interface DeleteEvent extends AboutMessage {
  readonly type: 'delete'
}
/** Somebody gave it an emoji, or took it back (on: false). */
export interface ReactionEvent extends AboutMessage {
  readonly type: 'reaction'
  readonly emoji: string
  readonly on: boolean
  /** The beginning of the message as it read then. */
  readonly quote?: { readonly from: Labelled; readonly text: string }
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
    | 'voice'
    | 'unvoice'
    | 'decline'
    | 'kick'
    | 'ban'
    | 'unban'
    | 'mute'
    | 'unmute'
    | 'hide'
    | 'unhide'
    | 'pin'
    | 'unpin'
    | 'lock'
    | 'unlock'
    | 'settings'
    | 'role'
    | 'topic'
    | 'block'
    | 'unblock'
    | 'contact'
    | 'uncontact'
    | 'verify'
    | 'unverify'
    | 'nick'
    | 'place'
    | 'heal'
    | 'warning'
    | 'admit'
    | 'expel'
    | 'waiting'
    | 'newcode'
    | 'link'
    | 'unlink'
  readonly room: string | null
  readonly user: Labelled
  readonly by?: Labelled
  /** Of `invite`, `voice`, `unvoice` and `admit`: further persons, where it was about several at once. */
  readonly more?: readonly Labelled[]
  readonly ref?: unknown
  /** Of `nick`: what they were called here before. */
  readonly was?: string
  /** What a person should read, where the event's name does not say it all. */
  readonly text?: string
  /** heal: how many messages came from the other side, and of how many people. */
  readonly messages?: number
  readonly people?: number
  /** Why, as who did it says. */
  readonly reason?: string
  /** Of a kick, ban or mute for a time: from when on it can end, ms. */
  readonly until?: number
  /** Of `role`: what the user is now. */
  readonly role?: Role
  readonly topic?: string
  /** Of `create`: made of persons who are named, this one among them. */
  readonly private?: true
  /** Of `link`: words that both devices show, to be compared. */
  readonly code?: string
  /** Of `link` and `unlink`: the device's key. */
  readonly device?: string
  /** Of `hide`, `unhide`, `pin` and `unpin`: the message's id. */
  readonly message?: string
  /** Of `settings`: which one, and what it is now. */
  readonly setting?: Setting
  readonly value?: number
}
export type Role = 'owner' | 'admin' | 'moderator' | 'member'
/** A line of `/device`. */
export interface DeviceLine {
  /** The device's own key. */
  readonly id: string
  readonly name?: string
  /**
   * first: the key that is the person. taken: linked, and somebody else's by now, or nobody's; to be unlinked. asks: wants to
   * be linked; code: words to compare with its screen.
   */
  readonly state: 'first' | 'linked' | 'removed' | 'taken' | 'asks'
  readonly code?: string
  readonly online: boolean
  readonly self?: true
}
/** The answer to `/invitation`. text: for createNode's `code`, a file or a QR. */
export interface InvitationData {
  readonly network: string
  readonly owner: string
  readonly text: string
  readonly words: readonly string[]
}
/** A line of `/members`. */
export interface NetworkMember extends Labelled {
  readonly role: 'owner' | 'admin' | 'member' | 'waiting' | 'expelled'
  readonly online: boolean
  readonly self?: true
}
/** Of rooms: members at most, nobody but moderators writes, seconds between two messages, newcomers wait for a voice. Of the network: only members are let in. */
export type Setting = 'max' | 'readonly' | 'slow' | 'newcomers' | 'membersonly' | 'visible'

/** How a person shows themselves. Whoever is hidden looks as if they were not here. */
export type Mode = 'online' | 'away' | 'busy' | 'hidden'

/** Somebody came or went, as far as others see. */
export interface PresenceEvent {
  readonly type: 'presence'
  readonly user: Labelled
  readonly online: boolean
  /** Of somebody who comes, where it is more than that they are here. */
  readonly mode?: Mode
  readonly text?: string
}
/** Somebody who is here shows themselves in another way. */
export interface ModeEvent {
  readonly type: 'mode'
  readonly user: Labelled
  readonly mode: Mode
  readonly text?: string
}
/** Somebody types, or has stopped. */
export interface TypingEvent {
  readonly type: 'typing'
  readonly room: string | null
  readonly private?: true
  readonly user: Labelled
  readonly on: boolean
}
/** Somebody has read all up to `order`; `id` is the latest of this person's messages among it. */
export interface ReceiptEvent {
  readonly type: 'receipt'
  readonly room: string | null
  readonly private?: true
  readonly user: Labelled
  readonly state: 'read'
  readonly id: string
  readonly order: string
}
/** On another device of theirs this person has read a room, or with: the talk with somebody, up to `order`. */
export interface ReadEvent {
  readonly type: 'read'
  readonly room: string | null
  readonly with?: Labelled
  readonly order: string
}
export interface ResultEvent {
  readonly type: 'result'
  readonly command: string
  readonly data: unknown
  readonly ref?: unknown
  /** Of `history`, and of `join` by who is in the room: its name in messages, however it was typed. */
  readonly room?: string
  /** Of `search`: so many events are not in the index yet, and were not looked at. */
  readonly unsearched?: number
  /** Of `export`: so many messages of this page are left out, whose text is not here or cannot be opened on this device. */
  readonly unopened?: number
  /** Of `export`: more is still coming in, from others or out of what was damaged here. */
  readonly partial?: true
  /** What a person should know beside the data. */
  readonly note?: string
}
/** An act in the answer to `log` and `networkLog`. */
export interface LogEntry extends Omit<SystemEvent, 'type'> {
  /** The event's, in full. */
  readonly id: string
  /** When it was done, ms. */
  readonly ts: number
  readonly by: Labelled
  /** Is it in force now? Else either of: */
  readonly holds: boolean
  /** It never counted: its author might not, or somebody of a higher rank decided otherwise at the same time. */
  readonly void?: true
  /** It was in force until this: lifted, or set otherwise, by whom. */
  readonly ended?: { readonly ts: number; readonly by: Labelled }
}
export interface ErrorEvent {
  readonly type: 'error'
  readonly code: string
  readonly message: string
  readonly command?: string
  readonly ref?: unknown
  /**
   * Of a message that was `sent` and is not stored: what was decided meanwhile keeps it back (BANNED, MUTED, NOT_MEMBER,
   * ROOM_UNKNOWN ...). Should that be lifted, it goes out by itself, and an `ack` follows.
   */
  readonly id?: string
  /** When that ends by itself, ms: BANNED, MUTED for a time, SLOW_MODE. */
  readonly until?: number
  /** Who decided that, and why, as far as it is known here: BANNED, MUTED, EXPELLED. */
  readonly by?: Labelled
  readonly reason?: string
}

export type NodeEvent =
  | ReadyEvent
  | HubEvent
  | OfflineEvent
  | SentEvent
  | MessageEvent
  | EditEvent
  | DeleteEvent
  | ReactionEvent
  | AckEvent
  | SystemEvent
  | PresenceEvent
  | ModeEvent
  | TypingEvent
  | ReceiptEvent
  | ReadEvent
  | ResultEvent
  | ErrorEvent
/** The one answer to a command. */
export type Answer =
  | SentEvent
  | EditEvent
  | DeleteEvent
  | ReactionEvent
  | SystemEvent
  | ResultEvent
  | ErrorEvent

/**
 * What a person can ask a node to do. `room` is a room's name, or `@nick` for the talk with somebody (`@` and an id: whatever
 * they are called); without it the session's current room is meant by the caller.
 */
export type Command =
  | { readonly do: 'say'; readonly room: string; readonly text: string; readonly action?: boolean }
  /** To several: in a small private room of just these, made where there is none. */
  | { readonly do: 'msg'; readonly to: string | readonly string[]; readonly text: string }
  /**
   * message: `^` the last one (of others; of the own for edit and erase), `^3` the third last, `^a1b2` the one whose id
   * begins so, `@nick` the last of somebody, or a whole id.
   */
  | { readonly do: 'reply'; readonly room: string; readonly message: string; readonly text: string }
  | { readonly do: 'edit'; readonly room: string; readonly message: string; readonly text: string }
  /** Deletes an own message for good. */
  | { readonly do: 'erase'; readonly room: string; readonly message: string }
  | {
      readonly do: 'react'
      readonly room: string
      readonly message: string
      readonly emoji: string
      /** false: takes it back. */
      readonly on: boolean
    }
  /** All about one message: earlier texts, who reacted. */
  | { readonly do: 'details'; readonly room: string; readonly message: string }
  /** on: false shows it again; then its id is meant, since `^` counts only what is shown. */
  | {
      readonly do: 'hide'
      readonly room: string
      readonly message: string
      readonly on: boolean
      readonly reason?: string
    }
  /** on: false takes it down. */
  | {
      readonly do: 'pin'
      readonly room: string
      readonly message: string
      readonly on: boolean
      readonly reason?: string
    }
  /** The pinned messages of a room. */
  | { readonly do: 'pins'; readonly room: string }
  /** forMs: until then its target cannot come back (kick, ban), or is not heard (mute); without it for ever. */
  | {
      readonly do: 'kick' | 'ban' | 'mute'
      readonly room: string
      readonly who: string
      readonly forMs?: number
      readonly reason?: string
    }
  | { readonly do: 'unban' | 'unmute'; readonly room: string; readonly who: string; readonly reason?: string }
  | {
      readonly do: 'role'
      readonly room: string
      readonly who: string
      readonly role: 'moderator' | 'member'
      readonly reason?: string
    }
  /** Who is what in a room. */
  | { readonly do: 'roles'; readonly room: string }
  /** Without a topic: which it is. */
  | { readonly do: 'topic'; readonly room: string; readonly topic?: string; readonly reason?: string }
  /** value 0: off. */
  | {
      readonly do: 'set'
      readonly room: string
      readonly setting: Exclude<Setting, 'membersonly'>
      readonly value: number
      readonly reason?: string
    }
  | { readonly do: 'lock'; readonly room: string; readonly on: boolean; readonly reason?: string }
  /** What moderators did in a room, and what of it holds. */
  | { readonly do: 'log'; readonly room: string; readonly count: number }
  /** The same of what was done to the whole network. */
  | { readonly do: 'networkLog'; readonly count: number }
  /** Here alone: their messages are not shown, and nothing is sent to them alone. */
  | { readonly do: 'block' | 'unblock'; readonly who: string }
  | { readonly do: 'blocked' | 'unread' }
  /** All that was said in a room so far has been read. */
  | { readonly do: 'read'; readonly room: string }
  /** Says no to an invitation. */
  | { readonly do: 'decline'; readonly room: string }
  | {
      readonly do: 'create'
      readonly room: string
      readonly private?: boolean
      readonly topic?: string
      readonly max?: number
      /** Into a private room; named from the start. */
      readonly invite?: readonly string[]
    }
  | { readonly do: 'join' | 'leave'; readonly room: string }
  /** Deletes a room for everybody. */
  | { readonly do: 'delete'; readonly room: string; readonly reason?: string }
  | { readonly do: 'hub' | 'status' }
  /** part: of a name or topic, as one types. */
  | { readonly do: 'rooms'; readonly part?: string }
  /** Gives the hub's part to another node, and takes it again only where nobody else can have it. Answered as `hub`. */
  | { readonly do: 'drain' }
  /** How this node stands, for `lanchat doctor`: a NodeReport, at once, also before it is ready. */
  | { readonly do: 'doctor' }
  /** How its disk stands, for `lanchat doctor --store`: a DiskReport, also before it is ready. */
  | { readonly do: 'doctorStore' }
  | { readonly do: 'who'; readonly room?: string }
  /** room: `@nick` for a talk. before: the `order` or the id of a message; only what stands before it. */
  | { readonly do: 'history'; readonly room: string; readonly count: number; readonly before?: string }
  /** Messages that fit the words (search/query.ts); without room in all rooms and talks of this person. */
  | { readonly do: 'search'; readonly words: string; readonly room?: string; readonly count: number }
  /** What is here of a room or talk (`@nick`) by now is shown on this device no more. */
  | { readonly do: 'forget'; readonly room: string }
  /** As history, with what proves each line, and lines without text for what was deleted or hidden. */
  | { readonly do: 'export'; readonly room: string; readonly count: number; readonly before?: string }
  /** This device's word for an export: digest, 64 hex digits, is over its lines (verify-export.ts). */
  | { readonly do: 'seal'; readonly digest: string }
  | { readonly do: 'nick'; readonly name: string }
  /** How this person shows themselves from now on; without a mode: how they do. Answered with OwnModeData. */
  | { readonly do: 'presence'; readonly mode?: Mode; readonly text?: string }
  /** 0: never away by itself. */
  | { readonly do: 'autoAway'; readonly minutes: number }
  /** Whether others are told that this person types, or how far they have read. */
  | { readonly do: 'telling'; readonly what: 'typing' | 'read'; readonly on: boolean }
  /** This person types in a room, or to somebody: others are told, at most every 3 s. */
  | { readonly do: 'typing'; readonly room: string }
  | { readonly do: 'typing'; readonly to: string }
  /** This person is at their keyboard. */
  | { readonly do: 'active' }
  /** What this person says of themselves. null or '': nothing any more. Answered as whois. */
  | {
      readonly do: 'profile'
      readonly about?: string
      /** #rrggbb */
      readonly colour?: string | null
      /** A PNG, JPEG, GIF or WebP file of at most 16 KiB. */
      readonly picture?: Uint8Array | null
    }
  /** All that is known of somebody: WhoisData. */
  | { readonly do: 'whois'; readonly who: string }
  /** Somebody's picture: PictureData; null: they have none. */
  | { readonly do: 'picture'; readonly who: string }
  /** Writes somebody down; name: what they are called here. Without one they are called by their nick. */
  | { readonly do: 'contact'; readonly who: string; readonly name?: string }
  | { readonly do: 'uncontact'; readonly who: string }
  | { readonly do: 'contacts' }
  /** The words to compare; seal: they were the same, so key and name belong together; false: not any more. */
  | { readonly do: 'verify'; readonly who: string; readonly seal?: boolean }
  /** Who holds an own message, who has read it, for whom it waits. */
  | { readonly do: 'delivery'; readonly room: string; readonly message: string }
  /** For what this person is called in a room, or where nothing else is chosen; without calls: as it is. */
  | { readonly do: 'notify'; readonly room?: string; readonly calls?: 'all' | 'mentions' | 'none' }
  /** Minutes since midnight, local, in which nothing calls; null: none. */
  | { readonly do: 'quiet'; readonly quiet: readonly [from: number, to: number] | null }
  /** People of whose names or words this is a part, those who are here first. */
  | { readonly do: 'people'; readonly part: string }
  /** Into a private room; in a public one: to enter although it is locked, and to speak although newcomers wait. */
  | {
      readonly do: 'invite'
      readonly room: string
      readonly to: string | readonly string[]
      readonly reason?: string
    }
  /** To those who are in a room, or may come into it anyway: they may speak although newcomers wait. Else as `invite`. */
  | {
      readonly do: 'voice'
      readonly room: string
      readonly to: string | readonly string[]
      readonly reason?: string
    }
  /** Takes back what an invite into a public room, or a voice, allowed, as if it had not been given: all that they said there waits too. */
  | {
      readonly do: 'unvoice'
      readonly room: string
      readonly to: string | readonly string[]
      readonly reason?: string
    }

  /** In a network with an owner: who is what. Answered by NetworkMember objects. */
  | { readonly do: 'members' }
  /** Lets people into the network who wait, or were expelled. */
  | { readonly do: 'admit'; readonly who: readonly string[]; readonly reason?: string }
  | { readonly do: 'expel'; readonly who: string; readonly reason?: string }
  /** on: false makes an admin a member again. */
  | { readonly do: 'admin'; readonly who: string; readonly on: boolean; readonly reason?: string }
  /** A new code for the network; members are given it. code: made by the node itself, whatever is given. */
  | { readonly do: 'newCode'; readonly code?: OwnCode; readonly reason?: string }
  /** What lets somebody else into the network: { network, owner, text, words }. */
  | { readonly do: 'invitation' }
  /** on: only who is here, and whom an admin admits, is let in. */
  | { readonly do: 'membersOnly'; readonly on: boolean; readonly reason?: string }

  /** The devices of this person, and who asks to be one: DeviceLine objects. */
  | { readonly do: 'devices' }
  /** This device asks to be one of that person's. */
  | { readonly do: 'linkAsk'; readonly who: string }
  /** Links a device that asked: by its nick, or at least four digits of its key. */
  | { readonly do: 'linkAccept'; readonly who: string }
  /** Ends a device that this person linked for good: by at least four digits of its key. */
  | { readonly do: 'unlink'; readonly who: string }

/** The command, or those commands, of this word. */
export type CommandOf<D extends Command['do']> = Extract<Command, { readonly do: D }>
