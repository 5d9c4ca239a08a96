/**
 * The least a Node server can do: whatever a sender writes goes to each receiver of its room, one write for each arrival.
 * First line of a connection: R or S, and the room.
 */
import { createServer, type Socket } from 'node:net'

const rooms = new Map<string, Set<Socket>>()
createServer({ noDelay: true }, (socket) => {
  let members: Set<Socket> | undefined
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    if (members) {
      for (const member of members) member.write(chunk)
      return
    }
    const room = chunk.toString('latin1', 1).trim()
    members = rooms.get(room) ?? new Set()
    rooms.set(room, members)
    if (chunk[0] === 0x52) members.add(socket)
    socket.write('joined\n')
  })
  socket.on('close', () => members?.delete(socket))
}).listen(Number(process.argv[2]), '127.0.0.1')
