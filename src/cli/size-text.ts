/** How much that is, for people: 1.1 kB, 529 kB, 77.1 GB. 1 kB is 1000 bytes. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  let [n, unit] = [bytes, 0]
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000
    unit += 1
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`
}
