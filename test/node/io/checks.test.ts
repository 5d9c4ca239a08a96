/** What the checks conclude, also of systems that these tests do not run on. */
import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { UsableInterface } from '../../../src/node/interfaces.ts'
import { readArp, readLinuxArp } from '../../../src/node/io/checks/arp.ts'
import { judgeFirewall } from '../../../src/node/io/checks/firewall.ts'
import { judgeClock, judgeMet } from '../../../src/node/io/checks/hub.ts'
import { judgeInterfaces } from '../../../src/node/io/checks/interfaces.ts'
import { programOf, readInodes } from '../../../src/node/io/checks/mdns-port.ts'
import { judgeMulticast, judgePeers } from '../../../src/node/io/checks/multicast.ts'
import {
  judgeIsolation,
  judgeLocalNetwork,
  type Reach,
  type Reached,
} from '../../../src/node/io/checks/reach.ts'
import { readLinuxRoutes, readMacRoute } from '../../../src/node/io/checks/route.ts'
import { judgeVersions } from '../../../src/node/io/checks/versions.ts'
import { judgeProfiles, readProfiles } from '../../../src/node/io/checks/windows-firewall.ts'

const nic = (name: string, address: string, kind: UsableInterface['kind'] = 'lan'): UsableInterface => {
  return { name, address, netmask: '255.255.255.0', mac: '', kind }
}
const eth0 = nic('eth0', '10.0.0.2')

describe('interfaces', () => {
  it.each([
    [[], 'fail', /^No network/],
    [[nic('tun0', '10.8.0.2', 'vpn')], 'warn', /^Only tun0 \(vpn\) is up/],
    [[nic('eth0', '169.254.3.4')], 'warn', /gave itself an address/],
    [[eth0, nic('wlan0', '10.0.1.2')], 'pass', /^eth0, wlan0 are up\.$/],
  ] as const)('%#', (usable, status, message) => {
    const finding = judgeInterfaces(usable, undefined, ['lo'])
    expect([finding.status, finding.message]).toEqual([status, expect.stringMatching(message)])
  })

  it('names those there are where the one asked for is not', () => {
    expect(judgeInterfaces([], ['eth9'], ['lo', 'eth0']).fix).toContain('lo, eth0')
  })
})

describe('multicast', () => {
  it('that only a tunnel lacks is no trouble', () => {
    const loops = new Map([
      ['eth0', undefined],
      ['tun0', 'EPERM'],
    ])
    const interfaces = [eth0, nic('tun0', '10.8.0.2', 'vpn')]
    expect(judgeMulticast({ loops, heard: [] }, interfaces).status).toBe('pass')
    expect(judgeMulticast({ loops: new Map([['eth0', 'EPERM']]), heard: [] }, interfaces).status).toBe('fail')
  })

  it('counts machines, by interface, and leaves out this one', () => {
    const own = { nn: 'aa', net8: 'a1' }
    const at = (address: string, txt = own) => ({ address, txt })
    const heard = [at('10.0.0.2'), at('10.0.0.3'), at('10.0.0.3'), at('10.0.0.4', { nn: 'bb', net8: 'b1' })]
    expect(judgePeers(heard, [eth0], own)).toEqual({
      status: 'pass',
      message: '1 other machine of this network heard; also 1 machine of other networks.',
      detail: 'eth0: 1',
    })
  })
})

describe('who takes no connection', () => {
  const peer = (touched: Reached['touched'], host = '10.0.0.3'): Reached => ({ host, port: 27470, touched })
  const gateway = { host: '10.0.0.1', port: 53, touched: 'refuses' } as const
  const known = (...hosts: string[]) => new Set(hosts)
  it.each([
    ['nobody known', { peers: [], gateway, known: known() }, 'skip', /No other node/],
    [
      'a refusal is an answer',
      { peers: [peer('refuses')], gateway, known: known() },
      'pass',
      /can be reached/,
    ],
    [
      'ARP without TCP',
      { peers: [peer('silent')], gateway, known: known('10.0.0.3') },
      'fail',
      /is on this link but takes no connection/,
    ],
    [
      'neither, while the router answers',
      { peers: [peer('unreachable')], gateway, known: known('10.0.0.1') },
      'fail',
      /does not answer at all, while the router does/,
    ],
    [
      'one of two',
      { peers: [peer('silent'), peer('answers', '10.0.0.4')], gateway, known: undefined },
      'fail',
      /10\.0\.0\.3:27470 takes no connection, while 10\.0\.0\.4:27470 does/,
    ],
    [
      'own firewall',
      { peers: [peer('not-permitted')], gateway, known: undefined },
      'fail',
      /own firewall forbids/,
    ],
  ] as [string, Reach, string, RegExp][])('%s', (_, reach, status, message) => {
    const finding = judgeIsolation(reach, 'linux')
    expect([finding.status, finding.message]).toEqual([status, expect.stringMatching(message)])
  })

  it('on macOS may be for want of a permission: the router answers, no machine can be dialled', () => {
    const reach = { peers: [peer('unreachable')], gateway, known: known('10.0.0.1') }
    expect(judgeLocalNetwork(reach, 'darwin')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('Privacy & Security > Local Network'),
    })
    expect(judgeIsolation(reach, 'darwin').status).toBe('skip')
    expect(judgeLocalNetwork({ ...reach, peers: [peer('silent')] }, 'darwin').status).toBe('pass')
    expect(judgeLocalNetwork(reach, 'linux').status).toBe('skip')
  })
})

