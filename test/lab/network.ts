/**
 * Several hosts on one Linux machine. A host is a network namespace, a switch a bridge in one more namespace, a cable a veth
 * pair. Needs root and the Debian packages iproute2 and nftables.
 *
 * Names: <prefix><pid>-<host>, so that two runs at once do not meet; what a crashed run left is removed by the next one.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ip, isAlive, namespaces, nft, removeNamespace } from './net.ts'
import { LabProcess, type SpawnOptions } from './process.ts'

export interface HostOptions {
  /** Switches to plug into, eth0 first; default ['lan']. An empty list: no interface yet. */
  readonly bridges?: readonly string[]
  /** The switch whose subnet its addresses are of, where that is another one: one LAN over two switches. */
  readonly subnetOf?: string
  /** Default true: a route by eth0. */
  readonly defaultRoute?: boolean
}

/** What a host's firewall drops; its own answers and loopback always pass. */
export type Drop =
  /** Connections from others. */
  | 'tcp'
  /** Whatever others begin: connections, and multicast of any kind. */
  | 'all'
  /** Multicast in both directions. */
  | 'multicast'
  /** Everything from one address. */
  | { readonly from: string }

/** prefix: one to four letters, one per test file. */
export function createLab(prefix: string): Lab {
  if (!/^[a-z]{1,4}$/.test(prefix)) throw new TypeError(`prefix: ${prefix}`)
  removeStale(prefix)
  return new Lab(`${prefix}${process.pid}`)
}

function removeStale(prefix: string): void {
  for (const name of namespaces()) {
    const match = new RegExp(`^${prefix}([0-9]+)-`).exec(name)
    if (match !== null && !isAlive(Number(match[1]))) removeNamespace(name)
  }
}

export class Lab {
  readonly #tag: string
  readonly #switches: string
  readonly #bridges: string[] = []
  readonly #hosts = new Map<string, Host>()
  readonly #processes: LabProcess[] = []
  readonly #onExit = () => this.#removeNamespaces()
  #ports = 0
  #directory: string | undefined

