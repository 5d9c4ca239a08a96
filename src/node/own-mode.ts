/**
 * What this person lets others see of them: online, away, busy or hidden, with some words; away by itself after a while
 * without anything typed; whether others see that they type, and how far they have read. Kept over restarts; who was
 * away is back with the next start.
 */
import type { Mode } from './events.ts'
import { readJson } from './saved-json.ts'

export const MODES: readonly Mode[] = ['online', 'away', 'busy', 'hidden']
/** The numbers of the frame `mode` are the places in the list. */
export const modeOf = (number: number): Mode => MODES[number] ?? 'online'
export const modeNumber = (mode: Mode): number => MODES.indexOf(mode)

export interface Saying {
  readonly mode: Mode
  readonly text: string
}
export const PLAIN: Saying = { mode: 'online', text: '' }
export const isPlain = ({ mode, text }: Saying): boolean => mode === 'online' && text === ''
export const isSame = (a: Saying, b: Saying): boolean => a.mode === b.mode && a.text === b.text

export interface SavedMode extends Saying {
  /** 0: never; undefined: as the program proposes. */
  readonly autoAwayMs?: number
  readonly tellsTyping: boolean
  readonly tellsRead: boolean
}

export class OwnMode {
  #chosen: Saying
  #autoAwayMs: number | undefined
  readonly #proposedMs: number
  #tellsTyping: boolean
  #tellsRead: boolean
  #activeAt: number
  #isIdle = false
  #isChanged = false

  /** proposedMs: auto-away where the person has not said; 0 never. now: monotonic ms. */
  constructor(saved: SavedMode | undefined, proposedMs: number, now: number) {
    this.#chosen = saved && saved.mode !== 'away' ? { mode: saved.mode, text: saved.text } : PLAIN
    this.#autoAwayMs = saved?.autoAwayMs
    this.#proposedMs = proposedMs
    this.#tellsTyping = saved?.tellsTyping ?? true
    this.#tellsRead = saved?.tellsRead ?? true
    this.#activeAt = now
  }

  /** As others see it. */
  get saying(): Saying {
    return this.isAutoAway ? { mode: 'away', text: this.#chosen.text } : this.#chosen
  }

  /** Nothing was typed for a while. */
  get isAutoAway(): boolean {
    return this.#isIdle && this.#chosen.mode === 'online'
  }
  get isHidden(): boolean {
    return this.#chosen.mode === 'hidden'
  }
  get tellsTyping(): boolean {
    return this.#tellsTyping && !this.isHidden
  }
  get tellsRead(): boolean {
    return this.#tellsRead
  }
  /** 0: never. */
  get autoAwayMs(): number {
    return this.#autoAwayMs ?? this.#proposedMs
  }

  choose(saying: Saying): void {
    this.#chosen = saying
    this.#isIdle = false
    this.#isChanged = true
  }

  chooseAutoAway(ms: number): void {
    this.#autoAwayMs = ms
    this.#isIdle = false
    this.#isChanged = true
  }

  /** Which of the two others are told from now on. */
  chooseTelling(what: 'typing' | 'read', isTold: boolean): void {
    if (what === 'typing') this.#tellsTyping = isTold
    else this.#tellsRead = isTold
    this.#isChanged = true
  }

  /** The person did something. now: monotonic ms. */
  active(now: number): void {
    this.#activeAt = now
    this.#isIdle = false
  }

  tick(now: number): void {
    this.#isIdle = this.autoAwayMs > 0 && now - this.#activeAt >= this.autoAwayMs
  }

  /** The choices, where they have changed since the last call: to be kept over restarts. */
  takeSaved(): SavedMode | undefined {
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return {
      ...this.#chosen,
      ...(this.#autoAwayMs !== undefined && { autoAwayMs: this.#autoAwayMs }),
      tellsTyping: this.#tellsTyping,
      tellsRead: this.#tellsRead,
    }
  }
}

/** What takeSaved gave, from the store; undefined where there is none, or it is damaged. */
export function readSavedMode(bytes: Uint8Array | undefined): SavedMode | undefined {
  const value = bytes && (readJson(bytes) as Partial<SavedMode> | null | undefined)
  if (!value || !MODES.includes(value.mode!) || typeof value.text !== 'string') return undefined
  return {
    mode: value.mode!,
    text: value.text,
    ...(typeof value.autoAwayMs === 'number' && value.autoAwayMs >= 0 && { autoAwayMs: value.autoAwayMs }),
    tellsTyping: value.tellsTyping !== false,
    tellsRead: value.tellsRead !== false,
  }
}
