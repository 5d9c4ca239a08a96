/**
 * One mDNS socket on one interface: publishes our services through bonjour-service and hands over what is heard.
 *
 * bonjour-service publishes and answers; its browser is not used, since its list grows without bound and is searched linearly.
 * Its socket (multicast-dns) is private but is the only place where errors can be caught, and where queries can be answered
 * more sparingly than one multicast for each: at most ANSWERS, and by unicast to who asks from another port (RFC 6762 section 6.7).
 */
import type { DnsPacket } from '../announcement.ts'
import { HUB_SERVICE, NODE_SERVICE } from '../announcement.ts'
import type { UsableInterface } from '../interfaces.ts'
import { Bucket } from '../sightings.ts'
import { formatTxt, type Txt } from '../txt.ts'
import { Bonjour } from './commonjs.ts'

export interface Publication {
  readonly service: 'node' | 'hub'
  /** Unique on the link, so that nothing is probed: 16 hex digits, for hubs with "-<epoch>". Also the host name. */
  readonly name: string
  readonly port: number
  readonly txt: Txt
}

export interface Referer {
  readonly address: string
  readonly port: number
}

export interface LinkEvents {
  onResponse(packet: DnsPacket, referer: Referer): void
  /** This socket cannot send, or does not hear even itself: the interface was taken away, or multicast is blocked. */
  onBroken(reason: string): void
  /** A question of ours came back: sending, membership and receiving all work. */
  onHeard(): void
  onWarning(text: string): void
  /** Is this address on a link of this machine? A unicast question may reach the socket of another interface. */
  isNear(address: string): boolean
}

/** What is used of multicast-dns. */
interface Mdns {
  on(event: 'query', listener: (query: Query, referer: Referer) => void): void
  on(event: 'response', listener: (packet: DnsPacket, referer: Referer) => void): void
  on(event: 'error' | 'warning', listener: (error: Error) => void): void
  removeAllListeners(event: 'query'): void
  query(query: { id: number; questions: Question[] }, callback: (error?: Error | null) => void): void
  query(
    query: { id: number; questions: Question[] },
    referer: Referer,
    callback: (error?: Error | null) => void,
  ): void
  respond(
    response: { id: number; questions: Question[]; answers: unknown[]; additionals: unknown[] },
    referer: Referer,
    callback: (error?: Error | null) => void,
  ): void
}
interface Question {
  readonly name: string
  readonly type: string
}
interface Query {
  readonly id: number
  readonly questions: readonly Question[]
}
interface Internals {
  readonly server: { readonly mdns: Mdns; respondToQuery(query: Query): void }
}

const HUBS: Question[] = [{ name: HUB_SERVICE, type: 'PTR' }]
const QUESTIONS: Question[] = [{ name: NODE_SERVICE, type: 'PTR' }, ...HUBS]
/** Multicast answers: a few at once for a new neighbour's first questions, then one a second (RFC 6762 section 6). */
const ANSWERS = { burst: 5, perS: 1 }
/** Unicast answers: no use as an amplifier. */
const UNICAST_ANSWERS = { burst: 16, perS: 4 }
/** The kernel hands our own multicast back within microseconds; a busy event loop needs longer to read it. */
const HEARD_WITHIN_MS = 1000
/** One loss may be an overflown buffer. */
const UNHEARD_MAX = 2
/** A goodbye is a courtesy: closing waits no longer for it. */
const GOODBYE_MS_MAX = 300

interface Published {
  readonly service: ReturnType<Bonjour['publish']>
  readonly records: readonly { readonly type: string; readonly name: string; readonly data: unknown }[]
}

