import { isIP } from 'node:net'
import { networkInterfaces, userInfo } from 'node:os'
import type { Duplex } from 'node:stream'
import { fromHex } from '../../wire/bytes.ts'
import type { Signer } from '../../wire/crypto.ts'
import type { NetId } from '../../wire/ids.ts'
import { gateKeyOf, instanceName, nameHint, networkId, personKey, pskOf } from '../../wire/ids.ts'
import { RATE_BURST, RATE_PER_S, RETENTION_DAYS } from '../../wire/limits.ts'
import { checkNick, nameFaultText, proposeNick } from '../../wire/name.ts'
import { refusalText } from '../../wire/refusal.ts'
import { errorTold } from '../acts/denial-told.ts'
import { Audience, CLOSED } from '../audience.ts'
import { ALIVE_EVERY_MS } from '../away-watch.ts'
import { viewOf } from '../choice.ts'
import { ClockWatch } from '../clock-watch.ts'
import { Core } from '../core.ts'
import type { CoreEffect, Traffic } from '../core-io.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import type { OwnCode } from '../doors.ts'
import { entranceOf } from '../entrance.ts'
import type { Answer, Command, NodeEvent, ReadyEvent } from '../events.ts'
import { holdingsOf } from '../holdings.ts'
import type { NodeOptions } from '../index.ts'
import { usableInterfaces } from '../interfaces.ts'
import { LanchatError } from '../lanchat-error.ts'
import { Penalties } from '../penalties.ts'
import { BOT_MARK } from '../people.ts'
import { PROGRAM_VERSION } from '../program-version.ts'
import { randomCode } from '../random-code.ts'
import type { NodeReport } from '../report.ts'
import type { DiskReport } from '../store-report.ts'
import { LAN } from '../timing.ts'
import { WaysIn } from '../ways-in.ts'
import { momentNow, systemClock } from './clock.ts'
import { codeKeyOf } from './code-file.ts'
import { type Control, openControl } from './control.ts'
import { dataDirPath } from './data-dir.ts'
import { DEFAULT_PORT, joinAddress, withPort } from './dial-address.ts'
import { Dialling } from './dialling.ts'
import { DiskCare } from './disk-care.ts'
import type { Introduction } from './greet.ts'
import { bytesOf, Intake } from './intake.ts'
import { diskOf, type Keeping, keepingSentence, openKeeping, seedOf, storeOf, whyNotKept } from './keeping.ts'
import type { Opened } from './level-store.ts'
import type { Link } from './link.ts'
import { type Listener, listen } from './listen.ts'
import { Looking } from './looking.ts'
import { firstTxt, Mdns } from './mdns.ts'
import { ed25519Told } from './native-ed25519.ts'
import { OpenLinks } from './open-links.ts'
import { OwnHello } from './own-hello.ts'
import { ResilientStore } from './resilient-store.ts'
import { StartFacts } from './start-facts.ts'
import { tellPoint } from './start-points.ts'
import { aboutOf, noteStore } from './stores-here.ts'
import { Turns } from './turns.ts'
import { takesAtOnce, verifyMany } from './verify-pool.ts'
import { WakeTimer } from './wake-timer.ts'

/** People are told of another group at most this often. */
const APART_EVERY_MS = 600_000
const QUIT_MS_MAX = 2000

type Log = NonNullable<NodeOptions['log']>

export class NodeShell {
  readonly #options: NodeOptions
  readonly #log: Log
  readonly #core: Core
  readonly #store: ResilientStore
  readonly #keeping: Keeping
  readonly #control: Control | undefined
  readonly #hasCode: boolean
  readonly #net: NetId
  readonly #waysIn: WaysIn
  readonly #intake: Intake
  readonly #turns: Turns
  readonly #openLinks: OpenLinks
  readonly #introduction: Introduction
  readonly #dialling: Dialling
  readonly #mdns: Mdns
  readonly #audience: Audience
  readonly #penalties: Penalties
  readonly #facts: StartFacts
  readonly #clockWatch = new ClockWatch()
  readonly disk: DiskCare
  readonly #opened: Opened
  #listener: Listener | undefined
  readonly #wake = new WakeTimer(() => this.#turns.give({ in: 'tick' }))
  #alive: NodeJS.Timeout | undefined
  #quitDone: (() => void) | undefined
  #closing: Promise<void> | undefined
  #apartUntil = 0
  #noted: Promise<void> = Promise.resolve()

