/**
 * A person's colour, from the key: nobody can take it over with the name. Only colours that can be read on black and on
 * white alike are used (WCAG 2.1 contrast of at least 3 to both), since a terminal does not say which it shows.
 */

/** As WCAG asks of large text; no colour has 4.5 to black and to white at once and yet many neighbours to choose from. */
const CONTRAST_MIN = 3
const CUBE = [0, 95, 135, 175, 215, 255]

const linear = (value: number): number => {
  const c = value / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}

/** Relative luminance of a colour of the 6 x 6 x 6 cube (16 to 231 of the 256). */
export function luminanceOf(index: number): number {
  const n = index - 16
  const [r, g, b] = [CUBE[Math.floor(n / 36)]!, CUBE[Math.floor(n / 6) % 6]!, CUBE[n % 6]!]
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

export const contrastToBlack = (luminance: number): number => (luminance + 0.05) / 0.05
export const contrastToWhite = (luminance: number): number => 1.05 / (luminance + 0.05)

/** Greys say nothing: a colour has parts that differ. */
const isColourful = (n: number): boolean => {
  const parts = [Math.floor(n / 36), Math.floor(n / 6) % 6, n % 6]
  return Math.max(...parts) - Math.min(...parts) >= 2
}

export const READABLE: readonly number[] = Array.from({ length: 216 }, (_, n) => n + 16).filter((index) => {
  const luminance = luminanceOf(index)
  return (
    isColourful(index - 16) &&
    contrastToBlack(luminance) >= CONTRAST_MIN &&
    contrastToWhite(luminance) >= CONTRAST_MIN
  )
})

/** id: 64 hex digits. The text in the colour of that key, for terminals of 256 colours. */
export function paintPerson(id: string, text: string): string {
  const index = READABLE[Number.parseInt(id.slice(0, 8), 16) % READABLE.length] ?? 33
  return `\u001b[38;5;${index}m${text}\u001b[39m`
}
