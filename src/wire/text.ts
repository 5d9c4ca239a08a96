/** Texts that people write, whatever they hold. */

const HALF = /\p{Surrogate}/u

/** False where half of a surrogate pair stands alone: it has no UTF-8, so others would read something else. Never throws. */
export const isWhole = (text: string): boolean => !HALF.test(text)
