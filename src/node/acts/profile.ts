/** What this person says of themselves to the whole network, and which places are one. */
import { fromHex, hex } from '../../wire/bytes.ts'
import { NETWORK_ROOM, type PlaceId } from '../../wire/ids.ts'
import { checkNick, nameFaultText, proposeNick } from '../../wire/name.ts'
import type { Core } from '../core.ts'
import type { Answers, Asked } from './answers.ts'
import type { Writer } from './writer.ts'

export class ProfileActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#writer = writer
  }

  nick(asked: Asked, name: string): void {
    const checked = checkNick(name)
    if ('fault' in checked) {
      const why = nameFaultText(checked.fault)
      return this.#answers.refuse(asked, 'NICK_INVALID', { nick: name, why, proposal: proposeNick(name) })
    }
    if (this.#core.people.who(this.#core.me).name === checked.ok) return this.#answers.result(asked, null)
    this.#write(checked.ok, () => this.#answers.system(asked, 'nick', null))
  }

  /** Writes the own profile where it is missing or says something else. */
  announceSelf(): void {
    const { views, me, self, options } = this.#core
    const { ownProfiles, profiles } = views.network()
    const profile = ownProfiles.get(self)
    const boxKey = this.#core.private.boxKeys.publicKey
    const isSame = profile && hex(profile.boxKey) === hex(boxKey) && profile.about === this.#aboutOf()
    // A further device goes by its person's name.
    if (me !== self && isSame) return
    if (me !== self) return this.#write(profiles.get(me)?.nick ?? options.nick, () => {})
    if (isSame && (profile.nick === options.nick || !options.renames)) return
    this.#write(options.renames ? options.nick : (profile?.nick ?? options.nick), () => {})
  }

  /** Other words about oneself. False where they are the same, and then is not called. */
  about(words: string, then: () => void): boolean {
    if (words === this.#core.people.about(this.#core.me)) return false
    this.#write(this.#core.people.who(this.#core.me).name, then, words)
    return true
  }

  /** The mark of a program, where this is one, and the words behind it. */
  #aboutOf(words = this.#core.people.about(this.#core.me)): string {
    return [this.#core.options.about ?? '', words].filter((part) => part !== '').join(' ')
  }

  #write(nick: string, then: () => void, words?: string): void {
    const boxKey = this.#core.private.boxKeys.publicKey
    const about = this.#aboutOf(words)
    this.#writer.write(NETWORK_ROOM, { kind: 'profile', nick, boxKey, about }, then)
  }

  /** Two ids are one place from now on, for all who hold this event. */
  aliasPlaces([a, b]: readonly [PlaceId, PlaceId]): void {
    this.#writer.write(NETWORK_ROOM, { kind: 'place', a: fromHex(a), b: fromHex(b) })
  }
}