describe('the firewall here', () => {
  const hub = { id: 'ab', name: 'ann', url: '', self: false }
  const running = { reachable: false, hub, members: 2, uptimeS: 60, port: 27470 }
  it.each([
    [undefined, 'skip'],
    [{ ...running, reachable: true }, 'pass'],
    [{ ...running, members: 1 }, 'skip'],
    [{ ...running, uptimeS: 3 }, 'skip'],
    [running, 'fail'],
  ] as const)('%#', (report, status) => {
    expect(judgeFirewall(report).status).toBe(status)
  })

  it.each([
    ['linux', 'ufw allow 27470/tcp'],
    ['win32', 'New-NetFirewallRule'],
    ['darwin', 'System Settings'],
  ] as const)('is opened on %s by what that system has', (platform, fix) => {
    expect(judgeFirewall(running, platform).fix).toContain(fix)
  })
})

describe('a public network of Windows', () => {
  it.each([
    ['{"InterfaceAlias":"Wi-Fi","NetworkCategory":0}', 'fail'],
    [
      '[{"InterfaceAlias":"Wi-Fi","NetworkCategory":1},{"InterfaceAlias":"vEthernet","NetworkCategory":"Public"}]',
      'fail',
    ],
    ['{"InterfaceAlias":"Ethernet","NetworkCategory":2}', 'pass'],
    ['not JSON', 'skip'],
  ])('%s', (text, status) => {
    expect(judgeProfiles(readProfiles(text), 'win32').status).toBe(status)
  })

  it('is private after one command', () => {
    expect(judgeProfiles([{ name: 'Wi-Fi', isPublic: true }], 'win32').fix).toContain(
      "Set-NetConnectionProfile -InterfaceAlias 'Wi-Fi' -NetworkCategory Private",
    )
  })
})

describe('what the system tells', () => {
  it('reads routes of Linux and macOS', () => {
    const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n'
    expect(readLinuxRoutes(head)).toBeNull()
    expect(readLinuxRoutes(`${head}eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`)).toEqual({
      interface: 'eth0',
      gateway: '10.0.0.1',
    })
    expect(readMacRoute('   route to: default\n    gateway: 10.0.0.1\n  interface: en0\n')).toEqual({
      interface: 'en0',
      gateway: '10.0.0.1',
    })
  })

  it('reads hardware addresses of Linux, macOS and Windows', () => {
    const linux = `IP address HW type Flags HW address Mask Device
10.0.0.3 0x1 0x2 02:00:00:00:00:03 * eth0
10.0.0.4 0x1 0x0 00:00:00:00:00:00 * eth0`
    expect([...readLinuxArp(linux)]).toEqual(['10.0.0.3'])
    expect([...readArp('? (10.0.0.3) at 2:0:0:0:0:3 on en0\n? (10.0.0.4) at (incomplete) on en0')]).toEqual([
      '10.0.0.3',
    ])
    expect([...readArp('  10.0.0.3    02-00-00-00-00-03     dynamic')]).toEqual(['10.0.0.3'])
  })

  it('reads who has a port', () => {
    const udp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  1: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   103        0 4711 2
  2: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2`
    expect(readInodes(udp, 5353)).toEqual(['4711'])
  })

  it.runIf(process.platform === 'linux')(
    'is told by the name of a program, whatever its threads are called',
    async () => {
      const title = process.title
      process.title = 'MainThread'
      const name = await programOf(process.pid)
      process.title = title
      expect(name).toBe(basename(realpathSync(process.execPath)))
    },
  )
})

describe('clocks and versions', () => {
  it.each([
    [undefined, 'skip', 'There is no other clock to compare with.'],
    [90_000, 'pass', "This clock and the network's differ by 2 minutes."],
    [
      86_400_000,
      'warn',
      "This machine's clock is 1 day behind the others'. Messages are ordered all the same.",
    ],
  ] as const)('%s', (clockMs, status, message) => {
    expect(judgeClock(clockMs)).toMatchObject({ status, message })
  })

  it('an old Node fails, another version running here is worth a look', () => {
    expect(judgeVersions(undefined, '18.1.0').status).toBe('fail')
    expect(judgeVersions('0.0.1', '22.0.0')).toMatchObject({ status: 'warn' })
    expect(judgeVersions(undefined, '22.0.0').status).toBe('pass')
  })

  it('a node that refuses is explained in our words', () => {
    const outcome = { fault: 'refused-by-peer', code: 'VERSION_UNSUPPORTED', detail: 'too old' } as const
    expect(judgeMet('The hub', { host: '10.0.0.3', port: 1, outcome }).status).toBe('fail')
  })
})
