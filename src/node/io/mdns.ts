/** What this node says of itself by mDNS, and what the core is told of what others say there. */
import { WIRE_VERSION } from '../../wire/version.ts'
import type { Core } from '../core.ts'
import type { CoreEffect } from '../core-io.ts'
import type { NodeOptions } from '../index.ts'
import { subnetAddresses } from '../interfaces.ts'
import type { Place } from '../places.ts'
import type { Txt } from '../txt.ts'
import type { WaysIn } from '../ways-in.ts'
import { joinAddress } from './dial-address.ts'
import type { Discovery, Hint, Neighbour } from './discovery.ts'
import type { Looking } from './looking.ts'
import { tellPoint } from './start-points.ts'
import type { Turns } from './turns.ts'

/** A new hub with links is announced by mDNS this long after it became one. */
const ADVERTISE_AFTER_MS = 400

type Advertise = Extract<CoreEffect, { do: 'advertise' }>

export interface MdnsPorts {
  /** undefined: this node is to be found by nobody. */
  readonly looking: Looking | undefined
  readonly options: NodeOptions
  readonly core: Pick<Core, 'place' | 'isReady'>
  readonly waysIn: WaysIn
  readonly turns: Turns
  hasLinks(): boolean
  log(level: 'debug', text: string): void
}

export class Mdns {
  readonly #ports: MdnsPorts
  #discovery: Discovery | undefined
  #advertising: NodeJS.Timeout | undefined

  constructor(ports: MdnsPorts) {
    this.#ports = ports
  }

  /** Since others were first asked, ms. */
  get soughtMs(): number {
    return this.#ports.looking?.ms ?? 0
  }

  /** What was heard so far of everybody, also in other networks. */
  get neighbours(): readonly Neighbour[] {
    return this.#discovery?.neighbours() ?? []
  }

  /** The node begins, and accepts links at this port: it is announced. */
  begin(port: number): void {
    const { looking, options, core, waysIn } = this.#ports
    const txt = firstTxt(options, waysIn.nn, waysIn.net8, core.place?.ids[0] ?? '')
    this.#discovery = looking?.begin(port, txt, (hint) => this.#heard(hint))
  }

  advertise(effect: Advertise): void {
    // Who becomes hub in the place of another one is told about by its links: those who come over them go first.
    clearTimeout(this.#advertising)
    if (effect.hub && this.#ports.hasLinks())
      this.#advertising = setTimeout(() => this.#advertise(effect), ADVERTISE_AFTER_MS)
    else this.#advertise(effect)
  }

  placeChanged(place: Place): void {
    this.#discovery?.update({ place8: place.ids[0]! })
  }

  /** The network's code has changed. */
  waysChanged(): void {
    this.#discovery?.update({ net8: this.#ports.waysIn.net8 })
  }

  ask(whom: 'all' | 'hubs'): void {
    this.#discovery?.ask(whom)
  }

  askSubnet(): void {
    for (const own of this.#discovery?.interfaces() ?? [])
      for (const address of subnetAddresses(own)) this.#discovery!.askAddress(address)
  }

  /** Says goodbye. Twice is safe. */
  async close(): Promise<void> {
    clearTimeout(this.#advertising)
    await this.#ports.looking?.close()
  }

  #advertise({ hub, epoch, reachable }: Advertise): void {
    this.#discovery?.setHub(hub ? epoch : null)
    this.#discovery?.update({
      e: epoch,
      role: hub ? 'hub' : this.#ports.options.visitor ? 'visitor' : 'node',
      r: reachable,
    })
  }

  #heard({ addresses, port, instance, txt, service, referer }: Hint): void {
    const { core, waysIn, turns, log } = this.#ports
    if (txt.nn !== waysIn.nn || txt.role === 'visitor') return
    const what = waysIn.meaningOf(txt.net8)
    if (!what) return
    if (!core.isReady) tellPoint(log, `${txt.role} heard by mDNS`)
    for (const host of addresses) {
      const address = joinAddress(host, port)
      waysIn.announced(address, what)
      turns.give({
        in: 'hint',
        address,
        node: instance,
        reachable: txt.r,
        hub: service === 'hub' || txt.role === 'hub',
        source: 'mdns',
        by: referer,
      })
    }
  }
}

/** What a node announces when it begins. */
export const firstTxt = (options: NodeOptions, nn: string, net8: string, place8: string): Txt => ({
  v: WIRE_VERSION,
  nn,
  net8,
  place8,
  e: 0,
  role: options.visitor ? 'visitor' : 'node',
  p: options.preferHub ?? false,
  r: false,
})
