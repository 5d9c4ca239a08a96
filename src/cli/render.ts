/** Events as lines for people. Everything that others wrote goes through safe-text first. */
import { styleText } from 'node:util'
import type {
  DeleteEvent,
  DeliveryData,
  DiskReport,
  EditEvent,
  EnteredTalk,
  HubInfo,
  InvitationData,
  Labelled,
  LogEntry,
  MessageEvent,
  Mode,
  NodeEvent,
  NoticesData,
  OwnModeData,
  ReactionEvent,
  ResultEvent,
  SystemEvent,
  VerifyData,
  Who,
} from '../node/index.ts'
import { localTime } from '../node/index.ts'
import { mentionPattern } from '../wire/mention.ts'
import { indented, safeName } from './safe-text.ts'
import { sizeText } from './size-text.ts'
import { spanOf } from './span.ts'
import { storedRooms } from './stored-rooms.ts'
import { table } from './tables.ts'

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string
export const colourful: Paint = (style, text) => styleText(style, text, { validateStream: false })
export const plain: Paint = (_, text) => text

export interface Look {
  readonly paint: Paint
  /** Tables separated by tabs instead of aligned. */
  readonly tabs: boolean
  /** This person's key. */
  readonly self: string
  /** Under which name this key was met last. */
  readonly known?: (id: string) => string | undefined
  /** A name in the colour of its key, where the terminal has more colours than `paint`. */
  readonly person?: (id: string, text: string) => string
  /** For the interactive chat: each line with its time, rooms named only where they are not the current one. */
  readonly screen?: { readonly room: string; readonly nick: string; readonly time: string }
}

/** A line (or several) to print, and whether it is chat (stdout) or a notice about how things go (stderr in pipes). */
export interface Rendered {
  readonly text: string
  readonly isNotice?: true
  /** What is to be known beside the text where that is for programs: never among it. */
  readonly notes?: readonly string[]
}

const COLOURS = [
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'redBright',
  'greenBright',
  'yellowBright',
] as const

/** Lines of one message on the screen. */
const LINES_MAX = 100

/** A person's colour comes from the key, so that nobody can take it over with the name. */
const colourOf = (id: string) => COLOURS[Number.parseInt(id.slice(0, 6), 16) % COLOURS.length] ?? 'green'

/** No name holds the mark of those whose key was compared. */
const shown = (who: Labelled): string => `${safeName(who.label ?? who.name)}${who.verified ? '✓' : ''}`

/** What to print for an event; undefined where people need not be told. */
export function render(event: NodeEvent, look: Look): Rendered | undefined {
  const rendered = renderEvent(event, look)
  const hasTime = event.type === 'message' || event.type === 'result'
  if (!rendered || !look.screen || hasTime) return rendered
  return { ...rendered, text: `${look.paint('dim', look.screen.time)} ${rendered.text}` }
}

function renderEvent(event: NodeEvent, look: Look): Rendered | undefined {
  const { paint } = look
  const quiet = (text: string) => ({ text: paint('dim', text) })
  const notice = (text: string) => ({ text: paint('dim', text), isNotice: true as const })
  switch (event.type) {
    case 'message':
      return { text: messageLine(event, look) }
    case 'edit':
      return {
        text: markLine(event, look, `${paint('dim', 'edited:')} ${indented(shortly(event.text, look))}`),
      }
    case 'delete':
      return { text: paint('dim', markLine(event, look, 'deleted a message')) }
    case 'reaction': {
      const what = event.quote ? ` to “${safeName(event.quote.text)}”` : ''
      const verb = event.on ? 'gives' : 'takes back'
      return { text: paint('dim', markLine(event, look, `${verb} ${safeName(event.emoji)}${what}`)) }
    }
    case 'system':
      return quiet(`* ${systemSentence(event, look, true)}`)
    case 'ready': {
      const hub = event.hub.self ? 'you are the hub' : `the hub is ${shown(event.hub)}`
      return notice(
        `* You are ${shown(event.self)} on network ${safeName(event.network)}; ${hub}. /help lists commands.`,
      )
    }
    case 'hub':
      return notice(
        event.hub.self
          ? '* You are the hub now.'
          : `* The hub is ${shown(event.hub)} now${throughText(event.hub)}.`,
      )
    case 'offline':
      return notice(
        `* Nobody to relay at the moment (${safeName(event.reason)}). What you type is kept and sent later.`,
      )
    case 'presence':
      return quiet(`* ${shown(event.user)} is ${event.online ? 'here' : 'gone'}${modeText(event)}`)
    case 'mode':
    case 'typing':
    case 'receipt':
    case 'read':
      // What changes all the time is found in /who and below the scrollback.
      return undefined
    case 'error':
      return { text: paint('red', `! ${indented(event.message)}`), isNotice: true }
    case 'result':
      if (event.data === null) {
        const said =
          NOTHING[event.command] ?? (UNCHANGED.has(event.command) ? 'It is so already.' : undefined)
        return said === undefined ? undefined : quiet(said)
      }
      return {
        text: resultText(event.command, event.data, look, event),
        ...(look.tabs && { notes: notesOf(event) }),
      }
    case 'sent':
    case 'ack':
      return undefined
  }
}

