/** Redis: publish/subscribe, and the same with each text in a stream too, append-only file synced each second. */
import { Tokens, until } from '../load/tokens.ts'
import type { Certificate } from './certificate.ts'
import { DEBIAN_ENV, programOf } from './debian.ts'
import type { Peer, Speech } from './peer.ts'
import { freePort, serve } from './process.ts'

/** Texts a room's stream keeps, about: a server that only grows would measure memory. */
const KEPT = 100_000

function redis(name: string, isStored: boolean): Peer | undefined {
  const program = programOf('redis-server')
  if (program === undefined) return undefined
  return {
    name,
    about: `redis-server, ${isStored ? 'XADD and PUBLISH, AOF synced each second' : 'PUBLISH'}`,
    speaksTls: true,
    async start({ directory, pin, tls }) {
      const port = await freePort()
      const store = isStored ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no']
      const limits = ['--client-output-buffer-limit', 'pubsub 0 0 0', '--save', '']
      const command = [
        program,
        '--bind',
        '127.0.0.1',
        ...(tls ? encrypted(port, tls) : ['--port', `${port}`]),
        '--dir',
        directory,
        ...store,
        ...limits,
      ]
      return await serve([...pin, ...command], port, DEBIAN_ENV)
    },
  }
}
const encrypted = (port: number, { cert, key }: Certificate) => [
  ...['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'no'],
  ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert],
]
export const redisPubSub = () => redis('redis', false)
export const redisAof = () => redis('redis-aof', true)

const speech = (isStored: boolean): Speech => ({
  isConfirming: true,
  tls: () => ({}),
  async join(socket, { rooms, role }) {
    if (role === 'sender') {
      const here = until(socket, '+PONG')
      socket.write('PING\r\n')
      return await here
    }
    const joined = until(socket, 'subscribe\r\n', rooms.length)
    socket.write(`SUBSCRIBE ${rooms.map((room) => `room${room}`).join(' ')}\r\n`)
    await joined
  },
  sender(socket, { rooms: [room] }) {
    const name = `room${room}`
    const head = `*3\r\n$7\r\nPUBLISH\r\n$${name.length}\r\n${name}\r\n`
    const stream = `s${name}`
    const add = `*8\r\n$4\r\nXADD\r\n$${stream.length}\r\n${stream}\r\n$6\r\nMAXLEN\r\n$1\r\n~\r\n$${`${KEPT}`.length}\r\n${KEPT}\r\n$1\r\n*\r\n$1\r\nt\r\n`
    const answers = new Tokens(':')
    return {
      publish(texts) {
        const parts: Buffer[] = []
        for (const text of texts) {
          const value = [Buffer.from(`$${text.length}\r\n`), text, Buffer.from('\r\n')]
          if (isStored) parts.push(Buffer.from(add), ...value)
          parts.push(Buffer.from(head), ...value)
        }
        socket.write(Buffer.concat(parts))
      },
      // PUBLISH is answered by ":receivers"; XADD by an id in a bulk string, which has no colon.
      confirmed: (chunk) => answers.count(chunk),
    }
  },
})
export const redisSpeech = speech(false)
export const redisAofSpeech = speech(true)
