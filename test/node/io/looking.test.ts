import { afterEach, expect, it } from 'vitest'
import { type Discovery, startDiscovery } from '../../../src/node/io/discovery.ts'
import { Looking } from '../../../src/node/io/looking.ts'
import { freePort, Heard, txt } from './mdns.ts'

const SELF = 'aaaaaaaaaaaaaaaa'
const OTHER = 'bbbbbbbbbbbbbbbb'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

it('asks before the node begins, keeps what it hears, and announces the node when it begins', async () => {
  const mdnsPort = await freePort()
  const common = { interfaces: ['127.0.0.1'], mdnsPort, log: () => {}, onTrouble: () => {} }
  const others = new Heard()
  const startOther = (instance: string): Discovery => {
    const other = startDiscovery({ ...common, instance, port: 4001, txt, onHint: others.hear })
    open.push(other)
    return other
  }
  startOther(OTHER)
  const looking = new Looking({ ...common, instance: SELF, txt })
  open.push(looking)
  // Answers go to all: once a third one has heard the other, so has this one, or will without asking again.
  const third = startOther('cccccccccccccccc')
  await others.first(({ instance }) => instance === OTHER)
  expect(third.neighbours().some(({ instance }) => instance === SELF)).toBe(false)
  expect(looking.ms).toBeGreaterThan(0)
  const heard = new Heard()
  looking.begin(4000, { ...txt, place8: '0011001100110011' }, heard.hear)
  expect((await heard.first(({ instance }) => instance === OTHER)).port).toBe(4001)
  const told = await others.first(({ instance }) => instance === SELF)
  expect(told).toMatchObject({ port: 4000, txt: { place8: '0011001100110011' } })
})
