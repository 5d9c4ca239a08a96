/** A link to a node, as a visitor under a key of the moment: does it take us, and what does its clock say? */
import { randomBytes } from 'node:crypto'
import { fromHex, readUint } from '../../../wire/bytes.ts'
import { decodeFrame } from '../../../wire/codec.ts'
import { explainRefusal } from '../../../wire/refusal.ts'
import { STATE } from '../../choice/state.ts'
import { signerOf } from '../../crypto.ts'
import { spanText } from '../../span.ts'
import { type DialFault, dial } from '../dial.ts'
import type { Link } from '../link.ts'
import { type Finding, fail, pass, skip, warn } from './check.ts'
import { firewallFix } from './reach.ts'

const DIAL_MS_MAX = 1500
/** A heartbeat comes twice a second, */
const BEAT_MS_MAX = 900
/** ... later where a machine is busy: where the dial was quick there is time for that. */
const QUICK_MS_MAX = 2000
/** Nobody notices less; the order of messages does not depend on it. */
const CLOCK_MS_MAX = 120_000
const VISITOR = 2

export interface Secret {
  readonly psk: Uint8Array
  readonly nn: string
  readonly net8: string
}

export interface Met {
  readonly host: string
  readonly port: number
  readonly outcome: { readonly ms: number } | DialFault
  /** Its clock minus ours, ms: of three and more machines their median. */
  readonly clockMs?: number
}

/** Takes at most 2.4 s. */
export async function meet(host: string, port: number, secret: Secret): Promise<Met> {
  const from = performance.now()
  const dialled = await dial({
    host,
    port,
    psk: secret.psk,
    nn: secret.nn,
    signer: signerOf(new Uint8Array(randomBytes(32))),
    hello: () => ({
      net: fromHex(secret.net8),
      role: VISITOR,
      places: new Uint8Array(0),
      grown: false,
      age: 0,
      caps: 0,
      port: 0,
    }),
    timeoutMs: DIAL_MS_MAX,
  })
  if (!('link' in dialled)) return { host, port, outcome: dialled }
  const ms = Math.round(performance.now() - from)
  const clockMs = await clockOf(dialled.link, Math.max(BEAT_MS_MAX, from + QUICK_MS_MAX - performance.now()))
  dialled.link.close()
  return { host, port, outcome: { ms }, ...(clockMs !== undefined && { clockMs }) }
}

function clockOf(link: Link, msMax: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, msMax, undefined)
    link.start({
      onFrame: (bytes) => {
        const frame = decodeFrame(bytes)
        if (typeof frame === 'string' || frame.type !== 'heartbeat') return
        clearTimeout(timer)
        // Of two machines the median is simply the later clock.
        const isMedian = frame.state === STATE.hub && frame.members >= 2
        resolve(readUint((isMedian && frame.median) || frame.clock, 0, 6) - Date.now())
      },
      onClose: () => {
        clearTimeout(timer)
        resolve(undefined)
      },
      onDrain: () => {},
    })
  })
}

/** what: "The hub", "The node". */
export function judgeMet(what: string, { host, port, outcome }: Met): Finding {
  const where = `${what} at ${host}:${port}`
  if ('ms' in outcome) return pass(`${where} answers in ${outcome.ms} ms.`)
  const { fault, code = '', detail = '' } = outcome
  switch (fault) {
    case 'refused':
      return fail(
        `${where} does not listen there: the machine is on, the program is not.`,
        'Start lanchat there, and look at the port: lanchat status there shows that of the hub.',
        code,
      )
    case 'timeout':
    case 'unreachable':
      return fail(
        `${where} does not answer (${code || fault}).`,
        `Is it switched on, and is the address right? Else ${firewallFix(port, 'there')}.`,
      )
    case 'wrong-code':
      return fail(`${where} uses another code.`, 'Start lanchat with the same --code-file as there.', code)
    case 'other-network':
      return fail(`${where} belongs to another network.`, 'Start lanchat with its --network NAME.', code)
    case 'not-lanchat':
      return fail(`What listens at ${host}:${port} is not lanchat.`, 'Look at the port again.', code)
    case 'refused-by-peer':
    case 'refused-by-us':
      return fail(`${where} and this lanchat do not agree: ${explainRefusal(code, detail)}`, undefined, code)
    default:
      return warn(`${where} ended the connection half way.`, 'Try again in a minute.', code || fault)
  }
}

export const nobodyToMeet = (): Finding => skip('No hub is known here.')

/** clockMs: the network's clock minus ours; undefined: nobody told. */
export function judgeClock(clockMs: number | undefined): Finding {
  if (clockMs === undefined) return skip('There is no other clock to compare with.')
  if (Math.abs(clockMs) <= CLOCK_MS_MAX)
    return pass(`This clock and the network's differ by ${spanText(clockMs)}.`)
  const direction = clockMs > 0 ? 'behind' : 'ahead of'
  return warn(
    `This machine's clock is ${spanText(clockMs)} ${direction} the others'. Messages are ordered all the same.`,
    process.platform === 'linux'
      ? `Set it: sudo date -s '${new Date(Date.now() + clockMs).toISOString().slice(0, 16)}Z', or with internet: sudo timedatectl set-ntp true`
      : 'Set the date and time of this machine.',
  )
}
