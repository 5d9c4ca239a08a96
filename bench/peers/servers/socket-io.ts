/** Socket.IO with its own rooms; the package is installed beside the build and named by the second argument. */
interface Connection {
  on(event: 'join', hear: (rooms: readonly number[], answer: () => void) => void): void
  on(event: 'say', hear: (room: number, text: string) => void): void
  join(rooms: readonly string[]): void
}
interface SocketIo {
  on(event: 'connection', hear: (socket: Connection) => void): void
  to(room: string): { emit(event: string, room: number, text: string): void }
}

const [, , port, entry = ''] = process.argv
const { Server } = (await import(entry)) as {
  Server: new (port: number, options: object) => SocketIo
}
const io = new Server(Number(port), {
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
