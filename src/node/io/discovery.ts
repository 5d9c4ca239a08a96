/**
 * Discovery over mDNS: says where this node can be dialled and tells where others say they can. Hints only: nothing heard
 * here is believed or removes anybody, so a forged packet costs at most one dial (INV-22).
 *
 * One socket per usable interface, each with its own multicast membership, so that it works without a default route and on
 * several subnets. Interfaces are compared each second and the socket of a changed one is opened anew; so is that of one which
 * no longer hears itself.
 */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { type DnsPacket, readAnnouncements } from '../announcement.ts'
import { isOnLink, orderAddresses, type UsableInterface, usableInterfaces } from '../interfaces.ts'
import { Sightings } from '../sightings.ts'
import type { Txt } from '../txt.ts'
import { MulticastLink, type Publication, type Referer, UnicastAsker } from './multicast-link.ts'

export interface Hint {
  /** Where its packet came from, then addresses on a link of ours, then the rest. At least one. */
  readonly addresses: string[]
  readonly port: number
  /** 16 hex digits of the announcing node. */
  readonly instance: string
  readonly txt: Txt
  readonly service: 'node' | 'hub'
  /** The address its packet came from. */
  readonly referer: string
}

export interface Neighbour extends Hint {
  /** Since it was last heard, ms. */
  readonly ageMs: number
}

export interface Trouble {
  /** MULTICAST_BLOCKED: an interface that cannot send or does not hear itself. INTERFACE_NONE: no network at all. */
  readonly code: 'MULTICAST_BLOCKED' | 'INTERFACE_NONE'
  readonly interface?: string
  /** One sentence for people. */
  readonly text: string
}

export interface DiscoveryOptions {
  /** 16 hex digits, made of the key: the name and the host name of this node on the link. */
  readonly instance: string
  /** Where this node accepts links; 0: nowhere yet, so nothing is announced. */
  readonly port: number
  readonly txt: Txt
  /** Names or addresses; default every interface except loopback. */
  readonly interfaces?: readonly string[]
  /** 5353 except in tests. */
  readonly mdnsPort?: number
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', text: string) => void
  readonly onHint: (hint: Hint) => void
  /** Once per interface and kind of trouble, until it is over. */
  readonly onTrouble: (trouble: Trouble) => void
}

export interface Discovery {
  /** From now on this node accepts links there: it is announced, at once. */
  announce(port: number, txt: Txt): void
  /** Announces what changed, at once. */
  update(changes: Partial<Txt>): void
  /** Announces this node as hub of that epoch; null: no longer. */
  setHub(epoch: number | null): void
  /** Asks now on every interface who is there. */
  ask(whom: 'all' | 'hubs'): void
  /** One question to one address: answered where multicast or an inbound connection would not pass. */
  askAddress(address: string): void
  /** What was heard so far, least recently heard first; also other networks'. At most SIGHTINGS_MAX. */
  neighbours(): Neighbour[]
  /** The interfaces in use. */
  interfaces(): readonly UsableInterface[]
  /** Says goodbye (at most 300 ms) and closes the sockets. Twice is safe. */
  close(): Promise<void>
}

const MDNS_PORT = 5353
/** Questions after an interface came up, ms; the first may be lost, and a neighbour may start at the same time. */
const QUERY_AT_MS = [0, 500, 1000, 2000, 5000]
/** Then 10 s, more or less by 5 s so that questions of many nodes spread. */
const QUERY_EVERY_MS = 10_000
const QUERY_JITTER_MS = 5000
/**
 * A question that somebody else asked lately is as good as an own one, since answers go to all (RFC 6762 section 7.3): else
 * each of thirty nodes would hear some thirty answers a second. Now and then each asks nonetheless: it may hear others
 * who do not hear it, and only an own question shows that sending works.
 */
const OWN_QUERY_EVERY_MS = 60_000
const INTERFACES_EVERY_MS = 1000
/** A broken interface is opened anew after this, doubled up to the maximum while it stays broken. */
const REOPEN_MS = 1000
const REOPEN_MS_MAX = 30_000

/** Never throws for what the network is like; trouble is told and tried again. */
export function startDiscovery(options: DiscoveryOptions): Discovery {
  return new MdnsDiscovery(options)
}

