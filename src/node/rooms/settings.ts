/**
 * Settings of a room: what each says, and what they keep from being shown (rules RM-14 to RM-18).
 *
 * Judged by the events alone, never by a clock of arrival. Locked rooms and newcomers go by persons: whom the setting
 * lists, as those its author knew, and whom a moderator has invited since (and not taken that back), however anything is dated. Read-only and slow
 * mode go by display order: what lies behind the setting and before the next one of its kind.
 */
import type { EventId, PersonKey } from '../../wire/ids.ts'
import { kindNumber } from '../../wire/kinds.ts'
import type { RoomRules, RoomSettings, RoomView, RuleCode } from './view.ts'

/** The numbers on the wire. */
export const SETTING = {
  max: 1,
  readOnly: 2,
  locked: 3,
  slow: 4,
  newcomers: 5,
  membersOnly: 6,
  visible: 7,
} as const
export type SettingName = keyof typeof SETTING
/** Of room 0: who is let into the network. */
export const isNetworkSetting = (setting: number): boolean => setting === SETTING.membersOnly

/** A setting that counts. */
export interface Change {
  readonly t: number
  readonly author: PersonKey
  readonly id: EventId
  readonly setting: number
  /** 0: off. */
  readonly value: number
  readonly persons: ReadonlySet<PersonKey>
}

type Judged = Parameters<RoomView['ruleAgainst']>[0]

/** What settings are weighed against. */
export interface Standing {
  /** Does this person act as a moderator now? */
  isModerator(person: PersonKey): boolean
  /** Was this written by a moderator, within the cuts of what ended that? */
  isModerators(event: Judged): boolean
  readonly invited: ReadonlySet<PersonKey>
  personOf(key: PersonKey): PersonKey
}

/** Content that slow mode spaces out; corrections and reactions are no new message. */
const SPACED: ReadonlySet<number> = new Set([kindNumber('message'), kindNumber('file')])

export class Rules implements RoomRules {
  readonly settings: RoomSettings
  readonly #byName: Readonly<Record<Exclude<SettingName, 'membersOnly'>, readonly Change[]>>
  readonly #standing: Standing

  /** max: as the create says. changes: in display order. */
  constructor(max: number, changes: readonly Change[], standing: Standing) {
    const of = (name: SettingName) => changes.filter(({ setting }) => setting === SETTING[name])
    this.#byName = {
      max: of('max'),
      readOnly: of('readOnly'),
      locked: of('locked'),
      slow: of('slow'),
      newcomers: of('newcomers'),
      visible: of('visible'),
    }
    this.#standing = standing
    this.settings = {
      max: this.#latest('max')?.value ?? max,
      readOnly: this.#isOn('readOnly'),
      locked: this.#isOn('locked'),
      slowS: this.#latest('slow')?.value ?? 0,
      newcomers: this.#isOn('newcomers'),
      visibleDays: this.#latest('visible')?.value ?? 0,
    }
  }

  ruleAgainst(event: Judged, previousT: () => number | undefined): RuleCode | undefined {
    const { newcomers, readOnly, slow } = this.#byName
    if (newcomers.length + readOnly.length + slow.length === 0 || this.#standing.isModerators(event))
      return undefined
    if (!this.#isListed('newcomers', this.#standing.personOf(event.author))) return 'NOT_VOICED'
    if (valueAt(readOnly, event) > 0) return 'ROOM_READ_ONLY'
    const slowMs = valueAt(slow, event) * 1000
    if (slowMs === 0 || !SPACED.has(event.kind)) return undefined
    const before = previousT()
    return before !== undefined && event.t - before < slowMs ? 'SLOW_MODE' : undefined
  }

  admits(person: PersonKey): boolean {
    return this.#standing.isModerator(person) || this.#isListed('locked', person)
  }

  needsNoVoice(person: PersonKey): boolean {
    const on = [this.#latest('locked'), this.#latest('newcomers')].filter(
      (change) => change && change.value > 0,
    )
    return on.length > 0 && on.every((change) => change?.persons.has(person))
  }

  /** True where the setting is off, or does not concern this person. */
  #isListed(name: 'locked' | 'newcomers', person: PersonKey): boolean {
    const latest = this.#latest(name)
    return !latest || latest.value === 0 || latest.persons.has(person) || this.#standing.invited.has(person)
  }

  #latest(name: Exclude<SettingName, 'membersOnly'>): Change | undefined {
    return this.#byName[name].at(-1)
  }

  #isOn(name: Exclude<SettingName, 'membersOnly'>): boolean {
    return (this.#latest(name)?.value ?? 0) > 0
  }
}

/** What the last change before the event in display order says; 0 where there is none. changes: in display order. */
export function valueAt(
  changes: readonly Pick<Change, 't' | 'author' | 'id' | 'value'>[],
  event: Judged,
): number {
  let [low, high] = [0, changes.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(changes[middle]!, event)) low = middle + 1
    else high = middle
  }
  return changes[low - 1]?.value ?? 0
}

const isBefore = (a: Pick<Change, 't' | 'author' | 'id'>, b: Judged): boolean =>
  a.t !== b.t ? a.t < b.t : a.author !== b.author ? a.author < b.author : a.id < b.id

/** Rooms that nobody can set anything in. */
export const NO_RULES: RoomRules = new Rules(0, [], {
  isModerator: () => false,
  isModerators: () => false,
  invited: new Set(),
  personOf: (key) => key,
})
