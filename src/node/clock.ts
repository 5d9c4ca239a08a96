/**
 * The network's time (rules CL-1 to CL-3): the median of my clock, the hub's median of raw member clocks, and line[0]'s
 * (of two values the later). Stamps are corrected before signing, never after; nothing is refused for its time.
 */

/** A median of raw clocks as somebody published it, ms, and when it arrived on the monotonic clock. */
export interface Published {
  readonly value: number
  readonly at: number
}

/** netNow - wall, ms. now: monotonic; wall: raw wall clock. Never throws. */
export function clockOffset(
  now: number,
  wall: number,
  hub: Published | undefined,
  line: Published | undefined,
): number {
  const values = [wall]
  for (const published of [hub, line]) if (published) values.push(published.value + (now - published.at))
  values.sort((a, b) => a - b)
  return values[values.length === 3 ? 1 : values.length - 1]! - wall
}