interface OpenLink {
  readonly own: UsableInterface
  /** What makes it another interface although name and address are the same. */
  readonly fingerprint: string
  link: MulticastLink
  queries: number
  /** When everybody was last asked by this node, performance.now(). */
  askedAt: number
  timer: NodeJS.Timeout | undefined
  reopening: NodeJS.Timeout | undefined
  reopenMs: number
}

class MdnsDiscovery implements Discovery {
  readonly #options: DiscoveryOptions
  readonly #mdnsPort: number
  readonly #sightings = new Sightings()
  readonly #links = new Map<string, OpenLink>()
  readonly #troubles = new Set<string>()
  readonly #poll: NodeJS.Timeout
  #asker: UnicastAsker | undefined
  #port: number
  #txt: Txt
  #epoch: number | null = null
  #closing: Promise<void> | undefined

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#mdnsPort = options.mdnsPort ?? MDNS_PORT
    this.#port = options.port
    this.#txt = options.txt
    this.#poll = setInterval(() => this.#compareInterfaces(), INTERFACES_EVERY_MS)
    this.#compareInterfaces()
  }

  announce(port: number, txt: Txt): void {
    this.#port = port
    this.#txt = txt
    this.#publishEverywhere()
  }

  update(changes: Partial<Txt>): void {
    const txt = { ...this.#txt, ...changes }
    if (JSON.stringify(txt) === JSON.stringify(this.#txt)) return
    this.#txt = txt
    this.#publishEverywhere()
  }

  setHub(epoch: number | null): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    if (this.#closing !== undefined) return
    const publication = this.#hubPublication()
    for (const { link } of this.#links.values()) {
      if (publication === undefined) link.unpublish('hub')
      else link.publish(publication)
    }
  }

  ask(whom: 'all' | 'hubs'): void {
    for (const { link } of this.#links.values()) link.ask(whom)
  }

  askAddress(address: string): void {
    if (this.#closing !== undefined) return
    this.#asker ??= new UnicastAsker(this.#mdnsPort, {
      onResponse: (packet, referer) => this.#hear(packet, referer),
      onWarning: (text) => this.#options.log('debug', `mDNS: ${text}`),
    })
    this.#asker.ask(address)
  }

  neighbours(): Neighbour[] {
    const now = performance.now()
    return this.#sightings.list().map((sighting) => {
      const { instance, port, txt, service, referer } = sighting
      const addresses = orderAddresses(referer, sighting.addresses, this.interfaces())
      return { addresses, instance, port, txt, service, referer, ageMs: Math.round(now - sighting.seenAt) }
    })
  }

  interfaces(): readonly UsableInterface[] {
    return [...this.#links.values()].map((open) => open.own)
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    clearInterval(this.#poll)
    this.#asker?.close()
    const links = [...this.#links.values()]
    this.#links.clear()
    for (const open of links) stopTimers(open)
    await Promise.all(links.map((open) => open.link.close({ goodbye: true })))
  }

  #compareInterfaces(): void {
    const usable = usableInterfaces(networkInterfaces(), this.#options.interfaces)
    const now = new Map(usable.map((own) => [own.name, { own, fingerprint: fingerprint(own) }]))
    const gone = [...this.#links].filter(([name, open]) => now.get(name)?.fingerprint !== open.fingerprint)
    for (const [name, open] of gone) {
      this.#links.delete(name)
      stopTimers(open)
      void open.link.close({ goodbye: false })
      this.#options.log('info', `mDNS: ${name} ${open.own.address} is gone`)
    }
    const fresh = [...now.values()].filter(({ own }) => !this.#links.has(own.name))
    // What stays open announces the addresses of all interfaces.
    if (gone.length + fresh.length > 0) this.#publishEverywhere()
    for (const { own, fingerprint } of fresh) {
      this.#options.log('info', `mDNS: using ${own.name} ${own.address}`)
      this.#open(own, fingerprint)
    }
    if (usable.length === 0) {
      const text = 'No network: no interface with an IPv4 address is up.'
      this.#tell({ code: 'INTERFACE_NONE', text })
    } else this.#troubles.delete('INTERFACE_NONE')
  }

  #open(own: UsableInterface, fingerprint: string): void {
    const open: OpenLink = {
      own,
      fingerprint,
      link: this.#openLink(own),
      queries: 0,
      askedAt: 0,
      timer: undefined,
      reopening: undefined,
      reopenMs: REOPEN_MS,
    }
    this.#links.set(own.name, open)
    this.#publish(open.link)
    this.#keepAsking(open)
  }

  #openLink(own: UsableInterface): MulticastLink {
    return new MulticastLink(own, this.#mdnsPort, {
      onResponse: (packet, referer) => this.#hear(packet, referer),
      onBroken: (reason) => this.#reopenLater(own.name, reason),
      onHeard: () => {
        const open = this.#links.get(own.name)
        if (open !== undefined) open.reopenMs = REOPEN_MS
        if (this.#troubles.delete(`MULTICAST_BLOCKED ${own.name}`))
          this.#options.log('info', `mDNS: ${own.name} works again`)
      },
      onWarning: (text) => this.#options.log('debug', `mDNS on ${own.name}: ${text}`),
      isNear: (address) => isOnLink(address, this.interfaces()),
    })
  }

  #keepAsking(open: OpenLink): void {
    const now = performance.now()
    const isAsked = now - open.link.othersAskedAt < QUERY_EVERY_MS && now - open.askedAt < OWN_QUERY_EVERY_MS
    if (open.queries < QUERY_AT_MS.length || !isAsked) {
      open.link.ask()
      open.askedAt = now
    }
    open.queries += 1
    const next = QUERY_AT_MS[open.queries]
    const waitMs =
      next === undefined
        ? QUERY_EVERY_MS + (Math.random() * 2 - 1) * QUERY_JITTER_MS
        : next - (QUERY_AT_MS[open.queries - 1] ?? 0)
    open.timer = setTimeout(() => this.#keepAsking(open), waitMs)
  }

  #reopenLater(name: string, reason: string): void {
    const open = this.#links.get(name)
    if (open === undefined || open.reopening !== undefined) return
    const text = `Others cannot be found on ${name} (${open.own.address}): ${reason}.`
    this.#tell({ code: 'MULTICAST_BLOCKED', interface: name, text })
    open.reopening = setTimeout(() => {
      open.reopening = undefined
      void open.link.close({ goodbye: false })
      open.link = this.#openLink(open.own)
      this.#publish(open.link)
      open.link.ask()
    }, open.reopenMs)
    open.reopenMs = Math.min(REOPEN_MS_MAX, open.reopenMs * 2)
  }

  #publishEverywhere(): void {
    if (this.#closing !== undefined) return
    for (const { link } of this.#links.values()) this.#publish(link)
  }

  #publish(link: MulticastLink): void {
    const { instance } = this.#options
    if (this.#port === 0) return
    link.publish({ service: 'node', name: instance, port: this.#port, txt: this.#txt })
    const hub = this.#hubPublication()
    if (hub !== undefined) link.publish(hub)
  }

  #hubPublication(): Publication | undefined {
    const { instance } = this.#options
    if (this.#epoch === null || this.#port === 0) return undefined
    const txt: Txt = { ...this.#txt, role: 'hub', e: this.#epoch }
    return { service: 'hub', name: `${instance}-${this.#epoch}`, port: this.#port, txt }
  }

  #hear(packet: DnsPacket, referer: Referer): void {
    for (const announcement of readAnnouncements(packet)) {
      const { instance, port, txt, service } = announcement
      if (instance === this.#options.instance) continue
      if (!this.#sightings.see(announcement, referer.address, performance.now())) continue
      const addresses = orderAddresses(referer.address, announcement.addresses, this.interfaces())
      this.#options.onHint({ addresses, port, instance, txt, service, referer: referer.address })
    }
  }

  #tell(trouble: Trouble): void {
    const key = trouble.interface === undefined ? trouble.code : `${trouble.code} ${trouble.interface}`
    if (this.#troubles.has(key)) return
    this.#troubles.add(key)
    this.#options.onTrouble(trouble)
  }
}

function stopTimers(open: OpenLink): void {
  clearTimeout(open.timer)
  clearTimeout(open.reopening)
}

/** An interface taken away and put back under the same name and address has lost its multicast memberships. */
function fingerprint(own: UsableInterface): string {
  return `${own.address} ${own.netmask} ${own.mac} ${interfaceIndex(own.name)}`
}

/** Linux gives each new interface another index; elsewhere the check that a socket hears itself must do. */
function interfaceIndex(name: string): string {
  if (process.platform !== 'linux') return ''
  try {
    return readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8').trim()
  } catch {
    return ''
  }
}
