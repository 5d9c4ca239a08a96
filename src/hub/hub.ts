/**
 * The hub's role: relays what its members publish, says what it has stored, tells who is here, grants credit.
 * Pure: time is an input, everything it does goes through its ports. Nobody has to believe it anything but "stored".
 *
 * A post is relayed before its signature is checked and before it is on disk, because its author is the session's own
 * key; it is verified, stored and acknowledged behind that (rules LV-1 to LV-9, AK-1 to AK-4).
 */
import { fromHex, readUint } from '../wire/bytes.ts'
import { skeleton } from '../wire/confusable.ts'
import type { Crypto } from '../wire/crypto.ts'
import { type Event, isControlLane, type ParsedRun, parseRun, type VerifiedRun } from '../wire/event.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import {
  type LaneId,
  laneId,
  type NetId,
  type PersonKey,
  personKey,
  type RoomId,
  roomId,
} from '../wire/ids.ts'
import { HOST_BURSTS, HOST_PERSONS } from '../wire/limits.ts'
import {
  type Bucket,
  charge,
  chargeControl,
  giveBack,
  grant,
  grantAgain,
  isFull,
  mayControl,
  openBucket,
  type Rate,
  type Share,
  spend,
} from './credit.ts'
import { Expected } from './expected.ts'
import { type Batch, Fanout } from './fanout.ts'
import { Gathering } from './gathering.ts'
import { type Host, Hosts, unitsOf } from './hosts.ts'
import { Modes } from './modes.ts'
import { ReservedNames } from './names.ts'
import { type LaneName, Receipts } from './receipts.ts'
import { Roster } from './roster.ts'
import type { Joined, Session } from './session.ts'

export interface HubPorts {
  readonly crypto: Crypto
  readonly net: NetId
  readonly self: PersonKey
  readonly rate: Rate
  /** Nodes at hand that have lost their hub as this one has: they all come now. Nobody where no hub was lost. */
  readonly bereft: Iterable<PersonKey>
  send(link: number, frame: Frame): void
  sendShared(links: readonly number[], frame: Frame): void
  /** Ends a link with a refusal code. */
  refuse(link: number, code: string, detail: string): void
  /** The peer sent what it must not. */
  fault(link: number, why: string): void
  /** Verifies a parsed run and calls back in order per link. */
  verify(link: number, run: ParsedRun, then: (run: VerifiedRun | undefined) => void): void
  /** Hands a verified run of this link to the node: added, its gaps pulled, shown. isRelayed: it was fanned out already. */
  settle(link: number, run: VerifiedRun, isRelayed: boolean): void
  /** Is every event of this run held already? */
  holds(run: ParsedRun): boolean
  /** Is it known who carries this room? */
  knows(room: RoomId): boolean
  carries(person: PersonKey, room: RoomId, cls: 0 | 1): boolean
  /** Why what this author writes in the room, or just this run, would not count; undefined: it would. */
  denial(author: PersonKey, room: RoomId, cls: 0 | 1, run?: ParsedRun): string | undefined
  /** Answers a permitAsk: a refusal code, or undefined. expected: whom the hub let into the room a moment ago. */
  permit(
    person: PersonKey,
    action: 'create' | 'join',
    room: RoomId,
    name: string,
    expected: readonly PersonKey[],
  ): string | undefined
  /** May "stored" be said now? Not by a node that has just woken, or whose disk fails. */
  mayAcknowledge(): boolean
  /** Contiguous n of a lane that is on disk here. */
  durableN(room: RoomId, author: PersonKey, lane: LaneId): number
  /** Pull this lane over this link. */
  pull(link: number, room: RoomId, author: PersonKey, lane: LaneId): void
  online(person: PersonKey, isOnline: boolean): void
}

/** A session that ends is often followed by another one at once: on another link, or after a short break. */
const PARTED_MS = 1500

/** Frames kept for those who are still on their way after the loss of a hub: some hundred lines typed in that second. */
const MISSED_MAX = 16

/** Words of one member about what they hold that are passed on: a class that all write at once is some dozens. */
const MARKERS_PER_S = 128
/** A question to all of a room is passed on at most this often from one member. */
const MARKERS_ASKED_EVERY_MS = 1000
/** A member's typing is passed on at most this often: half as long as an honest one waits. */
const TYPING_EVERY_MS = 1500

