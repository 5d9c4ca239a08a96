/**
 * The ways into this network as nodes announce them: by which code a dial begins, and whose refusal of our code says that it is
 * wrong. Pure.
 */
import type { Way } from './doors.ts'

/** Nodes that come back with an old code at the same time. */
const ANNOUNCED_WAYS_MAX = 512
/** Announcements prove nothing, so that one sender can make up any number of addresses. */
const JUDGES_MAX = 512

export interface WaysInInit {
  /** By which links are made, the newest first: one, but where the code of a network with an owner was changed. */
  readonly ways: readonly Way[]
  readonly nn: string
  readonly net8: string
  /** Of the open network of the same name. */
  readonly openNet8: string
  readonly hasCode: boolean
}

export class WaysIn {
  readonly #init: WaysInInit
  #ways: readonly Way[]
  /** Addresses that were announced with a code that was replaced, by its tag: the oldest are forgotten. */
  readonly #announced = new Map<string, string>()
  /** Addresses whose refusal of our code says that the code is wrong: those that a person named, and those that announce another. */
  readonly #named = new Set<string>()
  readonly #judges = new Set<string>()

  constructor(init: WaysInInit) {
    this.#init = init
    this.#ways = init.ways
  }

  /** By which links are made, the newest first. Never empty. */
  get ways(): readonly Way[] {
    return this.#ways
  }

  /** The code of the network has changed. */
  change(ways: readonly Way[]): void {
    this.#ways = ways
  }

  /** What mDNS shows of the network's name. */
  get nn(): string {
    return this.#init.nn
  }

  /** The newest way as mDNS shows it. */
  get net8(): string {
    return this.#shown(this.#ways[0]!)
  }

  /** What a dial begins with: the newest way, but where somebody announces one that was replaced. */
  secret(address?: string): { readonly psk: Uint8Array; readonly tag: string; readonly nn: string } {
    const announced = address === undefined ? undefined : this.#announced.get(address)
    const { psk, tag } = this.#ways.find(({ tag }) => tag === announced) ?? this.#ways[0]!
    return { psk, tag, nn: this.#init.nn }
  }

  /**
   * What somebody of our name announces: one of our ways, or another code, which dialling tells to be mistyped there or here.
   * undefined: an open network of that name, which tells nothing.
   */
  meaningOf(net8: string): Way | 'other code' | undefined {
    const { hasCode, openNet8 } = this.#init
    const way = this.#ways.find((way) => this.#shown(way) === net8)
    return way ?? (hasCode && net8 !== openNet8 ? 'other code' : undefined)
  }

  /** It is announced there. Who was away when the code was changed takes links by the one it knows. */
  announced(address: string, what: Way | 'other code'): void {
    this.#announced.delete(address)
    if (what === 'other code') return this.#hasOtherCode(address)
    if (what.tag === this.#ways[0]!.tag) return
    this.#announced.set(address, what.tag)
    if (this.#announced.size > ANNOUNCED_WAYS_MAX)
      this.#announced.delete(this.#announced.keys().next().value!)
  }

  /** A person named this address: a node of the network is there. */
  named(address: string): void {
    this.#named.add(address)
  }

  /** Does a refusal of our code by this address say that the code is wrong? */
  judges(address: string): boolean {
    return this.#named.has(address) || this.#judges.has(address)
  }

  #hasOtherCode(address: string): void {
    this.#judges.delete(address)
    this.#judges.add(address)
    if (this.#judges.size > JUDGES_MAX) this.#judges.delete(this.#judges.keys().next().value!)
  }

  /** The network's id stands for its first code, a tag for a later one. */
  #shown({ tag }: Way): string {
    return tag === '' ? this.#init.net8 : tag
  }
}
