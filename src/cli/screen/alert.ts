/**
 * Alerts: how a terminal is told that somebody is called: its bell, a notification of the desktop (OSC 9 as iTerm2, kitty,
 * WezTerm and Windows Terminal take it, OSC 777 as urxvt, foot and Ghostty do), its title. What others wrote is made
 * harmless first; a terminal that does not know them ignores all of these.
 */
import type { Alert } from '../alerts.ts'
import { safeName } from '../safe-text.ts'
import { shorten } from './graphemes.ts'

const COLUMNS_MAX = 120
const OSC = '\u001b]'
const BELL = '\u0007'

/** Ends no sequence early, and means no field of its own. */
const harmless = (text: string): string => shorten(safeName(text).replaceAll(';', ','), COLUMNS_MAX)

/** What to write to the terminal. */
export function alertText(alerts: readonly Alert[], head: string, text: string): string {
  const say: Record<Alert, string> = {
    bell: BELL,
    osc9: `${OSC}9;${harmless(`${head}: ${text}`)}${BELL}`,
    osc777: `${OSC}777;notify;${harmless(head)};${harmless(text)}${BELL}`,
    title: '',
  }
  return alerts.map((alert) => say[alert]).join('')
}

/** Keeps the title there was; gives it back. Terminals without a stack of titles keep ours until the shell sets its own. */
export const TITLE_KEPT = '\u001b[22;0t'
export const TITLE_BACK = '\u001b[23;0t'
export const titleText = (unread: number, room: string): string =>
  `${OSC}0;${unread > 0 ? `(${unread}) ` : ''}${harmless(room)} - lanchat${BELL}`
