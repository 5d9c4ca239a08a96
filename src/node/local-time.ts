/** Local time by the minute, as people are told it: 2026-11-20 14:03; '?' for what is no time. ts: ms since 1970. */
export function localTime(ts: number): string {
  const at = new Date(ts - new Date(ts).getTimezoneOffset() * 60_000)
  return Number.isNaN(at.getTime()) ? '?' : at.toISOString().slice(0, 16).replace('T', ' ')
}
