import { describe, expect, it } from 'vitest'
import { firstContact, qrLines, type Surroundings } from '../../src/cli/first-contact.ts'
import type { UsableInterface } from '../../src/node/index.ts'

const own = (kind: UsableInterface['kind'], name: string, address: string): UsableInterface => ({
  kind,
  name,
  address,
  netmask: '255.255.255.0',
  mac: '02:00:00:00:00:01',
})
const LAN = own('lan', 'eth0', '192.168.1.5')

const told = (over: Partial<Surroundings> = {}) =>
  firstContact({
    port: 27470,
    interfaces: [LAN],
    network: 'lan',
    hasCode: false,
    isDiscovering: true,
    peers: [],
    isLimited: false,
    ...over,
  })

describe('what somebody alone is told', () => {
  it('is success first, then addresses, the command for the other machine, and what may be in the way', () => {
    expect(told()).toEqual({
      command: 'lanchat --peer 192.168.1.5:27470',
      lines: [
        'You are the first one here. That is fine: whoever comes later finds you by itself.',
        'This machine is 192.168.1.5 (eth0), port 27470.',
        'If somebody is there and does not see you, type on the other machine:',
        '    lanchat --peer 192.168.1.5:27470',
        'What may be in the way:',
        '  - nobody else runs lanchat yet, or not on the same Wi-Fi or cable;',
        '  - a firewall: UDP port 5353 and TCP port 27470 must be let in, here and there;',
        '  - a guest Wi-Fi that keeps its machines apart: use another one, or a cable.',
        'lanchat doctor looks closer.',
      ],
    })
  })

  it('names the network where it is another, and the code where there is one', () => {
    const { command, lines } = told({ network: "rats' lab", hasCode: true })
    expect(command).toBe("lanchat --network 'rats'\\'' lab' --peer 192.168.1.5:27470")
    expect(lines.join('\n')).toContain('(with the code of this network)')
    expect(lines.join('\n')).toContain('another code')
  })

  it.each<[string, Partial<Surroundings>, RegExp]>([
    ['no network', { interfaces: [] }, /this machine is on no network/],
    ['a wrong --interface', { interfaces: [], isLimited: true }, /named by --interface has no address/],
    ['only loopback', { interfaces: [own('loopback', 'lo', '127.0.0.1')] }, /only loopback is used/],
    ['only containers', { interfaces: [own('container', 'docker0', '172.17.0.1')] }, /no LAN is up/],
    ['no DHCP', { interfaces: [own('lan', 'eth0', '169.254.3.4')] }, /no router gave/],
    ['a VPN', { interfaces: [LAN, own('vpn', 'wg0', '10.0.0.2')] }, /the VPN on wg0/],
    ['no discovery', { isDiscovering: false }, /--no-discovery/],
  ])('names the cause where it is plain: %s', (_, over, cause) => {
    const { lines } = told(over)
    expect(lines.at(-2)).toMatch(cause)
  })

  it('promises nobody who finds this machine by itself where none is looked for', () => {
    const [first] = told({ isDiscovering: false }).lines
    expect(first).toBe('You are the first one here. That is fine: whoever names you with --peer finds you.')
  })

  it('says that nobody answers where --peer says, and what to do, before anything else', () => {
    const { lines } = told({ peers: ['10.0.0.5:1', 'two', 'three', 'four:1'], isDiscovering: false })
    expect(lines[0]).toBe(
      'Nobody is here yet: no lanchat of this network answers at 10.0.0.5:1, two, three and 1 more.',
    )
    expect(lines.join('\n')).not.toContain('That is fine')
    expect(lines.find((line) => line.startsWith('  - '))).toMatch(
      /lanchat doctor --peer 10\.0\.0\.5:1 says more/,
    )
  })

  it.each<[string, Partial<Surroundings>]>([
    ['on no network', { interfaces: [] }],
    ['on loopback only', { interfaces: [own('loopback', 'lo', '127.0.0.1')] }],
    ['not hub', { port: undefined }],
  ])('has no command for others %s', (_, over) => {
    expect(told(over).command).toBeUndefined()
  })

  it('fits a QR of the command on a screen of 24 rows', async () => {
    const rows = await qrLines('lanchat --peer 192.168.100.100:27470')
    expect(rows.length).toBeLessThanOrEqual(17)
    expect(rows.every((row) => /^[ \u2580\u2584\u2588]{25,40}$/.test(row))).toBe(true)
  })
})
