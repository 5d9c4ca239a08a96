/**
 * The codes of a network with an owner that this node knows (rules RM-23, LK-9), and the ways in that they are: the newest, by
 * which it dials and which it announces, and older ones, by which those come back who were away when the code was changed.
 * Which code is in force is decided in rooms/codes.ts; here it meets what this device can open.
 */
import { fromHex } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { type DoorKey, doorKey, doorOf, doorTag } from '../wire/door.ts'
import { gateKeyOf, type NetId, networkId, type PersonKey, pskOf } from '../wire/ids.ts'
import type { Invitation } from '../wire/invitation.ts'
import type { CoreOptions } from './core-io.ts'
import type { CodeBox } from './private.ts'
import type { NetworkView } from './rooms.ts'

/** A code as a person or the shell gives it. key: by scrypt (rule ID-3). */
export interface OwnCode {
  readonly text: string
  readonly key: Uint8Array
}

/** One way in: what a link's encryption begins with. tag: of the code; '' for the one the network was founded with. */
export interface Way {
  readonly tag: string
  readonly psk: Uint8Array
}

interface Known extends Way {
  readonly door: DoorKey
  readonly key: Uint8Array
  text: string
}

export interface DoorsPorts {
  readonly crypto: Crypto
  readonly net: NetId
  readonly network: string
  readonly owner: PersonKey
  readonly retentionDays: number
  /** What this node was started with. */
  readonly code: OwnCode
  readonly view: () => NetworkView
  readonly box: CodeBox
  /** The ways in have changed. */
  readonly changed: (ways: readonly Way[]) => void
}

/** Where the network has an owner. */
export function doorsOf(
  options: Pick<CoreOptions, 'crypto' | 'net' | 'network' | 'owner' | 'code' | 'retentionMs'>,
  ports: Pick<DoorsPorts, 'view' | 'box' | 'changed'>,
): Doors | undefined {
  const { crypto, net, network, owner, code, retentionMs } = options
  if (!owner || !code) return undefined
  const retentionDays = Math.round(retentionMs / (24 * 3600 * 1000))
  return new Doors({ crypto, net, network, owner, retentionDays, code, ...ports })
}

export class Doors {
  readonly #ports: DoorsPorts
  readonly #known = new Map<DoorKey, Known>()
  /** Events that were opened. */
  readonly #done = new Set<string>()
  #own: Known
  #founding: Known | undefined
  #ways: readonly Way[] = []

  constructor(ports: DoorsPorts) {
    this.#ports = ports
    this.#own = this.#learn(ports.code.key, ports.code.text)
    this.#ways = [this.#own]
  }

  /** The ways in: the newest that this node knows first. Never empty. */
  get ways(): readonly Way[] {
    return this.#ways
  }

  /** Of the newest way: seals what peers carry. */
  get gateKey(): Uint8Array {
    return gateKeyOf(this.#ports.crypto, this.#newest.key)
  }

  /** The code in force; undefined where this node does not know it. */
  get current(): { readonly door: DoorKey; readonly key: Uint8Array; readonly text: string } | undefined {
    const { newest } = this.#ports.view().codes
    return newest === undefined ? this.#founding : this.#known.get(newest)
  }

  /** Keys of the codes that are known beside this one. */
  formerTo(door: DoorKey): Uint8Array[] {
    return [...this.#known.values()].filter((known) => known.door !== door).map(({ key }) => key)
  }

  /** The invitation by the code in force; undefined where that, or its text, is not known here. */
  invitation(): Invitation | undefined {
    const { network, owner, retentionDays, net } = this.#ports
    const current = this.current
    if (!current || current.text === '') return undefined
    const isFirst = current.door === this.#founding?.door
    return { network, code: current.text, owner, retentionDays, ...(!isFirst && { net }) }
  }

  /**
   * May this key have a link by this way? By the newest everybody may; by an older one whoever came in by one that was not
   * replaced, or was let in since: they learn the new code by this link. Who was expelled learns that.
   */
  admits(key: PersonKey, tag: string): boolean {
    return tag === this.#tagInForce || this.#ports.view().door.admission(key) !== 'outdated'
  }

  get #tagInForce(): string {
    const { newest } = this.#ports.view().codes
    return newest === undefined ? '' : (this.#known.get(newest)?.tag ?? doorTag(newest))
  }

  /** Something in room 0 has changed. */
  look(): void {
    const { box, view, net } = this.#ports
    for (const { id, author, salt, door: bytes, sealed, text, former } of view().codes.counted) {
      if (this.#done.has(id)) continue
      const door = doorKey(bytes)
      const place = { net, author, salt }
      const key = this.#known.get(door)?.key ?? box.open(place, { door, sealed })
      // By another event, or once its author's profile is here, it may be opened still.
      if (!key) continue
      this.#done.add(id)
      const inner = box.openInner(place, key, { text, former })
      this.#learn(key, inner.text)
      for (const each of inner.former) this.#learn(each, '')
    }
    this.#order()
  }

  #learn(key: Uint8Array, text: string): Known {
    const { crypto, network, owner, retentionDays, net } = this.#ports
    const door = doorOf(crypto, key)
    const known = this.#known.get(door)
    if (known) {
      if (known.text === '') known.text = text
      return known
    }
    const spec = { name: network, codeKey: key, hasCode: true, ownerKey: fromHex(owner), retentionDays }
    const isFirst = networkId(crypto, spec) === net
    const learnt = { door, key, text, tag: isFirst ? '' : doorTag(door), psk: pskOf(crypto, key) }
    this.#known.set(door, learnt)
    if (isFirst) this.#founding = learnt
    return learnt
  }

  /** Where the code in force is not known here, the node goes on by the last one that was. */
  get #newest(): Known {
    const { newest } = this.#ports.view().codes
    return (newest === undefined ? this.#founding : this.#known.get(newest)) ?? this.#own
  }

  #order(): void {
    const newest = this.#newest
    // What is in force now is what this node would go on with.
    this.#own = newest
    const ways = [newest, ...[...this.#known.values()].filter((known) => known !== newest)]
    if (ways.map(({ tag }) => tag).join() === this.#ways.map(({ tag }) => tag).join()) return
    this.#ways = ways
    this.#ports.changed(ways)
  }
}
