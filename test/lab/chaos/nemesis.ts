/**
 * A nemesis does one kind of harm to an arena, and ends it. plan() says what it would do now, and to whom; start() does it,
 * stop() ends it and brings back what it took. Two plans with a hold in common never run at once.
 */
import type { Arena } from './arena.ts'

export interface Plan {
  /** In a few words, for the log: `SIGKILL ann`. */
  readonly about: string
  /** What it takes hold of: `process ann`, `cable ann`, `disk ann`, `clock ann`, `switches`. */
  readonly holds: readonly string[]
  start(): Promise<void>
  stop(): Promise<void>
}

export interface Nemesis {
  readonly name: string
  /** How long it likes to last, ms. */
  readonly lastsMs: readonly [number, number]
  /** random: [0, 1), asked as often as needed. Undefined: not possible here, for lack of a disk or a clock that can be harmed. */
  plan(arena: Arena, random: () => number): Plan | undefined
}

export function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)]!
}
