import { expect, test } from 'vitest'
import type { Link } from '../../../src/node/io/link.ts'
import { OpenLinks, type OpenLinksPorts } from '../../../src/node/io/open-links.ts'
import { Penalties } from '../../../src/node/penalties.ts'
import type { PersonKey } from '../../../src/wire/ids.ts'

const key = (digit: string) => digit.repeat(64) as PersonKey
const ADDRESS = '192.0.2.7'

/** A node that has a link to each of these keys, all from one address; the first one makes three faults. */
function faulty(...keys: readonly PersonKey[]) {
  const penalties = new Penalties()
  const linkOf = (key: PersonKey, id: number) => ({
    id,
    key,
    address: ADDRESS,
    send: () => {},
    close: () => {},
  })
  const links = new Map(keys.map((key, id) => [id, linkOf(key, id) as unknown as Link]))
  const ports = { links, penalties, turns: { give: () => {} }, log: () => {} }
  const open = new OpenLinks(ports as unknown as OpenLinksPorts)
  for (let i = 0; i < 3; i++) open.fault(0, keys[0]!, 'a fault')
  const now = performance.now()
  return { waits: (who: string) => penalties.waits(who, now) }
}

test('whoever makes three faults waits, and their machine (LK-7)', () => {
  const { waits } = faulty(key('a'), key('a'))
  expect([waits(key('a')), waits(ADDRESS)]).toEqual([true, true])
})

test('others who come from the same address do not wait for the faults of one of them', () => {
  const { waits } = faulty(key('a'), key('b'))
  expect([waits(key('a')), waits(ADDRESS), waits(key('b'))]).toEqual([true, false, false])
})
