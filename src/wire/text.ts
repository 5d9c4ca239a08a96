/** Texts that people write, whatever they hold. */

const encoder = new TextEncoder()

const HALF = /\p{Surrogate}/u

/** False where half of a surrogate pair stands alone: it has no UTF-8, so others would read something else. Never throws. */
export const isWhole = (text: string): boolean => !HALF.test(text)

/** Bytes in UTF-8, which all limits of texts count. */
export const utf8Length = (text: string): number => encoder.encode(text).length
