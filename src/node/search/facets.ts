/**
 * Facets: what a message is found by beside its words. They stand in the index as terms that no text can hold, since words
 * begin with a letter, a digit or a sign of a script.
 */
import type { PersonKey, RoomId } from '../../wire/ids.ts'

export const authorTerm = (author: PersonKey): string => `\u0001${author}`
export const roomTerm = (room: RoomId): string => `\u0002${room}`
export const LINK_TERM = '\u0003link'
export const FILE_TERM = '\u0003file'
export const REACTION_TERM = '\u0003reaction'
