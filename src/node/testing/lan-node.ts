/**
 * One node of the in-memory LAN: the real core on a store in memory. It does what the shell on a real network does, with
 * the LAN's links in the place of sockets and mDNS, and the LAN's clock.
 */

import { rateOf } from '../../hub/index.ts'
import { utf8 } from '../../wire/bytes.ts'
import type { Frame } from '../../wire/frames.ts'
import { instanceName, type NetId, type PersonKey } from '../../wire/ids.ts'
import { RETENTION_DAYS } from '../../wire/limits.ts'
import { errorTold } from '../acts/denial-told.ts'
import { Audience, CLOSED } from '../audience.ts'
import { chosenNick } from '../chosen-nick.ts'
import { Core } from '../core.ts'
import type { CoreEffect, CoreInput, CoreMoment, PeerHello } from '../core-io.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import type { OwnCode, Way } from '../doors.ts'
import type { Answer, Command, NodeEvent, ReadyEvent } from '../events.ts'
import type { NodeOptions } from '../index.ts'
import { LanchatError } from '../lanchat-error.ts'
import { logErrors } from '../log-errors.ts'
import { MemoryStore } from '../memory-store.ts'
import { BOT_MARK } from '../people.ts'
import { newPlace, packPlaces } from '../places.ts'
import type { Running } from '../public-node.ts'
import { randomCode } from '../random-code.ts'
import type { LinkId } from '../sync.ts'
import type { Timing } from '../timing.ts'

/** A hand-over takes some of the timing's waits; a node that closes waits no longer than this. */
const QUIT_MS_MAX = 1000
/** Who is refused for their code ends after this. */
const TIMEOUT_MS = 1000

/** A code, by default a new one. Nobody guesses it in memory: its key needs no scrypt. */
export function lanCode(text = randomCode(nodeCrypto)): OwnCode {
  return { text, key: nodeCrypto.hash(utf8(text)) }
}

/** What a node of the LAN may be asked to be. code: an invitation into an owned LAN; default the one it began with. */
export type LanNodeOptions = Pick<
  NodeOptions,
  'name' | 'bot' | 'neverHub' | 'preferHub' | 'visitor' | 'rate' | 'log' | 'signal' | 'code'
>

/** The network below a node, and its time. */
export interface Wire {
  readonly clock: { readonly now: number; readonly wall: number }
  send(from: LanNode, link: LinkId, frame: Frame): void
  dial(from: LanNode, address: string): void
  /** Ends a link: the other side hears of it, this side does not. */
  hangUp(from: LanNode, link: LinkId): void
  /** Everybody is told of everybody who can be reached, as by mDNS. */
  announce(): void
  left(node: LanNode): void
}

export interface LanNodeInit {
  readonly wire: Wire
  readonly net: NetId
  /** Of a network that has one. */
  readonly owner?: PersonKey
  /** Of a network with an owner: what this node was let in with. */
  readonly code?: OwnCode
  /** Of this node's identity; default a new one. */
  readonly seed?: Uint8Array
  readonly network: string
  readonly address: string
  readonly timing: Timing
  readonly options: LanNodeOptions
}

export class LanNode implements Running {
  readonly address: string
  readonly key: PersonKey
  readonly #core: Core
  readonly #store = new MemoryStore()
  readonly #wire: Wire
  readonly #options: LanNodeOptions
  readonly #audience: Audience
  /** Asked before the node began. */
  readonly #early: (() => void)[] = []
  #isUp = false
  #isTurnPlanned = false
  #isCarrying = false
  /** Asked by listeners while a turn is carried out, as in the shell's turns. */
  readonly #behind: (() => void)[] = []
  /** By the LAN's clock. */
  #wakeAt = Number.POSITIVE_INFINITY
  #quitDone: () => void = () => {}
  #closing: Promise<void> | undefined

