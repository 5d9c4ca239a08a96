/** What one mDNS packet says about lanchat nodes. Everything in it is a stranger's word; whatever is malformed is left out. */
import { parseTxt, type Txt } from './txt.ts'

export const NODE_SERVICE = '_lanchat._tcp.local'
export const HUB_SERVICE = '_lanchat-hub._tcp.local'

export interface Announcement {
  readonly service: 'node' | 'hub'
  /** 16 hex digits of the announcing node; a hub's epoch is cut off. */
  readonly instance: string
  readonly port: number
  /** IPv4 addresses as told, in the order of the packet. */
  readonly addresses: readonly string[]
  readonly txt: Txt
}

/** The parts of a decoded DNS packet that are read. */
export interface DnsPacket {
  readonly answers?: readonly DnsRecord[]
  readonly additionals?: readonly DnsRecord[]
}
export interface DnsRecord {
  readonly type: string
  readonly name: string
  readonly ttl?: number
  readonly data?: unknown
}

/** Announcements read from one packet: an honest one holds one or two. */
const ANNOUNCEMENTS_MAX = 8
/** Addresses read for one host. */
const ADDRESSES_MAX = 8

/**
 * Reads the announcements of one response. Records with TTL 0 (goodbyes) say nothing: a peer that left is noticed by its link.
 * Linear in the number of records. Never throws.
 */
export function readAnnouncements(packet: DnsPacket): Announcement[] {
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])].filter((r) => (r.ttl ?? 0) > 0)
  const pointers = records.filter((r) => r.type === 'PTR' && serviceOf(r.name) !== undefined)
  if (pointers.length === 0) return []

  const targets = new Map<string, { port: number; host: string }>()
  const texts = new Map<string, Txt>()
  const addresses = new Map<string, string[]>()
  for (const record of records) {
    const name = record.name.toLowerCase()
    if (record.type === 'SRV') {
      const target = readTarget(record.data)
      if (target !== undefined) targets.set(name, target)
    } else if (record.type === 'TXT') {
      const txt = parseTxt(readItems(record.data))
      if (txt !== undefined) texts.set(name, txt)
    } else if (record.type === 'A' && typeof record.data === 'string') {
      const list = addresses.get(name) ?? []
      if (list.length < ADDRESSES_MAX) list.push(record.data)
      addresses.set(name, list)
    }
  }

  const found: Announcement[] = []
  for (const pointer of pointers.slice(0, ANNOUNCEMENTS_MAX)) {
    const service = serviceOf(pointer.name)
    if (service === undefined || typeof pointer.data !== 'string') continue
    const name = pointer.data.toLowerCase()
    const instance = instanceOf(name, service)
    const target = targets.get(name)
    const txt = texts.get(name)
    if (instance === undefined || target === undefined || txt === undefined) continue
    found.push({ service, instance, port: target.port, addresses: addresses.get(target.host) ?? [], txt })
  }
  return found
}

function serviceOf(name: string): 'node' | 'hub' | undefined {
  const lower = name.toLowerCase()
  if (lower === NODE_SERVICE) return 'node'
  return lower === HUB_SERVICE ? 'hub' : undefined
}

/** Only names of the form we make are ours: <16 hex>, and <16 hex>-<epoch> for hubs. */
function instanceOf(name: string, service: 'node' | 'hub'): string | undefined {
  const match =
    service === 'node'
      ? /^([0-9a-f]{16})\._lanchat\._tcp\.local$/.exec(name)
      : /^([0-9a-f]{16})-[0-9]{1,10}\._lanchat-hub\._tcp\.local$/.exec(name)
  return match?.[1]
}

function readTarget(data: unknown): { port: number; host: string } | undefined {
  if (typeof data !== 'object' || data === null || !('port' in data) || !('target' in data)) return undefined
  const { port, target } = data
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) return undefined
  return typeof target === 'string' ? { port, host: target.toLowerCase() } : undefined
}

function readItems(data: unknown): Uint8Array[] {
  const items = Array.isArray(data) ? data : [data]
  return items.filter((item) => item instanceof Uint8Array)
}
