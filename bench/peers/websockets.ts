/** Websocket servers as tutorials build them: ws with JSON for each member, and Socket.IO 4 with its rooms. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { until } from '../load/tokens.ts'
import { message, upgrade } from '../load/websocket.ts'
import { PROJECT } from '../program.ts'
import type { Peer, Speech } from './peer.ts'
import { certificateOf, freePort, serve } from './process.ts'

const SOCKET_IO = 'socket.io@4.8.4'
const FOLDER = `${PROJECT}.bench/npm`

export const naive = (): Peer => ({
  name: 'ws-naive',
  about: 'ws, JSON, one send for each member',
  speaksTls: true,
  async start({ pin, tls }) {
    const port = await freePort()
    const script = `${PROJECT}.bench/bench/peers/servers/naive.js`
    return await serve([...pin, process.execPath, script, `${port}`, ...certificateOf(tls)], port)
  },
})

export function socketIo(): Peer | undefined {
  const entry = `${FOLDER}/node_modules/socket.io/dist/index.js`
  if (!existsSync(entry)) {
    try {
      const quiet = ['--no-save', '--no-audit', '--no-fund', '--silent', '--prefix', FOLDER]
      execFileSync('npm', ['install', ...quiet, SOCKET_IO], { stdio: ['ignore', 'ignore', 'pipe'] })
    } catch {
      process.stderr.write(`LEFT OUT: ${SOCKET_IO} could not be installed\n`)
      return undefined
    }
  }
  return {
    name: 'socket.io',
    about: `${SOCKET_IO}, rooms, websocket only`,
    speaksTls: true,
    async start({ pin, tls }) {
      const port = await freePort()
      const script = `${PROJECT}.bench/bench/peers/servers/socket-io.js`
      return await serve([...pin, process.execPath, script, `${port}`, entry, ...certificateOf(tls)], port)
    },
  }
}

const text = (value: string) => message(Buffer.from(value), 1)

export const naiveSpeech: Speech = {
  isConfirming: false,
  tls: () => ({}),
  open: (socket) => upgrade(socket, '/'),
  async join(socket, { rooms }) {
    const joined = until(socket, '"joined"')
    socket.resume()
    socket.write(text(JSON.stringify({ type: 'join', rooms })))
    await joined
  },
  sender(socket, { rooms: [room] }) {
    return {
      publish(texts) {
        socket.write(
          Buffer.concat(
            texts.map((each) => text(JSON.stringify({ type: 'say', room, text: each.toString('latin1') }))),
          ),
        )
      },
    }
  },
}

export const socketIoSpeech: Speech = {
  isConfirming: false,
  tls: () => ({}),
  open: (socket) => upgrade(socket, '/socket.io/?EIO=4&transport=websocket'),
  async join(socket, { rooms }) {
    const connected = until(socket, '40{')
    socket.resume()
    socket.write(text('40'))
    await connected
    const joined = until(socket, '431[')
    socket.write(text(`421${JSON.stringify(['join', rooms])}`))
    await joined
  },
  sender(socket, { rooms: [room] }) {
    return {
      publish(texts) {
        socket.write(
          Buffer.concat(
            texts.map((each) => text(`42${JSON.stringify(['say', room, each.toString('latin1')])}`)),
          ),
        )
      },
    }
  },
}
