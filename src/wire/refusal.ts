/**
 * Every coded error of the protocol and of the program (rule ER-1). Codes are stable; sentences may improve.
 *
 * us: for the person here, when what they asked for failed or a peer refused this node: what happened, why, what to do.
 * them: for the peer, where this node refuses it: the `detail` of a refuse frame. Absent where no peer is told.
 * fatal: trying the same again is of no use until a person or another input changes something.
 * retryAfterMs: the program tries again by itself, not sooner than this.
 * closeCode: the websocket close that follows a refuse frame (4000-4999 are free for applications, RFC 6455 7.4.2).
 */
export interface Refusal {
  readonly us: string
  readonly them?: string
  readonly fatal: boolean
  readonly retryAfterMs?: number
  readonly closeCode?: number
}

const table = {
  // The link: handshake.
  VERSION_UNSUPPORTED: {
    us: 'The other side speaks no protocol version that this lanchat speaks. Update the older of the two.',
    them: 'We have no protocol version in common. Update the older of the two.',
    fatal: true,
    closeCode: 4001,
  },
  NETWORK_OTHER: {
    us: 'The node at this address belongs to another network. Check --network and the code if you expected it.',
    them: 'I belong to another network.',
    fatal: true,
    closeCode: 4002,
  },
  SELF: {
    us: 'This address leads back to this lanchat itself, so it is not used. Nothing needs to be done.',
    them: 'This is my own key: we are one node, or one identity runs twice.',
    fatal: true,
    closeCode: 4003,
  },
  KEY_WEAK: {
    us: 'The identity was refused because anybody could sign for such a key. Make a new one in an empty data directory.',
    them: 'Anybody could sign for this key.',
    fatal: true,
    closeCode: 4004,
  },
  PEER_OTHER: {
    us: 'Another node answers at this address than the one looked for. The search goes on.',
    them: 'I looked for another node.',
    fatal: true,
    closeCode: 4005,
  },
  AUTH_FAILED: {
    us: 'The other side could not prove its key on this link, or did not accept our proof. Something between you may be tampering.',
    them: 'Your signature does not hold on this link.',
    fatal: true,
    closeCode: 4006,
  },
  HANDSHAKE_TIMEOUT: {
    us: 'The other side did not finish its greeting in time; it is asleep or overloaded. It is tried again.',
    them: 'The handshake took too long.',
    fatal: false,
    retryAfterMs: 1000,
    closeCode: 4007,
  },
  PLACE_OTHER: {
    us: 'The other side belongs to another group that uses this network name. The two stay apart, so that their histories do not mix.',
    them: 'I belong to another place.',
    fatal: true,
    closeCode: 4008,
  },
  CODE_WRONG: {
    us: 'The network {network} is here, but its nodes refuse this code. Check the code and start again.',
    fatal: true,
  },
  CODE_OLD: {
    us: 'The code of this network was changed, and this lanchat has only an old one. Ask a member for a new invitation (they type: lanchat network show).',
    them: 'The code of this network was changed, and you have only an old one. Ask a member for a new invitation.',
    fatal: true,
    closeCode: 4009,
  },

  // The link: later.
  FRAME_INVALID: {
    us: 'The other side could not read what this lanchat sent, and ended the link. Update the older of the two.',
    them: 'This is no frame I can accept here.',
    fatal: false,
    retryAfterMs: 1000,
    closeCode: 4010,
  },
  FRAME_TOO_LARGE: {
    us: 'The other side ended the link because a frame was larger than 64 KiB. Update the older of the two.',
    them: 'A frame has at most 64 KiB.',
    fatal: false,
    retryAfterMs: 1000,
    closeCode: 4011,
  },
  FAULTS: {
    us: 'The other side ended the link after too many invalid frames. It accepts this node again in a minute.',
    them: 'Too many faults. Come back in a minute.',
    fatal: false,
    retryAfterMs: 60_000,
    closeCode: 4012,
  },
  PENALTY: {
    us: 'The other side still waits out a penalty for earlier faults. It is tried again in a minute.',
    them: 'You are waiting out a penalty. Come back in a minute.',
    fatal: false,
    retryAfterMs: 60_000,
    closeCode: 4013,
  },
  SLOW_CONSUMER: {
    us: 'The other side ended the link because this machine read too slowly. What was missed is fetched now.',
    them: 'You read too slowly. Connect again and fetch what you missed.',
    fatal: false,
    retryAfterMs: 500,
    closeCode: 4014,
  },
  TOO_MANY_LINKS: {
    us: 'The other side has too many connections that are not yet proved. It is tried again.',
    them: 'Too many connections at once.',
    fatal: false,
    retryAfterMs: 1000,
    closeCode: 4015,
  },
  DUPLICATE_LINK: {
    us: 'There is another link to this node already, so this one was closed. Nothing needs to be done.',
    them: 'We have another link already.',
    fatal: false,
    closeCode: 4016,
  },

  // The hub.
  HUB_FULL: {
    us: 'The hub has as many members as it accepts. It is tried again; a hub with a higher limit would help.',
    them: 'I have as many members as I accept.',
    fatal: false,
    retryAfterMs: 5000,
    closeCode: 4020,
  },
  HUB_LEAVING: {
    us: 'The hub is leaving. The next one is being joined.',
    them: 'I am leaving. Join the next hub of the line.',
    fatal: false,
    retryAfterMs: 200,
    closeCode: 4021,
  },
  PLACE_CHANGED: {
    us: 'The other side joined a group while this link was made. The link is made anew.',
    them: 'My place changed while this link was made. Dial again.',
    fatal: false,
    retryAfterMs: 200,
    closeCode: 4024,
  },
  HUB_MOVED: {
    us: 'Another node is the hub now. It is being joined.',
    them: 'I am not the hub any more. Join the one I named.',
    fatal: false,
    retryAfterMs: 200,
    closeCode: 4022,
  },
  SIGNATURE_INVALID: {
    us: 'The hub ended the session because a message of ours had an invalid signature. The link is made anew.',
    them: 'The signature of an event of yours does not hold.',
    fatal: false,
    retryAfterMs: 1000,
    closeCode: 4023,
  },

  // Events refused by the hub, without an end of the link.
  EVENT_INVALID: {
    us: 'The hub refused a message because it breaks a rule of the protocol. Update lanchat.',
    them: 'This event breaks a rule of the protocol.',
    fatal: true,
  },
  RATE_LIMITED: {
    us: 'That is more than the hub takes of one person at a time. What you have done waits here and follows by itself; what was refused, try again later.',
    them: 'You publish faster than your credit allows.',
    fatal: false,
    retryAfterMs: 100,
  },
  NOT_MEMBER: {
    us: 'You are not in the room {room}. Type /join {room} first, or ask a member to invite you if it is private.',
    them: 'You are not in this room.',
    fatal: true,
  },
  NOT_ALLOWED: {
    us: 'You may not {action} in {room}: that takes a higher rank there than yours. {next}',
    them: 'Your rank in this room is too low for that.',
    fatal: true,
  },
  BANNED: {
    us: 'You are {bound} from {room}{details}. {next}',
    them: 'You are banned from this room.',
    fatal: true,
  },

  NOT_ADMITTED: {
    us: 'You have the code of this network, and wait until one of its admins lets you in. You are told when that is.',
    them: 'This network lets only members in, and no admin has let you in yet.',
    fatal: true,
  },
  EXPELLED: {
    us: 'You were expelled from the network {network}{details}. Ask {whom} to let you in again.',
    them: 'You were expelled from this network.',
    fatal: true,
  },
  DEVICE_REMOVED: {
    us: 'This device was unlinked from its person, for good. Move its identity file away to start as somebody new, and link it again.',
    them: 'Your person has unlinked this device.',
    fatal: true,
  },
  DEVICE_UNKNOWN: {
    us: '{device} is no device that {why}. /device lists what is linked, and who asks to be.',
    fatal: true,
  },
  DEVICES_MAX: {
    us: 'A person has at most {max} further devices, unlinked ones among them, and that many were linked. One more can only be somebody new.',
    fatal: true,
  },
  LANES_LEFT_OUT: {
    us: 'What {nick} wrote in more than {max} runs of the program cannot all be kept by this: what was said in the {count} oldest of them is shown no more.',
    fatal: true,
  },
  NOT_OWNED: {
    us: 'Only a network with an owner has admins and members. Make one with: lanchat network new NAME.',
    fatal: true,
  },
  NOT_ADMIN: {
    us: 'You may not {action}: that takes {rank} of this network. /members says who that is.',
    fatal: true,
  },
  MUTED: {
    us: 'You are muted in {room}{details}, so nobody is shown what you write there. {next}',
    them: 'You are muted in this room.',
    fatal: true,
  },
  ROOM_READ_ONLY: {
    us: 'Only moderators write in {room} at the moment. /role says who they are.',
    them: 'Only moderators write in this room at the moment.',
    fatal: true,
  },
  VOICE_UNKNOWN: {
    us: 'There is no voice of {nick} in {room} to take back: nobody gave one, or none is needed. /mute shows nothing of what somebody says from now on.',
    fatal: true,
  },
  NOT_VOICED: {
    us: 'Newcomers wait in {room} until one of its moderators gives them a voice (/voice). Ask {whom}.',
    them: 'Newcomers wait in this room until a moderator gives them a voice.',
    fatal: true,
  },
  SLOW_MODE: {
    us: 'Slow mode in {room}: one message every {seconds} s. Send it again {when}.',
    them: 'This room is in slow mode. Wait a moment between two messages.',
    fatal: false,
    retryAfterMs: 1000,
  },

  // Messages.
  MESSAGE_UNKNOWN: {
    us: 'No message {message} is here. ^ is the last one, ^3 the third last, @anna the last of anna.',
    fatal: true,
  },
  MESSAGE_AMBIGUOUS: {
    us: 'Several messages begin with {message}. Name more of its id.',
    fatal: true,
  },
  MESSAGE_FOREIGN: {
    us: 'That message is not yours, so you cannot {action} it. A moderator of the room can /hide it.',
    fatal: true,
  },
  DELIVERY_UNKNOWN: {
    us: 'Who has a message is known only where it was written: this one {whose}.',
    fatal: true,
  },
  EMOJI_INVALID: {
    us: 'A reaction is one emoji, or its name such as :thumbsup:.',
    fatal: true,
  },
  BLOCKED: {
    us: 'You have blocked {nick}. Type /unblock {nick} to write to them.',
    fatal: true,
  },

  // Rooms.
  ROOM_LOCKED: {
    us: 'The room {room} is locked: nobody new can enter. Ask {whom} to invite you.',
    them: 'This room is locked.',
    fatal: true,
  },
  ROOM_TOO_LARGE: {
    us: 'That works with at most {max} {what}, and {room} has more. {next}',
    fatal: true,
  },
  TOPIC_TOO_LONG: {
    us: 'The topic has {bytes} bytes, and there is room for {max}. Say it in fewer words.',
    fatal: true,
  },
  REASON_TOO_LONG: {
    us: 'The reason has {bytes} bytes, and there is room for {max}. Say it in fewer words.',
    fatal: true,
  },
  ROOM_NAME_TAKEN: {
    us: 'There is a room named {room} already. Type /join {room} to enter it, or choose another name.',
    them: 'There is a room of this name already.',
    fatal: true,
  },
  ROOM_NAME_INVALID: {
    us: 'A room cannot be named {room}: {why}.',
    them: 'This name breaks the rules for room names.',
    fatal: true,
  },
  ROOM_UNKNOWN: {
    us: 'There is no room named {room}. /rooms lists them; /create {room} makes it.',
    them: 'I know no such room.',
    fatal: true,
  },
  TALK_UNKNOWN: {
    us: 'Nothing was said between you and {nick} yet. /msg {nick} writes to them, /join @{nick} and what you type goes there.',
    fatal: true,
  },
  ROOM_FULL: {
    us: 'The room {room} is full, with {most}. Try again when somebody has left, or {next}',
    them: 'This room is full.',
    fatal: true,
  },
  ROOM_FIXED: {
    us: 'The room {room} is everybody’s: nobody can {action} it. /notify none {room} keeps it from calling you, /create makes another.',
    fatal: true,
  },
  ROOM_AMBIGUOUS: {
    us: 'Several rooms are named {room}. Say which one you mean: {choices}.',
    fatal: true,
  },

  // People.
  NICK_INVALID: {
    us: 'The nick {nick} cannot be used: {why}. For example, {proposal} can.',
    fatal: true,
  },
  NICK_UNKNOWN: {
    us: 'Nobody is known here as {nick}. /who lists who is.',
    fatal: true,
  },
  NICK_TAKEN: {
    us: 'Somebody else goes by {nick} here, or looks as if. Choose another name for this person.',
    fatal: true,
  },
  NICK_SELF: {
    us: 'That is you, and this works with somebody else only. /who lists who there is.',
    fatal: true,
  },
  TOO_MANY: {
    us: 'There is room for {max} {what}. Remove some that you do not need.',
    fatal: true,
  },
  NOT_WANTED: {
    us: 'This person takes no messages from you: they have blocked you. Nothing was sent.',
    them: 'This person has blocked you.',
    fatal: true,
  },
  NICK_AMBIGUOUS: {
    us: 'Several people are named {nick}. Say which one you mean: {choices}.',
    fatal: true,
  },
  KEY_MISSING: {
    us: '{nick} cannot be written to in private yet: the key to encrypt with has not arrived. Try again once both of you are online.',
    fatal: false,
  },

  // What is typed.
  TEXT_EMPTY: {
    us: 'There is nothing to send: the text is empty.',
    fatal: true,
  },
  TEXT_TOO_LONG: {
    us: 'The text has {bytes} bytes, and a message has room for {max}. Send it in parts.',
    fatal: true,
  },
  TEXT_INVALID: {
    us: 'The text holds half a character (a lone surrogate), which no other machine could read. Nothing was sent.',
    fatal: true,
  },
  WORDS_TOO_LONG: {
    us: 'That has {bytes} bytes, and there is room for {max}. Say it in fewer words.',
    fatal: true,
  },
  COLOUR_INVALID: {
    us: '{colour} is no colour. Write it as #rrggbb, such as #ff8800.',
    fatal: true,
  },
  FILE_UNREADABLE: {
    us: 'The file {file} cannot be read ({why}). Check its name, and whether you may read it.',
    fatal: true,
  },
  FILE_UNWRITABLE: {
    us: 'The file {file} cannot be written ({why}). Make room on the disk, or name a file where you may write.',
    fatal: true,
  },
  PICTURE_INVALID: {
    us: 'This cannot be a picture: {why}. Take a PNG, JPEG, GIF or WebP of at most 16 KiB.',
    fatal: true,
  },
  LINE_INVALID: {
    us: 'This line is not understood: {why}. Nothing was sent.',
    fatal: true,
  },
  COMMAND_INVALID: {
    us: 'This command cannot be carried out: {why}. Check its fields; docs/bots.md and the types say what they hold.',
    fatal: true,
  },
  COMMAND_UNKNOWN: {
    us: 'There is no command {command}, and nothing was sent. {hint}',
    fatal: true,
  },
  SEARCH_INVALID: {
    us: 'This search is not understood: {why}. See /help search.',
    fatal: true,
  },
  COMMAND_USAGE: {
    us: 'Use it like this: {usage}',
    fatal: true,
  },

  // This machine and its surroundings.
  DATA_DIR_IN_USE: {
    us: 'Another lanchat uses the data directory {dir}. Quit that one, or give this one its own with --data-dir.',
    fatal: true,
  },
  DATA_DIR_UNKNOWN: {
    us: 'This user has no home directory to keep identity and messages in. Set HOME, or name a directory with --data-dir.',
    fatal: true,
  },
  DATA_DIR_UNWRITABLE: {
    us: 'The data directory {dir} cannot be written ({why}). Make it writable, or choose another with --data-dir.',
    fatal: true,
  },
  STORE_NEWER: {
    us: 'What is stored in {folder} was written by a newer lanchat (format {format}; this one reads up to {known}). Nothing was changed. Start that version, or give this one its own --data-dir.',
    fatal: true,
  },
  STORE_FAILED: {
    us: 'The disk refused to store messages ({why}). Chat goes on in memory and forgets it at the end: free some space and start again.',
    them: 'My disk fails; I cannot keep your events.',
    fatal: false,
  },
  STORE_UNREAD: {
    us: 'The disk refused to read what is stored ({why}): the answer would not be whole. Ask again; /doctor tells more.',
    fatal: false,
  },
  BUSY: {
    us: 'This program asks faster than it is answered: {max} commands wait already, and this one was not carried out. Wait for some of their answers first.',
    fatal: false,
  },
  OUTBOX_FULL: {
    us: '{max} messages of yours wait to be stored, and more cannot: {why}. This one was not sent. Send it again {next}.',
    fatal: false,
  },
  INVITATION_INVALID: {
    us: 'This invitation is damaged: a part of it is missing or was changed. Ask for it again.',
    fatal: true,
  },
  IDENTITY_INVALID: {
    us: 'The identity file {file} is damaged ({why}). Restore it from a copy (lanchat id import FILE), or move it away to start as somebody new.',
    fatal: true,
  },
  NOBODY_FOUND: {
    us: 'Nobody was found on this network within {seconds} s. Check the cable or Wi-Fi, or name a node with --peer.',
    fatal: true,
  },
  OFFLINE: {
    us: 'There is no hub at the moment. What you type waits here and goes out by itself as soon as there is one.',
    fatal: false,
  },
  TIMEOUT: {
    us: 'There was no answer within {seconds} s. What was typed is kept and goes out at the next start.',
    fatal: false,
  },
} as const satisfies Record<string, Refusal>

