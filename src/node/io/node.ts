/**
 * The shell around the core: clock, disk, links, mDNS, control socket. It feeds the core one input at a time, ends the
 * turn once per turn of the event loop, and carries out the effects in order.
 */
import { setMaxListeners } from 'node:events'
import { isIP } from 'node:net'
import { networkInterfaces, userInfo } from 'node:os'
import type { Duplex } from 'node:stream'
import type { HelloFields } from '../../wire/auth.ts'
import { fromHex } from '../../wire/bytes.ts'
import { decodeFrame, encodeFrame } from '../../wire/codec.ts'
import {
  gateKeyOf,
  instanceName,
  nameHint,
  networkId,
  type PersonKey,
  personKey,
  pskOf,
} from '../../wire/ids.ts'
import {
  FAULTS_MAX,
  RATE_BURST,
  RATE_PER_S,
  RELAY_QUEUE_BYTES_MAX,
  RETENTION_DAYS,
} from '../../wire/limits.ts'
import { checkNick, nameFaultText, proposeNick } from '../../wire/name.ts'
import { isRefusalCode, type RefusalCode, refusals, refusalText } from '../../wire/refusal.ts'
import { WIRE_VERSION } from '../../wire/version.ts'
import { errorTold } from '../acts/denial-told.ts'
import { ALIVE_EVERY_MS } from '../away-watch.ts'
import { viewOf } from '../choice.ts'
import { ClockWatch } from '../clock-watch.ts'
import { Core } from '../core.ts'
import type { CoreEffect, Traffic } from '../core-io.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import type { OwnCode, Way } from '../doors.ts'
import { entranceOf } from '../entrance.ts'
import type { Answer, Command, NodeEvent, ReadyEvent } from '../events.ts'
import { holdingsOf } from '../holdings.ts'
import type { NodeOptions } from '../index.ts'
import { subnetAddresses, usableInterfaces } from '../interfaces.ts'
import { LanchatError } from '../lanchat-error.ts'
import { Penalties } from '../penalties.ts'
import { BOT_MARK } from '../people.ts'
import type { Place } from '../places.ts'
import { PROGRAM_VERSION } from '../program-version.ts'
import { randomCode } from '../random-code.ts'
import type { NodeReport } from '../report.ts'
import type { DiskReport } from '../store-report.ts'
import { LAN } from '../timing.ts'
import type { Txt } from '../txt.ts'
import { momentNow, systemClock } from './clock.ts'
import { codeKeyOf } from './code-file.ts'
import { type Control, openControl } from './control.ts'
import { dataDirPath } from './data-dir.ts'
import { type DialFault, dial } from './dial.ts'
import { DEFAULT_PORT, joinAddress, splitAddress, withPort } from './dial-address.ts'
import type { Discovery } from './discovery.ts'
import { DiskCare } from './disk-care.ts'
import { framedOnce } from './framed-once.ts'
import { bytesOf, Intake } from './intake.ts'
import { diskOf, type Keeping, keepingSentence, openKeeping, seedOf, storeOf, whyNotKept } from './keeping.ts'
import type { Opened } from './level-store.ts'
import { type Link, type LinkHandlers, sendShared } from './link.ts'
import { type Listener, listen } from './listen.ts'
import { Looking } from './looking.ts'
import { ed25519Told } from './native-ed25519.ts'
import { OwnHello } from './own-hello.ts'
import { ResilientStore } from './resilient-store.ts'
import { StartFacts } from './start-facts.ts'
import { tellPoint } from './start-points.ts'
import { aboutOf, noteStore } from './stores-here.ts'
import { Turns } from './turns.ts'
import { takesAtOnce, verifyMany } from './verify-pool.ts'
import { WakeTimer } from './wake-timer.ts'

