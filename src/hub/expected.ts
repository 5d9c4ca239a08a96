/**
 * Who was let into a room a moment ago and may not have come yet: of two who ask for its last place at once one gets it (rule
 * LV-8).
 */
import type { PersonKey, RoomId } from '../wire/ids.ts'

/** Long enough for the join to arrive, short enough that one who never comes keeps nobody out. */
const EXPECTED_MS = 5000

export class Expected {
  readonly #until = new Map<
    string,
    { readonly room: RoomId; readonly key: PersonKey; readonly until: number }
  >()

  expect(room: RoomId, key: PersonKey, now: number): void {
    this.#forget(now)
    this.#until.delete(room + key)
    this.#until.set(room + key, { room, key, until: now + EXPECTED_MS })
  }

  /** Their join counts there, or what they did in its place: from now on they are judged by that. */
  came(room: RoomId, key: PersonKey): void {
    this.#until.delete(room + key)
  }

  /** Keys of those expected there. */
  in(room: RoomId, now: number): PersonKey[] {
    this.#forget(now)
    return [...this.#until.values()].filter((each) => each.room === room).map(({ key }) => key)
  }

  /** Those let in last lie last. */
  #forget(now: number): void {
    for (const [name, { until }] of this.#until) {
      if (until > now) break
      this.#until.delete(name)
    }
  }
}
