/** Which network interfaces mDNS uses, and in which order a peer's addresses are worth dialling. Pure: the list is an input. */
import type { NetworkInterfaceInfo } from 'node:os'

export interface UsableInterface {
  readonly name: string
  /** IPv4. */
  readonly address: string
  readonly netmask: string
  readonly mac: string
  /** For people: why nothing may be heard here. Every kind is used alike. */
  readonly kind: 'lan' | 'loopback' | 'container' | 'vpn'
}

/** Interfaces used at once: a machine with hundreds of container bridges must not open hundreds of sockets. */
const INTERFACES_MAX = 32
const CONTAINER = /^(docker|br-[0-9a-f]{6}|virbr|vmnet|vboxnet|vethernet|cni|flannel|podman|lxc|lxd)/i
const VPN = /^(tun|tap|wg|ppp|utun|ipsec|tailscale|zt|nordlynx|gpd)/i

/**
 * One entry per interface that is up and has an IPv4 address, link-local addresses only where there is no other.
 * all: os.networkInterfaces(). only: names or addresses asked for; without it every interface except loopback.
 */
export function usableInterfaces(
  all: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
  only?: readonly string[],
): UsableInterface[] {
  const usable: UsableInterface[] = []
  for (const [name, infos] of Object.entries(all)) {
    const ipv4 = (infos ?? []).filter((info) => info.family === 'IPv4')
    const wanted =
      only === undefined
        ? ipv4.filter((info) => !info.internal)
        : ipv4.filter((info) => only.includes(name) || only.includes(info.address))
    const info = wanted.find((candidate) => !candidate.address.startsWith('169.254.')) ?? wanted[0]
    if (info === undefined) continue
    const { address, netmask, mac } = info
    usable.push({ name, address, netmask, mac, kind: kindOf(name, info.internal) })
  }
  const rank = { lan: 0, loopback: 1, vpn: 2, container: 3 }
  return usable.sort((a, b) => rank[a.kind] - rank[b.kind]).slice(0, INTERFACES_MAX)
}

function kindOf(name: string, internal: boolean): UsableInterface['kind'] {
  if (internal) return 'loopback'
  if (CONTAINER.test(name)) return 'container'
  return VPN.test(name) ? 'vpn' : 'lan'
}

/** Is this IPv4 address on the link of one of these interfaces? */
export function isOnLink(address: string, interfaces: readonly UsableInterface[]): boolean {
  const there = toNumber(address)
  if (there === undefined) return false
  return interfaces.some((own) => {
    const mask = toNumber(own.netmask) ?? 0xffffffff
    return ((toNumber(own.address) ?? 0) & mask) === (there & mask)
  })
}

/**
 * Where to dial a peer: the address its packet came from, then those on a link of ours, then the rest. Addresses that can
 * only mean this machine, or no machine, are left out.
 */
export function orderAddresses(
  referer: string,
  told: readonly string[],
  interfaces: readonly UsableInterface[],
): string[] {
  const own = new Set(interfaces.map((i) => i.address))
  const others = [...new Set(told)].filter((address) => {
    return address !== referer && !own.has(address) && isDialable(address)
  })
  const near = others.filter((address) => isOnLink(address, interfaces))
  const far = others.filter((address) => !isOnLink(address, interfaces))
  return [referer, ...near, ...far]
}

/** The other hosts' addresses of an interface's subnet; of a subnet larger than 256 addresses, those around our own. */
export function subnetAddresses(own: UsableInterface): string[] {
  const address = toNumber(own.address)
  const netmask = toNumber(own.netmask)
  if (address === undefined || netmask === undefined) return []
  const mask = (netmask | 0xffffff00) >>> 0
  const first = (address & mask) >>> 0
  const last = (first | ~mask) >>> 0
  const hosts: string[] = []
  for (let n = first + 1; n < last; n += 1) if (n !== address) hosts.push(toText(n))
  return hosts
}

function isDialable(address: string): boolean {
  const number = toNumber(address)
  if (number === undefined) return false
  const first = number >>> 24
  return first !== 0 && first !== 127 && first < 224
}

function toNumber(address: string): number | undefined {
  const match = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/.exec(address)
  if (match === null) return undefined
  const bytes = match.slice(1).map(Number)
  if (bytes.some((byte) => byte > 255)) return undefined
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}
