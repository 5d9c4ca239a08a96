/** A name or a word as one types it: written so, two that differ in case or width alone are the same. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase()
