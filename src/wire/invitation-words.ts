/**
 * An invitation as words to read out or write down (rule IN-2): the code's own, then owner, days and a check in 26 more; with
 * the network's id, where the code does not say it, in 32 more.
 */
import { hex } from './bytes.ts'
import { CODE_WORDS } from './code-words.ts'
import type { Crypto } from './crypto.ts'
import { type NetId, netId, type PersonKey } from './ids.ts'
import { type Invitation, invitationBits } from './invitation.ts'

const CODE_PARTS = 6
const WORD_BITS = 11
/** 256 bits of the owner's key, 16 of the days, 14 of the check. */
const OWNER_WORDS = 26
/** The same, 64 bits of the network's id, and 16 of the check. */
const OWNER_NET_WORDS = 32
const OWNER_BYTES = 34

/** The name of the network is said beside them. */
export function wordsOfInvitation(crypto: Crypto, invitation: Invitation): string[] {
  const count = invitation.net ? OWNER_NET_WORDS : OWNER_WORDS
  const bits = invitationBits(crypto, invitation, count * WORD_BITS)
  const words = invitation.code.split('-')
  for (let at = 0; at < bits.length; at += WORD_BITS)
    words.push(CODE_WORDS[bits.slice(at, at + WORD_BITS).reduce((n, bit) => 2 * n + Number(bit), 0)]!)
  return words
}

/** Are these the words of an invitation, rather than a code? They may still be wrong. */
export const areInvitationWords = (text: string): boolean =>
  [OWNER_WORDS, OWNER_NET_WORDS].includes(wordsIn(text).length - CODE_PARTS)

/** undefined where a word is none of the list, or the check does not fit: mistyped, or another network's name. */
export function invitationOfWords(crypto: Crypto, network: string, text: string): Invitation | undefined {
  const words = wordsIn(text)
  const numbers = words.slice(CODE_PARTS).map((word) => CODE_WORDS.indexOf(word))
  if (!areInvitationWords(text) || numbers.includes(-1)) return undefined
  const hasNet = numbers.length === OWNER_NET_WORDS
  const bits = numbers.flatMap((n) => Array.from({ length: WORD_BITS }, (_, i) => (n >> (10 - i)) & 1))
  const bytes = Uint8Array.from({ length: OWNER_BYTES + (hasNet ? 8 : 0) }, (_, at) =>
    bits.slice(8 * at, 8 * at + 8).reduce((byte, bit) => 2 * byte + bit, 0),
  )
  const net: NetId | undefined = hasNet ? netId(bytes, OWNER_BYTES) : undefined
  const invitation: Invitation = {
    network,
    code: words.slice(0, CODE_PARTS).join('-'),
    owner: hex(bytes, 0, 32) as PersonKey,
    retentionDays: bytes[32]! * 256 + bytes[33]!,
    ...(net && { net }),
  }
  const isRight = wordsOfInvitation(crypto, invitation).join() === words.join()
  return isRight && invitation.retentionDays > 0 ? invitation : undefined
}

const wordsIn = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,-]+/u)
    .filter((word) => word !== '')
