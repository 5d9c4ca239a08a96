import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DnsPacket, type DnsRecord, readAnnouncements } from '../../src/node/announcement.ts'
import { formatTxt, type Txt } from '../../src/node/txt.ts'

const txt: Txt = {
  v: 1,
  nn: '0123abcd',
  net8: '0011223344556677',
  place8: '',
  e: 0,
  role: 'node',
  p: false,
  r: true,
}
const instance = '00112233445566aa'
const fqdn = `${instance}._lanchat._tcp.local`

function records(
  changes: Partial<Record<'PTR' | 'SRV' | 'TXT' | 'A', Partial<DnsRecord> | null>> = {},
): DnsRecord[] {
  const items = Object.entries(formatTxt(txt)).map(([key, value]) => Buffer.from(`${key}=${value}`))
  const all: Record<string, DnsRecord> = {
    PTR: { type: 'PTR', name: '_lanchat._tcp.local', ttl: 28800, data: fqdn },
    SRV: { type: 'SRV', name: fqdn, ttl: 120, data: { port: 27470, target: `${instance}.local` } },
    TXT: { type: 'TXT', name: fqdn, ttl: 4500, data: items },
    A: { type: 'A', name: `${instance}.local`, ttl: 120, data: '10.0.0.7' },
  }
  return Object.entries(all).flatMap(([type, record]) => {
    const change = changes[type as 'A']
    return change === null ? [] : [{ ...record, ...change }]
  })
}

describe('announcements', () => {
  it('are read from answers and additionals alike, whatever the case of names', () => {
    const found = { service: 'node', instance, port: 27470, addresses: ['10.0.0.7'], txt }
    expect(readAnnouncements({ answers: records() })).toEqual([found])
    const [pointer, ...rest] = records({ PTR: { name: '_LanChat._TCP.local', data: fqdn.toUpperCase() } })
    expect(readAnnouncements({ answers: [pointer!], additionals: rest })).toEqual([found])
  })

  it('of a hub carry its epoch in the name', () => {
    const hub = `${instance}-12._lanchat-hub._tcp.local`
    const answers = records({
      PTR: { name: '_lanchat-hub._tcp.local', data: hub },
      SRV: { name: hub },
      TXT: { name: hub },
    })
    expect(readAnnouncements({ answers })).toMatchObject([{ service: 'hub', instance }])
  })

  it('are hints without addresses too, since the packet came from somewhere', () => {
    expect(readAnnouncements({ answers: records({ A: null }) })).toMatchObject([{ addresses: [] }])
  })

  it.each<[string, Parameters<typeof records>[0]]>([
    ['a goodbye', { PTR: { ttl: 0 } }],
    ['no pointer', { PTR: null }],
    ['no target', { SRV: null }],
    ['no text', { TXT: null }],
    ['port 0', { SRV: { data: { port: 0, target: 'x.local' } } }],
    ['a target that is none', { SRV: { data: null } }],
    ['a name that is not of our form', { PTR: { data: `bob.${fqdn}` } }],
    ['text that is none', { TXT: { data: 'v=1' } }],
  ])('are not read from %s', (_, changes) => {
    expect(readAnnouncements({ answers: records(changes) })).toEqual([])
  })

  it('are at most 8 of one packet', () => {
    const answers = Array.from({ length: 500 }, () => records()).flat()
    expect(readAnnouncements({ answers }).length).toBe(8)
  })

  it('never throw, whatever a packet holds', () => {
    const record = fc.record({
      type: fc.constantFrom('PTR', 'SRV', 'TXT', 'A', 'OPT'),
      name: fc.constantFrom('_lanchat._tcp.local', '_lanchat-hub._tcp.local', fqdn, `${instance}.local`, ''),
      ttl: fc.integer({ min: 0, max: 2 }),
      data: fc.oneof(fc.anything(), fc.constant(fqdn), fc.constant({ port: 1, target: `${instance}.local` })),
    })
    fc.assert(
      fc.property(fc.array(record), fc.array(record), (answers, additionals) => {
        const packet: DnsPacket = { answers, additionals }
        for (const found of readAnnouncements(packet)) expect(found.port).toBeGreaterThan(0)
      }),
    )
  })
})
