/** Sockets of strangers against a hub in use: what is not proved stays outside, and whoever is inside does not notice. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { bindingOf, dialerTls, LINK_PATH } from '../../src/node/io/channel.ts'
import { openHandshake } from '../../src/wire/auth.ts'
import { nameHint, pskOf } from '../../src/wire/ids.ts'
import type { Chat } from '../e2e/loopback.ts'
import { Held } from '../lab/held.ts'
import { bytesOf, hostileMsgpack } from '../vectors/hostile.ts'
import { GROWTH_MIB_MAX, LINE_MS_MAX, Scene } from './attack.ts'

const scene = new Scene()
let people: readonly [Chat, Chat]
const secret = {
  psk: pskOf(nodeCrypto, new Uint8Array(32)),
  nn: nameHint(nodeCrypto, scene.loopback.network),
}

beforeAll(async () => {
  await scene.open()
  people = await Promise.all([scene.talker('anna'), scene.talker('bert')])
  await scene.talk(...people)
})
afterAll(() => scene.close())

/** Not `once`, which rejects where the socket is reset: that is what the hub does to most of them. */
const closed = (socket: Socket) =>
  socket.closed ? undefined : new Promise((resolve) => socket.once('close', resolve))

function tcp(): Socket {
  const socket = connect(scene.port, '127.0.0.1')
  socket.on('error', () => {})
  return socket
}

/** A websocket of somebody who has the network key and no manners. */
async function webSocket(): Promise<WebSocket> {
  const socket = connectTls({ ...dialerTls(secret), host: '127.0.0.1', port: scene.port })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const ws = new WebSocket(`ws://lanchat${LINK_PATH}`, { createConnection: () => socket })
  ws.on('error', () => {})
  await once(ws, 'open')
  return ws
}

/** The same, proved by the handshake: a peer in good standing. */
async function provedWebSocket(): Promise<WebSocket> {
  const socket = connectTls({ ...dialerTls(secret), host: '127.0.0.1', port: scene.port })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const ws = new WebSocket(`ws://lanchat${LINK_PATH}`, { createConnection: () => socket })
  ws.on('error', () => {})
  const handshake = openHandshake({
    side: 'dialer',
    binding: bindingOf(socket),
    signer: signerOf(nodeCrypto.random(32)),
    hello: scene.hello(),
    crypto: nodeCrypto,
  })
  ws.on('open', () => ws.send(handshake.hello))
  await new Promise<void>((resolve) => {
    const take = (data: Buffer) => {
      const step = handshake.receive(data)
      if (step.send) ws.send(step.send)
      if (!step.done) return
      ws.off('message', take)
      resolve()
    }
    ws.on('message', take)
  })
  return ws
}

it('a thousand connections at once take nobody’s place', async () => {
  const held = await Held.of(scene.hub.process)
  const before = await held.mib()
  const sockets: Socket[] = []
  for (let i = 0; i < 1000; i++) {
    const socket = tcp()
    sockets.push(socket)
    if (i % 3 === 1) socket.write(nodeCrypto.random(300))
    if (i % 3 === 2) socket.write('GET / HTTP/1.1\r\n')
  }
  let slowest = 0
  for (let i = 0; i < 20; i++) slowest = Math.max(slowest, await scene.talk(...people))
  await Promise.all(sockets.map(closed))
  expect(slowest).toBeLessThan(LINE_MS_MAX)
  expect((await held.mib()) - before).toBeLessThan(GROWTH_MIB_MAX)
  expect(scene.bugs()).toEqual([])
  // And there is room again.
  await scene.joined()
})

it('msgpack that is meant to hurt ends the socket that brought it', async () => {
  for (const vector of hostileMsgpack()) {
    const ws = await webSocket()
    const closed = once(ws, 'close')
    ws.send(bytesOf(vector))
    const [code] = await closed
    // Above the size cap ws itself ends it.
    expect([4010, 1009, 1006], vector.name).toContain(code)
  }
  await scene.talk(...people)
  expect(scene.bugs()).toEqual([])
})

it('a proved member’s text, fragments without end, oversize and floods of pings end that link alone', async () => {
  const raw = (socket: WebSocket) => (socket as unknown as { _socket: Socket })._socket
  const ways: ((ws: WebSocket) => void)[] = [
    (ws) => ws.send('a text'),
    (ws) => {
      for (let i = 0; i < 40; i++) ws.send(Buffer.from([i]), { fin: false })
    },
    (ws) => ws.send(Buffer.alloc(65_537)),
    (ws) =>
      raw(ws).write(Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
    (ws) => raw(ws).write(Buffer.from([0x82, 0x05, 1, 2, 3, 4, 5])),
    (ws) => raw(ws).write(Buffer.from([0xf2, 0x80, 0, 0, 0, 0])),
    (ws) => {
      raw(ws).pause()
      for (let i = 0; i < 20_000; i++) raw(ws).write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]))
    },
  ]
  for (const way of ways) {
    const ws = await provedWebSocket()
    const over = once(ws, 'close')
    way(ws)
    expect(await scene.talk(...people)).toBeLessThan(LINE_MS_MAX)
    raw(ws).resume()
    await over
  }
  expect(scene.bugs()).toEqual([])
})
