import { isIP } from 'node:net'
import { expect, test } from 'vitest'
import { splitAddress } from '../../src/node/io/dial-address.ts'
import { whereabouts } from '../../src/node/literal-address.ts'
import { seeded } from '../seeded.ts'

test('machines, this one, and what is neither', () => {
  for (const address of ['10.0.0.1:1', '[fe80::1%eth0]:27470', '[2001:db8::]:65535', '[::ffff:10.0.0.1]:5'])
    expect([address, whereabouts(address)]).toEqual([address, 'machine'])
  for (const address of ['127.0.0.1:1', '[::1]:1', '[::ffff:7f00:1]:1', '127.255.0.9:1'])
    expect([address, whereabouts(address)]).toEqual([address, 'loopback'])
  for (const address of ['', ':', '[]:1', 'node:1', '[fade.cafe]:1', '[dead]:1', '[::]:1', '[ff02::1]:1'])
    expect([address, whereabouts(address)]).toEqual([address, 'nowhere'])
  for (const address of ['0.0.0.0:1', '224.0.0.1:1', '255.255.255.255:1', '1.2.3.4:0', '1.2.3.4:65536'])
    expect([address, whereabouts(address)]).toEqual([address, 'nowhere'])
})

test('whatever it takes, the system takes as an address and looks up nothing', () => {
  const random = seeded(7)
  const parts = [
    '[',
    ']',
    ':',
    '::',
    '.',
    '%',
    'eth0',
    '1',
    '255',
    '10',
    'fe80',
    'ffff',
    'dead',
    '0',
    '07',
    ':27470',
  ]
  let taken = 0
  for (let i = 0; i < 200_000; i++) {
    let inner = ''
    for (let n = 1 + Math.floor(random() * 12); n > 0; n--)
      inner += parts[Math.floor(random() * parts.length)]
    const address = random() < 0.5 ? `[${inner}]:27470` : `${inner}:27470`
    if (whereabouts(address) === 'nowhere') continue
    taken++
    expect([address, isIP(splitAddress(address).host)]).not.toEqual([address, 0])
  }
  expect(taken).toBeGreaterThan(50)
})
