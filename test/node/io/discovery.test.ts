import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Discovery,
  type DiscoveryOptions,
  type Hint,
  startDiscovery,
} from '../../../src/node/io/discovery.ts'
import { freePort, Heard, txt } from './mdns.ts'

/** Everything stays on the loopback interface, on a port of its own. */
let mdnsPort = 0
const open: Discovery[] = []

const A = 'aaaaaaaaaaaaaaaa'
const B = 'bbbbbbbbbbbbbbbb'

interface Started {
  discovery: Discovery
  hints: Hint[]
  /** Resolves with the first hint, past or future, for which this holds. */
  hint(predicate: (hint: Hint) => boolean): Promise<Hint>
}

function start(instance: string, options: Partial<DiscoveryOptions> = {}): Started {
  const heard = new Heard()
  const discovery = startDiscovery({
    instance,
    port: 4000,
    txt,
    interfaces: ['127.0.0.1'],
    mdnsPort,
    log: () => {},
    onHint: heard.hear,
    onTrouble: () => {},
    ...options,
  })
  open.push(discovery)
  return { discovery, hints: heard.hints, hint: (is) => heard.first(is) }
}

beforeEach(async () => {
  mdnsPort = await freePort()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((discovery) => discovery.close()))
})

describe('discovery', () => {
  it('tells two nodes where to dial each other, whoever starts first', async () => {
    const a = start(A)
    const b = start(B, { port: 4001, txt: { ...txt, r: true } })
    expect(await a.hint((hint) => hint.instance === B)).toEqual({
      addresses: expect.arrayContaining(['127.0.0.1']),
      port: 4001,
      instance: B,
      txt: { ...txt, r: true },
      service: 'node',
      referer: '127.0.0.1',
    })
    expect((await b.hint((hint) => hint.instance === A)).addresses[0]).toBe('127.0.0.1')
  })

  it('only listens where no port is given', async () => {
    const a = start(A, { port: 0 })
    const b = start(B)
    a.discovery.setHub(1)
    await a.hint((hint) => hint.instance === B)
    const c = start('cccccccccccccccc')
    await c.hint((hint) => hint.instance === B)
    expect([...b.hints, ...c.hints].filter((hint) => hint.instance === A)).toEqual([])
  })

  it('ignores its own announcements', async () => {
    const a = start(A)
    const b = start(B)
    await Promise.all([a.hint((hint) => hint.instance === B), b.hint((hint) => hint.instance === A)])
    expect(a.hints.every((hint) => hint.instance === B)).toBe(true)
    expect(b.hints.every((hint) => hint.instance === A)).toBe(true)
  })

  it('announces a change at once', async () => {
    const a = start(A)
    const b = start(B)
    await b.hint((hint) => hint.instance === A)
    a.discovery.update({ r: true, e: 3 })
    expect((await b.hint((hint) => hint.txt.r)).txt).toEqual({ ...txt, r: true, e: 3 })
    a.discovery.update({ r: true })
    expect(b.discovery.neighbours().filter((n) => n.instance === A)).toHaveLength(1)
  })

  it('announces the hub as a service of its own, one name for each reign', async () => {
    const a = start(A)
    const b = start(B)
    a.discovery.setHub(7)
    expect(await b.hint((hint) => hint.service === 'hub')).toMatchObject({
      instance: A,
      txt: { role: 'hub', e: 7 },
    })
    a.discovery.setHub(8)
    await b.hint((hint) => hint.service === 'hub' && hint.txt.e === 8)
    a.discovery.setHub(null)
    const late = start('cccccccccccccccc')
    await late.hint((hint) => hint.instance === A && hint.service === 'node')
    expect(late.hints.filter((hint) => hint.service === 'hub')).toEqual([])
  })

  it('answers one question to its address by unicast', async () => {
    const a = start(A)
    // Not bound to the mDNS port, so that nothing but a unicast answer can reach it.
    const socket = createSocket('udp4')
    const answered = new Promise<Buffer>((resolve) => socket.on('message', (message) => resolve(message)))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()))
    const name = Buffer.from('\x08_lanchat\x04_tcp\x05local\0', 'latin1')
    const question = Buffer.concat([
      Buffer.from('123400000001000000000000', 'hex'),
      name,
      Buffer.from('000c0001', 'hex'),
    ])
    const again = setInterval(() => socket.send(question, mdnsPort, '127.0.0.1'), 50)
    const answer = await answered
    clearInterval(again)
    socket.close()
    expect(answer.readUInt16BE(0)).toBe(0x1234)
    expect(answer.includes(A)).toBe(true)
    await a.discovery.close()
  })

  it('finds a node by asking its address', async () => {
    const a = start(A)
    // Without an interface nothing is heard by multicast.
    const b = start(B, { interfaces: ['192.0.2.1'] })
    const again = setInterval(() => b.discovery.askAddress('127.0.0.1'), 50)
    const hint = await b.hint((h) => h.instance === A)
    clearInterval(again)
    expect(hint).toMatchObject({ port: 4000, txt, service: 'node' })
    expect(a.hints).toEqual([])
  })

  it('keeps a neighbour that says goodbye, since anybody can say it', async () => {
    const a = start(A)
    const b = start(B)
    await b.hint((hint) => hint.instance === A)
    await a.discovery.close()
    expect(b.discovery.neighbours().map((neighbour) => neighbour.instance)).toEqual([A])
  })

  it('closes within its bound, and twice', async () => {
    const a = start(A)
    const startedAt = performance.now()
    await Promise.all([a.discovery.close(), a.discovery.close()])
    await a.discovery.close()
    expect(performance.now() - startedAt).toBeLessThan(5000)
    a.discovery.ask('hubs')
    a.discovery.setHub(1)
    a.discovery.update({ e: 1 })
    a.discovery.askAddress('127.0.0.1')
  })

  it('says that there is no network', async () => {
    const codes: string[] = []
    start(A, { interfaces: ['192.0.2.1'], onTrouble: (trouble) => codes.push(trouble.code) })
    expect(codes).toEqual(['INTERFACE_NONE'])
  })

  it('tells a port that is held for itself as trouble of that interface, and goes on', async () => {
    const holder = createSocket('udp4')
    await new Promise<void>((resolve) => holder.bind(mdnsPort, '0.0.0.0', () => resolve()))
    const trouble = await new Promise((resolve) => start(A, { onTrouble: resolve }))
    expect(trouble).toMatchObject({ code: 'MULTICAST_BLOCKED', interface: loopbackName() })
    await new Promise<void>((resolve) => holder.close(() => resolve()))
    // The socket is opened anew by itself.
    const a = start(B)
    await a.hint((hint) => hint.instance === A)
  })
})

function loopbackName(): string {
  return Object.entries(networkInterfaces()).find(([, infos]) =>
    infos?.some((i) => i.address === '127.0.0.1'),
  )![0]
}