/** A new hub with links is announced by mDNS this long after it became one. */
const ADVERTISE_AFTER_MS = 400
/** A serving link with less than this queued is given more. */
const PUMP_BELOW_BYTES = 256 * 1024
/** People are told of another group at most this often. */
const APART_EVERY_MS = 600_000
/** Nodes that come back with an old code at the same time. */
const ANNOUNCED_WAYS_MAX = 512
const QUIT_MS_MAX = 2000

type Log = NonNullable<NodeOptions['log']>

interface Network {
  /** By which links are made, the newest first: one, but where the code of a network with an owner was changed. */
  readonly ways: readonly Way[]
  readonly nn: string
  readonly net8: string
  /** Of the open network of the same name. */
  readonly openNet8: string
  readonly hasCode: boolean
}

interface Waiter {
  readonly resolve: (answer: Answer) => void
}

export class NodeShell {
  readonly #options: NodeOptions
  readonly #log: Log
  readonly #core: Core
  readonly #store: ResilientStore
  readonly #keeping: Keeping
  readonly #control: Control | undefined
  #network: Network
  readonly #links = new Map<number, Link>()
  readonly #intake = new Intake(this.#links)
  readonly #turns: Turns
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  /** Those of them who want to hear what others write. */
  readonly #readers = new Set<(event: NodeEvent) => void>()
  readonly #waiters = new Map<number, Waiter>()
  readonly #settling = new Set<() => void>()
  readonly #penalties: Penalties
  readonly #facts: StartFacts
  readonly #ownHello: OwnHello
  /** Addresses whose refusal of our code says that the code is wrong. */
  readonly #codeJudges = new Set<string>()
  /** Addresses that were announced with a code that was replaced, by its tag: the oldest are forgotten. */
  readonly #announcedWays = new Map<string, string>()
  readonly #abort = new AbortController()
  readonly #clockWatch = new ClockWatch()
  readonly disk: DiskCare
  readonly #opened: Opened
  readonly #looking: Looking | undefined
  readonly ready: Promise<ReadyEvent>
  #readyResolve!: (event: ReadyEvent) => void
  #readyReject!: (error: LanchatError) => void
  #listener: Listener | undefined
  #discovery: Discovery | undefined
  #advertising: NodeJS.Timeout | undefined
  readonly #wake = new WakeTimer(() => this.#turns.give({ in: 'tick' }))
  #alive: NodeJS.Timeout | undefined
  #nextSlot = 1
  /** Bound to loopback: then this machine is the whole network, and a link from it proves what one from elsewhere would. */
  #isLoopbackOnly = false
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
    network: Network
    net: Uint8Array
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
    this.#network = init.network
    this.#penalties = init.penalties
    this.#facts = init.facts
    this.#ownHello = new OwnHello(init.core, init.net, init.options.visitor ?? false)
    this.#log = init.log
    this.#opened = init.opened
    this.#looking = init.looking
    this.#turns = new Turns({
      core: init.core,
      store: init.store,
      intake: this.#intake,
      carryOut: (effect) => this.#do(effect),
      log: init.log,
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
    this.ready = new Promise((resolve, reject) => {
      this.#readyResolve = resolve
      this.#readyReject = reject
    })
    // Whoever does not wait for it must not be killed by it.
    this.ready.catch(() => {})
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
          txt: txtOf(options, nn, net, ''),
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
      const network = {
        ways: core.doors?.ways ?? [{ tag: '', psk: pskOf(nodeCrypto, codeKey) }],
        nn,
        net8: net as string,
        openNet8: openNet8 as string,
        hasCode,
      }
      shell = new NodeShell({
        options,
        core,
        store,
        keeping,
        control: claimed.control,
        network,
        net: fromHex(net),
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
      await shell.#start(signer)
      return shell
    } catch (error) {
      await Promise.all([looking?.close(), claimed.control.close()])
      throw error
    }
  }

  // --- starting ---------------------------------------------------------------------------------------------------

