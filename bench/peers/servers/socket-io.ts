/**
 * Socket.IO with its own rooms; the package is installed beside the build and named by the second argument.
 * socket-io <port> <package's entry> [<certificate> <key>]
 */
import { readFileSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

interface Connection {
  on(event: 'join', hear: (rooms: readonly number[], answer: () => void) => void): void
  on(event: 'say', hear: (room: number, text: string) => void): void
  join(rooms: readonly string[]): void
}
interface SocketIo {
  on(event: 'connection', hear: (socket: Connection) => void): void
  to(room: string): { emit(event: string, room: number, text: string): void }
}

const [, , port, entry = '', cert, key] = process.argv
const { Server } = (await import(entry)) as {
  Server: new (server: HttpServer, options: object) => SocketIo
}
const http =
  cert !== undefined && key !== undefined
    ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) })
    : createServer()
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
})
io.on('connection', (socket) => {
  socket.on('join', (rooms, answer) => {
    socket.join(rooms.map(String))
    answer()
  })
  socket.on('say', (room, text) => io.to(String(room)).emit('say', room, text))
})
http.listen(Number(port), '127.0.0.1')
