/** Text of others, made harmless for a terminal: whoever writes a message may not move our cursor or turn our lines around. */

const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/gu
/** Bidi embeddings, overrides and isolates; interlinear marks; tag characters: all invisible, all able to lie. */
const INVISIBLE = /[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
/** More marks than any script stacks on a letter (Tibetan some seven): they grow over the lines of others, and hide them. */
const STACKED =
  /([\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]{10})[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]+/gu
const REPLACEMENT = '\ufffd'

/**
 * The text as it may be written to a terminal: NFC, controls but newline and tab replaced by U+FFFD, characters that
 * reorder or hide text dropped, and marks that are too many for one letter. Newlines stay: see indented() for what keeps them from faking a line of ours.
 */
export function safeText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .replace(STACKED, '$1')
    .replace(CONTROLS, (c) => (c === '\n' || c === '\t' ? c : REPLACEMENT))
}

/** A name on one line: newlines and tabs are replaced as well. */
export const safeName = (name: string): string => safeText(name).replace(/[\n\t]/g, REPLACEMENT)

/** Several lines under one head: what follows a newline stands further in, so that it never looks like a line of ours (rows of a screen: wrap.ts). */
export const indented = (text: string): string => safeText(text).replaceAll('\n', '\n    ')
