/** Commands in the text of a message: `!roll 2 6`, `@dice roll 2 6`, and in a private talk just `roll 2 6`. */

export interface CommandText {
  /** The command's name in lower case. */
  readonly name: string
  readonly args: readonly string[]
  readonly rest: string
}

export interface Address {
  readonly prefix: string
  /** The bot's own nick. */
  readonly nick: string
  /** In a private talk everything is meant for the bot: a command needs no prefix. */
  readonly isPrivate: boolean
}

/** The command that a text may be; undefined: none. Case does not matter in names. Never throws. */
export function commandText(text: string, { prefix, nick, isPrivate }: Address): CommandText | undefined {
  const trimmed = text.trim()
  const called = mention(trimmed, nick)
  let body = called ?? trimmed
  if (body.startsWith(prefix)) body = body.slice(prefix.length)
  else if (called === undefined && !isPrivate) return undefined
  const [, name, rest = ''] = /^([\p{L}\p{N}_-]+)(?:\s+([\s\S]*))?$/u.exec(body) ?? []
  return name === undefined ? undefined : { name: name.toLowerCase(), args: words(rest), rest: rest.trim() }
}

/** What stands behind `@nick`, `@nick:` or `@nick,`; undefined where somebody else is addressed, or nobody. */
function mention(text: string, nick: string): string | undefined {
  if (!text.startsWith('@') || text.slice(1, 1 + nick.length).toLowerCase() !== nick.toLowerCase())
    return undefined
  const [behind] = /^[:,]?\s+/.exec(text.slice(1 + nick.length)) ?? []
  return behind === undefined ? undefined : text.slice(1 + nick.length + behind.length)
}

const words = (text: string) =>
  [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