/** ` (busy: lunch)`; '' where they are just here. */
export function modeText({
  mode = 'online',
  text,
}: {
  readonly mode?: Mode
  readonly text?: string
}): string {
  const words = text === undefined || text === '' ? '' : safeName(text)
  if (mode === 'online') return words === '' ? '' : ` (${words})`
  return ` (${mode}${words === '' ? '' : `: ${words}`})`
}

/** What somebody did to a message: * anna edited: hello */
function markLine(
  event: EditEvent | DeleteEvent | ReactionEvent,
  { paint, self, screen }: Look,
  what: string,
): string {
  const isSelf = event.from.id === self
  const room = event.room === null ? '' : screen?.room === event.room ? '' : `[${safeName(event.room)}] `
  return `${room}* ${isSelf ? paint('bold', 'you') : shown(event.from)}${event.room === null ? ' (in private)' : ''} ${isSelf ? what.replace(/^(gives|takes) /, (word) => `${word.trim().slice(0, -1)} `) : what}`
}

function messageLine(event: MessageEvent, look: Look): string {
  const { paint, self, person, screen } = look
  const coloured = (who: Who, text: string) => (person ? person(who.id, text) : paint(colourOf(who.id), text))
  const name = (who: Labelled) => (who.id === self ? paint('bold', 'me') : coloured(who, shown(who)))
  const plainStamp = screen ? screen.time : event.history || event.approx ? localTime(event.ts) : undefined
  const stamp = event.approx ? `~${plainStamp}` : plainStamp
  const time = stamp === undefined ? '' : `${paint('dim', stamp)} `
  const isOthers = event.from.id !== self
  const plainText = indented(shortly(event.text, look))
  const said =
    event.hits !== undefined
      ? marked(plainText, event.hits, paint)
      : screen && isOthers
        ? highlighted(plainText, screen.nick, paint)
        : plainText
  const { quote } = event
  const answers = quote ? `${paint('dim', `(to ${shown(quote.from)}: ${safeName(quote.text)})`)} ` : ''
  const given = (event.reactions ?? []).map(({ emoji, count }) => `${safeName(emoji)} ${count}`).join('  ')
  const marks = [event.edited ? '(edited)' : '', given === '' ? '' : `[${given}]`].filter(
    (mark) => mark !== '',
  )
  const text = `${answers}${said}${marks.length > 0 ? paint('dim', ` ${marks.join(' ')}`) : ''}`
  // Between two people; a private room has a name of its own.
  if (event.room === null) {
    const head = `[${name(event.from)} -> ${event.to ? name(event.to) : paint('bold', 'me')}]`
    return `${time}${head} ${event.action ? `* ${text}` : text}`
  }
  const from = isOthers ? coloured(event.from, shown(event.from)) : paint('bold', shown(event.from))
  const room = screen?.room === event.room ? '' : `[${safeName(event.room)}] `
  return event.action ? `${time}${room}* ${from} ${text}` : `${time}${room}${from}: ${text}`
}