  constructor(tag: string) {
    this.#tag = tag
    this.#switches = `${tag}-switches`
    process.once('exit', this.#onExit)
    removeNamespace(this.#switches)
    ip('netns', 'add', this.#switches)
  }

  /** A switch with the subnet 10.77.<its number>.0/24, made when first named. Returns that number. */
  bridge(name: string): number {
    const known = this.#bridges.indexOf(name)
    if (known >= 0) return known
    const link = ['-n', this.#switches, 'link']
    ip(...link, 'add', 'name', name, 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0')
    ip(...link, 'set', name, 'up')
    return this.#bridges.push(name) - 1
  }

  host(name: string, options: HostOptions = {}): Host {
    const namespace = `${this.#tag}-${name}`
    removeNamespace(namespace)
    ip('netns', 'add', namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    const host = new Host(this, name, namespace, 10 + this.#hosts.size)
    this.#hosts.set(name, host)
    for (const bridge of options.bridges ?? ['lan']) host.plug(bridge, options)
    if ((options.defaultRoute ?? true) && host.nics.length > 0)
      ip('-n', namespace, 'route', 'add', 'default', 'dev', 'eth0')
    return host
  }

  /** Joins two switches into one link, or cuts them. They keep their subnets: give hosts of both the subnet of one. */
  trunk(a: string, b: string): { up(): void; down(): void } {
    this.bridge(a)
    this.bridge(b)
    const [left, right] = [this.nextPort(), this.nextPort()]
    const sw = this.#switches
    ip('-n', sw, 'link', 'add', 'name', left, 'type', 'veth', 'peer', 'name', right)
    for (const [port, bridge] of [
      [left, a],
      [right, b],
    ] as const) {
      ip('-n', sw, 'link', 'set', port, 'master', bridge)
      ip('-n', sw, 'link', 'set', port, 'up')
    }
    return {
      up: () => void ip('-n', sw, 'link', 'set', left, 'up'),
      down: () => void ip('-n', sw, 'link', 'set', left, 'down'),
    }
  }

  /** Runs a real process on a host. It is killed with the lab. */
  spawn(host: Host, argv: readonly string[], options: SpawnOptions = {}): LabProcess {
    return this.#spawn(host.namespace, argv, options, host.name)
  }

  /** Runs a process where the switches are: part of the network itself. */
  spawnAmongSwitches(argv: readonly string[]): LabProcess {
    return this.#spawn(this.#switches, argv, {}, 'switches')
  }

  #spawn(namespace: string, argv: readonly string[], options: SpawnOptions, where: string): LabProcess {
    const title = `[${where}] ${argv.join(' ')}`
    const process = new LabProcess(['ip', 'netns', 'exec', namespace, ...argv], options, title)
    this.#processes.push(process)
    return process
  }

  /** A directory of this lab, removed with it. */
  directory(name: string): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), `${this.#tag}-`))
    return join(this.#directory, name)
  }

  /** Ends every process, removes every namespace and directory. Twice is safe. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((process) => process.kill('SIGKILL')))
    this.#removeNamespaces()
    process.off('exit', this.#onExit)
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
  }

  /** For hosts: the namespace of the switches and the name of a free port there. */
  get switches(): string {
    return this.#switches
  }

  nextPort(): string {
    this.#ports += 1
    return `p${this.#ports}`
  }

  #removeNamespaces(): void {
    for (const host of this.#hosts.values()) removeNamespace(host.namespace)
    this.#hosts.clear()
    removeNamespace(this.#switches)
  }
}

interface Nic {
  readonly name: string
  /** The end of its cable that is plugged into the switch. */
  port: string
  bridge: string
  address: string
}

export class Host {
  readonly nics: Nic[] = []

  constructor(
    private readonly lab: Lab,
    readonly name: string,
    readonly namespace: string,
    private readonly number: number,
  ) {}

  /** Address of the first interface. */
  get address(): string {
    return this.nics[0]?.address ?? ''
  }

  /**
   * Adds an interface (eth0, eth1, ...) on a switch and brings it up. subnetOf: the switch whose subnet it takes its address
   * from, where that is another one. mac: to look exactly like one that was there before.
   */
  plug(bridge: string, options: { readonly subnetOf?: string; readonly mac?: string } = {}): Nic {
    const { lab, namespace } = this
    lab.bridge(bridge)
    const name = `eth${this.nics.length}`
    const port = lab.nextPort()
    const address = `10.77.${lab.bridge(options.subnetOf ?? bridge)}.${this.number}`
    const mac = options.mac === undefined ? [] : ['address', options.mac]
    const cable = ['type', 'veth', 'peer', 'name', port, 'netns', lab.switches]
    ip('link', 'add', 'name', name, ...mac, 'netns', namespace, ...cable)
    ip('-n', lab.switches, 'link', 'set', port, 'master', bridge)
    ip('-n', lab.switches, 'link', 'set', port, 'up')
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', name)
    ip('-n', namespace, 'link', 'set', name, 'up')
    const nic = { name, port, bridge, address }
    this.nics.push(nic)
    return nic
  }

  /** Takes the last interface out of the machine. */
  unplug(): { mac: string } {
    const nic = this.nics.pop()
    if (nic === undefined) throw new TypeError(`${this.name} has no interface`)
    const mac = /link\/ether ([0-9a-f:]+)/.exec(ip('-n', this.namespace, 'link', 'show', nic.name))?.[1] ?? ''
    ip('-n', this.namespace, 'link', 'del', nic.name)
    return { mac }
  }

  /** Puts the cable of eth0 into another switch; the address stays. */
  moveTo(bridge: string): void {
    this.lab.bridge(bridge)
    const nic = this.#eth0()
    nic.bridge = bridge
    ip('-n', this.lab.switches, 'link', 'set', nic.port, 'master', bridge)
  }

  /** Plugs another cable's end into the switch instead of the one of eth0. Returns the name of that one. */
  replug(port: string): string {
    const nic = this.#eth0()
    const before = nic.port
    ip('-n', this.lab.switches, 'link', 'set', before, 'nomaster')
    ip('-n', this.lab.switches, 'link', 'set', port, 'master', nic.bridge)
    nic.port = port
    return before
  }

  /** Takes the address of eth0 away and gives it another one: what comes to the old one is answered by nobody. */
  readdress(address: string): void {
    this.unaddress()
    this.giveAddress(address)
  }

  /** Takes the addresses of eth0 away: its lease has ended. */
  unaddress(): void {
    ip('-n', this.namespace, '-4', 'addr', 'flush', 'dev', this.#eth0().name)
  }

  /** Gives eth0 this address, in a subnet of 256, or of IPv6. */
  giveAddress(address: string): void {
    const nic = this.#eth0()
    nic.address = address
    const subnet = address.includes(':') ? ['64', 'nodad'] : ['24']
    const [bits, ...flags] = subnet
    ip('-n', this.namespace, 'addr', 'add', `${address}/${bits}`, 'dev', nic.name, ...flags)
  }

  linkDown(): void {
    ip('-n', this.namespace, 'link', 'set', this.#eth0().name, 'down')
  }

  linkUp(): void {
    ip('-n', this.namespace, 'link', 'set', this.#eth0().name, 'up')
  }

  /** Drops, from now on, besides what is dropped already. */
  firewall(drop: Drop): void {
    const rules = typeof drop === 'object' ? [`ip saddr ${drop.from} drop`] : INPUT_RULES[drop]
    const output = drop === 'multicast' ? ['ip daddr 224.0.0.0/4 drop'] : []
    nft(
      this.namespace,
      `table inet lab {
        chain input { type filter hook input priority 0; policy accept; ${rules.join('; ')}; }
        chain output { type filter hook output priority 0; policy accept; ${output.join('; ')} ${output.length > 0 ? ';' : ''} }
      }`,
    )
  }

  /** Loses this share (percent) of what arrives at eth0. */
  loss(percent: number): void {
    nft(
      this.namespace,
      `table netdev lab {
        chain ingress { type filter hook ingress device "eth0" priority 0; numgen random mod 100 < ${percent} drop; }
      }`,
    )
  }

  /** Drops nothing any more. */
  openFirewall(): void {
    nft(this.namespace, 'flush ruleset')
  }

  #eth0(): Nic {
    const nic = this.nics[0]
    if (nic === undefined) throw new TypeError(`${this.name} has no interface`)
    return nic
  }
}

const INPUT_RULES: Record<Exclude<Drop, object>, readonly string[]> = {
  tcp: ['iif lo accept', 'tcp flags & (syn | ack) == syn drop'],
  all: ['iif lo accept', 'ct state established accept', 'drop'],
  multicast: ['ip daddr 224.0.0.0/4 drop'],
}
