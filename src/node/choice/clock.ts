/** The median of raw wall clocks that the hub and line[0] publish. Members keep time by the monotonic clock in between. */
import type { Choice, Turn } from './state.ts'

/** Median of the clocks on all links and the own, in ms of wall time now; of an even number the later of the middle two. */
export function medianOf(choice: Choice, turn: Turn): number {
  const clocks = [turn.wall]
  for (const { beat } of choice.links.values()) if (beat) clocks.push(beat.clock + turn.now - beat.at)
  clocks.sort((a, b) => a - b)
  return clocks[Math.floor(clocks.length / 2)]!
}
