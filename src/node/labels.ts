/**
 * Labels: how this reader is shown people and rooms, and what a typed name means (INV-23; rules NM-6, NM-7).
 *
 * A name is a word its owner chose; a label is that word made unambiguous for one reader. The first key met under a
 * name (under its skeleton: whatever looks like it) keeps the plain form; a later one is shown with a piece of its key,
 * `anna~k3f9`, longer where that is another's. A form once shown for a key is kept for it, also after it changed its
 * name. Names hold no `~`, so no name passes for a label. What does not follow the rules for names is shown as the
 * first 8 hex digits of the key.
 *
 * Labels are local: two readers may see different ones. Who keeps what has to outlive a restart: see saved().
 */
import { skeleton } from '../wire/confusable.ts'
import { fold } from '../wire/fold.ts'
import type { PersonKey, RoomId } from '../wire/ids.ts'
import { checkNick, checkRoomName, type NameCheck } from '../wire/name.ts'
import { nearest } from './nearest.ts'

/** Digits of a suffix: 5 bits each, without l, o, 0 and 1, which look alike. */
const DIGITS = 'abcdefghijkmnpqrstuvwxyz23456789'
const SUFFIX_DIGITS = 4
const HEX_DIGITS = 8
/** Forms that a key keeps, the present one included: enough against a quick swap, too few to occupy a dictionary. */
const KEPT_FORMS_MAX = 8

/** What a typed name means. near: the label that was probably meant. */
export type Resolved<Key> =
  | { readonly is: 'one'; readonly key: Key }
  | { readonly is: 'ambiguous'; readonly keys: readonly Key[] }
  | { readonly is: 'unknown'; readonly near?: string }

interface Met {
  /** The name in its normal form, or 8 hex digits. */
  readonly name: string
  readonly skeleton: string
  /** '' where the plain form is this key's. */
  readonly suffix: string
}

export interface LabelRules {
  readonly check: (name: string) => NameCheck
  /** A typed name that several go by: true asks which is meant, false takes the one shown without a suffix. */
  readonly asks: boolean
}

export class Labels<Key extends string> {
  readonly #rules: LabelRules
  readonly #met = new Map<Key, Met>()
  /** Who keeps a form, as its look: the label's skeleton. */
  readonly #keepers = new Map<string, Key>()
  /** The forms of each key, the present one last. */
  readonly #forms = new Map<Key, string[]>()
  /** Keys whose name now has this skeleton. */
  readonly #alike = new Map<string, Key[]>()

  /** saved: what saved() gave in an earlier run. Keys are lower-case hex. */
  constructor(rules: LabelRules, saved: Iterable<readonly [form: string, key: Key]> = []) {
    this.#rules = rules
    for (const [form, key] of saved) this.#keep(form, key)
  }

  /** Notes the name that a key goes by now; undefined while it is not known. Returns the label. Repeating changes nothing. */
  meet(key: Key, chosen?: string): string {
    const checked = chosen === undefined ? undefined : this.#rules.check(chosen)
    const name = checked && 'ok' in checked ? checked.ok : key.slice(0, HEX_DIGITS)
    const before = this.#met.get(key)
    if (before?.name !== name) {
      if (before) this.#part(key, before)
      const alike = skeleton(name)
      const suffix = this.#suffix(key, alike)
      this.#keep(look(alike, suffix), key)
      this.#met.set(key, { name, skeleton: alike, suffix })
      const keys = this.#alike.get(alike)
      if (keys) keys.push(key)
      else this.#alike.set(alike, [key])
    }
    return this.label(key)
  }

  /** What this reader is shown. A key never met is met now, without a name. */
  label(key: Key): string {
    const met = this.#met.get(key)
    if (!met) return this.meet(key)
    return formOf(met.name, met.suffix)
  }

