/**
 * An export as people read it: JSON lines, Markdown or HTML. The last two hold the lines too, where no reader sees them, and
 * are made from nothing else: whoever checks such a file makes it again from its lines and compares. Pure.
 */
import type { MessageEvent } from '../node/index.ts'
import { safeName, safeText } from './safe-text.ts'

export const FORMATS = ['jsonl', 'markdown', 'html'] as const
export type Format = (typeof FORMATS)[number]

/** Lines hold no < and no >, so they end nothing that they stand in. */
const HIDDEN = {
  markdown: { from: '<!-- lanchat export\n', to: '\n-->\n' },
  html: { from: '<script type="application/x-lanchat-export">\n', to: '\n</script>\n</body>\n</html>\n' },
} as const

/** The whole file. lines: JSON, one message each, oldest first. */
export function exportPage(format: Format, lines: readonly string[]): string {
  if (format === 'jsonl') return lines.map((line) => `${line}\n`).join('')
  const messages = lines.map((line) => JSON.parse(line) as MessageEvent)
  const page = format === 'html' ? htmlPage(messages) : markdownPage(messages)
  const { from, to } = HIDDEN[format]
  return `${page}${from}${lines.join('\n')}${to}`
}

/** Is this the page that these lines make, or made before pages fitted phones? Never throws. */
export function isPageOf(format: Format, lines: readonly string[], text: string): boolean {
  try {
    const page = exportPage(format, lines)
    return text === page || text === page.replace(VIEWPORT, '')
  } catch {
    return false
  }
}

/** The format of a file and its lines; undefined where no export made it. */
export function readExport(text: string): { readonly format: Format; readonly lines: string[] } | undefined {
  const format = text.startsWith('<!doctype html>') ? 'html' : text.startsWith('#') ? 'markdown' : 'jsonl'
  if (format === 'jsonl') return { format, lines: linesOf(text) }
  const { from, to } = HIDDEN[format]
  const start = text.lastIndexOf(from)
  if (start < 0 || !text.endsWith(to)) return undefined
  return { format, lines: linesOf(text.slice(start + from.length, text.length - to.length)) }
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '')

function titleOf([message]: readonly MessageEvent[]): string {
  if (!message) return 'Nothing was said'
  return message.room === null
    ? `What ${nameOf(message.from)} and ${safeName(message.to?.name ?? '')} said to each other`
    : `What was said in ${safeName(message.room)}`
}

const nameOf = ({ name, label }: MessageEvent['from']): string => safeName(label ?? name)

/** In the same words wherever the file is read: UTC. */
function timeOf(ts: number): string {
  const at = new Date(ts)
  return Number.isNaN(at.getTime()) ? '?' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const REDACTED = { deleted: 'deleted by its author', hidden: 'hidden by a moderator' } as const

const redactionOf = ({ deleted, hidden }: MessageEvent): string | undefined =>
  deleted ? REDACTED.deleted : hidden ? REDACTED.hidden : undefined

const CHECK = 'lanchat verify with the name of this file checks who signed what.'

/** Characters shown of the message that another one answers. */
const ANSWERED_CHARS = 80

/** The beginning of what a message answers, where that stands in the file and may be read. */
function answered(messages: readonly MessageEvent[]): (message: MessageEvent) => string | undefined {
  const byId = new Map(messages.map((message) => [message.id, message]))
  return ({ replyTo, quote }) => {
    // Lines with a quote are of files made before pages showed it.
    const said = replyTo === undefined || quote ? undefined : byId.get(replyTo)
    if (!said || redactionOf(said) !== undefined) return undefined
    const chars = [...said.text.replace(/\s+/gu, ' ').trim()]
    const start = chars.slice(0, ANSWERED_CHARS).join('')
    return `to ${nameOf(said.from)}: ${start}${chars.length > ANSWERED_CHARS ? '…' : ''}`
  }
}

function markdownPage(messages: readonly MessageEvent[]): string {
  const answers = answered(messages)
  const items = messages.map((message) => {
    const redaction = redactionOf(message)
    const to = redaction === undefined ? answers(message) : undefined
    const quote = to === undefined ? '' : `*(${markdown(to)})* `
    const text = redaction === undefined ? markdown(message.text) : `*(${redaction})*`
    const edited = message.edited ? ' *(edited)*' : ''
    const name = `**${markdown(nameOf(message.from))}**`
    return `- ${timeOf(message.ts)} ${message.action ? `\\* ${name}` : `${name}:`} ${quote}${text}${edited}\n`
  })
  return `# ${markdown(titleOf(messages))}\n\n${items.join('')}\n${CHECK}\n\n`
}

/** Text that Markdown and the HTML in it take for nothing but text. */
const markdown = (text: string): string =>
  safeText(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]()#+\-.!|~>=:@]/g, '\\$&')
    .replace(/\n/g, '  \n  ')

/** Else a phone shows the page as wide as a desk's screen, with letters that nobody can read. */
const VIEWPORT = '<meta name="viewport" content="width=device-width">\n'

function htmlPage(messages: readonly MessageEvent[]): string {
  const answers = answered(messages)
  const items = messages.map((message) => {
    const redaction = redactionOf(message)
    const to = redaction === undefined ? answers(message) : undefined
    const quote = to === undefined ? '' : `<i>(${html(to)})</i> `
    const text = redaction === undefined ? `${quote}${html(message.text)}` : `<i>${redaction}</i>`
    const edited = message.edited ? ' <i>edited</i>' : ''
    const name = `<b>${html(nameOf(message.from))}</b>`
    return `<li><time>${timeOf(message.ts)}</time> ${message.action ? '* ' : ''}${name}${edited}<p>${text}</p></li>\n`
  })
  const title = html(titleOf(messages))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${VIEWPORT}<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
body { font: 16px/1.4 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #111; background: #fff }
ol { list-style: none; padding: 0 } li { margin: 0 0 0.8em } time, i { color: #555 } p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
</style>
</head>
<body>
<h1>${title}</h1>
<ol>
${items.join('')}</ol>
<p>${CHECK}</p>
`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const html = (text: string): string => safeText(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign]!)
