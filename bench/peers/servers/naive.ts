/** A chat server as tutorials write it: parse, look up the room, stringify and send to each member. */
import { type WebSocket, WebSocketServer } from 'ws'

interface Said {
  readonly type: string
  readonly rooms?: readonly number[]
  readonly room?: number
  readonly text?: string
}

const rooms = new Map<number, Set<WebSocket>>()
const server = new WebSocketServer({
  port: Number(process.argv[2]),
  host: '127.0.0.1',
  perMessageDeflate: false,
})
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const said = JSON.parse(String(data)) as Said
    if (said.type === 'join') {
      for (const room of said.rooms ?? []) {
        const members = rooms.get(room) ?? new Set()
        rooms.set(room, members.add(socket))
      }
      socket.send(JSON.stringify({ type: 'joined' }))
    } else
      for (const member of rooms.get(said.room ?? 0) ?? [])
        member.send(JSON.stringify({ ...said, at: Date.now() }))
  })
  socket.on('close', () => {
    for (const members of rooms.values()) members.delete(socket)
  })
})