  /** `anna~k3f9`, for every key: means it alone when typed, also where the plain label does not. */
  handle(key: Key): string {
    this.label(key)
    const { name, skeleton: alike, suffix } = this.#met.get(key)!
    if (suffix !== '') return formOf(name, suffix)
    const others = [...this.#alike.get(alike)!].filter((other) => other !== key)
    for (let digits = SUFFIX_DIGITS; ; digits++) {
      const own = suffixDigits(key, digits)
      const isTaken = (this.#keepers.get(look(alike, own)) ?? key) !== key
      if (!isTaken && others.every((other) => suffixDigits(other, digits) !== own)) return formOf(name, own)
    }
  }

  /** Who keeps the plain form of a name that this key goes by too: worth a warning. undefined: it is this key's own. */
  keeperBefore(key: Key): Key | undefined {
    const met = this.#met.get(key)
    return met && met.suffix !== '' ? this.#keepers.get(met.skeleton) : undefined
  }

  /** May a key be given this name here, without a suffix? Not where another one goes by it, or kept it. */
  isFree(name: string, key: Key): boolean {
    const alike = skeleton(name)
    const others = [...(this.#alike.get(alike) ?? [])].filter((other) => other !== key)
    return others.length === 0 && (this.#keepers.get(alike) ?? key) === key
  }

  /** Frees whatever a key kept: for a room that was deleted. */
  forget(key: Key): void {
    const met = this.#met.get(key)
    if (met) this.#part(key, met)
    this.#met.delete(key)
    for (const form of this.#forms.get(key) ?? []) this.#keepers.delete(form)
    this.#forms.delete(key)
  }

  /**
   * What somebody means who types a name (with or without @), a label, or at least 8 hex digits of an id. A name that
   * several people go by, or look as if, is ambiguous, whoever keeps the plain form: a private message is not for
   * guessing. Of rooms the plain form means the one shown so. Case does not matter.
   */
  resolve(typed: string): Resolved<Key> {
    const word = fold(typed.replace(/^@/, ''))
    const keys = new Set([...this.#byName(word), ...this.#byHex(word)])
    const [only] = keys
    if (only === undefined) {
      const near = nearest(word, this.#labels())
      return near === undefined ? { is: 'unknown' } : { is: 'unknown', near }
    }
    return keys.size === 1 ? { is: 'one', key: only } : { is: 'ambiguous', keys: [...keys] }
  }

  /** Who keeps which form: to be given to the constructor after a restart. Changes only when meet or forget changes something. */
  saved(): [form: string, key: Key][] {
    return [...this.#forms].flatMap(([key, forms]) => forms.map((form): [string, Key] => [form, key]))
  }

  #byName(word: string): Key[] {
    const tilde = word.indexOf('~')
    const name = tilde < 0 ? word : word.slice(0, tilde)
    const form = skeleton(name)
    const alike = [...(this.#alike.get(form) ?? [])]
    if (tilde < 0) {
      const written = alike.filter((key) => fold(this.#met.get(key)!.name) === name)
      const plain = written.find((key) => this.#met.get(key)!.suffix === '')
      if (plain !== undefined && !this.#rules.asks) return [plain]
      // Typed as it is written, it may still mean whoever looks like it; typed otherwise, it is no more than near.
      return written.length > 0 ? alike : []
    }
    const suffix = word.slice(tilde + 1)
    if (suffix.length < SUFFIX_DIGITS) return []
    const labelled = alike.filter((key) => this.#met.get(key)!.suffix === suffix)
    if (labelled.length > 0) return labelled
    return alike.filter((key) => suffixDigits(key, suffix.length) === suffix)
  }

  #byHex(word: string): Key[] {
    if (word.length < HEX_DIGITS || !/^[0-9a-f]+$/.test(word)) return []
    return [...this.#met.keys()].filter((key) => key.startsWith(word))
  }

  *#labels(): Iterable<string> {
    for (const key of this.#met.keys()) yield this.label(key)
  }

  /** The shortest suffix whose form is free, or already this key's. */
  #suffix(key: Key, alike: string): string {
    for (let digits = 0; ; digits = Math.max(SUFFIX_DIGITS, digits + 1)) {
      const suffix = suffixDigits(key, digits)
      const keeper = this.#keepers.get(look(alike, suffix))
      if (keeper === undefined || keeper === key) return suffix
    }
  }

  #keep(form: string, key: Key): void {
    this.#keepers.set(form, key)
    // Just as long as it is: what grows by itself has room for 17.
    const forms = [...(this.#forms.get(key) ?? []).filter((other) => other !== form), form]
    if (forms.length > KEPT_FORMS_MAX) this.#keepers.delete(forms.shift()!)
    this.#forms.set(key, forms)
  }

  #part(key: Key, { skeleton: alike }: Met): void {
    const keys = this.#alike.get(alike)?.filter((other) => other !== key) ?? []
    if (keys.length > 0) this.#alike.set(alike, keys)
    else this.#alike.delete(alike)
  }
}

/** How this reader is shown people. Meet oneself first: then one's own name is one's own. */
export const personLabels = (saved?: Iterable<readonly [string, PersonKey]>) =>
  new Labels<PersonKey>({ check: checkNick, asks: true }, saved)

/** How this reader is shown rooms. Meet `general` first. */
export const roomLabels = (saved?: Iterable<readonly [string, RoomId]>) =>
  new Labels<RoomId>({ check: checkRoomName, asks: false }, saved)

const formOf = (name: string, suffix: string) => (suffix === '' ? name : `${name}~${suffix}`)
/** The skeleton of a label, from that of its name. */
const look = (alike: string, suffix: string) => formOf(alike, skeleton(suffix))

/** The first digits of a key in base 32; all of them where it has fewer. */
function suffixDigits(key: string, digits: number): string {
  if (digits === 0) return ''
  const bits = 5 * digits
  const value = BigInt(`0x${key.slice(0, Math.ceil(bits / 4))}`)
  const spare = BigInt(Math.max(0, Math.ceil(bits / 4) * 4 - bits))
  return [...(value >> spare).toString(32).padStart(digits, '0')]
    .map((d) => DIGITS[Number.parseInt(d, 32)])
    .join('')
}
