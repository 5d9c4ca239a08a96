/** Objects as lines of JSON that pass through programs which take some signs for their own; every reader of JSON has the same value. */

/** A terminal takes U+009B for the start of a sequence as it takes Escape, and JSON leaves what lies above U+007E as it is. */
const OF_TERMINALS = /[\u007f-\u009f]/g
/** A page takes these two for the start and the end of its own too. */
const OF_PAGES = /[<>\u007f-\u009f]/g

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

/** For programs and terminals. */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replace(OF_TERMINALS, escaped)

/** For pages too. */
export const jsonLineForPages = (value: unknown): string => JSON.stringify(value).replace(OF_PAGES, escaped)
