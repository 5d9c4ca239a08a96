/** What somebody is told who has been alone for a moment: that this is fine, how others get here, and what may be in the way. */
import type { UsableInterface } from '../node/index.ts'
import { safeName } from './safe-text.ts'

/** Alone for so long, a person wonders; whoever is there has been found by then. */
export const ALONE_MS = 5000

export interface Surroundings {
  /** Where this node accepts links; undefined where that is not known, since it is not the hub. */
  readonly port: number | undefined
  /** The best first. */
  readonly interfaces: readonly UsableInterface[]
  readonly network: string
  readonly hasCode: boolean
  readonly isDiscovering: boolean
  /** Named by --peer; no lanchat of this network answered at any of them. */
  readonly peers: readonly string[]
  /** --interface was given. */
  readonly isLimited: boolean
}

export interface FirstContact {
  readonly lines: readonly string[]
  /** What to type on the other machine, and what the QR says; undefined where no other machine can reach this one. */
  readonly command: string | undefined
}

export function firstContact(around: Surroundings): FirstContact {
  const { interfaces, port } = around
  const reachable = interfaces.filter(({ kind }) => kind !== 'loopback' && kind !== 'container')
  const best = reachable[0] ?? interfaces[0]
  const command = best && port !== undefined ? commandFor(best.address, port, around) : undefined
  const lines = [firstLine(around)]
  if (interfaces.length > 0) {
    const at = port === undefined ? '' : `, port ${port}`
    lines.push(`This machine is ${interfaces.map(addressText).join(', ')}${at}.`)
  }
  if (command !== undefined) {
    const code = around.hasCode ? ' (with the code of this network)' : ''
    lines.push(
      `If somebody is there and does not see you, type on the other machine${code}:`,
      `    ${command}`,
    )
  }
  const [only, ...more] = causes(around)
  if (only !== undefined && more.length === 0) lines.push(`What may be in the way: ${only}`)
  else if (only !== undefined) {
    lines.push('What may be in the way:', ...[only, ...more].map((cause) => `  - ${cause}`))
  }
  lines.push('lanchat doctor looks closer.')
  return { lines, command: reachable.length > 0 ? command : undefined }
}

/** Whoever named a peer meant to find somebody: being alone is not fine then. */
function firstLine({ isDiscovering, peers }: Surroundings): string {
  if (peers.length > 0) return `Nobody is here yet: no lanchat of this network answers at ${named(peers)}.`
  const whoever = isDiscovering
    ? 'whoever comes later finds you by itself'
    : 'whoever names you with --peer finds you'
  return `You are the first one here. That is fine: ${whoever}.`
}

/** How many of the peers are named. */
const PEERS_SHOWN = 3

const named = (peers: readonly string[]): string => {
  const more = peers.length - PEERS_SHOWN
  const shown = peers.slice(0, PEERS_SHOWN).map(safeName).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}

const addressText = ({ name, address, kind }: UsableInterface): string =>
  `${address} (${safeName(name)}${kind === 'lan' ? '' : `, ${KINDS[kind]}`})`

const KINDS = { loopback: 'this machine only', vpn: 'a VPN', container: 'containers' } as const

function commandFor(address: string, port: number, { network }: Surroundings): string {
  const named = network === 'lan' ? '' : ` --network ${inShell(network)}`
  return `lanchat${named} --peer ${address}:${port}`
}

const inShell = (word: string): string =>
  /^[\w.:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** What explains it on this machine, likeliest first; never empty. */
function causes({ interfaces, port, isDiscovering, isLimited, hasCode, peers }: Surroundings): string[] {
  const lans = interfaces.filter(({ kind }) => kind === 'lan')
  const [vpn] = interfaces.filter(({ kind }) => kind === 'vpn')
  const found: string[] = []
  if (interfaces.length === 0) {
    return [
      isLimited
        ? 'the interface named by --interface has no address; is the name right, the cable in?'
        : 'this machine is on no network. Plug in a cable or join a Wi-Fi; lanchat goes on by itself then.',
    ]
  }
  const [peer] = peers
  if (peer !== undefined) {
    found.push(
      `lanchat does not run there, listens elsewhere, or is on another network or code; it is tried again and again. lanchat doctor --peer ${inShell(peer)} says more.`,
    )
  }
  if (lans.length === 0) {
    const what = interfaces.every(({ kind }) => kind === 'loopback')
      ? 'only loopback is used'
      : 'no LAN is up'
    found.push(`${what}, so other machines cannot see this one.`)
  } else if (lans.every(({ address }) => address.startsWith('169.254.'))) {
    found.push(
      'no router gave this machine an address (169.254...): only machines in the same state hear it.',
    )
  }
  if (!isDiscovering) found.push('--no-discovery: nobody is looked for, and nobody finds you without --peer.')
  if (vpn) found.push(`the VPN on ${safeName(vpn.name)} may keep this machine from its own LAN.`)
  if (found.length > 0) return found
  return [
    'nobody else runs lanchat yet, or not on the same Wi-Fi or cable;',
    `a firewall: UDP port 5353${port === undefined ? '' : ` and TCP port ${port}`} must be let in, here and there;`,
    'a guest Wi-Fi that keeps its machines apart: use another one, or a cable.',
    ...(hasCode ? ['another code: only who has the same code is on this network.'] : []),
  ]
}

/** The QR of a text as lines of half blocks, the light parts drawn: for light text on a dark ground. */
export async function qrLines(text: string): Promise<string[]> {
  const { renderUnicodeCompact } = await import('uqr')
  return renderUnicodeCompact(text, { border: 2, ecc: 'L' }).split('\n')
}