  async #start(signer: ReturnType<typeof signerOf>): Promise<void> {
    const { options } = this
    this.#log('debug', ed25519Told())
    const host = listenHost(options.interfaces)
    this.#isLoopbackOnly = host?.startsWith('127.') ?? false
    this.#listener = await listen({
      ...this.#secret(),
      ways: () => this.#network.ways,
      refuses: (key, way) => this.#refusesByCode(key, way),
      port: options.port ?? DEFAULT_PORT,
      ...(host !== undefined && { host }),
      ...(options.plainLinks && { plain: true }),
      signer,
      hello: () => this.#hello(),
      admits: (address) => !this.#isPenalised(address),
      onLink: (link) => this.#linked(link, undefined),
      onRefused: (address, why) =>
        this.#log(
          'debug',
          `a socket from ${address} became no link: ${typeof why === 'string' ? why : JSON.stringify(why)}`,
        ),
    })
    tellPoint(this.#log, 'listening')
    this.#dialer = (address) => void this.#dial(address, signer)
    this.#facts.readAddresses()
    setImmediate(() => this.#begin())
  }

  #begin(): void {
    if (this.#closing) return
    const { options } = this
    this.#turns.begin()
    this.#alive = setInterval(() => this.#beat(), ALIVE_EVERY_MS)
    this.#sayWhereKept()
    this.#turns.give({ in: 'audience', isThere: this.#readers.size > 0 })
    // Who is named with --peer is dialled only now.
    const soughtMs = options.peers?.length ? 0 : (this.#looking?.ms ?? 0)
    this.#turns.give({ in: 'start', soughtMs })
    for (const peer of options.peers ?? []) {
      const address = withPort(peer)
      this.#codeJudges.add(address)
      this.#turns.give({ in: 'hint', address, reachable: true, hub: false, source: 'peer' })
    }
    for (const address of this.#facts.addresses)
      this.#turns.give({ in: 'hint', address, reachable: false, hub: false, source: 'remembered' })
    // One listener for each dial under way: Node warns of more than ten, on the terminal of whoever chats.
    setMaxListeners(0, this.#abort.signal)
    if (this.#looking) this.#discover(this.#looking)
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

  get options(): NodeOptions {
    return this.#options
  }

  #dialer: (address: string) => void = () => {}

  /** What a dial begins with: the newest way, but where somebody announces one that was replaced. */
  #secret(address?: string) {
    const { ways, nn } = this.#network
    const announced = address === undefined ? undefined : this.#announcedWays.get(address)
    const { psk, tag } = ways.find(({ tag }) => tag === announced) ?? ways[0]!
    return { psk, tag, nn }
  }

  #refusesByCode(key: PersonKey, way: string): 'CODE_OLD' | undefined {
    return this.#core.doors?.admits(key, way) === false ? 'CODE_OLD' : undefined
  }

  /** A way as mDNS shows it: the network's id, which stands for its first code, or the tag of a later one. */
  #announces(tag: string): string {
    return tag === '' ? this.#network.net8 : tag
  }

  #waysChanged(ways: readonly Way[]): void {
    this.#network = { ...this.#network, ways }
    this.#discovery?.update({ net8: this.#announces(ways[0]!.tag) })
  }

  #hello(): HelloFields {
    return this.#ownHello.at(this.#listener?.port ?? 0)
  }

  #discover(looking: Looking): void {
    const { nn, openNet8, hasCode } = this.#network
    const txt = txtOf(
      this.#options,
      nn,
      this.#announces(this.#network.ways[0]!.tag),
      this.#core.place?.ids[0] ?? '',
    )
    this.#discovery = looking.begin(
      this.#listener!.port,
      txt,
      ({ addresses, port, instance, txt, service }) => {
        if (txt.nn !== nn || txt.role === 'visitor') return
        // Another code under our name: dialling it tells a mistyped code; an open network of that name tells nothing.
        const way = this.#network.ways.find(({ tag }) => this.#announces(tag) === txt.net8)
        const isJudge = hasCode && !way && txt.net8 !== openNet8
        if (!way && !isJudge) return
        if (!this.#core.isReady) tellPoint(this.#log, `${txt.role} heard by mDNS`)
        for (const host of addresses) {
          const address = joinAddress(host, port)
          if (isJudge) this.#codeJudges.add(address)
          this.#noteAnnounced(address, way?.tag)
          this.#turns.give({
            in: 'hint',
            address,
            node: instance,
            reachable: txt.r,
            hub: service === 'hub' || txt.role === 'hub',
            source: 'mdns',
          })
        }
      },
    )
  }

  /** Who was away when the code was changed takes links by the one it knows. */
  #noteAnnounced(address: string, tag: string | undefined): void {
    this.#announcedWays.delete(address)
    if (tag === undefined || tag === this.#network.ways[0]!.tag) return
    this.#announcedWays.set(address, tag)
    if (this.#announcedWays.size > ANNOUNCED_WAYS_MAX)
      this.#announcedWays.delete(this.#announcedWays.keys().next().value!)
  }

  /** What has gone over a link so far. */
  traffic(link: number): Traffic | undefined {
    return this.#links.get(link)?.traffic
  }

  /** Where this node accepts links, as others may reach it. */
  url(): string {
    const port = this.#listener?.port ?? 0
    const [own] = usableInterfaces(networkInterfaces(), this.#options.interfaces)
    return `wss://${joinAddress(own?.address ?? '127.0.0.1', port)}/lanchat/1`
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
        return this.#send(effect)
      case 'verify':
        return this.#verify(effect)
      case 'write':
        return this.#write(effect)
      case 'pump':
        return this.#pump(effect)
      case 'tell':
        return this.#tell(effect.event)
      case 'answer':
        this.#waiters.get(effect.slot)?.resolve(effect.answer)
        this.#waiters.delete(effect.slot)
        return
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
        return this.#dialer(effect.address)
      case 'close':
        return this.#closeLink(effect.link, effect.why === 'duplicate' ? 'DUPLICATE_LINK' : undefined)
      case 'refuse':
        return this.#refuse(effect.link, effect.code, effect.detail)
      case 'fault':
        return this.#fault(effect)
      case 'advertise':
        // Who becomes hub in the place of another one is told about by its links: those who come over them go first.
        clearTimeout(this.#advertising)
        if (effect.hub && this.#links.size > 0)
          this.#advertising = setTimeout(() => this.#advertise(effect), ADVERTISE_AFTER_MS)
        else this.#advertise(effect)
        return
      case 'query':
        this.#discovery?.ask(effect.all ? 'all' : 'hubs')
        return
      case 'askSubnet':
        return this.#askSubnet()
      case 'place':
        return this.#keepPlace(effect.place)
      case 'ways':
        return this.#waysChanged(effect.ways)
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
        for (const settle of this.#settling) settle()
        return
      case 'exit': {
        const told = errorTold(this.#core, effect.code, '')
        this.#readyReject(new LanchatError(effect.code, told.message))
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

  #advertise({ hub, epoch, reachable }: Extract<CoreEffect, { do: 'advertise' }>): void {
    this.#discovery?.setHub(hub ? epoch : null)
    this.#discovery?.update({
      e: epoch,
      role: hub ? 'hub' : this.#options.visitor ? 'visitor' : 'node',
      r: reachable,
    })
  }

  #send({ links, frame }: Extract<CoreEffect, { do: 'send' }>): void {
    // The same page for one newcomer after another.
    if (frame.type === 'roster' && links.length === 1) {
      const link = this.#links.get(links[0]!)
      link?.sendFramed(framedOnce(frame, link.dialled))
      return
    }
    const bytes = encodeFrame(frame)
    if (links.length === 1) {
      const link = this.#links.get(links[0]!)
      // A circuit never costs its carrier the link: the circuit ends, and whoever it was for resumes by sync.
      if (link && frame.type === 'relay' && frame.bytes.length > 0)
        if (link.queuedBytes + bytes.length > RELAY_QUEUE_BYTES_MAX) {
          this.#turns.give({ in: 'relayStalled', link: link.id, key: personKey(frame.key) })
          return
        }
      link?.send(bytes)
      return
    }
    sendShared(links, this.#links, [bytes])
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

  #pump({ link: id, over }: Extract<CoreEffect, { do: 'pump' }>): void {
    const link = this.#links.get(over)
    if (!link) return
    if (link.queuedBytes < PUMP_BELOW_BYTES) setImmediate(() => this.#turns.give({ in: 'pump', link: id }))
    else if (!this.#waitingPumps.get(over)?.add(id)) this.#waitingPumps.set(over, new Set([id]))
  }

  /** By the link that has to take more first: its own pump, and those of the circuits over it. */
  readonly #waitingPumps = new Map<number, Set<number>>()

  #tell(event: NodeEvent): void {
    if (event.type === 'ready') {
      tellPoint(this.#log, 'ready')
      this.#readyResolve(event)
    }
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#log('error', `a listener threw: ${error instanceof Error ? error.stack : String(error)}`)
      }
    }
  }

  // --- links ------------------------------------------------------------------------------------------------------

  async #dial(address: string, signer: ReturnType<typeof signerOf>): Promise<void> {
    const { host, port } = splitAddress(address)
    if (this.#isPenalised(host)) return this.#turns.give({ in: 'dialFailed', address, why: 'failed' })
    const dialled = await dial({
      ...this.#secret(address),
      refuses: (key, way) => this.#refusesByCode(key, way),
      host,
      port,
      ...(this.#options.plainLinks && { plain: true }),
      signer,
      hello: () => this.#hello(),
      signal: this.#abort.signal,
    })
    if ('link' in dialled) {
      if (!this.#core.isReady) tellPoint(this.#log, 'link up')
      return this.#linked(dialled.link, address)
    }
    this.#log('debug', `no link to ${address}: ${dialled.fault} ${dialled.code ?? ''}`)
    const isOld = dialled.code === 'CODE_OLD' && dialled.fault === 'refused-by-peer'
    const codeMatters = isOld || (dialled.fault === 'wrong-code' && this.#codeJudges.has(address))
    this.#turns.give({
      in: 'dialFailed',
      address,
      why: failureOf(dialled),
      ...(codeMatters && { codeMatters }),
    })
  }

  #linked(link: Link, dialledAddress: string | undefined): void {
    if (this.#closing || this.#isPenalised(link.key)) {
      link.close(refusals.PENALTY.closeCode!, 'PENALTY')
      if (dialledAddress) this.#turns.give({ in: 'dialFailed', address: dialledAddress, why: 'failed' })
      return
    }
    this.#links.set(link.id, link)
    this.#facts.accept()
    if (dialledAddress) this.#facts.remember(dialledAddress)
    const address = dialledAddress ?? (link.hello.port > 0 ? joinAddress(link.address, link.hello.port) : '')
    const { hello } = link
    // Found by name: others are told where it is in figures, since they take no names from peers.
    if (dialledAddress && isIP(splitAddress(dialledAddress).host) === 0)
      this.#turns.give({
        in: 'hint',
        address: joinAddress(link.address, link.port),
        node: instanceName(nodeCrypto, link.key),
        reachable: true,
        hub: false,
        source: 'peer',
      })
    this.#turns.give({
      in: 'linkUp',
      link: link.id,
      key: link.key,
      dialled: link.dialled,
      address,
      local: !this.#isLoopbackOnly && isOwnAddress(link.address),
      hello: { places: hello.places, grown: hello.grown, age: hello.age, visitor: hello.role === 2 },
      told: { places: link.told.places, grown: link.told.grown },
      ...(link.way !== undefined && { way: link.way }),
    })
    // Effects of linkUp (a refusal, a first frame) leave at the end of the turn; reading starts now.
    link.start(this.#handlers)
    this.#intake.began(link.id)
  }

  /** The same for all links. */
  readonly #handlers: LinkHandlers = {
    onFrame: (bytes, link) => this.#onFrame(link, bytes),
    onClose: (cause, link) => {
      this.#waitingPumps.delete(link.id)
      if (!this.#links.delete(link.id)) return
      this.#log('debug', `the link to ${link.key.slice(0, 8)} ended: ${JSON.stringify(cause)}`)
      this.#turns.give({ in: 'linkDown', link: link.id, cause: 'closed' })
    },
    onDrain: (link) => {
      const waiting = this.#waitingPumps.get(link.id)
      this.#waitingPumps.delete(link.id)
      for (const id of waiting ?? []) this.#turns.give({ in: 'pump', link: id })
    },
  }

  #onFrame(link: Link, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    if (frame === 'unknown') return
    if (typeof frame === 'string')
      return this.#fault({ do: 'fault', link: link.id, key: link.key, why: frame })
    if (frame.type === 'refuse') return this.#log('info', `${link.key.slice(0, 8)} refuses: ${frame.code}`)
    this.#turns.give({ in: 'frame', link: link.id, frame })
  }

  #closeLink(id: number, code: RefusalCode | undefined): void {
    const link = this.#links.get(id)
    if (!link) return
    // While it is open to what many get and it has not got yet.
    link.close(code ? (refusals[code].closeCode ?? 1000) : 1000, code ?? '')
    this.#links.delete(id)
    this.#waitingPumps.delete(id)
  }

  /** Ends a link with a refusal; the core hears linkDown. */
  #refuse(id: number, code: string, detail: string): void {
    const link = this.#links.get(id)
    // A link that a peer carries is the core's own: it ends it.
    if (!link) return this.#turns.give({ in: 'linkDown', link: id, cause: 'closed' })
    const known = isRefusalCode(code) ? refusals[code] : undefined
    link.send(encodeFrame({ type: 'refuse', code, detail: (detail || known?.them) ?? '' }))
    this.#closeLink(id, isRefusalCode(code) ? code : undefined)
    this.#turns.give({ in: 'linkDown', link: id, cause: 'closed' })
  }

  /** Three faults end the link, and key and address wait. */
  #fault({ link, key, why }: Extract<CoreEffect, { do: 'fault' }>): void {
    const count = this.#penalties.count(key)
    this.#log('info', `fault ${count} of ${key.slice(0, 8)}: ${why}`)
    if (count < FAULTS_MAX) return
    const address = this.#links.get(link)?.address
    // An address of this machine is shared with honest people here.
    const isShared = !address || isOwnAddress(address)
    this.#penalties.begin(key, isShared ? undefined : address, systemClock.monotonic())
    this.#refuse(link, 'FAULTS', '')
  }

  #isPenalised(who: string): boolean {
    return this.#penalties.waits(who, systemClock.monotonic())
  }

  #askSubnet(): void {
    for (const own of this.#discovery?.interfaces() ?? [])
      for (const address of subnetAddresses(own)) this.#discovery!.askAddress(address)
  }

  #keepPlace(place: Place): void {
    this.#facts.keepPlace(place)
    this.#discovery?.update({ place8: place.ids[0]! })
    this.#noteStore()
  }

  /** For `places`, which opens no store. */
  #noteStore(): void {
    const { net8, hasCode } = this.#network
    const { place } = this.#core
    const about = {
      network: this.#core.options.network,
      hasCode,
      ...(place && { place: place.ids[0]!, ids: place.ids, isGrown: place.isGrown }),
    }
    this.#noted = this.#noted.then(() => noteStore(this.#options.dataDir, net8, about))
  }

  // --- the public side --------------------------------------------------------------------------------------------

  get self(): { id: string; name: string } {
    return { id: this.#core.me, name: this.#core.people.nick(this.#core.self) }
  }
  get settled(): boolean {
    return this.#core.settled
  }
  get metAnyone(): boolean {
    return this.#core.metAnyone
  }

  on(listener: (event: NodeEvent) => void, hears: 'all' | 'own' = 'all'): () => void {
    this.#listeners.add(listener)
    if (hears === 'own') return () => this.#listeners.delete(listener)
    this.#readers.add(listener)
    if (this.#readers.size === 1) this.#turns.give({ in: 'audience', isThere: true })
    return () => {
      this.#listeners.delete(listener)
      if (this.#readers.delete(listener) && this.#readers.size === 0)
        this.#turns.give({ in: 'audience', isThere: false })
    }
  }

  execute(command: Command, ref?: unknown): Promise<Answer> {
    if (this.#closing) {
      const answer: Answer = {
        type: 'error',
        code: 'OFFLINE',
        message: 'This node is closed.',
        ...(ref !== undefined && { ref }),
      }
      return Promise.resolve(answer)
    }
    if (command.do === 'doctor' || command.do === 'doctorStore')
      return this.#examine(command.do === 'doctor' ? this.#report() : this.disk.report(), ref)
    if (command.do === 'newCode' && !command.code)
      return this.#makeCode().then((code) => this.execute({ ...command, code }, ref))
    const slot = this.#nextSlot++
    return new Promise((resolve) => {
      this.#waiters.set(slot, { resolve })
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
      port: this.#listener?.port ?? 0,
      reachable,
      hub: this.#core.hubInfo() ?? null,
      members,
      clockMs: Math.round(netNow - moment.wall),
      store: this.#store.isFailing ? 'memory' : 'disk',
      holds: holdingsOf(nodeCrypto, this.#core.replica),
      neighbours: (this.#discovery?.neighbours() ?? []).map(({ addresses, port, txt, ageMs }) => {
        return { addresses, port, nn: txt.nn, net8: txt.net8, role: txt.role, ageMs }
      }),
      remembered: this.#facts.addresses,
    }
  }

  settle(signal?: AbortSignal): Promise<void> {
    if (this.settled) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#settling.delete(done)
        resolve()
      }
      this.#settling.add(done)
      signal?.addEventListener(
        'abort',
        () => {
          this.#settling.delete(done)
          reject(signal.reason)
        },
        { once: true },
      )
    })
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
    clearTimeout(this.#advertising)
    this.disk.close()
    this.#abort.abort()
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
    await Promise.all([this.#looking?.close(), this.#listener?.close(), this.#noted])
    await this.#store
      .close()
      .catch((error: unknown) => this.#log('warn', `closing the store: ${String(error)}`))
    await this.#control?.close()
    const answer: Answer = { type: 'error', code: 'OFFLINE', message: 'This node is closed.' }
    for (const { resolve } of this.#waiters.values()) resolve(answer)
    this.#waiters.clear()
    this.#readyReject(new LanchatError('OFFLINE', 'This node was closed.'))
  }
}

/** What a node announces when it begins. */
const txtOf = (options: NodeOptions, nn: string, net8: string, place8: string): Txt => ({
  v: WIRE_VERSION,
  nn,
  net8,
  place8,
  e: 0,
  role: options.visitor ? 'visitor' : 'node',
  p: options.preferHub ?? false,
  r: false,
})

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

function failureOf({ fault, code }: DialFault) {
  if (code === 'SELF') return 'self' as const
  if (code === 'PLACE_OTHER') return 'other-place' as const
  if (code === 'CODE_OLD' && fault === 'refused-by-peer') return 'old-code' as const
  if (fault === 'refused' || fault === 'timeout' || fault === 'wrong-code') return fault
  if (fault === 'closed' && code === 'ECONNRESET') return 'reset' as const
  return 'failed' as const
}

function isOwnAddress(address: string): boolean {
  if (address === '::1' || address.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address))
}

/** One address: links are accepted there only (loopback in tests). Else everywhere. */
function listenHost(interfaces: readonly string[] | undefined): string | undefined {
  const [only, ...more] = interfaces ?? []
  return only !== undefined && more.length === 0 && isIP(only) ? only : undefined
}