/** On the screen a message takes no more rows than a long one without line breaks would: 8,000 breaks push away what all others said. */
function shortly(text: string, { screen }: Look): string {
  const lines = screen ? text.split('\n') : []
  if (lines.length <= LINES_MAX) return text
  const more = lines.length - LINES_MAX
  return [...lines.slice(0, LINES_MAX), `… ${more} more lines: /history shows them`].join('\n')
}

const highlighted = (text: string, nick: string, paint: Paint): string =>
  nick === '' ? text : text.replace(mentionPattern(nick), (word) => paint(['bold', 'inverse'], word))

/** What was looked for, where it stands in the text. */
function marked(text: string, hits: readonly string[], paint: Paint): string {
  if (hits.length === 0) return text
  const longest = [...hits].sort((a, b) => b.length - a.length)
  const any = longest.map((hit) => hit.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|')
  return text.replace(new RegExp(any, 'gu'), (piece) => paint(['bold', 'underline'], piece))
}

/** isNews: it happens now, and what one can do is said. */
function systemSentence(event: SystemEvent, { self, known }: Look, isNews = false): string {
  if (event.text !== undefined) return indented(event.text)
  const isSelf = event.user.id === self
  const who = isSelf ? 'you' : shown(event.user)
  const whose = isSelf ? 'yours' : who
  const room = event.room === null ? 'the network' : safeName(event.room)
  const actor = event.by === undefined ? '' : event.by.id === self ? 'you' : shown(event.by)
  const by = event.by ? ` by ${actor}` : ''
  const why = event.reason === undefined ? '' : ` (${safeName(event.reason)})`
  const until = event.until === undefined ? '' : ` until ${localTime(event.until)}`
  const others = event.more ? `, with ${event.more.map(shown).join(', ')}` : ''
  switch (event.event) {
    case 'create':
      if (event.room === null) return `${who} began this talk`
      return isNews && !isSelf && event.private
        ? `${who} created ${room} and took you in: /join ${room} goes there, /decline ${room} says no`
        : `${who} created ${room}`
    case 'join':
      return `${who} joined ${room}`
    case 'leave':
      return `${who} left ${room}`
    case 'delete':
      return `${who} deleted ${room}${why}`
    case 'nick':
      return isSelf
        ? `you are now called ${shown(event.user)}`
        : `${event.was === undefined ? (known?.(event.user.id) ?? 'somebody') : safeName(event.was)} is now called ${who}`
    case 'kick':
      return `${who} ${isSelf ? 'were' : 'was'} removed from ${room}${until}${by}${why}`
    case 'ban':
      return `${who} ${isSelf ? 'were' : 'was'} banned from ${room}${until}${by}${why}`
    case 'unban':
      return event.by
        ? `${actor} let ${who} enter ${room} again${why}`
        : `${who} may enter ${room} again${why}`
    case 'invite':
      return `${who} ${isSelf ? 'were' : 'was'} invited to ${room}${by}${others}${why}${isNews && isSelf ? `: /accept ${room} enters it, /decline ${room} says no` : ''}`
    case 'voice':
      return `${who} ${isSelf ? 'were' : 'was'} given a voice in ${room}${by}${others}${why}`
    case 'unvoice':
      return `${isSelf ? 'your voice' : `the voice of ${who}`} in ${room} was taken back${by}${others}${why}`
    case 'topic':
      return event.topic
        ? `${who} changed the topic of ${room} to “${safeName(event.topic)}”${why}`
        : `${who} took the topic of ${room} away${why}`
    case 'role':
      return `${who} ${isSelf ? 'are' : 'is'} ${event.role === undefined ? 'in another role' : `${event.role === 'admin' || event.role === 'owner' ? 'an' : 'a'} ${event.role}`} in ${room} now${by}${why}`
    case 'decline':
      return `${who} declined the invitation to ${room}`
    case 'mute':
      return `${who} ${isSelf ? 'were' : 'was'} muted in ${room}${until}${by}${why}`
    case 'unmute':
      return event.by
        ? `${actor} let ${who} speak in ${room} again${why}`
        : `${who} may speak in ${room} again${why}`
    case 'hide':
      return `a message of ${whose} in ${room} was hidden${by}${why}`
    case 'unhide':
      return `a message of ${whose} in ${room} is shown again${by}${why}`
    case 'pin':
      return `a message of ${whose} was pinned in ${room}${by}${why}`
    case 'unpin':
      return `a message of ${whose} is not pinned in ${room} any more${by}${why}`
    case 'lock':
      return `${who} locked ${room}${why}`
    case 'unlock':
      return `${who} unlocked ${room}${why}`
    case 'settings':
      return `${who} changed ${room}: ${settingText(event)}${why}`
    case 'admit':
      return `${who} ${isSelf ? 'were' : 'was'} let into the network${by}${others}${why}`
    case 'expel':
      return `${who} ${isSelf ? 'were' : 'was'} expelled from the network${by}${why}`
    case 'newcode':
      return `${who} changed the code of this network: members go on by themselves, invitations from before let nobody in (/invitation shows the new one)${why}`
    case 'block':
      return `you see nothing of ${who} any more`
    case 'unblock':
      return `you see ${who} again`
    case 'contact':
      return `${who} is one of your contacts`
    case 'uncontact':
      return `${who} is no contact of yours any more`
    case 'verify':
      return `${who}: key and name belong together, as you say; you are warned when that changes`
    case 'unverify':
      return `${who} is not verified any more`
    default:
      return `${event.event} in ${room} (${who})`
  }
}

const peopleText = (count: number): string => (count === 1 ? '1 person' : `${count} people`)

/** What a room is like now. */
function settingText({ setting, value = 0 }: SystemEvent): string {
  switch (setting) {
    case 'max':
      return value > 0 ? `at most ${peopleText(value)}` : 'any number of people'
    case 'readonly':
      return value > 0 ? 'only moderators write' : 'everybody may write'
    case 'slow':
      return value > 0 ? `one message of each in ${value} s` : 'no slow mode'
    case 'newcomers':
      return value > 0 ? 'newcomers wait for a voice' : 'newcomers may speak'
    case 'visible':
      return value > 0
        ? `messages of the last ${value === 1 ? 'day' : `${value} days`} are shown`
        : 'all messages that are kept are shown'
    case 'membersonly':
      return value > 0 ? 'only members are let in' : 'whoever has the code is let in'
    default:
      return 'something that this lanchat does not know'
  }
}

/** Commands whose answer is null where there was nothing to change. */
const UNCHANGED: ReadonlySet<string> = new Set(
  [
    ...['unban', 'unmute', 'role', 'invite', 'voice', 'pin', 'unpin', 'lock', 'unlock', 'topic', 'max'],
    ...['readonly', 'slow', 'newcomers', 'visible', 'admit', 'expel', 'membersonly'],
    ...['decline', 'block', 'unblock', 'contact', 'uncontact', 'verify', 'edit', 'react', 'unreact'],
    'nick',
  ].map((name) => `/${name}`),
)

/** What an answer of nothing is told as, where a word says more. */
const NOTHING: Readonly<Record<string, string>> = {
  '/join': 'What you type goes there now.',
  '/accept': 'What you type goes there now.',
  '/leave': 'What you type does not go there.',
  '/read': 'All of it counts as read.',
  '/typing': 'Others are shown that you type, if you let them.',
  '/forget': 'There is nothing of it here.',
  '/picture': 'They show no picture.',
}

/** What a list without rows is told as, where a word says more than "None." */
const EMPTY: Readonly<Record<string, string>> = {
  '/search': 'Nothing found.',
  '/pins': 'Nothing is pinned.',
  '/history': 'No messages, or none before those shown.',
  '/role': 'Nobody has a rank here.',
  '/log': 'Nothing has been decided here.',
  '/unread': 'Nothing is unread.',
  '/blocked': 'You have blocked nobody.',
  '/contacts': 'You have written down nobody: /contact NICK does.',
  '/people': 'Nobody is found.',
  '/rooms': 'No room is found.',
}

type Notes = Pick<ResultEvent, 'note' | 'unsearched' | 'unopened' | 'partial'>

/** Of an export. */
export const unopenedText = (count: number): string =>
  `${count === 1 ? 'One message is' : `${count} messages are`} left out: this device has no key for ${count === 1 ? 'it' : 'them'}, or the text is not here.`

/** What is to be known beside an answer. */
export const notesOf = ({ note, unsearched, unopened, partial }: Notes): string[] => [
  ...(note === undefined ? [] : [note]),
  ...(unopened === undefined ? [] : [unopenedText(unopened)]),
  ...(partial ? ['More is still coming in, from others or from the disk. Ask again later.'] : []),
  ...(unsearched === undefined
    ? []
    : [`${unsearched} events were not looked at: the index is being made. Ask again later.`]),
]

/** The answer to a question, by the shape of its data. Behind it its notes, where it is for people. */
export function resultText(command: string, data: unknown, look: Look, more: Notes = {}): string {
  const text = dataText(command, data, look)
  if (look.tabs) return text
  return [text, ...notesOf(more).map((each) => look.paint('dim', each))].join('\n')
}

function dataText(command: string, data: unknown, look: Look): string {
  const empty = Array.isArray(data) && data.length === 0 ? EMPTY[command] : undefined
  if (empty !== undefined) return look.paint('dim', empty)
  if (command === '/history' || command === '/search' || command === '/pins') {
    const messages = data as readonly MessageEvent[]
    return messages
      .map((message) => messageLine({ ...message, history: true }, withoutScreen(look)))
      .join('\n')
  }
  if (command === '/log' && !look.tabs) {
    const acts = data as readonly LogEntry[]
    return acts
      .map(({ ts, holds: _, void: isVoid, ended, ...act }) => {
        const told = systemSentence({ ...act, type: 'system' }, look)
        const id = act.message === undefined ? '' : ` [${act.message.slice(0, 8)}]`
        return `${look.paint('dim', localTime(ts))} ${told}${id}${isVoid || ended ? look.paint('dim', fateText(act, ended, look)) : ''}`
      })
      .join('\n')
  }
  if (command === '/help' && !look.tabs) {
    const rows = data as readonly HelpRow[]
    return look.screen && rows.length > 1 ? `${helpText(rows)}\n\n${KEYS}` : helpText(rows)
  }
  if (command === '/join' && !look.tabs) {
    const { with: other } = data as EnteredTalk
    return look.paint('dim', `What you type goes to ${shown(other)} alone now; /leave goes back to general.`)
  }
  if (command === '/invitation' && !look.tabs) return invitationText(data as InvitationData)
  if (command === '/doctor' && !look.tabs && isDiskReport(data)) return diskText(data, look)
  // Cells hold a person's name alone.
  if (command === '/verify' && look.tabs && data !== null)
    return table(comparedRows(data as VerifyData), look)
  return table(look.tabs ? data : forPeople(command, data), look)
}

/** Answers about a node without what only programs want to know; those get all of it (--json, --plain). */
function forPeople(command: string, data: unknown): unknown {
  if (Array.isArray(data) && PEOPLE.has(command)) return data.map(personForPeople)
  if (command === '/whois' && data !== null) return personForPeople(data as Person)
  if (command === '/delivery' && data !== null) return deliveryText(data as DeliveryData)
  if (command === '/verify' && data !== null) return compareText(data as VerifyData)
  if (['/status', '/autoaway', '/typing', '/receipts'].includes(command) && isOwnPresence(data))
    return presenceForPeople(data)
  if (command === '/picture') return withoutImage(data as { base64: string })
  if (command === '/details') return detailsForPeople(data as Details)
  if (command === '/notify' || command === '/quiet') return noticesForPeople(data as NoticesData)
  if (command === '/forget') {
    const { room, forgotten } = data as { readonly room: string; readonly forgotten: number }
    return `${forgotten} events of ${safeName(room)} are shown and found here no more; others keep theirs.`
  }
  if (command === '/export')
    return `${(data as readonly unknown[]).length} lines, signed: for programs. lanchat export NAME > FILE writes a whole room.`
  if (command === '/unread') return (data as readonly Unread[]).map(unreadForPeople)
  if (!['/hub', '/status', '/doctor'].includes(command) || data === null) return data
  const { ranks, remembered: _r, taken: _t, ...rest } = data as Record<string, unknown>
  const followers = command === '/hub' && Array.isArray(ranks) ? (ranks as readonly { why: string }[]) : []
  const entries = Object.entries(rest).filter(([key]) => key !== 'line' || followers.length === 0)
  const line = followers.map(({ why }, place) => [`line ${place + 1}`, why])
  const shown = [...entries, ...line].map(([key, value]) => {
    switch (key) {
      case 'hub':
        return [key, hubText(value as HubInfo | null)]
      case 'uptimeMs':
        return ['uptime', spanOf(value as number)]
      case 'uptimeS':
        return ['uptime', spanOf((value as number) * 1000)]
      case 'clockMs':
        return ['clock', `differs by ${spanOf(Math.abs(value as number))}`]
      case 'neighbours':
        return [key, (value as readonly unknown[]).length]
      default:
        return [key, value]
    }
  })
  return Object.fromEntries(shown)
}

const isDiskReport = (data: unknown): data is DiskReport =>
  typeof data === 'object' && data !== null && 'rooms' in data && Array.isArray(data.rooms)

/** What is stored room by room, and below it what the disk did. */
function diskText({ failure, note, rooms }: DiskReport, look: Look): string {
  const rows = storedRooms(rooms, sizeText)
  return [
    rows.length > 0 ? table(rows, look) : look.paint('dim', 'Nothing is stored yet.'),
    ...(failure ? [`The disk fails since ${localTime(failure.since)} (${safeName(failure.why)}).`] : []),
    ...(note === undefined ? [] : [safeName(note)]),
  ].join('\n')
}

/** What one tells of oneself, in words. */
function presenceForPeople({ mode, text, autoAwayMin, tellsTyping, tellsRead }: OwnModeData) {
  return {
    mode,
    ...(text !== undefined && { text }),
    'away by itself': autoAwayMin > 0 ? `after ${autoAwayMin} min` : 'never',
    'others see': `${tellsTyping ? 'when you type' : 'not when you type'}, ${tellsRead ? 'how far you have read' : 'not how far you have read'}`,
  }
}

const isOwnPresence = (data: unknown): data is OwnModeData =>
  typeof data === 'object' && data !== null && 'autoAwayMin' in data

const PEOPLE: ReadonlySet<string> = new Set(['/who', '/people', '/contacts'])
const WORDS_IN_LINE = 8
/** Of an id, as commands take it behind ^. */
const ID_DIGITS = 8

/** The text, and its words to read out. */
export function invitationText({ network, text, words }: InvitationData): string {
  const lines: string[] = []
  for (let at = 0; at < words.length; at += WORDS_IN_LINE)
    lines.push(`  ${words.slice(at, at + WORDS_IN_LINE).join(' ')}`)
  return [text, `The network ${safeName(network)}, in words:`, ...lines].join('\n')
}

/** 23 of 25 have it, waiting: Bo, Eve */
function deliveryText({ of, held, read, waiting }: DeliveryData): string {
  const whom = waiting.length > 0 ? `, waiting: ${waiting.map(shown).join(', ')}` : ''
  const readers = read.length > 0 ? `; read by ${read.map(shown).join(', ')}` : ''
  return of === 0
    ? 'nobody else is in here'
    : `${held} of ${of} ${held === 1 ? 'has' : 'have'} it${whom}${readers}`
}

/** What both are to read to each other. No name holds a space: nobody's words are hidden behind a key of ours. */
const compareText = ({ verified, compare }: VerifyData) => ({
  ...Object.fromEntries(compare.map((who) => [who.label ?? who.name, who.words])),
  'compared yet': verified,
  'what next': verified
    ? 'nothing: you have compared'
    : 'if both of you see the same words, each types /verify <nick> yes',
})
const comparedRows = ({ verified, compare }: VerifyData) =>
  compare.map(({ id, name, words }) => ({ id, name, words, verified }))
interface Unread {
  readonly room: string | null
  readonly with?: Labelled
  readonly unread: number
  readonly mentions: number
  readonly more?: true
}
type Details = Pick<MessageEvent, 'id' | 'room' | 'from' | 'text' | 'ts'> & {
  readonly texts: readonly { readonly text: string; readonly ts: number }[]
  readonly reactions: readonly { readonly emoji: string; readonly by: readonly Labelled[] }[]
  readonly replyTo?: string
  readonly pinned?: true
}
/** Earlier texts with their times; a message is named by the beginning of its id. */
function detailsForPeople({ id, room, from, text, ts, texts, reactions, replyTo, pinned }: Details) {
  const earlier = texts.slice(0, -1).map((each) => `${localTime(each.ts)} ${each.text}`)
  const given = reactions.map(({ emoji, by }) => `${emoji} ${by.map(shown).join(' ')}`)
  return {
    message: `^${id.slice(0, ID_DIGITS)}`,
    from: shown(from),
    ...(room !== null && { room }),
    said: localTime(ts),
    text,
    ...(earlier.length > 0 && { earlier }),
    ...(given.length > 0 && { reactions: given }),
    ...(replyTo !== undefined && { answers: `^${replyTo.slice(0, ID_DIGITS)}` }),
    ...(pinned && { pinned }),
  }
}

/** For what one is called, where; rooms with a choice of their own first. */
const noticesForPeople = ({ byDefault, rooms, quiet }: NoticesData) => ({
  ...Object.fromEntries(rooms.map(({ room, calls }) => [room, calls])),
  [rooms.length > 0 ? 'everywhere else' : 'everywhere']: byDefault,
  'quiet hours': quiet ?? 'none',
})
type Person = Readonly<Record<string, unknown>> & {
  readonly seen?: number
  readonly picture?: { readonly type: string; readonly bytes: number }
}
/** The time that a clock shows, not one that machines count. */
const personForPeople = ({ seen, picture, ...person }: Person) => ({
  ...person,
  ...(picture && { picture: `${picture.type}, ${picture.bytes} bytes` }),
  ...(seen !== undefined && { seen: localTime(seen) }),
})
/** Where, in one word; the first message's id is for programs. */
const unreadForPeople = ({ room, with: other, unread, mentions, more }: Unread) => ({
  where: room ?? `@${other ? (other.label ?? other.name) : ''}`,
  unread: more ? `${unread} and more` : unread,
  mentions,
})
const withoutImage = ({ base64: _, ...picture }: { readonly base64: string }) => picture

/** With the address that others name behind --peer. */
const hubText = (hub: HubInfo | null): string => {
  if (hub === null) return 'none'
  const where = URL.canParse(hub.url) ? ` (${new URL(hub.url).host})` : ''
  return `${shown(hub)}${where}${throughText(hub)}`
}

/** Said where this node reaches its hub through a peer only. */
const throughText = ({ via }: HubInfo): string => (via ? ` through ${safeName(via.name)}` : '')

/** Of older messages the day is told as well. */
function withoutScreen({ screen: _, ...look }: Look): Look {
  return look
}

/** Of an act in the log that does not hold. */
function fateText(act: Pick<LogEntry, 'event' | 'user'>, ended: LogEntry['ended'], { self }: Look): string {
  if (!ended) return ' - void'
  const who = ended.by.id === self ? 'you' : shown(ended.by)
  const isOwn = ended.by.id === act.user.id && ENDED_BY_THEMSELVES.has(act.event)
  return ` - until ${localTime(ended.ts)}, ${isOwn ? `when ${who} came back` : `ended by ${who}`}`
}
const ENDED_BY_THEMSELVES: ReadonlySet<SystemEvent['event']> = new Set(['kick', 'ban', 'mute'])

interface HelpRow {
  readonly usage: string
  readonly help: string
}

/** What the keys of the interactive chat do, beside those of every line editor. */
const KEYS = [
  'Tab completes commands, rooms, nicks and :emoji. Alt-1 to Alt-9 change rooms, Alt-a goes to the next unread one.',
  'Alt-Enter starts a new line, Up and Ctrl-R find what you wrote before, Ctrl-C twice leaves.',
].join('\n')

/** Were all as wide as the widest, what a command does would begin near the edge of a terminal of 80 columns. */
const USAGE_COLUMNS = 26

function helpText(rows: readonly HelpRow[]): string {
  const widest = Math.min(USAGE_COLUMNS, Math.max(...rows.map(({ usage }) => usage.length)))
  return rows.map(({ usage, help }) => `${usage.padEnd(widest)}  ${help}`).join('\n')
}