export class MulticastLink {
  readonly #bonjour: Bonjour
  readonly #internals: Internals
  readonly #published = new Map<Publication['service'], Published>()
  readonly #answers = new Bucket(ANSWERS)
  readonly #unicastAnswers = new Bucket(UNICAST_ANSWERS)
  readonly #awaited = new Map<number, NodeJS.Timeout>()
  #unheard = 0
  #othersAskedAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  /** port: 5353 except in tests. */
  constructor(
    readonly own: UsableInterface,
    private readonly port: number,
    private readonly events: LinkEvents,
  ) {
    const options = { port, interface: own.address, bind: '0.0.0.0' }
    this.#bonjour = new Bonjour(options, (error: unknown) => this.events.onWarning(String(error)))
    this.#internals = this.#bonjour as unknown as Internals
    const { mdns } = this.#internals.server
    mdns.on('error', (error) => this.#broken(error.message))
    mdns.on('warning', (error) => this.events.onWarning(error.message))
    mdns.on('response', (packet, referer) => this.#guard(() => this.events.onResponse(packet, referer)))
    mdns.removeAllListeners('query')
    mdns.on('query', (query, referer) => this.#guard(() => this.#hear(query, referer)))
  }

  /** Announces at once and answers for it from now on; replaces what was published of this service. */
  publish(publication: Publication): void {
    this.unpublish(publication.service)
    const service = this.#bonjour.publish({
      name: publication.name,
      type: publication.service === 'hub' ? 'lanchat-hub' : 'lanchat',
      host: `${publication.name}.local`,
      port: publication.port,
      txt: formatTxt(publication.txt),
      probe: false,
      disableIPv6: true,
    })
    this.#published.set(publication.service, { service, records: service.records() })
  }

  /** Says goodbye for this service, where it was published. */
  unpublish(kind: Publication['service']): void {
    const published = this.#published.get(kind)
    if (published === undefined) return
    this.#published.delete(kind)
    published.service.stop()
    // Stopped before its first announcement was sent it would take itself for active once that is, and go on announcing.
    published.service.destroyed = true
  }

  /** When somebody else last asked everybody on the link (performance.now()); what is answered to them is heard here too. */
  get othersAskedAt(): number {
    return this.#othersAskedAt
  }

  /** Asks everybody on the link, or only hubs, and checks that the question is heard here. */
  ask(whom: 'all' | 'hubs' = 'all'): void {
    if (this.#isClosed) return
    const id = randomId()
    const timer = setTimeout(() => {
      this.#awaited.delete(id)
      this.#unheard += 1
      if (this.#unheard >= UNHEARD_MAX) this.#broken('own multicast is not heard')
      else this.ask(whom)
    }, HEARD_WITHIN_MS)
    timer.unref()
    this.#awaited.set(id, timer)
    this.#internals.server.mdns.query({ id, questions: whom === 'hubs' ? HUBS : QUESTIONS }, (error) => {
      if (!error) return
      clearTimeout(timer)
      this.#awaited.delete(id)
      this.#broken(error.message)
    })
  }

  /** Twice is safe. */
  close({ goodbye }: { goodbye: boolean }): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#isClosed = true
    for (const timer of this.#awaited.values()) clearTimeout(timer)
    this.#awaited.clear()
    return new Promise((resolve) => {
      const destroy = () => {
        clearTimeout(timer)
        this.#bonjour.destroy()
        resolve()
      }
      const timer = setTimeout(destroy, GOODBYE_MS_MAX)
      if (goodbye) this.#bonjour.unpublishAll(destroy)
      else destroy()
    })
  }

  #hear(query: Query, referer: Referer): void {
    const timer = this.#awaited.get(query.id)
    if (timer !== undefined && referer.address === this.own.address) {
      clearTimeout(timer)
      this.#awaited.delete(query.id)
      this.#unheard = 0
      this.events.onHeard()
      return
    }
    if (referer.port === this.port && query.questions.some(asksAll)) this.#othersAskedAt = performance.now()
    if (!query.questions.some((question) => this.#concernsUs(question.name))) return
    if (referer.port !== this.port) this.#answerAlone(query, referer)
    else if (this.#answers.take(performance.now())) this.#internals.server.respondToQuery(query)
  }

  #concernsUs(name: string): boolean {
    const lower = name.toLowerCase()
    if (lower === '_services._dns-sd._udp.local') return true
    for (const { records } of this.#published.values()) if (records.some((r) => r.name === lower)) return true
    return false
  }

  /** To a resolver that is not bound to the mDNS port, such as one that asks through a firewall: id and question echoed. */
  #answerAlone(query: Query, referer: Referer): void {
    if (!this.events.isNear(referer.address) || !this.#unicastAnswers.take(performance.now())) return
    const asked = new Set(query.questions.map((question) => question.name.toLowerCase()))
    const records = [...this.#published.values()]
      .filter((published) => published.records.some((record) => asked.has(record.name)))
      .flatMap((published) => published.records)
    if (records.length === 0) return
    const answers = records.filter((record) => asked.has(record.name))
    const additionals = records.filter((record) => !asked.has(record.name))
    const response = { id: query.id, questions: [...query.questions], answers, additionals }
    this.#internals.server.mdns.respond(response, referer, (error) => {
      if (error) this.events.onWarning(error.message)
    })
  }

  #broken(reason: string): void {
    if (this.#isClosed) return
    this.#unheard = 0
    this.events.onBroken(reason)
  }

  /** A stranger's packet may end in an error of ours; never in the end of the process. */
  #guard(step: () => void): void {
    if (this.#isClosed) return
    try {
      step()
    } catch (error) {
      this.events.onWarning(String(error))
    }
  }
}

/** Sends one question to one address from a port of its own, so that the answer passes a stateful firewall. */
export class UnicastAsker {
  readonly #bonjour: Bonjour
  readonly #mdns: Mdns
  #isClosed = false

  constructor(
    private readonly port: number,
    events: Pick<LinkEvents, 'onResponse' | 'onWarning'>,
  ) {
    const options = { port: 0, multicast: false }
    this.#bonjour = new Bonjour(options, (error: unknown) => events.onWarning(String(error)))
    this.#mdns = (this.#bonjour as unknown as Internals).server.mdns
    this.#mdns.on('error', (error) => events.onWarning(error.message))
    this.#mdns.on('warning', (error) => events.onWarning(error.message))
    this.#mdns.on('response', (packet, referer) => {
      if (this.#isClosed) return
      try {
        events.onResponse(packet, referer)
      } catch (error) {
        events.onWarning(String(error))
      }
    })
  }

  /** An address that does not exist is no trouble: most do not. */
  ask(address: string): void {
    if (this.#isClosed) return
    this.#mdns.query({ id: randomId(), questions: QUESTIONS }, { address, port: this.port }, () => {})
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#bonjour.destroy()
  }
}

const asksAll = ({ name, type }: Question) => name.toLowerCase() === NODE_SERVICE && type === 'PTR'

/** 0 is what everybody else's multicast questions carry. */
function randomId(): number {
  return 1 + Math.floor(Math.random() * 0xffff)
}
