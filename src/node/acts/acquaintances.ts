/** Acquaintances: contacts and the names one gives them, comparing keys, and warnings where a name changes hands. */
import { fromHex } from '../../wire/bytes.ts'
import { fingerprintWords } from '../../wire/fingerprint.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { checkNick, nameFaultText, proposeNick } from '../../wire/name.ts'
import { ACQUAINTANCES_MAX, type Acquaintance } from '../acquaintances.ts'
import type { Core } from '../core.ts'
import type { CommandOf, VerifyData } from '../events.ts'
import type { Namesake } from '../namesakes.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'
import type { PeopleActs } from './people.ts'

export class AcquaintanceActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #people: PeopleActs

  constructor(core: Core, answers: Answers, finding: Finding, people: PeopleActs) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#people = people
  }

  contacts(asked: Asked): void {
    const { acquaintances } = this.#core.people
    this.#answers.result(
      asked,
      [...acquaintances.contacts()].map((person) => this.#people.person(person)),
    )
  }

  /** Writes somebody down; with a name, they are shown by it here. */
  contact(asked: Asked, { who, name }: CommandOf<'contact'>): void {
    const person = this.#other(asked, who)
    if (!person) return
    const { people } = this.#core
    const before = people.acquaintances.of(person)
    let chosen: string | undefined
    if (name !== undefined) {
      const checked = checkNick(name)
      if ('fault' in checked) {
        const why = nameFaultText(checked.fault)
        return this.#answers.refuse(asked, 'NICK_INVALID', { nick: name, why, proposal: proposeNick(name) })
      }
      if (!people.isFree(checked.ok, person)) return this.#answers.refuse(asked, 'NICK_TAKEN', { nick: name })
      chosen = checked.ok
    }
    if (before.isContact && before.name === chosen) return this.#answers.result(asked, null)
    const { name: _, ...rest } = before
    this.#set(
      asked,
      person,
      { ...rest, isContact: true, ...(chosen !== undefined && { name: chosen }) },
      'contact',
    )
  }

  uncontact(asked: Asked, who: string): void {
    const person = this.#other(asked, who)
    if (!person) return
    const { isContact, name: _, ...rest } = this.#core.people.acquaintances.of(person)
    if (!isContact) return this.#answers.result(asked, null)
    this.#set(asked, person, { ...rest, isContact: false }, 'uncontact')
  }

  /** The words that both read to each other; seal: they were the same (true), or are not to be believed any more (false). */
  verify(asked: Asked, { who, seal }: CommandOf<'verify'>): void {
    const person = this.#other(asked, who)
    if (!person) return
    const { people } = this.#core
    const { sealed, ...rest } = people.acquaintances.of(person)
    const nick = people.nick(person)
    if (seal === undefined) return this.#answers.result(asked, this.#words(person))
    if (seal ? sealed === nick : sealed === undefined) return this.#answers.result(asked, null)
    this.#set(asked, person, seal ? { ...rest, sealed: nick } : rest, seal ? 'verify' : 'unverify')
  }

  #words(person: PersonKey): VerifyData {
    const { people, me: self, options } = this.#core
    const wordsOf = (key: PersonKey) => fingerprintWords(options.crypto, fromHex(key)).join(' ')
    // In one order for both, so that they see the same two lines.
    const two = [self, person].sort().map((key) => ({ ...people.labelled(key), words: wordsOf(key) }))
    return { verified: people.labelled(person).verified === true, compare: two }
  }

  #set(
    asked: Asked,
    person: PersonKey,
    next: Acquaintance,
    event: 'contact' | 'uncontact' | 'verify' | 'unverify',
  ): void {
    const { people } = this.#core
    if (!people.acquaintances.set(person, next))
      return this.#answers.refuse(asked, 'TOO_MANY', { what: 'people', max: ACQUAINTANCES_MAX })
    this.#core.saveMarks()
    this.#answers.system(asked, event, null, { user: people.labelled(person) })
  }

  /** Somebody else than oneself; answers where there is none. */
  #other(asked: Asked, who: string): PersonKey | undefined {
    const person = this.#finding.person(asked, who)
    if (person !== this.#core.me) return person
    this.#answers.refuse(asked, 'NICK_SELF')
    return undefined
  }

  // --- warnings -----------------------------------------------------------------------------------------------------

  /** Tells of names that changed hands. */
  warn(namesake: Namesake): void {
    const { people } = this.#core
    const user = people.labelled(namesake.person)
    const text = this.#warning(namesake, user.label ?? user.name)
    this.#core.tell({ type: 'system', event: 'warning', room: null, user, text })
  }

  #warning({ person, known, nick }: Namesake, label: string): string {
    const { people } = this.#core
    const { sealed, isContact } = people.acquaintances.of(known)
    if (person === known)
      return `WARNING: ${sealed}, whose key you compared, is called ${nick} now. The seal was for the name ${sealed}: compare again with /verify ${label}.`
    if (known === this.#core.me)
      return `Somebody else calls themselves ${nick}, as you do, with another key: they are shown here as ${label}.`
    const other = people.labelled(known)
    const name = other.label ?? other.name
    if (sealed !== undefined)
      return `WARNING: somebody else calls themselves ${nick}, with another key than the one that you compared. They are shown as ${label} and are not your ${name}. If they say they are, compare with /verify ${label} face to face.`
    if (isContact)
      return `WARNING: somebody else calls themselves ${nick}, with another key. They are shown as ${label} and are not your contact ${name}.`
    return `Somebody else calls themselves ${nick}, with another key: they are shown as ${label}. ${name} is whom you met first.`
  }
}
