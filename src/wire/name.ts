/**
 * Rules for names (rules NM-1 to NM-4): nicks, rooms and networks.
 *
 * A name is letters, their marks, the digits 0 to 9 and, inside it, `_ - .`; normalised by NFKC; of one script that is in
 * everyday use, or Latin with Japanese, Chinese or Korean (UTS 39 5.2, Highly Restrictive). So no spaces, no
 * `/ # @ , ~`, no emoji: a name can be typed, said and put into a command, and looks the same to everybody.
 * The writer checks names; a reader to whom a nick is none shows the first 8 hex digits of the key instead.
 */
import { utf8 } from './bytes.ts'
import {
  NETWORK_NAME_BYTES_MAX,
  NICK_BYTES_MAX,
  NICK_GRAPHEMES_MAX,
  ROOM_NAME_BYTES_MAX,
  ROOM_NAME_GRAPHEMES_MAX,
} from './limits.ts'

export type NameFault = 'empty' | 'long' | 'character' | 'edge' | 'marks' | 'scripts'
export type NameCheck = { readonly ok: string } | { readonly fault: NameFault }

const WHY: Record<NameFault, string> = {
  empty: 'it is empty',
  long: 'it is too long',
  character: 'it may hold only letters, digits, and _ - . inside',
  edge: 'it has to start and end with a letter or digit',
  marks: 'it stacks too many marks on one letter',
  scripts: 'it mixes letters of different alphabets',
}
/** The fault as half a sentence: the {why} of NICK_INVALID and ROOM_NAME_INVALID. */
export const nameFaultText = (fault: NameFault): string => WHY[fault]

/** Scripts in everyday use (UAX 31, table 5). */
const SCRIPTS = (
  'Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew ' +
  'Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'
).split(' ')
const TOGETHER = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
let scripts: readonly RegExp[] | undefined
/** One expression per set of scripts that may stand in one name; marks of no script of their own go with all. */
const scriptSets = (): readonly RegExp[] => {
  scripts ??= [...SCRIPTS.map((script) => [script]), ...TOGETHER].map(
    (set) =>
      new RegExp(
        `^[0-9_.\\-\\p{Script=Inherited}${set.map((s) => `\\p{Script_Extensions=${s}}`).join('')}]+$`,
        'u',
      ),
  )
  return scripts
}

const ALLOWED = /^[\p{L}\p{M}0-9_.-]$/u
/**
 * Letters of phonetic, historic and other special use, which mostly exist to look like others: clicks, IPA but for
 * the letters African and Azerbaijani alphabets took from it, phonetic extensions, old Cyrillic, archaic Greek.
 */
const SPECIAL =
  /[\u01c0-\u01c3\u0250-\u0252\u0255\u0258\u025a\u025c-\u0262\u0264-\u0267\u026a-\u026e\u0270\u0271\u0273-\u0288\u028a\u028c-\u0291\u0293-\u02ff\u0370-\u0373\u0376\u0377\u037f\u03cf-\u03ff\u0460-\u0489\u0500-\u052f\u1c80-\u1c8f\u1d00-\u1dff\u2c60-\u2c7f\u2de0-\u2dff\ua640-\ua69f\ua720-\ua7ff\uab30-\uab6f\u{10780}-\u{107bf}\u{1df00}-\u{1dfff}]/u
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
/** More marks than any of the scripts stacks on one letter, or one mark twice. */
const STACKED = /\p{Mn}{4}|(\p{Mn})\1/u

const isAllowed = (character: string) =>
  ALLOWED.test(character) && !SPECIAL.test(character) && !INVISIBLE.test(character)

/** Names of which none of the tables above says anything; compiling those takes tens of ms, which most starts need not pay. */
const PLAIN = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/

let segmenter: Intl.Segmenter | undefined
/** What a reader sees as single characters. */
function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

function check(normalised: string, bytesMax: number, graphemesMax: number): NameCheck {
  if (normalised === '') return { fault: 'empty' }
  if (normalised.length > bytesMax || utf8(normalised).length > bytesMax) return { fault: 'long' }
  if (PLAIN.test(normalised)) return normalised.length > graphemesMax ? { fault: 'long' } : { ok: normalised }
  if (!Array.from(normalised).every(isAllowed)) return { fault: 'character' }
  if (!/^[\p{L}0-9]/u.test(normalised) || /[_.-]$/.test(normalised)) return { fault: 'edge' }
  if (STACKED.test(normalised.normalize('NFD'))) return { fault: 'marks' }
  if (!scriptSets().some((set) => set.test(normalised))) return { fault: 'scripts' }
  if (normalised.length > graphemesMax && graphemes(normalised).length > graphemesMax)
    return { fault: 'long' }
  return { ok: normalised }
}

/** The nick in its normal form, or why it is none. Never throws. Rule NM-1. */
export const checkNick = (text: string): NameCheck =>
  check(text.normalize('NFKC'), NICK_BYTES_MAX, NICK_GRAPHEMES_MAX)

/** The room's name in its normal form, or why it is none. Never throws. Rule NM-2. */
export const checkRoomName = (text: string): NameCheck =>
  check(text.normalize('NFKC'), ROOM_NAME_BYTES_MAX, ROOM_NAME_GRAPHEMES_MAX)

/** The network's name in its normal form, lower case: `Lab` and `lab` are one network. Never throws. Rule NM-3. */
export const checkNetworkName = (text: string): NameCheck =>
  check(
    text.normalize('NFKC').toLowerCase().normalize('NFKC'),
    NETWORK_NAME_BYTES_MAX,
    NETWORK_NAME_BYTES_MAX,
  )

/** A valid nick made of a user name of the system, whatever that is: `DOMAIN\Anna Lee` gives `Anna-Lee`. Rule NM-4. */
export function proposeNick(userName: string): string {
  const account = userName.normalize('NFKC').replace(/^.*\\/s, '').replace(/@.*$/s, '')
  if (PLAIN.test(account) && !account.includes('--')) {
    const nick = checkNick(account)
    if ('ok' in nick) return nick.ok
  }
  let name = trimmed(Array.from(account, (c) => (isAllowed(c) ? c : '-')).join(''))
  if (STACKED.test(name.normalize('NFD'))) name = trimmed(name.normalize('NFD').replaceAll(/\p{M}/gu, ''))
  if (!scriptSets().some((set) => set.test(name))) name = trimmed(oneScript(name))
  let short = ''
  for (const grapheme of graphemes(name).slice(0, NICK_GRAPHEMES_MAX)) {
    if (utf8(short + grapheme).length > NICK_BYTES_MAX) break
    short += grapheme
  }
  const nick = checkNick(trimmed(short))
  return 'ok' in nick ? nick.ok : 'guest'
}

/** Without what may not stand at the edges, and with single hyphens. */
const trimmed = (name: string) =>
  name
    .replaceAll(/-{2,}/g, '-')
    .replace(/^[^\p{L}0-9]+/u, '')
    .replace(/[_.-]+$/, '')

/** Only the characters that fit beside the first letter. */
function oneScript(name: string): string {
  const first = Array.from(name).find((character) => /\p{L}/u.test(character))
  const set = scriptSets().find((candidate) => first !== undefined && candidate.test(first))
  return Array.from(name, (character) => (set?.test(character) ? character : '')).join('')
}
