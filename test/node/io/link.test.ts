import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, Socket, connect as tcpConnect } from 'node:net'
import { TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { acceptorTls, bindingOf, dialerTls, isLoopback, plainAddress } from '../../../src/node/io/channel.ts'
import { type Link, sendShared } from '../../../src/node/io/link.ts'
import { listen } from '../../../src/node/io/listen.ts'
import { wsMessages } from '../../../src/node/io/ws-frame.ts'
import { openHandshake } from '../../../src/wire/auth.ts'
import { encodeFrame } from '../../../src/wire/codec.ts'
import { personKey } from '../../../src/wire/ids.ts'
import { FRAME_BYTES_MAX } from '../../../src/wire/limits.ts'
import {
  Acceptor,
  connected,
  dialTo,
  type End,
  HOST,
  hello,
  otherServer,
  secret,
  signer,
  tcp,
} from './lan.ts'

/** It only tells what never comes. */
const SOON = 60_000

const acceptors: Acceptor[] = []
const cleanups: (() => void)[] = []
const accept = async (options = {}) => {
  const acceptor = await new Acceptor().open(options)
  acceptors.push(acceptor)
  return acceptor
}
afterEach(async () => {
  for (const undo of cleanups.splice(0)) undo()
  await Promise.all(acceptors.splice(0).map((acceptor) => acceptor.close()))
})
/** So many who dialled, and the links to them. */
async function crowd(count: number): Promise<{ ends: End[]; links: Link[] }> {
  const acceptor = await accept({ plain: true })
  const ends: End[] = []
  for (let n = 0; n < count; n++)
    ends.push(await connected(acceptor.port, { plain: true, signer: signer(10 + n) }))
  await acceptor.end(count - 1)
  return { ends, links: acceptor.ends.map((end) => end.link) }
}
/** What any socket is given to write from now on. */
const writes = (kind: typeof Socket | typeof TLSSocket) => {
  const write = vi.spyOn(kind.prototype, 'write')
  cleanups.push(() => write.mockRestore())
  return write
}
const share = (links: readonly Link[], frames: readonly Uint8Array[]) =>
  sendShared(
    links.map(({ id }) => id),
    new Map(links.map((link) => [link.id, link])),
    frames,
  )
const frame = (n: number, size = 100) => new Uint8Array(size).fill(n)

describe('a link', () => {
  it.each([false, true])('proves both keys and carries frames both ways (plain: %s)', async (plain) => {
    const acceptor = await accept({ plain })
    const a = await connected(acceptor.port, { plain })
    const b = await acceptor.end()
    expect(a.link.key).toBe(personKey(signer(1).key))
    expect(b.link.key).toBe(personKey(signer(2).key))
    expect([a.link.dialled, b.link.dialled]).toEqual([true, false])
    expect(b.link.address).toBe(HOST)
    expect(a.link.hello.net).toEqual(hello().net)
    a.link.send(frame(1))
    a.link.send(frame(2, 70))
    b.link.sendMany([frame(3, 0), frame(4, FRAME_BYTES_MAX), frame(5, 126)])
    await Promise.all([b.count(2), a.count(3)])
    expect(b.frames).toEqual([frame(1), frame(2, 70)])
    expect(a.frames).toEqual([frame(3, 0), frame(4, FRAME_BYTES_MAX), frame(5, 126)])
    expect(acceptor.listener.unauthenticated).toBe(0)
  })

  it('loses no frame that arrives before anybody listens', async () => {
    const acceptor = await accept({ onLink: (link: End['link']) => link.sendMany([frame(1), frame(2)]) })
    const dialled = await dialTo(acceptor.port)
    if (!('link' in dialled)) throw new Error('no link')
    await new Promise((resolve) => setImmediate(resolve))
    const got: number[] = []
    await new Promise<void>((resolve) =>
      dialled.link.start({
        onFrame: (bytes) => {
          got.push(bytes[0]!)
          if (got.length === 2) resolve()
        },
        onClose: () => {},
      }),
    )
    expect(got).toEqual([1, 2])
    dialled.link.terminate()
  })

  it('writes what is sent within one turn at once', async () => {
    const acceptor = await accept()
    const a = await connected(acceptor.port)
    const b = await acceptor.end()
    const write = writes(TLSSocket)
    for (let i = 0; i < 50; i++) b.link.send(frame(i))
    await a.count(50)
    expect(write).toHaveBeenCalledTimes(1)
    expect(a.frames.map((bytes) => bytes[0])).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('writes its auth together with what it says first where hello and auth of the peer came together', async () => {
    const acceptor = await accept({
      onLink: (link: Link) => {
        link.start({ onFrame() {}, onClose() {} })
        link.send(frame(1))
      },
    })
    const chunks: number[] = []
    await openWebsocket(acceptor.port, (ws, socket) => {
      ws.once('message', (data: Buffer) => {
        const handshake = openHandshake({
          side: 'dialer',
          binding: bindingOf(socket),
          signer: signer(2),
          hello: hello(),
          crypto: nodeCrypto,
        })
        const { send: auth } = handshake.receive(data)
        socket.on('data', ({ length }: Buffer) => chunks.push(length))
        socket.cork()
        ws.send(handshake.hello)
        ws.send(auth!)
        socket.uncork()
      })
    })
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(0), SOON)
    const auth = encodeFrame({ type: 'auth', signature: new Uint8Array(64) })
    expect(chunks).toEqual([wsMessages([auth, frame(1)], false).length])
  })

  it('shares one framing among many links, dialled or accepted', async () => {
    const acceptor = await accept()
    const ends = await Promise.all([2, 3, 4].map((n) => connected(acceptor.port, { signer: signer(n) })))
    await acceptor.end(2)
    share(
      acceptor.ends.map((end) => end.link),
      [frame(1), frame(2)],
    )
    await Promise.all(ends.map((end) => end.count(2)))
    for (const end of ends) expect(end.frames).toEqual([frame(1), frame(2)])
    share(
      ends.map((end) => end.link),
      [frame(3)],
    )
    await Promise.all(acceptor.ends.map((end) => end.count(1)))
    for (const end of acceptor.ends) expect(end.frames).toEqual([frame(3)])
  })

  it('gives each of many links its own, between what all of them get', async () => {
    const acceptor = await accept()
    const ends = await Promise.all([2, 3, 4].map((n) => connected(acceptor.port, { signer: signer(n) })))
    await acceptor.end(2)
    const links = ends.map((end) => end.link)
    share(links, [frame(1)])
    for (const [i, link] of links.slice(1).entries()) link.send(frame(10 + i))
    share(links, [frame(2)])
    share(links, [frame(3)])
    await Promise.all(acceptor.ends.map((end) => end.count(3)))
    const got = acceptor.ends.map(({ frames }) => frames.map((bytes) => bytes[0]))
    const wanted = [
      [1, 2, 3],
      [1, 10, 2, 3],
      [1, 11, 2, 3],
    ]
    expect(got).toHaveLength(3)
    expect(got).toEqual(expect.arrayContaining(wanted))
  })

  it('says goodbye behind what many get, also to who has not got it yet', async () => {
    const { ends, links } = await crowd(100)
    share(links, [frame(1)])
    links[99]!.close(1000, 'enough')
    await Promise.all(ends.map((end) => end.count(1)))
    for (const end of ends) expect(end.frames).toEqual([frame(1)])
  })

  it('writes what is for one link alone first, also amid what a hundred links get', async () => {
    const { links } = await crowd(100)
    const write = writes(Socket)
    const [alone, late] = [frame(1, 11), frame(2, 12)]
    share(links, [frame(3)])
    links[98]!.send(alone)
    // Some of the hundred are written to by then, and not all.
    await new Promise((resolve) => setImmediate(resolve))
    expect(write.mock.calls.length).toBeGreaterThan(1)
    expect(write.mock.calls.length).toBeLessThan(100)
    links[99]!.send(late)
    const written = write.mock.calls.length
    await vi.waitUntil(() => write.mock.calls.length === 100, SOON)
    const lengths = write.mock.calls.map(([bytes]) => (bytes as Uint8Array).length)
    // Behind what was to be written to the same link before: order within a link stays.
    expect(lengths.indexOf(102 + 13)).toBe(0)
    expect(lengths.indexOf(102 + 14)).toBe(written)
  })

  it('writes all that is left at once where more comes for many before the first of it is out', async () => {
    const { links } = await crowd(200)
    const write = writes(Socket)
    share(links, [frame(1)])
    await new Promise((resolve) => setImmediate(resolve))
    const first = write.mock.calls.length
    expect(first).toBeLessThan(100)
    share(links, [frame(2)])
    await new Promise((resolve) => setImmediate(resolve))
    // Those that had got the first get the second, the others both in one write.
    expect(write.mock.calls.length).toBe(200 + first)
  })

  it('writes to more of them at a time where one turn brought more than one thing for many', async () => {
    const { links } = await crowd(200)
    const write = writes(Socket)
    share(links, [frame(1)])
    share(links, [frame(2)])
    await new Promise((resolve) => setImmediate(resolve))
    expect(write.mock.calls.length).toBeGreaterThan(100)
    expect(write.mock.calls.length).toBeLessThan(200)
    await vi.waitUntil(() => write.mock.calls.length === 200, SOON)
  })

  it('keeps order through more than one write', async () => {
    const acceptor = await accept()
    const a = await connected(acceptor.port)
    const b = await acceptor.end()
    for (let i = 0; i < 14; i++) a.link.send(frame(i, 60_000))
    const drained = new Promise((resolve) => setImmediate(resolve))
    await drained
    a.link.send(frame(14))
    await b.count(15)
    expect(b.frames.map((bytes) => bytes[0])).toEqual(Array.from({ length: 15 }, (_, i) => i))
    expect(a.link.queuedBytes).toBe(0)
  })

  it('LK-5: writes no more at once than a slow reader takes in good time, however many frames waited', async () => {
    const acceptor = await accept({ plain: true })
    const a = await connected(acceptor.port, { plain: true })
    const b = await acceptor.end()
    const write = writes(Socket)
    for (let i = 0; i < 14; i++) b.link.send(frame(i, 60_000))
    await a.count(14)
    expect(a.frames.map((bytes) => bytes[0])).toEqual(Array.from({ length: 14 }, (_, i) => i))
    const lengths = write.mock.calls.map(([bytes]) => (bytes as Uint8Array).length)
    expect(lengths).toEqual([...new Array(3).fill(4 * 60_004), 2 * 60_004])
  })

  it('writes what is long and for one link alone in pieces over TLS, whole and in order', async () => {
    const acceptor = await accept()
    const a = await connected(acceptor.port)
    const b = await acceptor.end()
    const write = writes(TLSSocket)
    b.link.sendMany([frame(1, 20_000), frame(2, FRAME_BYTES_MAX)])
    share([b.link], [frame(3, 9_000)])
    b.link.send(frame(4))
    await a.count(4)
    expect(a.frames).toEqual([frame(1, 20_000), frame(2, FRAME_BYTES_MAX), frame(3, 9_000), frame(4)])
    const lengths = write.mock.calls.map(([chunk]) => (chunk as Uint8Array).length)
    expect(lengths.filter((length) => length > 4096)).toHaveLength(1)
  })

  it('answers a ping', async () => {
    const acceptor = await accept()
    const { socket } = await provedWebsocket(acceptor.port)
    await acceptor.end()
    const answer = new Promise<Buffer>((resolve) => socket.on('data', resolve))
    socket.write(Buffer.from([0x89, 0x81, 0, 0, 0, 0, 7]))
    expect([...(await answer)]).toEqual([0x8a, 1, 7])
  })

  it('hears every frame once and in order, however they are cut, masked and mixed with others', async () => {
    const acceptor = await accept()
    const { socket } = await provedWebsocket(acceptor.port)
    const end = await acceptor.end()
    const mask = [9, 200, 0, 33]
    const masked = (first: number, payload: readonly number[]) =>
      Buffer.from([first, 0x80 + payload.length, ...mask, ...payload.map((byte, i) => byte ^ mask[i & 3]!)])
    const pieces: Buffer[] = []
    const wanted: number[][] = []
    for (let n = 0; n < 60; n++) {
      const payload = Array.from({ length: n }, (_, i) => (n + i) & 0xff)
      wanted.push(payload)
      const ping = masked(0x89, [n])
      const kind = n % 4
      if (kind === 0) pieces.push(masked(0x82, payload))
      else if (kind === 1) pieces.push(wsMessages([Uint8Array.from(payload)], true))
      else if (kind === 2)
        pieces.push(masked(0x02, payload.slice(0, 1)), ping, masked(0x80, payload.slice(1)))
      else pieces.push(ping, masked(0x82, payload))
    }
    const bytes = Buffer.concat(pieces)
    // Some writes bring one message, some many, some a part.
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 211) {
      socket.write(bytes.subarray(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await end.count(wanted.length)
    expect(end.frames.map((each) => [...each])).toEqual(wanted)
  })

  it('answers nothing behind a close frame, and hears no frame that came with it', async () => {
    const acceptor = await accept()
    const { socket } = await provedWebsocket(acceptor.port)
    const end = await acceptor.end()
    const close = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 232])
    socket.write(Buffer.concat([wsMessages([frame(1)], true), close, wsMessages([frame(2)], true)]))
    socket.write(wsMessages([frame(3)], true))
    expect(await end.closed).toEqual({ why: 'closed', code: 1000, reason: '' })
    expect(end.frames).toEqual([frame(1)])
  })

  it('tells a goodbye from a connection that is lost, and both from an own end', async () => {
    const acceptor = await accept()
    const a = await connected(acceptor.port)
    const b = await acceptor.end()
    b.link.send(frame(1))
    b.link.close(4021, 'leaving')
    expect(await a.closed).toEqual({ why: 'closed', code: 4021, reason: 'leaving' })
    expect(await b.closed).toEqual({ why: 'own', code: 4021, reason: 'leaving' })
    expect(a.frames).toEqual([frame(1)])
    expect(a.link.send(frame(2))).toBe(false)

    const c = await connected(acceptor.port)
    const d = await acceptor.end(1)
    d.link.terminate()
    expect(await c.closed).toEqual({ why: 'lost' })
    expect(await d.closed).toMatchObject({ why: 'own', code: 1006 })
  })

  it('ends alone when a handler of its frames throws', async () => {
    const acceptor = await accept({
      onLink: (link: End['link']) =>
        link.start({
          onFrame: () => {
            throw new Error('a mistake')
          },
          onClose: (cause) => causes.push(cause.why),
        }),
    })
    const causes: string[] = []
    const a = await connected(acceptor.port)
    a.link.send(frame(1))
    expect(await a.closed).toEqual({ why: 'lost' })
    expect(causes).toEqual(['failed'])
  })

  it('refuses to send a frame above the size cap', async () => {
    const acceptor = await accept()
    const a = await connected(acceptor.port)
    expect(() => a.link.send(frame(1, FRAME_BYTES_MAX + 1))).toThrow(TypeError)
    expect(() => share([a.link], [frame(1, FRAME_BYTES_MAX + 1)])).toThrow(TypeError)
    a.link.terminate()
  })

  it('refuses links without TLS beyond loopback', async () => {
    await expect(dialTo(1, { plain: true, host: '192.0.2.1' })).rejects.toThrow(TypeError)
    await expect(dialTo(1, { plain: true, host: 'localhost' })).rejects.toThrow(TypeError)
    await expect(accept({ plain: true, host: '0.0.0.0' })).rejects.toThrow(TypeError)
    await expect(accept({ plain: true, host: undefined })).rejects.toThrow(TypeError)
    expect(isLoopback('127.3.2.1') && isLoopback('::1')).toBe(true)
    expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1')
  })

  it('takes the next free port', async () => {
    const first = await accept()
    const second = await accept({ port: first.port })
    expect(second.port).toBeGreaterThan(first.port)
    expect(second.port).toBeLessThanOrEqual(first.port + 20)
  })
})

describe('dialling says what is wrong', () => {
  it('another code: wrong-code', async () => {
    const acceptor = await accept()
    expect(await dialTo(acceptor.port, { psk: new Uint8Array(32).fill(8) })).toMatchObject({
      fault: 'wrong-code',
    })
    expect(await acceptor.refusals(1)).toEqual(['tls'])
  })

  it('another network name: other-network', async () => {
    const acceptor = await accept()
    expect(await dialTo(acceptor.port, { nn: 'ffffffff' })).toMatchObject({ fault: 'other-network' })
  })

  it('another network with the same key and name hint: refused in the handshake, on both sides', async () => {
    const acceptor = await accept()
    const other = () => ({ ...hello(), net: new Uint8Array(8).fill(9) })
    const dialled = await dialTo(acceptor.port, { hello: other })
    expect(dialled).toMatchObject({
      fault: expect.stringMatching(/^refused-by-(us|peer)$/),
      code: 'NETWORK_OTHER',
    })
  })

  it('itself: SELF', async () => {
    const acceptor = await accept()
    expect(await dialTo(acceptor.port, { signer: signer(1) })).toMatchObject({ code: 'SELF' })
  })

  it('another node than the one looked for: PEER_OTHER', async () => {
    const acceptor = await accept()
    const dialled = await dialTo(acceptor.port, { expect: personKey(signer(5).key) })
    expect(dialled).toMatchObject({ fault: 'refused-by-us', code: 'PEER_OTHER' })
    expect(await acceptor.refusals(1)).toMatchObject([{ refused: { code: 'PEER_OTHER' } }])
  })

  it('nobody there: refused', async () => {
    const { server, port } = await otherServer(() => {})
    server.close()
    expect(await dialTo(port)).toMatchObject({ fault: 'refused' })
  })

  it('no answer: timeout, after the time given', async () => {
    const { server, port } = await otherServer(() => {})
    cleanups.push(() => server.close())
    expect(await dialTo(port, { timeoutMs: 50 })).toEqual({ fault: 'timeout' })
  })

  it('no way to that address: unreachable', async () => {
    expect(await dialTo(1, { host: '255.255.255.255' })).toMatchObject({ fault: 'unreachable' })
  })

  it('a connection that is closed half way: closed', async () => {
    const { server, port } = await otherServer((socket) => socket.once('data', () => socket.destroy()))
    cleanups.push(() => server.close())
    expect(await dialTo(port)).toMatchObject({ fault: 'closed' })
  })

  it('another protocol: not-lanchat', async () => {
    const { server, port } = await otherServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
    cleanups.push(() => server.close())
    expect(await dialTo(port)).toMatchObject({ fault: 'not-lanchat' })
    const http = createHttpServer((_, response) => response.end('a page'))
    http.listen(0, HOST)
    await once(http, 'listening')
    cleanups.push(() => http.close())
    const plain = await dialTo((http.address() as AddressInfo).port, { plain: true })
    expect(plain).toMatchObject({ fault: 'not-lanchat' })
  })

  it('given up by its caller: aborted', async () => {
    const { server, port } = await otherServer(() => {})
    cleanups.push(() => server.close())
    const controller = new AbortController()
    const dialled = dialTo(port, { signal: controller.signal })
    controller.abort()
    expect(await dialled).toEqual({ fault: 'aborted' })
    expect(await dialTo(port, { signal: AbortSignal.abort() })).toEqual({ fault: 'aborted' })
  })
})

/** A TLS and websocket connection made by hand; answers nothing. begin: before anything is heard on it. */
async function openWebsocket(
  port: number,
  begin: (ws: WebSocket, socket: TLSSocket) => void = () => {},
  over?: Socket,
): Promise<{ ws: WebSocket; socket: TLSSocket }> {
  const socket = await tlsTo(port, over)
  const ws = new WebSocket('ws://lanchat/lanchat/1', {
    createConnection: () => socket,
    perMessageDeflate: false,
  })
  ws.on('error', () => {})
  begin(ws, socket)
  await once(ws, 'open')
  return { ws, socket }
}

/** The same, proved by the handshake: a member without manners. */
async function provedWebsocket(port: number, over?: Socket): Promise<{ ws: WebSocket; socket: TLSSocket }> {
  let proved: () => void
  const isProved = new Promise<void>((resolve) => {
    proved = resolve
  })
  const begin = (ws: WebSocket, socket: TLSSocket) => {
    const handshake = openHandshake({
      side: 'dialer',
      binding: bindingOf(socket),
      signer: signer(2),
      hello: hello(),
      crypto: nodeCrypto,
    })
    const take = (data: Buffer) => {
      const step = handshake.receive(data)
      if (step.send) ws.send(step.send)
      if (!step.done) return
      ws.off('message', take)
      proved()
    }
    ws.on('message', take)
    ws.once('open', () => ws.send(handshake.hello))
  }
  const opened = await openWebsocket(port, begin, over)
  await isProved
  return opened
}

/** However it ends: what is written meanwhile may reset it, and events.once would take that for its answer. */
const closeOf = (socket: Socket) =>
  socket.destroyed ? Promise.resolve() : new Promise<void>((resolve) => socket.once('close', () => resolve()))
/** TLS and nothing over it. */
async function tlsTo(port: number, over?: Socket): Promise<TLSSocket> {
  const socket = tlsConnect({ ...dialerTls(secret), ...(over ? { socket: over } : { host: HOST, port }) })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return socket
}
const LINES = [
  'GET /lanchat/1 HTTP/1.1',
  'Host: x',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
]
/** As a node sends it; and one that is left to the HTTP server. */
const REQUEST = `${LINES.join('\r\n')}\r\n\r\n`
const REQUEST_MORE = `${[...LINES, 'X-More: 1'].join('\r\n')}\r\n\r\n`
/** Long enough for TLS on a machine with much else to do. */
const QUICK = { handshakeMs: 1000 }

describe('a hostile peer', () => {
  it('gets the same binding on both ends of one TLS channel, and another on the next', async () => {
    const bindings: string[] = []
    const { createServer } = await import('node:tls')
    const tls = createServer(
      acceptorTls(secret.nn, () => [{ tag: '', psk: secret.psk }]),
      (socket) => {
        socket.on('error', () => {})
        bindings.push(Buffer.from(bindingOf(socket)).toString('hex'))
        socket.end()
      },
    )
    tls.listen(0, HOST)
    await once(tls, 'listening')
    cleanups.push(() => tls.close())
    const { port } = tls.address() as AddressInfo
    const own: string[] = []
    for (let i = 0; i < 2; i++) {
      const socket = tlsConnect({ ...dialerTls(secret), host: HOST, port })
      await once(socket, 'secureConnect')
      expect(socket.getProtocol()).toBe('TLSv1.3')
      own.push(Buffer.from(bindingOf(socket)).toString('hex'))
      socket.resume()
      await once(socket, 'close')
    }
    expect(bindings).toEqual(own)
    expect(new Set(own).size).toBe(2)
  })

  it('cannot relay an auth to another hub (INV-21)', async () => {
    // Somebody who has the network's key accepts the victim's dial and passes every websocket message to the real hub and back.
    const hub = await accept()
    const { createServer: createTls } = await import('node:tls')
    const { createServer: createHttp } = await import('node:http')
    const { WebSocketServer } = await import('ws')
    const http = createHttp()
    const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false })
    http.on('upgrade', (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, async (victim) => {
        victim.on('error', () => {})
        const early: Buffer[] = []
        const keep = (data: Buffer) => early.push(data)
        victim.on('message', keep)
        const { ws } = await openWebsocket(hub.port, (toHub) =>
          toHub.on('message', (data: Buffer) => victim.send(data)),
        )
        victim.off('message', keep)
        for (const data of early) ws.send(data)
        victim.on('message', (data: Buffer) => ws.send(data))
        ws.on('close', () => victim.close())
        victim.on('close', () => ws.close())
      }),
    )
    const middle = createTls(
      acceptorTls(secret.nn, () => [{ tag: '', psk: secret.psk }]),
      (socket) => {
        socket.on('error', () => {})
        http.emit('connection', socket)
      },
    )
    middle.listen(0, HOST)
    await once(middle, 'listening')
    cleanups.push(() => middle.close())
    const dialled = await dialTo((middle.address() as AddressInfo).port)
    expect(dialled).toMatchObject({ code: 'AUTH_FAILED' })
    expect(await hub.refusals(1)).toMatchObject([expect.anything()])
    expect(hub.ends).toEqual([])
  })

  it('cannot get in by an older TLS or without the network key', async () => {
    const acceptor = await accept()
    for (const options of [
      { ...dialerTls(secret), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'PSK+CHACHA20' },
      { rejectUnauthorized: false },
    ] as const) {
      const socket = tlsConnect({ ...options, host: HOST, port: acceptor.port })
      await expect(once(socket, 'secureConnect')).rejects.toThrow()
    }
    expect(await acceptor.refusals(2)).toEqual(['tls', 'tls'])
  })

  it('is closed when it opens TCP and says nothing', async () => {
    const acceptor = await accept({ limits: QUICK })
    const socket = await tcp(acceptor.port)
    socket.resume()
    await closeOf(socket)
    expect(acceptor.refused).toEqual(['timeout'])
    await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(0), SOON)
  })

  it('is not taken for another one from the same port to another address of this machine (LK-4)', async () => {
    const acceptor = await accept({ host: '0.0.0.0', limits: { handshakeMs: 1000 } })
    const to = { port: acceptor.port, localAddress: HOST }
    const proved = tcpConnect({ ...to, host: HOST })
    await once(proved, 'connect')
    await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(1), SOON)
    const idle = tcpConnect({ ...to, host: '127.0.0.2', localPort: proved.localPort! })
    cleanups.push(() => idle.destroy())
    idle.on('error', () => {}).resume()
    await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(2), SOON)
    await provedWebsocket(acceptor.port, proved)
    const { link, closed } = await acceptor.end()
    const first = await Promise.race([closeOf(idle).then(() => 'the idle one'), closed])
    expect(first).toBe('the idle one')
    expect(link.isOpen).toBe(true)
  })

  it('is closed when it sends its HTTP header drop by drop', async () => {
    const acceptor = await accept({ limits: QUICK })
    const socket = tlsConnect({ ...dialerTls(secret), host: HOST, port: acceptor.port })
    socket.on('error', () => {})
    await once(socket, 'secureConnect')
    socket.resume()
    socket.write('GET /lanchat/1 HTTP/1.1\r\nX-Drip: ')
    const drip = setInterval(() => socket.write('x'), 20)
    await closeOf(socket)
    clearInterval(drip)
    expect(acceptor.refused).toEqual(['timeout'])
  })

  it('is taken in where its request comes in two parts', async () => {
    const acceptor = await accept({ plain: true })
    const socket = await tcp(acceptor.port)
    socket.write(REQUEST.slice(0, -4))
    await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(1), SOON)
    socket.write('\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString('latin1')).toContain('101 Switching Protocols')
  })

  it.each([
    ['of a node', false, REQUEST],
    ['of a node', true, REQUEST],
    ['with a header more', false, REQUEST_MORE],
    ['with a header more', true, REQUEST_MORE],
  ])(
    'is heard to the last byte where its first frame comes in one piece with a request %s (plain: %s)',
    async (_, plain, request) => {
      const acceptor = await accept({ plain })
      const socket = plain ? await tcp(acceptor.port) : await tlsTo(acceptor.port)
      socket.resume()
      const handshake = openHandshake({
        side: 'dialer',
        binding: plain ? new Uint8Array(32) : bindingOf(socket),
        signer: signer(2),
        hello: hello(),
        crypto: nodeCrypto,
      })
      const zeros = encodeFrame({ type: 'auth', signature: new Uint8Array(64) })
      socket.write(Buffer.concat([Buffer.from(request), wsMessages([handshake.hello, zeros], true)]))
      expect(await acceptor.refusals(1)).toMatchObject([{ refuse: { code: 'AUTH_FAILED' } }])
      await closeOf(socket)
    },
  )

  it.each([false, true])(
    'is forgotten where it resets the connection, whatever it has sent before (plain: %s)',
    async (plain) => {
      const acceptor = await accept({ plain })
      for (const sent of [
        '',
        REQUEST.slice(0, 50),
        REQUEST_MORE.slice(0, -2),
        REQUEST,
        REQUEST_MORE,
        `${REQUEST}\x82`,
      ]) {
        const socket = await tcp(acceptor.port)
        const over = plain ? socket : await tlsTo(acceptor.port, socket)
        over.on('error', () => {})
        if (sent !== '') await new Promise((resolve) => over.write(sent, 'latin1', resolve))
        await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(1), SOON)
        socket.resetAndDestroy()
        await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(0), SOON)
      }
      expect(acceptor.refused).not.toContain('timeout')
      await connected(acceptor.port, { plain })
    },
  )

  it('gets an answer of HTTP where it asks for a page', async () => {
    const acceptor = await accept({ plain: true })
    const answer = await fetch(`http://${HOST}:${acceptor.port}/`)
    expect(answer.status).toBe(404)
  })

  it('is closed when it says nothing after the upgrade', async () => {
    const acceptor = await accept({ limits: QUICK })
    const { socket } = await openWebsocket(acceptor.port)
    await closeOf(socket)
    expect(acceptor.refused).toEqual(['timeout'])
    await vi.waitFor(() => expect(acceptor.listener.unauthenticated).toBe(0), SOON)
  })

  it('is closed when it talks before it has proved its key', async () => {
    const acceptor = await accept()
    const { ws, socket } = await openWebsocket(acceptor.port)
    ws.send(Buffer.from([0x91, 25]))
    await closeOf(socket)
    expect(await acceptor.refusals(1)).toMatchObject([{ refuse: { code: 'FRAME_INVALID' } }])
  })

  it('is closed when it sends text, or a page asks with an origin, or another path is asked for', async () => {
    const acceptor = await accept()
    const { ws, socket } = await openWebsocket(acceptor.port)
    ws.send('hello')
    await closeOf(socket)
    expect(await acceptor.refusals(1)).toEqual([{ ended: 'invalid' }])
    const plain = await accept({ plain: true })
    for (const [path, origin] of [
      ['/lanchat/1', 'http://evil.example'],
      ['/other', undefined],
    ] as const) {
      const page = new WebSocket(`ws://${HOST}:${plain.port}${path}`, origin ? { origin } : {})
      await expect(once(page, 'open')).rejects.toThrow()
    }
    expect(plain.refused).toEqual(['upgrade', 'upgrade'])
  })

  it('is closed for a frame above the size cap, others live on', async () => {
    const acceptor = await accept()
    const other = await connected(acceptor.port, { signer: signer(3) })
    const { ws } = await provedWebsocket(acceptor.port)
    const bad = await acceptor.end(1)
    ws.send(new Uint8Array(FRAME_BYTES_MAX + 1))
    expect(await bad.closed).toEqual({ why: 'invalid', detail: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' })
    const good = await acceptor.end(0)
    good.link.send(frame(1))
    await other.count(1)
  })

  it('is closed when a frame does not end in time, also under pings', async () => {
    const acceptor = await accept({ limits: { frameMsMax: 750 } })
    for (const [n, start, drop] of [
      // A binary message of 50 bytes, then byte by byte.
      [0, Buffer.from([0x82, 0x80 + 50, 0, 0, 0, 0]), Buffer.from([1])],
      // A first fragment, then pings.
      [1, Buffer.from([0x02, 0x80, 0, 0, 0, 0]), Buffer.from([0x89, 0x80, 0, 0, 0, 0])],
    ] as const) {
      const { socket } = await provedWebsocket(acceptor.port)
      const bad = await acceptor.end(n)
      socket.write(start)
      const drip = setInterval(() => socket.write(drop), 50)
      cleanups.push(() => clearInterval(drip))
      expect(await bad.closed).toEqual({ why: 'invalid', detail: 'a message did not end in time' })
      clearInterval(drip)
    }
  })

  it('is dropped when it does not read: at the queue cap, or without progress; others go on', async () => {
    const acceptor = await accept({ limits: { stallMsMax: 500 } })
    const reader = await connected(acceptor.port, { signer: signer(3) })
    const good = await acceptor.end(0)
    const full = await connected(acceptor.port, { signer: signer(4) })
    full.link.pause()
    const first = await acceptor.end(1)
    let sent = 0
    // The system's own buffers take some MiB before anything is left waiting here.
    while (first.link.isOpen && sent < 4000) {
      for (let i = 0; i < 8; i++) if (first.link.send(frame(1, 60_000))) sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await first.closed).toMatchObject({ why: 'slow' })
    const stalled = await connected(acceptor.port, { signer: signer(5) })
    stalled.link.pause()
    const second = await acceptor.end(2)
    while (second.link.isOpen && second.link.queuedBytes < 300_000 && sent < 8000) {
      second.link.send(frame(1, 60_000))
      sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(second.link.isOpen).toBe(true)
    expect(await second.closed).toMatchObject({ why: 'slow' })
    good.link.send(frame(9))
    await reader.count(1)
    full.link.terminate()
    stalled.link.terminate()
  })

  it('cannot flood a node with unproved connections: caps hold, members keep their links', async () => {
    const acceptor = await accept()
    const member = await connected(acceptor.port)
    const end = await acceptor.end()
    let most = 0
    const flood = Array.from({ length: 300 }, () => tcpConnect(acceptor.port, HOST))
    for (const socket of flood) socket.on('error', () => {})
    cleanups.push(() => flood.map((socket) => socket.destroy()))
    await Promise.all(flood.map((socket) => once(socket, 'connect').catch(() => {})))
    await acceptor.refusals(284)
    most = acceptor.listener.unauthenticated
    expect(most).toBe(16)
    expect(acceptor.refused.filter((why) => why === 'full')).toHaveLength(284)
    member.link.send(frame(1))
    await end.count(1)
    expect(await dialTo(acceptor.port, { signer: signer(3) })).toMatchObject({ fault: 'closed' })
    for (const socket of flood) socket.destroy()
    while (acceptor.listener.unauthenticated > 0) await new Promise((resolve) => setImmediate(resolve))
    const late = await connected(acceptor.port, { signer: signer(3) })
    late.link.terminate()
  })

  it('waits out a penalty', async () => {
    const acceptor = await accept({ admits: () => false })
    expect(await dialTo(acceptor.port)).toMatchObject({ fault: 'closed' })
    expect(acceptor.refused).toEqual(['penalty'])
  })

  it('leaves links alone when the listener closes', async () => {
    const acceptor = await accept()
    const a = await connected(acceptor.port)
    const b = await acceptor.end()
    const stranger = await tcp(acceptor.port)
    stranger.resume()
    await acceptor.listener.close()
    await acceptor.listener.close()
    await closeOf(stranger)
    a.link.send(frame(1))
    await b.count(1)
    expect(await dialTo(acceptor.port)).toMatchObject({ fault: 'refused' })
    const again = await listen({
      ...secret,
      port: acceptor.port,
      host: HOST,
      signer: signer(1),
      hello,
      onLink: () => {},
    })
    await again.close()
  })
})
