/** Mentions: whether a text names somebody (rule NM-8). */

/** A nick where it stands as a word, in any case, with or without @; with `~` and a piece of a key it is one of several. */
const makePattern = (nick: string): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}_])@?${nick.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}(?![\\p{L}\\p{N}_])`,
    'giu',
  )

/** The last one made: it is asked for with every message, and the nick hardly ever changes. */
let pattern: { readonly nick: string; readonly regExp: RegExp } | undefined

/** Finds each place where a text names this nick. Global: for replace and search. */
export function mentionPattern(nick: string): RegExp {
  if (pattern?.nick !== nick) pattern = { nick, regExp: makePattern(nick) }
  return pattern.regExp
}

/** Does the text name the one who goes by this nick? Nobody goes by ''. Never throws. */
export const mentions = (text: string, nick: string): boolean =>
  nick !== '' && text.search(mentionPattern(nick)) >= 0
