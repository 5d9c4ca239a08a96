import { createSocket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { type Discovery, type Hint, startDiscovery } from '../../../src/node/io/discovery.ts'
import { Looking } from '../../../src/node/io/looking.ts'
import type { Txt } from '../../../src/node/txt.ts'

const txt: Txt = {
  v: 1,
  nn: '0123abcd',
  net8: '0011223344556677',
  place8: '8899aabbccddeeff',
  e: 0,
  role: 'node',
  p: false,
  r: false,
}
const SELF = 'aaaaaaaaaaaaaaaa'
const OTHER = 'bbbbbbbbbbbbbbbb'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

/** Hints in order, and the promise of the first one for which something holds. */
class Heard {
  readonly hints: Hint[] = []
  #waiting: { readonly is: (hint: Hint) => boolean; readonly then: (hint: Hint) => void }[] = []
  readonly hear = (hint: Hint): void => {
    this.hints.push(hint)
    for (const { is, then } of this.#waiting) if (is(hint)) then(hint)
  }
  first(is: (hint: Hint) => boolean): Promise<Hint> {
    const past = this.hints.find(is)
    return past ? Promise.resolve(past) : new Promise((then) => this.#waiting.push({ is, then }))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

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
