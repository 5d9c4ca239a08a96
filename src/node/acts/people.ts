/** People: how this person shows themselves, what they say of themselves, and what is known of others. */

import { equal, fromHex, hex } from '../../wire/bytes.ts'
import { decodeBody } from '../../wire/codec.ts'
import { fold } from '../../wire/fold.ts'
import { NETWORK_ROOM, type PersonKey, talkRoom } from '../../wire/ids.ts'
import { ABOUT_BYTES_MAX, MODE_TEXT_BYTES_MAX, PICTURE_BYTES_MAX } from '../../wire/limits.ts'
import { isWhole, utf8Length } from '../../wire/text.ts'
import { toBase64 } from '../base64.ts'
import { sayingFields } from '../company.ts'
import type { Core } from '../core.ts'
import type { CommandOf, OwnModeData, PersonData, PictureData, WhoisData } from '../events.ts'
import { isPlain } from '../own-mode.ts'
import { BOT_MARK } from '../people.ts'
import { pictureType } from '../picture.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'
import type { ProfileActs } from './profile.ts'
import type { Writer } from './writer.ts'

/** People in one answer of a search. */
const FOUND_MAX = 100
const LOOK = { colour: 1, picture: 2 } as const

export class PeopleActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #profile: ProfileActs
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, finding: Finding, profile: ProfileActs, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#profile = profile
    this.#writer = writer
  }

  // --- how this person shows themselves -----------------------------------------------------------------------------

  presence(asked: Asked, { mode, text = '' }: CommandOf<'presence'>): void {
    const { company } = this.#core
    if (this.#isRefused(asked, text, MODE_TEXT_BYTES_MAX)) return
    if (mode !== undefined) {
      company.own.choose({ mode, text })
      this.#keep()
    }
    this.#answers.result(asked, this.#ownMode())
  }

  autoAway(asked: Asked, minutes: number): void {
    this.#core.company.own.chooseAutoAway(minutes * 60_000)
    this.#keep()
    this.#answers.result(asked, this.#ownMode())
  }

  telling(asked: Asked, what: 'typing' | 'read', isTold: boolean): void {
    this.#core.company.own.chooseTelling(what, isTold)
    this.#keep()
    this.#answers.result(asked, this.#ownMode())
  }

  #keep(): void {
    this.#core.company.say()
    this.#core.saveMarks()
  }

  #ownMode(): OwnModeData {
    const { own } = this.#core.company
    const { mode, text } = own.saying
    return {
      mode,
      ...(text !== '' && { text }),
      ...(own.isAutoAway && { isAuto: true as const }),
      autoAwayMin: own.autoAwayMs / 60_000,
      tellsTyping: own.tellsTyping,
      tellsRead: own.tellsRead,
    }
  }

  typing(asked: Asked, command: CommandOf<'typing'>): void {
    const { options, me: self, moment, company, blocks, views } = this.#core
    if ('room' in command) {
      const view = this.#finding.memberRoom(asked, command.room)
      if (!view) return
      company.types(view.id, moment.now)
    } else {
      const person = this.#finding.person(asked, command.to)
      if (!person) return
      const room = talkRoom(options.crypto, options.net, self, person)
      if (views.room(room) && !blocks.has(person)) company.types(room, moment.now)
    }
    this.#answers.result(asked, null)
  }

  // --- what they say of themselves ----------------------------------------------------------------------------------

  profile(asked: Asked, { about, colour, picture }: CommandOf<'profile'>): void {
    const { me: self } = this.#core
    if (about !== undefined && this.#isRefused(asked, about, ABOUT_BYTES_MAX - BOT_MARK.length - 1)) return
    if (typeof colour === 'string' && !/^#[0-9a-f]{6}$/i.test(colour))
      return this.#answers.refuse(asked, 'COLOUR_INVALID', { colour })
    const why = picture ? pictureFault(picture) : undefined
    if (why !== undefined) return this.#answers.refuse(asked, 'PICTURE_INVALID', { why })
    if (colour !== undefined)
      this.#look(LOOK.colour, colour === null ? new Uint8Array(0) : fromHex(colour.slice(1).toLowerCase()))
    if (picture !== undefined) this.#look(LOOK.picture, picture ?? new Uint8Array(0))
    const then = () => this.#answers.result(asked, this.#whois(self))
    if (about !== undefined && this.#profile.about(about, then)) return
    then()
  }

  /** What is so already is written no more: all keep it for ever, and programs may ask for it at each of their starts. */
  #look(part: number, bytes: Uint8Array): void {
    if (this.#isSo(part, bytes)) return
    this.#writer.write(NETWORK_ROOM, { kind: 'look', part, bytes })
  }

  #isSo(part: number, bytes: Uint8Array): boolean {
    const { views, me: self } = this.#core
    const { colour, picture } = views.network().looks.get(self) ?? {}
    if (bytes.length === 0) return (part === LOOK.colour ? colour : picture) === undefined
    const present = part === LOOK.colour ? colour : this.#shown(self)
    return present !== undefined && equal(present, bytes)
  }

  #isRefused(asked: Asked, text: string, max: number): boolean {
    const bytes = utf8Length(text)
    if (!isWhole(text)) this.#answers.refuse(asked, 'TEXT_INVALID')
    else if (bytes > max) this.#answers.refuse(asked, 'WORDS_TOO_LONG', { bytes, max })
    else return false
    return true
  }

  // --- what is known of others --------------------------------------------------------------------------------------

  /** As lists of people show somebody. */
  person(key: PersonKey): PersonData {
    const { people, me: self, company } = this.#core
    const online = this.#core.isOnline(key)
    const saying = company.of(key)
    const seen = online ? undefined : company.seen.of(key)
    return {
      ...people.labelled(key),
      online,
      ...(online && !isPlain(saying) && (key === self ? { ...saying } : sayingFields(saying))),
      ...(seen !== undefined && { seen }),
      ...(key === self && { self: true as const }),
    }
  }

  whois(asked: Asked, who: string): void {
    const person = this.#finding.person(asked, who)
    if (person) this.#answers.result(asked, this.#whois(person))
  }

  #whois(key: PersonKey): WhoisData {
    const { views, people, blocks, me: self } = this.#core
    const about = people.about(key)
    const look = views.network().looks.get(key)
    const picture = this.#picture(key)
    const rooms = [...this.#finding.known()].filter(
      (view) => this.#core.isMember(view) && (view.members.has(key) || key === self),
    )
    return {
      ...this.person(key),
      ...(about !== '' && { about }),
      ...(look?.colour && { colour: `#${hex(look.colour)}` }),
      ...(picture && { picture: { type: picture.type, bytes: picture.bytes } }),
      ...(blocks.has(key) && { blocked: true as const }),
      ...(people.acquaintances.of(key).isContact && { contact: true as const }),
      rooms: rooms.map((view) => this.#core.roomName(view) ?? ''),
    }
  }

  picture(asked: Asked, who: string): void {
    const person = this.#finding.person(asked, who)
    if (person) this.#answers.result(asked, this.#picture(person) ?? null)
  }

  /** A file that does not pass for a picture is none. */
  #picture(key: PersonKey): PictureData | undefined {
    const bytes = this.#shown(key)
    const type = bytes && pictureType(bytes)
    return bytes && type !== undefined ? { type, bytes: bytes.length, base64: toBase64(bytes) } : undefined
  }

  /** The file that somebody shows, whatever it is; undefined: none, or it is not here. */
  #shown(key: PersonKey): Uint8Array | undefined {
    const { views, replica } = this.#core
    const id = views.network().looks.get(key)?.picture
    const event = id && replica.find(id)
    const body = event && replica.body(event)
    const value = body && event ? decodeBody(event.kind, body) : undefined
    return value?.kind === 'look' ? value.bytes : undefined
  }

  /** As one types: part of a name, a label, or their words. Those whose name begins so first, of them who is here. */
  search(asked: Asked, part: string): void {
    const { people, views, me: self } = this.#core
    const low = fold(part)
    const found: { readonly rank: number; readonly person: PersonData }[] = []
    for (const key of new Set([...views.network().profiles.keys(), ...this.#core.onlineKeys()])) {
      if (key === self) continue
      const person = this.person(key)
      const names = [person.name, person.label ?? ''].map(fold)
      const isStart = names.some((name) => name !== '' && name.startsWith(low))
      const isIn = isStart || names.some((name) => name.includes(low))
      const isSaid = people.about(key).toLowerCase().includes(low)
      if (!isIn && !isSaid) continue
      found.push({ rank: (isStart ? 0 : isIn ? 2 : 4) + (person.online ? 0 : 1), person })
    }
    found.sort((a, b) => a.rank - b.rank || (a.person.name < b.person.name ? -1 : 1))
    this.#answers.result(
      asked,
      found.slice(0, FOUND_MAX).map(({ person }) => person),
    )
  }
}

/** Why these bytes are no picture; undefined: they are one. */
function pictureFault(bytes: Uint8Array): string | undefined {
  if (bytes.length > PICTURE_BYTES_MAX) return `there is room for ${PICTURE_BYTES_MAX} bytes, and it has more`
  return pictureType(bytes) === undefined ? 'it is no PNG, JPEG, GIF or WebP' : undefined
}
