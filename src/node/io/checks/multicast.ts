/** Listens for a moment on every interface: does multicast come back to us, and who else is there? Announces nothing. */
import { type Announcement, readAnnouncements } from '../../announcement.ts'
import { isOnLink, type UsableInterface } from '../../interfaces.ts'
import { MulticastLink } from '../multicast-link.ts'
import { count, type Finding, fail, pass, skip, warn } from './check.ts'

/** A question of ours that does not come back is asked again after 1 s, and given up after 2. */
const LISTEN_MS_MAX = 2300
/** Answers come within a moment, but a busy node sends one a second. */
const LISTEN_MS_MIN = 1600
const ASK_AT_MS = [0, 300, 900]
/** A storm of forged announcements ends here. */
const HEARD_MAX = 1024

export interface Heard extends Announcement {
  /** Where its packet came from. */
  readonly address: string
}

export interface Neighbourhood {
  /** By name of interface: why multicast does not work there; undefined: it does. */
  readonly loops: ReadonlyMap<string, string | undefined>
  readonly heard: readonly Heard[]
}

/** Takes 1.6 s where all is well, 2.3 s otherwise. */
export async function listenAround(interfaces: readonly UsableInterface[]): Promise<Neighbourhood> {
  const silence = 'own multicast is not heard'
  const loops = new Map<string, string | undefined>(interfaces.map(({ name }) => [name, silence]))
  const heard = new Map<string, Heard>()
  const links = interfaces.map((own) => {
    return new MulticastLink(own, 5353, {
      onResponse: (packet, { address }) => {
        for (const announcement of readAnnouncements(packet)) {
          const { service, instance } = announcement
          if (heard.size < HEARD_MAX) heard.set(`${service} ${instance}`, { ...announcement, address })
        }
      },
      onHeard: () => loops.set(own.name, undefined),
      onBroken: (reason) => loops.set(own.name, reason),
      onWarning: () => {},
      isNear: (address) => isOnLink(address, interfaces),
    })
  })
  const ask = () => {
    for (const link of links) link.ask()
  }
  const timers = ASK_AT_MS.map((ms) => setTimeout(ask, ms))
  const wait = (ms: number) => new Promise((resolve) => timers.push(setTimeout(resolve, ms)))
  await wait(LISTEN_MS_MIN)
  if ([...loops.values()].some((reason) => reason === silence)) await wait(LISTEN_MS_MAX - LISTEN_MS_MIN)
  for (const timer of timers) clearTimeout(timer)
  await Promise.all(links.map((link) => link.close({ goodbye: false })))
  return { loops, heard: [...heard.values()] }
}

export function judgeMulticast({ loops }: Neighbourhood, interfaces: readonly UsableInterface[]): Finding {
  if (loops.size === 0) return skip('There is no interface to try it on.')
  const isUsed = (name: string) => interfaces.find((own) => own.name === name)?.kind === 'lan'
  const broken = [...loops].filter(([, reason]) => reason !== undefined)
  const works = [...loops.keys()].filter((name) => !broken.some(([other]) => other === name))
  const detail = broken.map(([name, reason]) => `${name}: ${reason}`).join('; ')
  if (broken.length === 0) return pass(`Multicast works on ${works.join(', ')}.`)
  const names = broken.map(([name]) => name).join(', ')
  // A tunnel or a container bridge without multicast harms nobody on the LAN.
  if (works.some(isUsed) && !broken.some(([name]) => isUsed(name)))
    return pass(`Multicast works on ${works.join(', ')}, not on ${names}.`, detail)
  return fail(
    `Multicast is blocked on ${names}, so nobody is found there by itself.`,
    `Let UDP port 5353 pass this machine's firewall (Linux: sudo ufw allow 5353/udp), or name a node: lanchat --peer ADDRESS:PORT`,
    detail,
  )
}

/** What tells networks apart: a hint of the name, and the id, which the code is part of. */
export interface OwnNetwork {
  readonly nn: string
  readonly net8: string
}

/** One machine is one address here: it may run several nodes, and a hub announces itself twice. */
export function judgePeers(
  heard: readonly { readonly address: string; readonly txt: OwnNetwork }[],
  interfaces: readonly UsableInterface[],
  network: OwnNetwork,
): Finding {
  const isOwn = (address: string) => interfaces.some((own) => own.address === address)
  const others = heard.filter(({ address }) => !isOwn(address))
  const machines = (list: readonly { readonly address: string }[]) =>
    new Set(list.map(({ address }) => address)).size
  const ours = others.filter(({ txt }) => txt.net8 === network.net8)
  const otherCode = others.filter(({ txt }) => txt.nn === network.nn && txt.net8 !== network.net8)
  const strangers = others.filter(({ txt }) => txt.nn !== network.nn)
  const aside = [
    ...(otherCode.length > 0 ? [`${count(machines(otherCode), 'machine')} with another code`] : []),
    ...(strangers.length > 0 ? [`${count(machines(strangers), 'machine')} of other networks`] : []),
  ].join(' and ')
  if (ours.length > 0) {
    const where = interfaces
      .map((own) => [own.name, machines(ours.filter(({ address }) => isOnLink(address, [own])))] as const)
      .filter(([, n]) => n > 0)
    const detail = where.map(([name, n]) => `${name}: ${n}`).join(', ')
    return pass(
      `${count(machines(ours), 'other machine')} of this network heard${aside ? `; also ${aside}` : ''}.`,
      detail,
    )
  }
  if (otherCode.length > 0)
    return warn(
      `Nobody else of this network is heard, but ${aside}.`,
      'Start lanchat with the code they use (--code-file), or without one if they use none.',
    )
  if (strangers.length > 0)
    return warn(
      `Nobody else of this network is heard, but ${aside}.`,
      'Start lanchat with the network name they use: --network NAME',
    )
  const vpn = interfaces.find(({ kind }) => kind === 'vpn')
  return warn(
    'No other machine is heard. Either none runs lanchat here, or this network does not pass multicast on.',
    `Start lanchat on another machine; if it is not found: lanchat --peer ADDRESS:PORT${
      vpn ? `. The VPN ${vpn.name} may keep the local network away: try without it` : ''
    }`,
  )
}
