/** The median of raw wall clocks that the hub and line[0] publish. Members keep time by the monotonic clock in between. */
import type { Beat, Choice, Link, Turn } from './state.ts'

/** Median of the clocks on all links and the own, in ms of wall time now; of an even number the later of the middle two. */
export function medianOf(choice: Choice, turn: Turn): number {
  const clocks = [turn.wall, ...clocksOf(choice, turn.now)]
  clocks.sort((a, b) => a - b)
  return clocks[Math.floor(clocks.length / 2)]!
}

/** The raw clocks of all who are heard, gone on to now (monotonic ms): of each key one, over however many links it says it. */
export function* clocksOf(choice: Choice, now: number): Iterable<number> {
  for (const links of choice.byKey.values()) {
    let last: Beat | undefined
    for (const { beat } of links) if (beat && beat.at >= (last?.at ?? -Infinity)) last = beat
    if (last) yield last.clock + now - last.at
  }
}

/** Before each heartbeat of a client: as line[0] it publishes the median of all it hears, and goes by it too (rule CL-1). */
export function publishMedian(choice: Choice, turn: Turn): void {
  if (choice.phase.state !== 'following') return
  choice.median = choice.line[0] === choice.self ? medianOf(choice, turn) : null
  choice.medianAt = turn.now
  if (choice.median !== null) choice.lineMedian = { value: choice.median, at: turn.now }
}

/** A heartbeat of line[0], to the hub or to another client. */
export function hearMedian(choice: Choice, turn: Turn, link: Link): void {
  const median = link.key === choice.line[0] ? link.beat?.median : null
  if (median != null) choice.lineMedian = { value: median, at: turn.now }
}
