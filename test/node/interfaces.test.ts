import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { isOnLink, orderAddresses, subnetAddresses, usableInterfaces } from '../../src/node/interfaces.ts'

function ipv4(address: string, netmask = '255.255.255.0', internal = false): NetworkInterfaceInfo {
  return { family: 'IPv4', address, netmask, mac: '02:00:00:00:00:01', internal, cidr: null }
}
const all = {
  lo: [ipv4('127.0.0.1', '255.0.0.0', true)],
  docker0: [ipv4('172.17.0.1', '255.255.0.0')],
  wg0: [ipv4('10.99.0.2', '255.255.255.255')],
  eth0: [ipv4('169.254.3.4', '255.255.0.0'), ipv4('192.168.1.20')],
}
const names = (only?: readonly string[]) => usableInterfaces(all, only).map((own) => own.name)

describe('usable interfaces', () => {
  it('are all but loopback, real networks first', () => {
    expect(names()).toEqual(['eth0', 'wg0', 'docker0'])
    expect(usableInterfaces(all).map((own) => own.kind)).toEqual(['lan', 'vpn', 'container'])
  })

  it('are those asked for, by name or address, loopback too', () => {
    expect(names(['lo'])).toEqual(['lo'])
    expect(names(['127.0.0.1'])).toEqual(['lo'])
    expect(names(['192.168.1.20', 'docker0'])).toEqual(['eth0', 'docker0'])
    expect(names(['eth9'])).toEqual([])
  })

  it('use a link-local address only where there is no other', () => {
    expect(usableInterfaces(all)[0]?.address).toBe('192.168.1.20')
    expect(usableInterfaces({ eth0: [ipv4('169.254.3.4')] })[0]?.address).toBe('169.254.3.4')
  })

  it('are at most 32', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`eth${n}`, [ipv4('10.0.0.1')]]))
    expect(usableInterfaces(many)).toHaveLength(32)
  })
})

describe('addresses to dial', () => {
  const own = usableInterfaces(all)

  it('start with the referer, then those on a link of ours, then the rest', () => {
    expect(orderAddresses('192.168.1.9', ['10.5.5.5', '192.168.1.9', '192.168.1.10'], own)).toEqual([
      '192.168.1.9',
      '192.168.1.10',
      '10.5.5.5',
    ])
  })

  it('leave out what can only mean this machine or none', () => {
    const told = [
      '172.17.0.1',
      '127.0.0.1',
      '0.0.0.0',
      '224.0.0.251',
      '255.255.255.255',
      'fe80::1',
      '1.2.3',
      '1.2.3.999',
    ]
    expect(orderAddresses('192.168.1.9', told, own)).toEqual(['192.168.1.9'])
  })

  it('keep the referer even if it is our own address: two people on one machine', () => {
    expect(orderAddresses('192.168.1.20', ['192.168.1.20'], own)).toEqual(['192.168.1.20'])
  })

  it('are on a link by its netmask', () => {
    expect(isOnLink('192.168.1.255', own)).toBe(true)
    expect(isOnLink('192.168.2.1', own)).toBe(false)
    expect(isOnLink('nonsense', own)).toBe(false)
  })
})

describe('addresses of a subnet', () => {
  const of = (address: string, netmask: string) =>
    subnetAddresses(usableInterfaces({ eth0: [ipv4(address, netmask)] })[0]!)

  it('are all but our own, the network and the broadcast address', () => {
    expect(of('192.168.1.2', '255.255.255.248')).toEqual([1, 3, 4, 5, 6].map((n) => `192.168.1.${n}`))
    expect(of('192.168.1.2', '255.255.255.255')).toEqual([])
  })

  it('are those around our own where the subnet is larger than 256', () => {
    const hosts = of('10.1.2.3', '255.0.0.0')
    expect(hosts).toHaveLength(253)
    expect([hosts[0], hosts.at(-1)]).toEqual(['10.1.2.1', '10.1.2.254'])
  })
})
