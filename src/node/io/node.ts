/**
 * The shell around the core: clock, disk, links, mDNS, control socket. It puts their parts together, has the core fed, and
 * carries out what the core wants, in order.
 */
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { fromHex } from '../../wire/bytes.ts'
import type { Signer } from '../../wire/crypto.ts'
import type { NetId } from '../../wire/ids.ts'
import { errorTold } from '../acts/denial-told.ts'
import { Audience, CLOSED } from '../audience.ts'
import { ALIVE_EVERY_MS } from '../away-watch.ts'
import { viewOf } from '../choice.ts'
import { ClockWatch } from '../clock-watch.ts'
import type { Core } from '../core.ts'
import type { CoreEffect, Traffic } from '../core-io.ts'
import { nodeCrypto } from '../crypto.ts'
import type { OwnCode } from '../doors.ts'
import type { Answer, Command, NodeEvent, ReadyEvent } from '../events.ts'
import { holdingsOf } from '../holdings.ts'
import type { NodeOptions } from '../index.ts'
import { usableInterfaces } from '../interfaces.ts'
import { LanchatError } from '../lanchat-error.ts'
import type { Penalties } from '../penalties.ts'
import { PROGRAM_VERSION } from '../program-version.ts'
import { randomCode } from '../random-code.ts'
import type { NodeReport } from '../report.ts'
import type { DiskReport } from '../store-report.ts'
import type { WaysIn } from '../ways-in.ts'
import { systemClock } from './clock.ts'
import { codeKeyOf } from './code-file.ts'
import type { Control } from './control.ts'
import { dataDirPath } from './data-dir.ts'
import { DEFAULT_PORT, joinAddress, withPort } from './dial-address.ts'
import { Dialling } from './dialling.ts'
import { DiskCare } from './disk-care.ts'
import type { Introduction } from './greet.ts'
import { bytesOf, Intake } from './intake.ts'
import { type Keeping, keepingSentence, whyNotKept } from './keeping.ts'
import type { Opened } from './level-store.ts'
import { readLines } from './line-reading.ts'
import type { Link } from './link.ts'
import { type Listener, listen } from './listen.ts'
import type { Looking } from './looking.ts'
import { Mdns } from './mdns.ts'
import { ed25519Told } from './native-ed25519.ts'
import { OpenLinks } from './open-links.ts'
import { OwnHello } from './own-hello.ts'
import type { ResilientStore } from './resilient-store.ts'
import type { StartFacts } from './start-facts.ts'
import { tellPoint } from './start-points.ts'
import { noteStore } from './stores-here.ts'
import { Turns } from './turns.ts'
import { takesAtOnce, verifyMany } from './verify-pool.ts'
import { WakeTimer } from './wake-timer.ts'

/** People are told of another group at most this often. */
const APART_EVERY_MS = 600_000
const QUIT_MS_MAX = 2000

type Log = NonNullable<NodeOptions['log']>

/** What is open before there is a shell. */
export interface NodeShellInit {
  readonly options: NodeOptions
  readonly core: Core
  readonly store: ResilientStore
  readonly keeping: Keeping
  readonly control: Control | undefined
  readonly net: NetId
  readonly hasCode: boolean
  readonly signer: Signer
  readonly waysIn: WaysIn
  readonly penalties: Penalties
  readonly facts: StartFacts
  readonly log: Log
  readonly seed: Uint8Array
  /** The store's. */
  readonly folder: string
  /** How the store was opened. */
  readonly opened: Opened
  /** undefined: this node looks for nobody. */
  readonly looking: Looking | undefined
}

export class NodeShell {
  readonly #options: NodeOptions
  readonly #log: Log
  readonly #core: Core
  readonly #store: ResilientStore
  readonly #keeping: Keeping
  readonly #control: Control | undefined
  readonly #hasCode: boolean
  readonly #net: NetId
  readonly #opened: Opened
  readonly #waysIn: WaysIn
  readonly #penalties: Penalties
  readonly #facts: StartFacts
  readonly #intake: Intake
  readonly #turns: Turns
  readonly #openLinks: OpenLinks
  readonly #introduction: Introduction
  readonly #dialling: Dialling
  readonly #mdns: Mdns
  readonly #audience: Audience
  readonly disk: DiskCare
  readonly #clockWatch = new ClockWatch()
  readonly #wake = new WakeTimer(() => this.#turns.give({ in: 'tick' }))
  #listener: Listener | undefined
  #alive: NodeJS.Timeout | undefined
  #quitDone: (() => void) | undefined
  #closing: Promise<void> | undefined
  #apartUntil = 0
  #noted: Promise<void> = Promise.resolve()

