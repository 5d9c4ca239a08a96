/**
 * A run that waits to be told: what of it is told, and what its lane goes on from. Where it waits for long, each event and each
 * body would be an object that outlives V8's young collections: so of its events only the last is kept, and bodies that lie in
 * one piece of memory, as those of a post do, by where they lie.
 */
import { type Event, lastOf, type ParsedRun, type Run } from '../wire/event.ts'

export interface WaitingRun {
  readonly last: Event
  readonly texts: number
  readonly headers: Uint8Array
  readonly signature: Uint8Array
  readonly bodies: Bodies
}

type Bodies = Run['bodies'] | Places

/** One after the other: offset and length in this memory, -1 and 0 for nil. */
interface Places {
  readonly memory: ArrayBufferLike
  readonly at: readonly number[]
}

/** isLong: it does not leave in this turn. */
export function waitingRun(run: ParsedRun, isLong: boolean): WaitingRun {
  const { headers, signature, bodies } = run
  return {
    last: lastOf(run),
    texts: bodies.length,
    headers,
    signature,
    bodies: (isLong && placesOf(bodies)) || [...bodies],
  }
}

function placesOf(bodies: ParsedRun['bodies']): Places | undefined {
  const memory = bodies[0]?.buffer
  if (!memory || bodies.length === 1) return undefined
  const at = new Array<number>(2 * bodies.length)
  for (const [i, body] of bodies.entries()) {
    if (body && body.buffer !== memory) return undefined
    at[2 * i] = body ? body.byteOffset : -1
    at[2 * i + 1] = body ? body.length : 0
  }
  return { memory, at }
}

/** The run as it travels. */
export function runThatWaited({ headers, signature, bodies }: WaitingRun): Run {
  if (Array.isArray(bodies)) return { headers, signature, bodies }
  const { memory, at } = bodies as Places
  const views: Run['bodies'] = []
  for (let i = 0; i < at.length; i += 2)
    views.push(at[i]! < 0 ? null : new Uint8Array(memory, at[i], at[i + 1]))
  return { headers, signature, bodies: views }
}