/** Questions for permission: one in this time, and so many at once. Each is compared with every room's name. */
const ASK_EVERY_MS = 100
const ASKS_BURST = 40

/** May this member ask for permission once more now? */
function mayAsk(session: Joined, now: number): boolean {
  const until = Math.max(session.asksUntil, now - (ASKS_BURST - 1) * ASK_EVERY_MS)
  if (until > now) return false
  session.asksUntil = until + ASK_EVERY_MS
  return true
}

export class Hub {
  readonly #ports: HubPorts
  readonly #sessions = new Map<number, Session>()
  readonly #links = new Map<PersonKey, readonly number[]>()
  readonly #buckets = new Map<PersonKey, Bucket>()
  readonly #hosts: Hosts
  readonly #fanout = new Fanout()
  readonly #names = new ReservedNames()
  readonly #expected = new Expected()
  readonly #modes = new Modes()
  readonly #receipts: Receipts
  /** Whose last session ended just now, and when: told as gone only if they do not come back at once. */
  readonly #parted = new Map<PersonKey, number>()
  readonly #roster: Roster
  readonly #gathering: Gathering<PersonKey>
  /** Links of members by class and room, as found last. */
  readonly #carriersOf = new Map<string, readonly number[]>()
  /** Told to all while some who lost the former hub were on their way here: they get it when they come. */
  #missed: Batch[] = []
  #now: number

  constructor(ports: HubPorts, now: number) {
    this.#ports = ports
    this.#now = now
    const { perS, burst } = ports.rate
    this.#hosts = new Hosts({ perS: HOST_PERSONS * perS, burst: HOST_BURSTS * burst })
    this.#roster = new Roster(ports.self)
    this.#gathering = new Gathering(ports.bereft, now)
    this.#receipts = new Receipts((room, author, lane) => ports.durableN(room, author, lane))
  }

  setNow(now: number): void {
    this.#now = now
  }

  // --- sessions ---------------------------------------------------------------------------------------------------