  constructor(init: NodeShellInit) {
    const { options, core, store, waysIn, penalties, facts, log } = init
    const links = new Map<number, Link>()
    const intake = new Intake(links)
    const turns = new Turns({ core, store, intake, carryOut: (effect) => this.#do(effect), log })
    const openLinks = new OpenLinks({
      links,
      intake,
      turns,
      penalties,
      facts,
      isLoopbackOnly: listenHost(options.interfaces)?.startsWith('127.') ?? false,
      isClosing: () => this.#closing !== undefined,
      log,
    })
    const ownHello = new OwnHello(core, fromHex(init.net), options.visitor ?? false)
    const introduction: Introduction = {
      signer: init.signer,
      hello: () => ownHello.at(this.#port),
      refuses: (key, way) => (core.doors?.admits(key, way) === false ? 'CODE_OLD' : undefined),
    }
    this.#options = options
    this.#log = log
    this.#core = core
    this.#store = store
    this.#keeping = init.keeping
    this.#control = init.control
    this.#hasCode = init.hasCode
    this.#net = init.net
    this.#opened = init.opened
    this.#waysIn = waysIn
    this.#penalties = penalties
    this.#facts = facts
    this.#intake = intake
    this.#turns = turns
    this.#openLinks = openLinks
    this.#introduction = introduction
    this.#dialling = new Dialling({
      introduction,
      isPlain: options.plainLinks ?? false,
      core,
      waysIn,
      penalties,
      openLinks,
      turns,
      log,
    })
    this.#mdns = new Mdns({
      looking: init.looking,
      options,
      core,
      waysIn,
      turns,
      hasLinks: () => openLinks.count > 0,
      log,
    })
    this.#audience = new Audience({ onReaders: (isThere) => turns.give({ in: 'audience', isThere }), log })
    this.disk = new DiskCare({
      dir: init.keeping.dir,
      seed: init.seed,
      folder: init.folder,
      store,
      replica: core.replica,
      isCaughtUp: () => core.isCaughtUp,
      view: (room) => core.views.room(room),
      give: (input) => turns.give(input),
      warn: (text) => this.#warn(text),
      fail: (message) => this.#tell({ type: 'error', code: 'STORE_FAILED', message }),
      log,
    })
  }

  // --- starting ---------------------------------------------------------------------------------------------------

  /** Accepts links; the node begins in the next turn of the event loop. */
  async start(): Promise<void> {
    const options = this.#options
    this.#log('debug', ed25519Told())
    const host = listenHost(options.interfaces)
    this.#listener = await listen({
      ...this.#waysIn.secret(),
      ways: () => this.#waysIn.ways,
      ...this.#introduction,
      port: options.port ?? DEFAULT_PORT,
      ...(host !== undefined && { host }),
      ...(options.plainLinks && { plain: true }),
      admits: (address) => !this.#penalties.waits(address, systemClock.monotonic()),
      onLink: (link) => this.#openLinks.open(link, undefined),
      onRefused: (address, why) =>
        this.#log(
          'debug',
          `a socket from ${address} became no link: ${typeof why === 'string' ? why : JSON.stringify(why)}`,
        ),
    })
    tellPoint(this.#log, 'listening')
    this.#facts.readAddresses()
    setImmediate(() => this.#begin())
  }

  #begin(): void {
    if (this.#closing) return
    const options = this.#options
    this.#turns.begin()
    this.#alive = setInterval(() => this.#beat(), ALIVE_EVERY_MS)
    this.#sayWhereKept()
    this.#turns.give({ in: 'audience', isThere: this.#audience.hasReaders })
    // Who is named with --peer is dialled only now.
    const soughtMs = options.peers?.length ? 0 : this.#mdns.soughtMs
    this.#turns.give({ in: 'start', soughtMs })
    for (const peer of options.peers ?? []) {
      const address = withPort(peer)
      this.#waysIn.named(address)
      this.#turns.give({ in: 'hint', address, reachable: true, hub: false, source: 'peer' })
    }
    for (const address of this.#facts.addresses)
      this.#turns.give({ in: 'hint', address, reachable: false, hub: false, source: 'remembered' })
    this.#mdns.begin(this.#port)
    this.#noteStore()
    tellPoint(this.#log, 'looking for others')
    this.disk.begin(this.#opened, this.ready)
  }

  /** Without a disk nothing is acknowledged, and somebody else is hub where anybody else can. */
  #sayWhereKept(): void {
    const message = keepingSentence(this.#keeping)
    if (message === undefined) return
    this.disk.startsWithout(whyNotKept(this.#keeping))
    if (this.#options.visitor) this.#log('error', message)
    this.#tell({ type: 'error', code: 'DATA_DIR_UNWRITABLE', message })
  }

  // --- some times a second ----------------------------------------------------------------------------------------

  #beat(): void {
    this.#turns.beat()
    const unread = new Set(this.#intake.unread())
    if (unread.size > 0) this.#turns.give({ in: 'unread', links: unread })
    this.disk.beat(systemClock.monotonic())
    const warning = this.#clockWatch.look(this.#core.netNow - this.#core.moment.wall)
    if (warning !== undefined) this.#warn(warning)
  }

  #warn(text: string): void {
    this.#tell({ type: 'system', event: 'warning', room: null, user: this.self, text })
  }

  // --- effects ----------------------------------------------------------------------------------------------------

  #do(effect: CoreEffect): void {
    switch (effect.do) {
      case 'send':
        return this.#openLinks.send(effect)
      case 'verify':
        return this.#verify(effect)
      case 'write':
        return this.#write(effect)
      case 'pump':
        return this.#openLinks.pump(effect)
      case 'tell':
        return this.#tell(effect.event)
      case 'answer':
        return this.#audience.answer(effect.slot, effect.answer)
      case 'lines':
        void readLines({ core: this.#core, store: this.#store, log: this.#log }, effect).then((read) =>
          this.#turns.give({ in: 'lines', ticket: effect.ticket, ...read }),
        )
        return
      case 'wake':
        return this.#wake.set(effect.at)
      case 'dial':
        void this.#dialling.dial(effect.address)
        return
      case 'close':
        return this.#openLinks.close(effect.link, effect.why === 'duplicate' ? 'DUPLICATE_LINK' : undefined)
      case 'refuse':
        return this.#openLinks.refuse(effect.link, effect.code, effect.detail)
      case 'fault':
        return this.#openLinks.fault(effect.link, effect.key, effect.why)
      case 'advertise':
        return this.#mdns.advertise(effect)
      case 'query':
        return this.#mdns.ask(effect.all ? 'all' : 'hubs')
      case 'askSubnet':
        return this.#mdns.askSubnet()
      case 'place':
        this.#facts.keepPlace(effect.place)
        this.#mdns.placeChanged(effect.place)
        return this.#noteStore()
      case 'ways':
        this.#waysIn.change(effect.ways)
        return this.#mdns.waysChanged()
      case 'apart':
        if (systemClock.monotonic() < this.#apartUntil) return
        this.#apartUntil = systemClock.monotonic() + APART_EVERY_MS
        return this.#tell({
          type: 'system',
          event: 'place',
          room: null,
          user: { id: this.#core.self, name: this.#core.people.nick(this.#core.self) },
          text: 'Another group is on this network under the same name. The two stay apart: their histories are not mixed.',
        })
      case 'salvaged':
        return this.disk.salvaged(effect.brought)
      case 'settled':
        return this.#audience.settled()
      case 'exit': {
        const told = errorTold(this.#core, effect.code, '')
        this.#audience.fail(new LanchatError(effect.code, told.message))
        // Who was ready already hears it as an event.
        if (effect.code !== 'CODE_WRONG' && (effect.code !== 'CODE_OLD' || this.#core.isReady))
          this.#tell(told)
        void this.close()
        return
      }
      case 'quitDone':
        this.#quitDone?.()
        return
    }
  }

  #verify(effect: Extract<CoreEffect, { do: 'verify' }>): void {
    const { link: id, ticket, checks } = effect
    if (takesAtOnce(checks.length)) {
      this.#turns.checkAtEnd(effect)
      return
    }
    this.#intake.checking(id, checks.length)
    void verifyMany(checks).then((ok) => {
      this.#intake.checked(id, checks.length)
      this.#turns.give({ in: 'verified', ticket, ok })
    })
  }

  #write({ ticket, ops, sync, erased }: Extract<CoreEffect, { do: 'write' }>): void {
    if (erased) this.disk.deleted(erased)
    const bytes = bytesOf(ops)
    this.#intake.writing(bytes)
    this.#store.write(ops, sync).then(
      () => {
        this.#intake.written(bytes)
        this.#turns.give({ in: 'written', ticket })
      },
      (error: unknown) => {
        this.#intake.written(bytes)
        this.#log('error', `a write failed: ${String(error)}`)
      },
    )
  }

  #tell(event: NodeEvent): void {
    if (event.type === 'ready') tellPoint(this.#log, 'ready')
    this.#audience.tell(event)
  }

  // --- what the core asks, and the store tells ----------------------------------------------------------------------

  /** Where this node accepts links; 0: nowhere yet. */
  get #port(): number {
    return this.#listener?.port ?? 0
  }

  /** What has gone over a link so far. */
  traffic(link: number): Traffic | undefined {
    return this.#openLinks.traffic(link)
  }

  /** Where this node accepts links, as others may reach it. */
  url(): string {
    const [own] = usableInterfaces(networkInterfaces(), this.#options.interfaces)
    return `wss://${joinAddress(own?.address ?? '127.0.0.1', this.#port)}/lanchat/1`
  }

  /** The store is in memory only from now on, or on the disk again. */
  storeFailing(isFailing: boolean, error?: unknown): void {
    this.disk.failing(isFailing, error)
    if (!isFailing) this.#noteStore()
  }

  /** For `places`, which opens no store. */
  #noteStore(): void {
    const { place } = this.#core
    const about = {
      network: this.#core.options.network,
      hasCode: this.#hasCode,
      ...(place && { place: place.ids[0]!, ids: place.ids, isGrown: place.isGrown }),
    }
    this.#noted = this.#noted.then(() => noteStore(this.#options.dataDir, this.#net, about))
  }

  // --- the public side --------------------------------------------------------------------------------------------

  get self(): { id: string; name: string } {
    return { id: this.#core.me, name: this.#core.people.nick(this.#core.self) }
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
    // Whoever has no types may give none: the core answers that.
    if (command?.do === 'doctor' || command?.do === 'doctorStore')
      return this.#examine(command.do === 'doctor' ? this.#report() : this.disk.report(), ref)
    if (command?.do === 'newCode' && !command.code)
      return this.#makeCode().then((code) => this.execute({ ...command, code }, ref))
    return this.#audience.ask(ref, (slot) => {
      if (this.#turns.isRunning) this.#turns.give({ in: 'command', command, ref, slot })
      else setImmediate(() => this.#turns.give({ in: 'command', command, ref, slot }))
    })
  }

  /** Six random words, and their key, which takes a third of a second. */
  async #makeCode(): Promise<OwnCode> {
    const text = randomCode(nodeCrypto)
    return {
      text,
      key: await codeKeyOf(dataDirPath(this.#options.dataDir), this.#core.options.network, text),
    }
  }

  /** Answered by the shell itself, also before the node is ready. */
  async #examine(found: NodeReport | Promise<DiskReport>, ref: unknown): Promise<Answer> {
    const data = found instanceof Promise ? await found : found
    const answer: Answer = {
      type: 'result',
      command: '/doctor',
      data,
      ...(ref !== undefined && { ref }),
    }
    this.#tell(answer)
    return answer
  }

  #report(): NodeReport {
    const { choice, netNow, moment } = this.#core
    const { reachable, members } = viewOf(choice)
    return {
      pid: process.pid,
      version: PROGRAM_VERSION,
      uptimeS: Math.floor(process.uptime()),
      network: this.#core.options.network,
      port: this.#port,
      reachable,
      hub: this.#core.hubInfo() ?? null,
      members,
      clockMs: Math.round(netNow - moment.wall),
      store: this.#store.isFailing ? 'memory' : 'disk',
      holds: holdingsOf(nodeCrypto, this.#core.replica),
      neighbours: this.#mdns.neighbours.map(({ addresses, port, txt, ageMs }) => {
        return { addresses, port, nn: txt.nn, net8: txt.net8, role: txt.role, ageMs }
      }),
      remembered: this.#facts.addresses,
    }
  }

  settle(signal?: AbortSignal): Promise<void> {
    if (this.settled) return Promise.resolve()
    return this.#audience.settle(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#turns.isRunning) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, QUIT_MS_MAX)
        this.#quitDone = () => {
          clearTimeout(timer)
          resolve()
        }
        this.#turns.give({ in: 'quit' })
      })
    }
    this.#turns.end()
    clearInterval(this.#alive)
    this.#wake.close()
    this.disk.close()
    this.#dialling.close()
    this.#openLinks.closeAll()
    await Promise.all([this.#mdns.close(), this.#listener?.close(), this.#noted])
    await this.#store
      .close()
      .catch((error: unknown) => this.#log('warn', `closing the store: ${String(error)}`))
    await this.#control?.close()
    this.#audience.close(new LanchatError('OFFLINE', 'This node was closed.'))
  }
}

/** One address: links are accepted there only (loopback in tests). Else everywhere. */
function listenHost(interfaces: readonly string[] | undefined): string | undefined {
  const [only, ...more] = interfaces ?? []
  return only !== undefined && more.length === 0 && isIP(only) ? only : undefined
}