  private constructor(init: {
    options: NodeOptions
    core: Core
    store: ResilientStore
    keeping: Keeping
    control: Control | undefined
    net: NetId
    hasCode: boolean
    signer: Signer
    waysIn: WaysIn
    penalties: Penalties
    facts: StartFacts
    log: Log
    seed: Uint8Array
    folder: string
    opened: Opened
    looking: Looking | undefined
  }) {
    this.#options = init.options
    this.#core = init.core
    this.#store = init.store
    this.#keeping = init.keeping
    this.#control = init.control
    this.#hasCode = init.hasCode
    this.#net = init.net
    this.#waysIn = init.waysIn
    this.#penalties = init.penalties
    this.#facts = init.facts
    this.#log = init.log
    this.#opened = init.opened
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
    this.#introduction = {
      signer: init.signer,
      hello: () => ownHello.at(this.#port),
      refuses: (key, way) => (core.doors?.admits(key, way) === false ? 'CODE_OLD' : undefined),
    }
    this.#dialling = new Dialling({
      introduction: this.#introduction,
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
    this.#intake = intake
    this.#turns = turns
    this.#openLinks = openLinks
    this.#audience = new Audience({
      onReaders: (isThere) => turns.give({ in: 'audience', isThere }),
      log,
    })
    this.disk = new DiskCare({
      dir: init.keeping.dir,
      seed: init.seed,
      folder: init.folder,
      store: init.store,
      replica: init.core.replica,
      isCaughtUp: () => this.#core.isCaughtUp,
      view: (room) => this.#core.views.room(room),
      give: (input) => this.#turns.give(input),
      warn: (text) => this.#warn(text),
      fail: (message) => this.#tell({ type: 'error', code: 'STORE_FAILED', message }),
      log: init.log,
    })
  }

  static async open(options: NodeOptions): Promise<NodeShell> {
    const log: Log = options.log ?? (() => {})
    tellPoint(log, 'node booted', performance.nodeTiming.bootstrapComplete)
    tellPoint(log, 'modules loaded')
    const { network: name, code, owner, retentionDays, net: foundedAs } = entranceOf(options)
    const nick = nickOf(options.name)
    const dir = dataDirPath(options.dataDir)
    const keeping = await openKeeping(dir)
    let onControl: (stream: Duplex) => void = (stream) => stream.destroy()
    const claimed = await openControl(dir, {
      version: PROGRAM_VERSION,
      onConnection: (stream) => onControl(stream),
    })
    if ('inUse' in claimed)
      throw new LanchatError(
        'DATA_DIR_IN_USE',
        `${refusalText('DATA_DIR_IN_USE', { dir })} It is process ${claimed.inUse} (${process.platform === 'win32' ? 'taskkill /PID' : 'kill'} ${claimed.inUse} ends it).`,
      )
    tellPoint(log, 'data dir claimed')
    let looking: Looking | undefined
    try {
      const seed = await seedOf(keeping)
      const codeKey = await codeKeyOf(dir, name, code)
      tellPoint(log, 'identity read')
      const hasCode = code !== undefined
      const net =
        foundedAs ??
        networkId(nodeCrypto, {
          name,
          codeKey,
          hasCode,
          retentionDays,
          ...(owner && { ownerKey: fromHex(owner) }),
        })
      const openNet8 = networkId(nodeCrypto, {
        name,
        codeKey: new Uint8Array(32),
        hasCode: false,
        retentionDays: RETENTION_DAYS,
      })
      const signer = signerOf(seed)
      const nn = nameHint(nodeCrypto, name)
      if (options.discovery !== false)
        looking = new Looking({
          instance: instanceName(nodeCrypto, personKey(signer.key)),
          txt: firstTxt(options, nn, net, ''),
          ...(options.interfaces && { interfaces: options.interfaces }),
          log,
          onTrouble: (trouble) => log('warn', trouble.text),
        })
      const disk = await diskOf(keeping, net)
      tellPoint(log, 'store open')
      let shell: NodeShell | undefined
      let opened: Opened = disk?.opened ?? {}
      const watch = {
        failing: (isFailing: boolean, error?: unknown) => {
          shell?.disk.failing(isFailing, error)
          if (shell && !isFailing) shell.#noteStore()
        },
        replaced: (anew: Opened) => {
          if (shell) shell.disk.replaced(anew)
          else opened = anew
        },
      }
      const store = new ResilientStore(disk?.store, watch, disk?.unopened)
      const folder = await storeOf(dir, net)
      const facts = new StartFacts(store, hasCode)
      const place = hasCode ? undefined : facts.startPlace(await aboutOf(folder))
      const penalties = new Penalties()
      const read = async () => {
        const core = makeCore()
        await core.load()
        return core
      }
      const makeCore = () =>
        new Core(
          {
            crypto: nodeCrypto,
            signer,
            seed,
            net,
            ...(owner && { owner }),
            network: name,
            nick,
            renames: options.name !== undefined,
            ...(options.bot && { about: BOT_MARK }),
            store,
            retentionMs: retentionDays * 24 * 3600 * 1000,
            place,
            rate: {
              perS: options.rate ?? RATE_PER_S,
              burst: options.rate ? Math.max(RATE_BURST, 4 * options.rate) : RATE_BURST,
            },
            gateKey: gateKeyOf(nodeCrypto, codeKey),
            ...(owner && code !== undefined && { code: { text: code, key: codeKey } }),
            admits: (key) => !penalties.waits(key, systemClock.monotonic()),
            choice: {
              timing: LAN,
              instanceOf: (key) => instanceName(nodeCrypto, key),
              ...(options.neverHub && { neverHub: true }),
              ...(options.preferHub && { preferHub: true }),
              ...(options.visitor && { visitor: true }),
              ...(hasCode && !facts.isAccepted && { codeUntested: true }),
              timeoutMs: options.timeoutMs ?? 5000,
            },
            autoAwayMs: (options.autoAwayMin ?? 0) * 60_000,
            url: () => shell?.url() ?? '',
            traffic: (link) => shell?.traffic(link),
            breathe: () => new Promise((resolve) => setImmediate(resolve)),
            disk: () => shell?.disk.sentence,
          },
          momentNow(),
        )
      // Damage may be found in reading only: an empty store is in its place then, and reads.
      const core = await read().catch(async (error: unknown) => {
        await store.recovered()
        log('warn', `the store could not be read: ${String(error)}`)
        return read()
      })
      const waysIn = new WaysIn({
        ways: core.doors?.ways ?? [{ tag: '', psk: pskOf(nodeCrypto, codeKey) }],
        nn,
        net8: net,
        openNet8,
        hasCode,
      })
      shell = new NodeShell({
        options,
        core,
        store,
        keeping,
        control: claimed.control,
        net,
        hasCode,
        signer,
        waysIn,
        penalties,
        facts,
        log,
        seed,
        folder,
        opened,
        looking,
      })
      onControl = (stream) => (options.onControl ? options.onControl(stream) : stream.destroy())
      tellPoint(log, 'store read')
      await shell.#start()
      return shell
    } catch (error) {
      await Promise.all([looking?.close(), claimed.control.close()])
      throw error
    }
  }

  // --- starting ---------------------------------------------------------------------------------------------------

  async #start(): Promise<void> {
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
    options.signal?.addEventListener('abort', () => void this.close(), { once: true })
  }

  /** Without a disk nothing is acknowledged, and somebody else is hub where anybody else can. */
  #sayWhereKept(): void {
    const message = keepingSentence(this.#keeping)
    if (message === undefined) return
    this.disk.startsWithout(whyNotKept(this.#keeping))
    if (this.#options.visitor) this.#log('error', message)
    this.#tell({ type: 'error', code: 'DATA_DIR_UNWRITABLE', message })
  }

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
        this.#core.readLines(effect.rooms, effect.count, effect.which).then(
          (lines) => this.#turns.give({ in: 'lines', ticket: effect.ticket, lines }),
          (error: unknown) => {
            this.#log('error', `history could not be read: ${String(error)}`)
            this.#turns.give({ in: 'lines', ticket: effect.ticket, lines: [] })
          },
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
    if (command.do === 'doctor' || command.do === 'doctorStore')
      return this.#examine(command.do === 'doctor' ? this.#report() : this.disk.report(), ref)
    if (command.do === 'newCode' && !command.code)
      return this.#makeCode().then((code) => this.execute({ ...command, code }, ref))
    return new Promise((resolve) => {
      const slot = this.#audience.waitsFor(resolve)
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

function nickOf(asked: string | undefined): string {
  if (asked === undefined) return proposeNick(userInfo().username)
  const checked = checkNick(asked)
  if ('ok' in checked) return checked.ok
  const why = nameFaultText(checked.fault)
  throw new LanchatError(
    'NICK_INVALID',
    refusalText('NICK_INVALID', { nick: asked, why, proposal: proposeNick(asked) }),
  )
}

/** One address: links are accepted there only (loopback in tests). Else everywhere. */
function listenHost(interfaces: readonly string[] | undefined): string | undefined {
  const [only, ...more] = interfaces ?? []
  return only !== undefined && more.length === 0 && isIP(only) ? only : undefined
}