  /** Also for a member that lost this hub and came back on the same link: its session goes on, and it is told all again. */
  joined(link: number, key: PersonKey, visitor: boolean, mode?: FrameOf<'mode'>, host: Host = ''): void {
    const known = this.#sessions.get(link)
    if (known?.state === 'joined') {
      this.#sendRoster(link)
      this.#grantAgain(known)
      return
    }
    const session: Joined = {
      state: 'joined',
      link,
      key,
      share: { bucket: this.#bucketOf(key), outstanding: 0 },
      host,
      visitor,
      asksUntil: Number.NEGATIVE_INFINITY,
      typedAt: Number.NEGATIVE_INFINITY,
      markersAskedAt: Number.NEGATIVE_INFINITY,
      markersSince: Number.NEGATIVE_INFINITY,
      markers: 0,
    }
    const wasHere = this.#isHere(key)
    const isExpected = this.#gathering.joined(key, this.#now)
    this.#sessions.set(link, session)
    this.carriageChanged()
    this.#links.set(key, [...(this.#links.get(key) ?? []), link])
    if (!visitor && !wasHere) {
      this.#parted.delete(key)
      const isKnown = !this.#roster.came(key, link)
      // Who comes is told with what they say of themselves, who is back at once is told of already.
      if (mode && this.#modes.note(key, mode, this.#now) && isKnown) this.#tellAll(mode, link)
      this.#ports.online(key, true)
    }
    this.#sendRoster(link)
    // For a member that comes over another link while its former one is still up, all begins anew.
    if (this.#links.get(key)!.length > 1) this.#grantAgain(session, this.#otherShares(session))
    this.#grant(session)
    if (!isExpected) return
    for (const { room, cls, frame } of this.#missed)
      if (this.#ports.carries(key, room, cls)) this.#ports.send(link, frame)
  }

  /** Of the other sessions of this person. */
  *#otherShares({ link, key }: Joined): Iterable<Share> {
    for (const other of this.#links.get(key) ?? []) {
      const session = other !== link && this.#sessions.get(other)
      if (session && session.state === 'joined') yield session.share
    }
  }

  /** One-shot commands come and go for a moment: nobody is told of them. */
  #isHere(key: PersonKey): boolean {
    for (const link of this.#links.get(key) ?? []) {
      const session = this.#sessions.get(link)
      if (session && !(session.state === 'joined' && session.visitor)) return true
    }
    return false
  }

  left(link: number): void {
    const session = this.#sessions.get(link)
    if (!session) return
    this.#sessions.delete(link)
    this.carriageChanged()
    const links = this.#links.get(session.key)?.filter((other) => other !== link) ?? []
    if (links.length > 0) this.#links.set(session.key, links)
    else this.#links.delete(session.key)
    // What was granted and not used goes back.
    if (session.state === 'joined') {
      this.#hosts.gave(session.host, session.share.outstanding, this.#now)
      giveBack(session.share, this.#ports.rate, this.#now)
    }
    const isVisitor = session.state === 'joined' && session.visitor
    if (!isVisitor && !this.#isHere(session.key)) this.#parted.set(session.key, this.#now)
    if (links.length === 0) this.#receipts.forget(session.key)
  }

  #tellRoster(): void {
    const { came, frames, except } = this.#roster.take(this.#now, (key) => this.#isHere(key))
    // Before that they are here: who hides is not seen for a moment.
    for (const key of came) {
      const mode = this.#modes.of(key)
      if (mode) this.#tellAll(mode, except)
    }
    for (const frame of frames) this.#tellAll(frame, except)
  }

  isMember(link: number): boolean {
    return this.#sessions.get(link)?.state === 'joined'
  }

  /** One person has one bucket, on however many links, and does not get a new one by coming again. */
  #bucketOf(key: PersonKey): Bucket {
    const bucket = this.#buckets.get(key) ?? openBucket(this.#ports.rate, this.#now)
    this.#buckets.set(key, bucket)
    return bucket
  }

  #sendRoster(link: number): void {
    for (const page of this.#roster.pages()) this.#ports.send(link, page)
    for (const mode of this.#modes.all()) this.#ports.send(link, mode)
  }

  #tellAll(frame: Frame, except: number): void {
    const links = [...this.#sessions.values()]
      .filter((s) => s.state === 'joined' && s.link !== except)
      .map((s) => s.link)
    if (links.length > 0) this.#ports.sendShared(links, frame)
  }

  #grantAgain({ link, share }: Joined, former: Iterable<Share> = []): void {
    const events = grantAgain(share, former, this.#ports.rate, this.#now)
    if (events > 0) this.#ports.send(link, { type: 'credit', events })
  }

  #grant(session: Joined): void {
    const { link, share, host } = session
    const events = grant(share, this.#ports.rate, this.#now, this.#hosts.portion(host, this.#now))
    if (events === 0) return
    this.#hosts.took(host, events, this.#now)
    // Behind all others, so that those of one machine that take all they get leave something to each.
    this.#sessions.delete(link)
    this.#sessions.set(link, session)
    this.#ports.send(link, { type: 'credit', events })
  }

  /** Now and then: credit grows back. */
  tick(): void {
    for (const session of [...this.#sessions.values()]) if (session.state === 'joined') this.#grant(session)
    for (const [key, bucket] of this.#buckets)
      if (!this.#links.has(key) && isFull(bucket, this.#ports.rate, this.#now)) this.#buckets.delete(key)
    for (const [key, at] of this.#parted) {
      if (this.#now - at < PARTED_MS) continue
      this.#parted.delete(key)
      this.#modes.forget(key)
      this.#roster.went(key)
      this.#ports.online(key, false)
    }
    for (const [, frame] of this.#modes.due(this.#now)) this.#tellAll(frame, -1)
  }

  /** Acknowledgements that wait for the disk, and people whose coming or going is not told yet: for tests of growth. */
  get waiting(): number {
    return this.#receipts.size + this.#parted.size + this.#roster.waiting
  }

  // --- frames -----------------------------------------------------------------------------------------------------

  frame(link: number, frame: Frame): void {
    const session = this.#sessions.get(link)
    if (session?.state !== 'joined') return
    switch (frame.type) {
      case 'post':
        return this.#onPost(session, frame)
      case 'offer':
        return this.#onOffer(session, frame)
      case 'permitAsk':
        return this.#onPermitAsk(session, frame)
      case 'mode':
        // A visitor is in no list of who is here, and would never go from this one.
        return session.visitor ? undefined : this.#sayMode(session.key, frame, link)
      case 'typing':
        return this.#onTyping(session, frame)
      case 'marker':
        return this.#onMarker(session, frame)
      case 'markerAsk':
        return this.#onMarkerAsk(session, frame)
      default:
        return
    }
  }

  #onPost(session: Joined, frame: FrameOf<'post'>): void {
    const { crypto, net } = this.#ports
    const run = parseRun(crypto, net, frame.run)
    if (run === 'newer') return
    if (typeof run === 'string') return this.#ports.fault(session.link, `post: ${run}`)
    const first = run.events[0]!
    if (first.author !== session.key) return this.#ports.fault(session.link, 'post: not its own')
    this.#gathering.came(this.#now)
    const granted = Math.min(session.share.outstanding, run.events.length)
    if (!spend(session.share, run.events.length, this.#now)) return this.#refuse(session, run, 'RATE_LIMITED')
    // The events themselves were paid for when they were granted, but for those under a grant that was given back.
    this.#hosts.took(session.host, unitsOf(run) - granted, this.#now)
    // Who may publish any rate does not wait for the next tick.
    if (this.#ports.rate.perS === 0) this.#grant(session)
    const cls = isControlLane(first.lane) ? 0 : 1
    if (cls === 0 && !this.#ports.holds(run)) {
      const { posted } = session.share.bucket
      if (!mayControl(posted, this.#ports.rate, this.#now)) return this.#refuse(session, run, 'RATE_LIMITED')
      chargeControl(posted, run.events)
    }
    const denial = this.#ports.denial(session.key, first.room, cls, run)
    // What decides who receives (control events) is relayed once it counts; so is what comes right behind it.
    const last = run.events[run.events.length - 1]!
    const owe = (known = 0) => this.#receipts.owe(session.key, first.room, first.lane, last.n, known)
    if (!denial && this.#ports.holds(run)) {
      // The former hub relayed it: all that its author waits for is the word.
      owe()
      return this.stored([first])
    }
    const isEarly = cls === 1 && !denial && this.#ports.knows(first.room)
    if (isEarly) this.#fanout.add(run, session.link, true, this.#now)
    // What comes before it in its lane was owed on its own: else each look at what is on disk would say that again.
    if (!denial) owe(first.n - 1)
    this.#ports.verify(session.link, run, (good) => {
      if (good && denial) {
        // What was posted before it counts by now, and may allow it: a join that ends a mute.
        const still = this.#ports.denial(session.key, first.room, cls, run)
        if (still) return this.#refuse(session, run, still)
        owe()
      }
      if (good) return this.#ports.settle(session.link, good, isEarly)
      // Nobody else can have made this: the session is bound to the key.
      this.#sessions.set(session.link, { state: 'leaving', link: session.link, key: session.key })
      this.carriageChanged()
      this.#ports.refuse(session.link, 'SIGNATURE_INVALID', 'an event you published')
    })
  }

  #refuse(session: Joined, run: ParsedRun, code: string): void {
    for (const event of run.events)
      this.#ports.send(session.link, { type: 'refused', id: fromHex(event.id), code })
  }

  #onOffer(session: Joined, frame: FrameOf<'offer'>): void {
    const room = roomId(frame.room)
    const offered: LaneName[] = []
    for (let at = 0; at < frame.entries.length; at += 64) {
      const author = personKey(frame.entries, at)
      if (author !== session.key) return this.#ports.fault(session.link, 'offer: not its own')
      const lane = laneId(frame.entries, at + 32)
      const n = readUint(frame.entries, at + 40, 4)
      const isHere = this.#ports.durableN(room, author, lane) >= n
      // So is what is over somebody's allowance.
      if (
        !isHere &&
        isControlLane(lane) &&
        !mayControl(session.share.bucket.pulled, this.#ports.rate, this.#now)
      )
        continue
      // What does not count here now is neither pulled nor acknowledged; its author offers it again.
      if (this.#ports.denial(author, room, isControlLane(lane) ? 0 : 1)) continue
      this.#receipts.owe(author, room, lane, n)
      offered.push({ author, room, lane })
      if (!isHere) this.#ports.pull(session.link, room, author, lane)
    }
    // Of all that is owed to everybody an offer says nothing: it would cost the more, the more others wait for.
    this.stored(offered)
  }

  #onPermitAsk(session: Joined, frame: FrameOf<'permitAsk'>): void {
    // Whoever may not publish a create or a join now need not be told yes.
    if (!mayAsk(session, this.#now) || !mayControl(session.share.bucket.posted, this.#ports.rate, this.#now))
      return this.#ports.send(session.link, { type: 'permit', ref: frame.ref, code: 'RATE_LIMITED' })
    const action = frame.action === 0 ? 'create' : 'join'
    const code = this.#permit(session.key, action, roomId(frame.room), frame.name)
    this.#ports.send(session.link, { type: 'permit', ref: frame.ref, code: code ?? '' })
  }

  /** The hub's own user says something of themselves. */
  ownMode(frame: FrameOf<'mode'>): void {
    this.#sayMode(this.#ports.self, frame, -1)
  }

  #sayMode(key: PersonKey, frame: FrameOf<'mode'>, link: number): void {
    if (this.#modes.note(key, frame, this.#now)) this.#tellAll(frame, link)
  }

  /** How far somebody holds and has read another one's messages: passed on to that one. */
  #onMarker(session: Joined, frame: FrameOf<'marker'>): void {
    if (personKey(frame.key) !== session.key) return
    if (this.#now - session.markersSince >= 1000) {
      session.markersSince = this.#now
      session.markers = 0
    }
    if (++session.markers <= MARKERS_PER_S) this.passMarker(frame)
  }

  /** To the links of whom it is for, where both may read the room. */
  passMarker(frame: FrameOf<'marker'>): void {
    const [room, to] = [roomId(frame.room), personKey(frame.to)]
    if (!this.#ports.knows(room)) return
    const isTheirs = this.#ports.carries(personKey(frame.key), room, 1) && this.#ports.carries(to, room, 1)
    if (!isTheirs) return
    this.tell(to, frame)
  }

  /** To one person, over all links of theirs but this one. */
  tell(person: PersonKey, frame: Frame, except = -1): void {
    for (const link of this.#links.get(person) ?? [])
      if (link !== except && this.isMember(link)) this.#ports.send(link, frame)
  }

  #onMarkerAsk(session: Joined, frame: FrameOf<'markerAsk'>): void {
    const room = roomId(frame.room)
    if (personKey(frame.key) !== session.key || this.#now - session.markersAskedAt < MARKERS_ASKED_EVERY_MS)
      return
    if (!this.#ports.knows(room) || !this.#ports.carries(session.key, room, 1)) return
    session.markersAskedAt = this.#now
    this.relayFrame(room, 1, frame, session.link)
  }

  /** Passed on to who may read what is being typed; faster than people type it is left out. */
  #onTyping(session: Joined, frame: FrameOf<'typing'>): void {
    const room = roomId(frame.room)
    if (this.#now - session.typedAt < TYPING_EVERY_MS || !this.#ports.knows(room)) return
    if (this.#ports.denial(session.key, room, 1)) return
    session.typedAt = this.#now
    this.relayFrame(room, 1, frame, session.link)
  }

  /** The hub's own user asks what members ask by permitAsk. */
  permitSelf(action: 'create' | 'join', room: RoomId, name: string): string | undefined {
    return this.#permit(this.#ports.self, action, room, name)
  }

  /** What is permitted is kept for its asker for a moment. */
  #permit(key: PersonKey, action: 'create' | 'join', room: RoomId, name: string): string | undefined {
    const code = this.#ports.permit(key, action, room, name, this.#expected.in(room, this.#now))
    if (code) return code
    if (action === 'join') this.#expected.expect(room, key, this.#now)
    else if (!this.#names.reserve(skeleton(name), key, this.#now)) return 'ROOM_NAME_TAKEN'
    return undefined
  }

  // --- relaying ---------------------------------------------------------------------------------------------------

  /** A run that is new here and did not come as a post: the hub's own, or one that a pull brought. from: its link. */
  relay(run: VerifiedRun, from: number): void {
    const { room, author, lane } = run.events[0]!
    if (isControlLane(lane)) this.#expected.came(room, author)
    // Who has not joined yet may have by the time it leaves, and is left out then.
    const isAuthors = from < 0 || this.#sessions.get(from)?.key === author
    this.#fanout.add(run, from, isAuthors, this.#now)
  }

  /** An author's events came by a pull over its own session: they count as published. */
  pulledOwn(link: number, events: readonly Event[], isControl: boolean): void {
    const session = this.#sessions.get(link)
    if (session?.state !== 'joined') return
    charge(session.share.bucket, events.length, this.#ports.rate)
    if (isControl) chargeControl(session.share.bucket.pulled, events)
  }

  /** To every member at once: the rest of what is told to all (tombstones). */
  relayFrame(room: RoomId, cls: 0 | 1, frame: Frame, from: number): void {
    // Behind what it may be about.
    this.#fanOut(true)
    const links = this.#carriers(room, cls).filter((link) => link !== from)
    if (links.length > 0) this.#ports.sendShared(links, frame)
  }

  /** Looked for anew only where something that decides it has changed: members are many, and most rooms have few of them. */
  #carriers = (room: RoomId, cls: 0 | 1): readonly number[] => {
    const name = cls + room
    let links = this.#carriersOf.get(name)
    if (!links) {
      links = this.#findCarriers(room, cls)
      this.#carriersOf.set(name, links)
    }
    return links
  }

  #findCarriers(room: RoomId, cls: 0 | 1): number[] {
    const links: number[] = []
    for (const [key, keyLinks] of this.#links) {
      if (!this.#ports.carries(key, room, cls)) continue
      for (const link of keyLinks) if (this.isMember(link)) links.push(link)
    }
    return links
  }

  /** Who carries what may be another from now on. */
  carriageChanged(): void {
    this.#carriersOf.clear()
  }

  /** The turn of the event loop is over: one encoding per room, one write per member. */
  endTurn(): void {
    if (!this.#hasNews || !this.#gathering.isDue(this.#now, this.#isOwing)) return
    if (this.#isRosterDue) this.#tellRoster()
    this.#fanOut(false)
  }

  /** This node is hub no more: what waits leaves. */
  close(): void {
    this.#fanOut(true)
  }

  /** A heartbeat goes to all now: who came or went is told in the same write. */
  beat(): void {
    if (this.#roster.waiting > 0 && !this.#gathering.holds(this.#now)) this.#tellRoster()
  }

  /** When something that waits is to be told, monotonic ms. */
  get dueAt(): number | undefined {
    if (this.#hasNews) return this.#gathering.dueAt(this.#isOwing) ?? this.#fanout.dueAt
    return this.#roster.waiting > 0 ? this.#roster.dueAt(this.#sessions.size) : undefined
  }

  /** Does somebody wait for the word "stored"? */
  get #isOwing(): boolean {
    return this.#receipts.size > 0
  }

  /** Is there something for many? */
  get #hasNews(): boolean {
    return !this.#fanout.isEmpty || this.#isRosterDue
  }

  get #isRosterDue(): boolean {
    return this.#roster.waiting > 0 && this.#now >= this.#roster.dueAt(this.#sessions.size)
  }

  #fanOut(all: boolean): void {
    if (this.#fanout.isEmpty) return
    const batches = this.#fanout.flush(this.#carriers, this.#now, all)
    for (const { links, frame } of batches) this.#ports.sendShared(links, frame)
    if (!this.#gathering.isExpecting(this.#now)) this.#missed = []
    else if (this.#missed.length < MISSED_MAX) this.#missed.push(...batches)
  }

  // --- stored -----------------------------------------------------------------------------------------------------

  /** More is on disk now: acknowledge what is owed. grown: the only lanes of which that may be. */
  stored(grown?: Iterable<LaneName>): void {
    if (!this.#ports.mayAcknowledge()) return
    for (const { author, frame } of this.#receipts.take(grown))
      for (const link of this.#links.get(author) ?? []) this.#ports.send(link, frame)
  }
}
