/** Carries out what the core wants dialled: each dial ends in an open link or in the reason why there is none. */
import { setMaxListeners } from 'node:events'
import type { Core } from '../core.ts'
import type { Penalties } from '../penalties.ts'
import type { WaysIn } from '../ways-in.ts'
import { systemClock } from './clock.ts'
import { type DialFault, dial } from './dial.ts'
import { splitAddress } from './dial-address.ts'
import type { Introduction } from './greet.ts'
import type { OpenLinks } from './open-links.ts'
import { tellPoint } from './start-points.ts'
import type { Turns } from './turns.ts'

export interface DiallingPorts {
  readonly introduction: Introduction
  readonly isPlain: boolean
  readonly core: Pick<Core, 'isReady'>
  readonly waysIn: WaysIn
  readonly penalties: Penalties
  readonly openLinks: OpenLinks
  readonly turns: Turns
  log(level: 'debug', text: string): void
}

export class Dialling {
  readonly #ports: DiallingPorts
  readonly #abort = new AbortController()

  constructor(ports: DiallingPorts) {
    this.#ports = ports
    // One listener for each dial under way: Node warns of more than ten, on the terminal of whoever chats.
    setMaxListeners(0, this.#abort.signal)
  }

  async dial(address: string): Promise<void> {
    const { introduction, isPlain, core, waysIn, penalties, openLinks, turns, log } = this.#ports
    const { host, port } = splitAddress(address)
    if (penalties.waits(host, systemClock.monotonic()))
      return turns.give({ in: 'dialFailed', address, why: 'failed' })
    const dialled = await dial({
      ...waysIn.secret(address),
      ...introduction,
      host,
      port,
      ...(isPlain && { plain: true }),
      signal: this.#abort.signal,
    })
    if ('link' in dialled) {
      if (!core.isReady) tellPoint(log, 'link up')
      return openLinks.open(dialled.link, address)
    }
    log('debug', `no link to ${address}: ${dialled.fault} ${dialled.code ?? ''}`)
    const isOld = dialled.code === 'CODE_OLD' && dialled.fault === 'refused-by-peer'
    const codeMatters = isOld || (dialled.fault === 'wrong-code' && waysIn.judges(address))
    turns.give({ in: 'dialFailed', address, why: failureOf(dialled), ...(codeMatters && { codeMatters }) })
  }

  /** Gives up those under way. Twice is safe. */
  close(): void {
    this.#abort.abort()
  }
}

function failureOf({ fault, code }: DialFault) {
  if (code === 'SELF') return 'self' as const
  if (code === 'PLACE_OTHER') return 'other-place' as const
  if (code === 'CODE_OLD' && fault === 'refused-by-peer') return 'old-code' as const
  if (fault === 'refused' || fault === 'timeout' || fault === 'wrong-code') return fault
  if (fault === 'closed' && code === 'ECONNRESET') return 'reset' as const
  return 'failed' as const
}
