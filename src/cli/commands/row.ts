/** A row of the table of commands, and what rows read words with. */
import type { Command } from '../../node/index.ts'

/** What a command's words mean: to ask of the node (in this order), to answer here, or not understood. */
export type Meaning =
  | { readonly ask: readonly Command[] }
  /** With the bytes of this file; of one with more than max, just as many as show that. */
  | { readonly file: string; readonly max: number; readonly use: (bytes: Uint8Array) => Command }
  | { readonly local: 'help' | 'emoji' | 'quit' }
  | 'usage'

export interface CommandRow {
  readonly name: string
  readonly aliases?: readonly string[]
  /** Words that are no commands, by which people look for this one. */
  readonly meantBy?: readonly string[]
  readonly args: string
  readonly help: string
  /** What Tab completes after the name. message: `@nick`; without the sign it is text already. */
  readonly completes?: 'room' | 'nick' | 'message' | 'command'
  /** Words of its own, that begin with `--`; Tab completes them. */
  readonly options?: readonly string[]
  /** args: what follows the name, trimmed at its start only. room: the session's current room. */
  readonly read: (args: string, room: string) => Meaning
}

export const ask = (...commands: Command[]): Meaning => ({ ask: commands })
/** People write #lab and @anna; neither sign can be part of a name. */
export const roomName = (word: string) => word.replace(/^#/, '')
export const nickName = (word: string) => word.replace(/^@/, '')
export const words = (args: string) => args.split(/\s+/u).filter((word) => word !== '')
/** The first word, and the rest as it was typed. */
export function split(args: string): readonly [word: string, rest: string] {
  const match = /^(\S+)(?:\s([\s\S]*))?$/u.exec(args)
  return match ? [match[1]!, match[2] ?? ''] : ['', '']
}
export const one = (args: string, then: (word: string) => Command): Meaning => {
  const [word, ...more] = words(args)
  return word === undefined || more.length > 0 ? 'usage' : ask(then(word))
}
export const none = (args: string, then: Meaning): Meaning => (args.trim() === '' ? then : 'usage')
export const currentOr = (args: string, room: string, then: (room: string) => Command): Meaning =>
  one(args.trim() === '' ? room : args, (word) => then(roomName(word)))

/** What is typed behind an act, as the reason for it. */
export const because = (text: string): { reason?: string } =>
  text.trim() === '' ? {} : { reason: text.trim() }

/** anna,@bob as nicks; empty where one of them is missing. */
export function nickList(word: string): readonly string[] {
  const nicks = word.split(',').map(nickName)
  return nicks.includes('') ? [] : nicks
}
/** One nick as it is, several as a list. */
export const oneOrMore = (nicks: readonly string[]): string | readonly string[] =>
  nicks.length === 1 ? nicks[0]! : nicks
