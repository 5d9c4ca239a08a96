/**
 * Objects as lines of JSON. A terminal may be what reads them, and takes U+009B for the start of a sequence as it takes
 * Escape: JSON leaves what lies above U+007E as it is, so that is written as an escape too. Every reader has the same value.
 */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
