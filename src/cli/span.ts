/** How long something took, cut to what people look at: 12 s, 3 min, 2 h 5 min. */
export function spanOf(ms: number): string {
  const s = Math.floor(ms / 1000)
  if (s < 60) return `${s} s`
  return s < 3600
    ? `${Math.floor(s / 60)} min`
    : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}
