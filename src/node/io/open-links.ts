/** The links of this node that are open: how the core hears of them, what goes over them, and how they end. */
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { decodeFrame, encodeFrame } from '../../wire/codec.ts'
import { instanceName, type PersonKey, personKey } from '../../wire/ids.ts'
import { FAULTS_MAX, RELAY_QUEUE_BYTES_MAX } from '../../wire/limits.ts'
import { isRefusalCode, type RefusalCode, refusals } from '../../wire/refusal.ts'
import type { CoreEffect, Traffic } from '../core-io.ts'
import { nodeCrypto } from '../crypto.ts'
import type { Penalties } from '../penalties.ts'
import { systemClock } from './clock.ts'
import { joinAddress, splitAddress } from './dial-address.ts'
import { framedOnce } from './framed-once.ts'
import type { Intake } from './intake.ts'
import { type Link, type LinkHandlers, sendShared } from './link.ts'
import type { StartFacts } from './start-facts.ts'
import type { Turns } from './turns.ts'

/** A serving link with less than this queued is given more. */
const PUMP_BELOW_BYTES = 256 * 1024

export interface OpenLinksPorts {
  /** By their ids: this file alone adds and removes. */
  readonly links: Map<number, Link>
  readonly intake: Intake
  readonly turns: Turns
  readonly penalties: Penalties
  readonly facts: StartFacts
  /** Bound to loopback: then this machine is the whole network, and a link from it proves what one from elsewhere would. */
  readonly isLoopbackOnly: boolean
  /** Nobody is taken any more. */
  isClosing(): boolean
  log(level: 'debug' | 'info', text: string): void
}

export class OpenLinks {
  readonly #ports: OpenLinksPorts
  readonly #links: Map<number, Link>
  readonly #turns: Turns
  /** By the link that has to take more first: its own pump, and those of the circuits over it. */
  readonly #waitingPumps = new Map<number, Set<number>>()

  constructor(ports: OpenLinksPorts) {
    this.#ports = ports
    this.#links = ports.links
    this.#turns = ports.turns
  }

  get count(): number {
    return this.#links.size
  }

  /** What has gone over a link so far. */
  traffic(id: number): Traffic | undefined {
    return this.#links.get(id)?.traffic
  }

  /** A link has come up. dialledAddress: where this node dialled it. */
  open(link: Link, dialledAddress: string | undefined): void {
    const { penalties, facts, intake, isLoopbackOnly, isClosing } = this.#ports
    if (isClosing() || penalties.waits(link.key, systemClock.monotonic())) {
      link.close(refusals.PENALTY.closeCode!, 'PENALTY')
      if (dialledAddress) this.#turns.give({ in: 'dialFailed', address: dialledAddress, why: 'failed' })
      return
    }
    this.#links.set(link.id, link)
    facts.accept()
    if (dialledAddress) facts.remember(dialledAddress)
    const address = dialledAddress ?? (link.hello.port > 0 ? joinAddress(link.address, link.hello.port) : '')
    const { hello } = link
    const isOwn = isOwnAddress(link.address)
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
      local: !isLoopbackOnly && isOwn,
      ...(!isOwn && { host: link.address }),
      hello: { places: hello.places, grown: hello.grown, age: hello.age, visitor: hello.role === 2 },
      told: { places: link.told.places, grown: link.told.grown },
      ...(link.way !== undefined && { way: link.way }),
    })
    // Effects of linkUp (a refusal, a first frame) leave at the end of the turn; reading starts now.
    link.start(this.#handlers)
    intake.began(link.id)
  }

  send({ links, frame }: Extract<CoreEffect, { do: 'send' }>): void {
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

  pump({ link: id, over }: Extract<CoreEffect, { do: 'pump' }>): void {
    const link = this.#links.get(over)
    if (!link) return
    if (link.queuedBytes < PUMP_BELOW_BYTES) setImmediate(() => this.#turns.give({ in: 'pump', link: id }))
    else if (!this.#waitingPumps.get(over)?.add(id)) this.#waitingPumps.set(over, new Set([id]))
  }

  /** Ends a link; the core does not hear of it. */
  close(id: number, code: RefusalCode | undefined): void {
    const link = this.#links.get(id)
    if (!link) return
    // While it is open to what many get and it has not got yet.
    link.close(code ? (refusals[code].closeCode ?? 1000) : 1000, code ?? '')
    this.#links.delete(id)
    this.#waitingPumps.delete(id)
  }

  /** Ends a link with a refusal; the core hears linkDown. */
  refuse(id: number, code: string, detail: string): void {
    const link = this.#links.get(id)
    // A link that a peer carries is the core's own: it ends it.
    if (!link) return this.#turns.give({ in: 'linkDown', link: id, cause: 'closed' })
    const known = isRefusalCode(code) ? refusals[code] : undefined
    link.send(encodeFrame({ type: 'refuse', code, detail: (detail || known?.them) ?? '' }))
    this.close(id, isRefusalCode(code) ? code : undefined)
    this.#turns.give({ in: 'linkDown', link: id, cause: 'closed' })
  }

  /** Three faults end the link, and key and address wait, unless honest people share the address. */
  fault(id: number, key: PersonKey, why: string): void {
    const { penalties, log } = this.#ports
    const count = penalties.count(key)
    log('info', `fault ${count} of ${key.slice(0, 8)}: ${why}`)
    if (count < FAULTS_MAX) return
    const address = this.#links.get(id)?.address
    const isShared = !address || isOwnAddress(address) || this.#hasOthersAt(address, key)
    penalties.begin(key, isShared ? undefined : address, systemClock.monotonic())
    this.refuse(id, 'FAULTS', '')
  }

  /** Others come from there too: a class behind one address is not shut out for one of them. */
  #hasOthersAt(address: string, key: PersonKey): boolean {
    for (const link of this.#links.values()) if (link.address === address && link.key !== key) return true
    return false
  }

  /** Ends all of them. Twice is safe. */
  closeAll(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** The same for all links. */
  readonly #handlers: LinkHandlers = {
    onFrame: (bytes, link) => this.#onFrame(link, bytes),
    onClose: (cause, link) => {
      this.#waitingPumps.delete(link.id)
      if (!this.#links.delete(link.id)) return
      this.#ports.log('debug', `the link to ${link.key.slice(0, 8)} ended: ${JSON.stringify(cause)}`)
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
    if (typeof frame === 'string') return this.fault(link.id, link.key, frame)
    if (frame.type === 'refuse')
      return this.#ports.log('info', `${link.key.slice(0, 8)} refuses: ${frame.code}`)
    this.#turns.give({ in: 'frame', link: link.id, frame })
  }
}

function isOwnAddress(address: string): boolean {
  if (address === '::1' || address.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address))
}
