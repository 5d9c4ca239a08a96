/** Lengths of time for people. */

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** In the largest unit that fits, rounded: "1 day", "3 minutes"; below a second "0 seconds". */
export function spanText(ms: number): string {
  const length = Math.abs(ms)
  const [unit, size] = UNITS.find(([, size]) => length >= size * 0.95) ?? UNITS[3]
  const count = Math.round(length / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