const PLACEHOLDER = /\{(\w+)\}/g

type Table = typeof table
export type RefusalCode = keyof Table
/** Codes that a peer is told. */
export type PeerRefusalCode = {
  [C in RefusalCode]: Table[C] extends { them: string } ? C : never
}[RefusalCode]
type Placeholder<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never
/** What the sentence for us of this code needs. */
export type RefusalValues<C extends RefusalCode> = Readonly<
  Record<Placeholder<Table[C]['us']>, string | number>
>

export const refusals: Readonly<Record<RefusalCode, Refusal>> = table
export const refusalCodes = Object.keys(table) as readonly RefusalCode[]

/** True for a code of this table; a peer may send others. */
export const isRefusalCode = (code: string): code is RefusalCode => Object.hasOwn(table, code)

/** The sentence for the person here. Values are put in as they are: whoever prints them makes them safe. */
export function refusalText<C extends RefusalCode>(
  code: C,
  ...values: Placeholder<Table[C]['us']> extends never ? [] : [RefusalValues<C>]
): string {
  return fill(table[code].us, (values[0] ?? {}) as Record<string, string | number>)
}

/** The sentence for the peer: the detail of a refuse frame, at most 200 bytes. */
export const refusalDetail = (code: PeerRefusalCode): string => table[code].them

/**
 * What a peer's refusal means to the person here. Where the code is not ours, or its sentence needs values that are
 * not given, the peer's own words stand instead: a stranger's text, to be made safe before it is printed.
 */
export function explainRefusal(
  code: string,
  detail: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const ours = isRefusalCode(code) ? table[code].us : undefined
  const isComplete = ours && [...ours.matchAll(PLACEHOLDER)].every(([, name]) => Object.hasOwn(values, name!))
  return isComplete ? fill(ours, values) : `The other side refused: ${detail} (${code})`
}

/** The code that a websocket close number stands for; undefined for other closes. */
export const refusalOfClose = (closeCode: number): RefusalCode | undefined =>
  refusalCodes.find((code) => refusals[code].closeCode === closeCode)

function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  )
}
