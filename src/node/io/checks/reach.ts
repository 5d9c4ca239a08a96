/** Which of the machines known here take a TCP connection, and what it means where some do not. */
import { isOnLink, type UsableInterface } from '../../interfaces.ts'
import { type Finding, fail, pass, skip } from './check.ts'
import { type Touched, touch } from './touch.ts'

/** The system itself gives up an address without a machine after 3 s. */
const TOUCH_MS_MAX = 1500
const TARGETS_MAX = 8
/** A port that is rarely used: a gateway that is there refuses it, or drops it; either way it has answered ARP. */
const GATEWAY_PORT = 53

export interface Reached {
  readonly host: string
  readonly port: number
  readonly touched: Touched
}

export interface Reach {
  /** Nodes on a link of this machine. */
  readonly peers: readonly Reached[]
  readonly gateway: Reached | undefined
  /** Addresses whose hardware address is known after these tries; undefined: the system does not tell. */
  readonly known: ReadonlySet<string> | undefined
}

/** targets: host:port, the likeliest first. Takes at most 1.5 s and a little. */
export async function reachAll(
  targets: readonly { readonly host: string; readonly port: number }[],
  gateway: string | undefined,
  interfaces: readonly UsableInterface[],
  known: () => Promise<ReadonlySet<string> | undefined>,
): Promise<Reach> {
  const near = new Map<string, number>()
  for (const { host, port } of targets)
    if (!near.has(host) && isOnLink(host, interfaces) && !interfaces.some((own) => own.address === host))
      near.set(host, port)
  const reached = async (host: string, port: number): Promise<Reached> => {
    return { host, port, touched: await touch(host, port, TOUCH_MS_MAX) }
  }
  const [peers, door] = await Promise.all([
    Promise.all([...near].slice(0, TARGETS_MAX).map(([host, port]) => reached(host, port))),
    gateway === undefined ? undefined : reached(gateway, GATEWAY_PORT),
  ])
  return { peers, gateway: door, known: await known() }
}

const isThere = ({ touched }: Reached) => touched === 'answers' || touched === 'refuses'
const listed = (list: readonly Reached[]) => list.map(({ host, port }) => `${host}:${port}`).join(', ')

function gatewayAnswers({ gateway, known }: Reach): boolean {
  return gateway !== undefined && (isThere(gateway) || (known?.has(gateway.host) ?? false))
}

/** Machines that are known to be on this link and take no connection. */
export function judgeIsolation(reach: Reach, platform: NodeJS.Platform = process.platform): Finding {
  const { peers, known } = reach
  if (peers.length === 0) return skip('No other node on this link is known to try it with.')
  const lost = peers.filter((peer) => !isThere(peer))
  if (lost.length === 0) return pass(`${listed(peers)} can be reached by TCP.`)
  if (lost.every(({ touched }) => touched === 'not-permitted'))
    return fail(
      `This machine's own firewall forbids connections to ${listed(lost)}.`,
      'Let TCP to the local network out in the firewall of this machine.',
    )
  if (isForbiddenByMac(reach, platform))
    return skip('See local-network: this machine does not let lanchat try.')
  const onLink = lost.filter(({ host }) => known?.has(host))
  const detail = `${listed(lost)}: no TCP; hardware address ${
    known === undefined ? 'not asked for' : onLink.length > 0 ? `known of ${listed(onLink)}` : 'of none known'
  }`
  if (lost.length < peers.length)
    return fail(
      `${listed(lost)} takes no connection, while ${listed(peers.filter(isThere))} does: it is switched off, or its firewall drops lanchat.`,
      firewallFix(lost.map(({ port }) => port)[0] ?? 27470, 'there'),
      detail,
    )
  if (onLink.length === lost.length)
    return fail(
      `${listed(lost)} is on this link but takes no connection: its firewall drops it, or the Wi-Fi keeps its guests apart (client isolation).`,
      `Try it from a cable or another Wi-Fi. Firewall: ${firewallFix(lost[0]!.port, 'there')}`,
      detail,
    )
  return fail(
    `${listed(lost)} does not answer at all${gatewayAnswers(reach) ? ', while the router does' : ''}: it is gone, or the Wi-Fi keeps its guests apart (client isolation).`,
    'If it is switched on: use a cable, or a Wi-Fi without client isolation (often called guest network or AP isolation).',
    detail,
  )
}

/** macOS refuses at once with "no route to host" what it has not been allowed, though the router is reached. */
function isForbiddenByMac(reach: Reach, platform: NodeJS.Platform): boolean {
  return (
    platform === 'darwin' &&
    gatewayAnswers(reach) &&
    reach.peers.length > 0 &&
    reach.peers.every(({ touched }) => touched === 'unreachable')
  )
}

export function judgeLocalNetwork(reach: Reach, platform: NodeJS.Platform = process.platform): Finding {
  if (platform !== 'darwin') return skip('Only macOS asks for a permission to use the local network.')
  if (isForbiddenByMac(reach, platform))
    return fail(
      'macOS does not let this terminal reach the local network: the router answers, no other machine can be dialled.',
      'System Settings > Privacy & Security > Local Network: switch on your terminal, then start lanchat again. In Terminal.app it needs no permission.',
    )
  if (reach.peers.length === 0) return skip('No other node on this link is known to try it with.')
  return pass('macOS lets lanchat reach the local network.')
}

/** What to type so that a port is let in. where: here or there, for the sentence. */
export function firewallFix(
  port: number,
  where: 'here' | 'there',
  platform: NodeJS.Platform = process.platform,
): string {
  const linux = `sudo ufw allow ${port}/tcp`
  if (where === 'there') return `on that machine, let TCP port ${port} in (Linux: ${linux})`
  if (platform === 'win32')
    return `In an administrator's PowerShell: New-NetFirewallRule -DisplayName lanchat -Direction Inbound -Protocol TCP -LocalPort ${port} -Action Allow`
  if (platform === 'darwin')
    return 'System Settings > Network > Firewall > Options: allow incoming connections for node.'
  return `${linux} (or: sudo firewall-cmd --add-port=${port}/tcp)`
}
