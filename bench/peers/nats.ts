/** NATS: core (no persistence) and JetStream (file store, each message acknowledged; it syncs on a timer, not for each). */
import { connectEncrypted, connectPlain, type TlsWay } from '../load/connection.ts'
import { Tokens, until } from '../load/tokens.ts'
import { DEBIAN_ENV, programOf } from './debian.ts'
import type { Peer, Speech } from './peer.ts'
import { freePort, serve } from './process.ts'

const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"headers":false}\r\n'

/** It says INFO first. */
const WAY: TlsWay = { startsAfterLine: true }

function nats(name: string, isStored: boolean): Peer | undefined {
  const program = programOf('nats-server')
  if (program === undefined) return undefined
  return {
    name,
    about: `nats-server, ${isStored ? 'JetStream, file store, acks' : 'core'}`,
    speaksTls: true,
    async start({ directory, pin, tls }) {
      const port = await freePort()
      const store = isStored ? ['-js', '-sd', directory] : []
      const encrypted = tls ? ['--tls', '--tlscert', tls.cert, '--tlskey', tls.key] : []
      const server = await serve(
        [...pin, program, '-a', '127.0.0.1', '-p', `${port}`, ...store, ...encrypted],
        port,
        DEBIAN_ENV,
      )
      if (isStored) await createStream(port, tls !== undefined)
      return server
    },
  }
}
export const natsCore = () => nats('nats', false)
export const natsJetStream = () => nats('jetstream', true)

async function createStream(port: number, overTls: boolean): Promise<void> {
  const { socket } = overTls ? await connectEncrypted(port, WAY) : await connectPlain(port)
  const settings = JSON.stringify({ name: 'CHAT', subjects: ['room.*'], storage: 'file', num_replicas: 1 })
  const made = until(socket, '"config"')
  socket.write(
    `${HELLO}SUB _INBOX.made 1\r\nPUB $JS.API.STREAM.CREATE.CHAT _INBOX.made ${Buffer.byteLength(settings)}\r\n${settings}\r\n`,
  )
  await made
  socket.destroy()
}

const speech = (isStored: boolean): Speech => ({
  isConfirming: isStored,
  tls: () => WAY,
  async join(socket, { number, rooms, role }) {
    const joined = until(socket, 'PONG\r\n')
    const subjects = role === 'receiver' ? rooms.map((room) => `SUB room.${room} ${room + 1}\r\n`) : []
    const inbox = role === 'sender' && isStored ? [`SUB _INBOX.${number} 1\r\n`] : []
    socket.write(`${HELLO}${subjects.join('')}${inbox.join('')}PING\r\n`)
    await joined
  },
  sender(socket, { number, rooms: [room] }) {
    const acks = new Tokens('"seq":')
    const inbox = isStored ? ` _INBOX.${number}` : ''
    return {
      publish(texts) {
        const parts: Buffer[] = []
        for (const text of texts)
          parts.push(Buffer.from(`PUB room.${room}${inbox} ${text.length}\r\n`), text, Buffer.from('\r\n'))
        socket.write(Buffer.concat(parts))
      },
      ...(isStored && { confirmed: (chunk: Buffer) => acks.count(chunk) }),
    }
  },
})
export const natsSpeech = speech(false)
export const jetStreamSpeech = speech(true)
