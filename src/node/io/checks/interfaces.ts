/** Which networks this machine is plugged into. */
import { networkInterfaces } from 'node:os'
import { type UsableInterface, usableInterfaces } from '../../interfaces.ts'
import { type Finding, fail, pass, warn } from './check.ts'

export const ownInterfaces = (only?: readonly string[]): UsableInterface[] =>
  usableInterfaces(networkInterfaces(), only)

/** usable: what lanchat would use. only: what was asked for by --interface. names: all interfaces there are. */
export function judgeInterfaces(
  usable: readonly UsableInterface[],
  only: readonly string[] | undefined,
  names: readonly string[],
): Finding {
  const detail = usable.map((own) => `${own.name} ${own.address} (${own.kind})`).join(', ')
  const missing = only?.filter((wanted) => !usable.some((own) => [own.name, own.address].includes(wanted)))
  if (missing && missing.length > 0)
    return fail(
      `There is no interface ${missing.join(', ')} with an IPv4 address.`,
      `Leave out --interface, or name one of: ${names.join(', ')}.`,
      detail,
    )
  if (usable.length === 0)
    return fail(
      'No network: no interface but loopback has an IPv4 address.',
      'Plug in a cable or join a Wi-Fi; lanchat goes on by itself then.',
    )
  const lans = usable.filter(({ kind }) => kind === 'lan')
  if (only === undefined && lans.length === 0)
    return warn(
      `Only ${listed(usable)} is up, so nobody on a LAN can be found.`,
      'Plug in a cable or join a Wi-Fi.',
      detail,
    )
  if (lans.length > 0 && lans.every(({ address }) => address.startsWith('169.254.')))
    return warn(
      `${listed(lans)} gave itself an address: no DHCP server answered.`,
      'That works among machines in the same state. Else look at the router or the cable.',
      detail,
    )
  const others = usable.filter(({ kind }) => kind === 'vpn' || kind === 'container')
  const aside = others.length === 0 ? '' : ` Also up: ${listed(others)}.`
  return pass(
    `${listed(usable.filter((own) => !others.includes(own)))} ${lans.length > 1 ? 'are' : 'is'} up.${aside}`,
    detail,
  )
}

const listed = (interfaces: readonly UsableInterface[]) =>
  interfaces.map(({ name, kind }) => (kind === 'lan' ? name : `${name} (${kind})`)).join(', ')