  constructor(init: LanNodeInit) {
    const { options, net } = init
    this.#wire = init.wire
    this.#options = options
    this.address = init.address
    const seed = init.seed ?? nodeCrypto.random(32)
    const signer = signerOf(seed)
    this.#core = new Core(
      {
        crypto: nodeCrypto,
        signer,
        seed,
        net,
        ...(init.owner && { owner: init.owner }),
        ...(init.code && { code: init.code }),
        network: init.network,
        nick: chosenNick(options.name ?? 'node'),
        renames: true,
        ...(options.bot && { about: BOT_MARK }),
        store: this.#store,
        retentionMs: RETENTION_DAYS * 24 * 3600 * 1000,
        // Who is let in says enough where there is an owner.
        place: init.owner ? undefined : newPlace(nodeCrypto.random(8)),
        rate: rateOf(options.rate),
        // Nobody listens in memory: any key will do.
        gateKey: new Uint8Array(32),
        choice: {
          timing: init.timing,
          timeoutMs: TIMEOUT_MS,
          instanceOf: (key) => instanceName(nodeCrypto, key),
          ...(options.neverHub && { neverHub: true }),
          ...(options.preferHub && { preferHub: true }),
          ...(options.visitor && { visitor: true }),
        },
        url: () => `wss://${init.address}/lanchat/1`,
      },
      this.#moment(),
    )
    this.key = this.#core.self
    this.#audience = new Audience({
      onReaders: (isThere) => this.give({ in: 'audience', isThere }),
      log: (level, text) => this.#log(level, text),
    })
  }

  /** Looks for a hub once `after` has settled; events begin after the turn in which this resolves. */
  async open(after: Promise<unknown>): Promise<void> {
    await this.#core.load()
    const begin = () => setImmediate(() => this.#begin())
    after.then(begin, begin)
  }

  #begin(): void {
    if (this.#closing) return
    this.#isUp = true
    this.give({ in: 'audience', isThere: this.#audience.hasReaders })
    this.give({ in: 'start' })
    this.#wire.announce()
    for (const ask of this.#early.splice(0)) ask()
    this.#core.replica.scan().then(
      (scan) => this.give({ in: 'scanned', ...scan }),
      (error: unknown) => this.#log('warn', `the store could not be read through: ${String(error)}`),
    )
  }

  // --- what the LAN asks ------------------------------------------------------------------------------------------

  get isUp(): boolean {
    return this.#isUp
  }
  get isReachable(): boolean {
    return this.#core.choice.reachable
  }
  get isHub(): boolean {
    return this.#core.isHub
  }

  /** By which codes links are made, the newest first. */
  get ways(): readonly Way[] {
    return this.#core.doors?.ways ?? []
  }

  refuses(key: PersonKey, way: string): boolean {
    return this.#core.doors?.admits(key, way) === false
  }

  hello(): PeerHello {
    const { place } = this.#core
    return {
      places: place ? packPlaces(place.ids) : new Uint8Array(0),
      grown: place?.isGrown ?? false,
      age: place?.age ?? 0,
      visitor: this.#options.visitor ?? false,
    }
  }

  /** One input for the core. Inputs of one turn of the event loop share one end of turn. */
  give(input: CoreInput): void {
    if (!this.#isUp) return
    try {
      this.#core.step(this.#moment(), input)
    } catch (error) {
      this.#log(
        'error',
        `internal error at ${input.in}: ${error instanceof Error ? error.stack : String(error)}`,
      )
    }
    this.#planTurn()
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return
    this.#isTurnPlanned = true
    setImmediate(() => {
      this.#isTurnPlanned = false
      this.#core.endTurn()
      this.#isCarrying = true
      for (const effect of this.#core.takeEffects()) this.#do(effect)
      this.#isCarrying = false
      for (const ask of this.#behind.splice(0)) ask()
      if (this.#core.hasTurn) this.#planTurn()
    })
  }

  /** The LAN's clock went on. */
  beat(): void {
    if (this.#wakeAt > this.#wire.clock.now) return
    this.#wakeAt = Number.POSITIVE_INFINITY
    this.give({ in: 'tick' })
  }

  #moment(): CoreMoment {
    const { now, wall } = this.#wire.clock
    return { now, wall, random: Math.random }
  }

  /** Ends at once, as a killed process does. */
  stop(): void {
    this.#closing ??= Promise.resolve()
    this.#end()
  }

  // --- effects ----------------------------------------------------------------------------------------------------

  #do(effect: CoreEffect): void {
    switch (effect.do) {
      case 'send':
        for (const link of effect.links) this.#wire.send(this, link, effect.frame)
        return
      case 'verify': {
        const ok = effect.checks.map(({ message, signature, key }) =>
          nodeCrypto.verify(message, signature, key),
        )
        setImmediate(() => this.give({ in: 'verified', ticket: effect.ticket, ok }))
        return
      }
      case 'write':
        void this.#store
          .write(effect.ops, effect.sync)
          .then(() => this.give({ in: 'written', ticket: effect.ticket }))
        return
      case 'pump':
        setImmediate(() => this.give({ in: 'pump', link: effect.link }))
        return
      case 'tell':
        return this.#audience.tell(effect.event)
      case 'answer':
        return this.#audience.answer(effect.slot, effect.answer)
      case 'lines':
        void this.#core.readLines(effect.rooms, effect.count, effect.which).then(
          (lines) => this.give({ in: 'lines', ticket: effect.ticket, lines }),
          (error: unknown) =>
            this.give({ in: 'lines', ticket: effect.ticket, lines: [], fault: String(error) }),
        )
        return
      case 'wake':
        this.#wakeAt = effect.at
        return
      case 'dial':
        return this.#wire.dial(this, effect.address)
      case 'close':
        return this.#wire.hangUp(this, effect.link)
      case 'refuse':
        this.#log('info', `a link is refused: ${effect.code}`)
        this.#wire.hangUp(this, effect.link)
        return this.give({ in: 'linkDown', link: effect.link, cause: 'closed' })
      case 'fault':
        return this.#log('warn', `a fault of ${effect.key.slice(0, 8)}: ${effect.why}`)
      case 'query':
        return this.#wire.announce()
      case 'settled':
        return this.#audience.settled()
      case 'exit': {
        const told = errorTold(this.#core, effect.code, '')
        this.#audience.fail(new LanchatError(effect.code, told.message))
        this.#audience.tell(told)
        return this.stop()
      }
      case 'quitDone':
        return this.#quitDone()
      default:
      // Announcing, asking subnets and keeping the place need a real network or disk.
    }
  }

  #log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void {
    const { log = logErrors } = this.#options
    log(level, text)
  }

  // --- the public side --------------------------------------------------------------------------------------------

  get self(): { id: string; name: string } {
    return { id: this.#core.me, name: this.#core.people.nick(this.key) }
  }
  get ready(): Promise<ReadyEvent> {
    return this.#audience.ready
  }
  get closed(): Promise<void> {
    return this.#audience.closed
  }
  get settled(): boolean {
    return this.#core.settled
  }
  get metAnyone(): boolean {
    return this.#core.metAnyone
  }

  on(listener: (event: NodeEvent) => void, hears: 'all' | 'own' = 'all'): () => void {
    return this.#audience.on(listener, hears)
  }

  execute(command: Command, ref?: unknown): Promise<Answer> {
    if (this.#closing) return Promise.resolve({ ...CLOSED, ...(ref !== undefined && { ref }) })
    if (command?.do === 'newCode' && !command.code) return this.execute({ ...command, code: lanCode() }, ref)
    return this.#audience.ask(ref, (slot) => {
      const ask = () => this.give({ in: 'command', command, ref, slot })
      if (this.#isCarrying) this.#behind.push(ask)
      else if (this.#isUp) ask()
      else this.#early.push(ask)
    })
  }

  settle(signal?: AbortSignal): Promise<void> {
    if (this.settled) return Promise.resolve()
    return this.#audience.settle(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#quit()
    return this.#closing
  }

  async #quit(): Promise<void> {
    if (this.#isUp)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, QUIT_MS_MAX)
        this.#quitDone = () => {
          clearTimeout(timer)
          resolve()
        }
        this.give({ in: 'quit' })
      })
    this.#end()
  }

  #end(): void {
    this.#wire.left(this)
    this.#isUp = false
    this.#quitDone()
    this.#audience.close(new LanchatError('OFFLINE', CLOSED.message))
  }
}
