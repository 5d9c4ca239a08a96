/**
 * The least a Node server can do: whatever a sender writes goes to each receiver of its room, one write for each arrival.
 * First line of a connection: R or S, and the room. floor-node <port> [<certificate> <key>]: with these over TLS.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

const rooms = new Map<string, Set<Socket>>()
const [, , port, cert, key] = process.argv
const serve = (socket: Socket) => {
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
}
const server =
  cert !== undefined && key !== undefined
    ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key), noDelay: true }, serve)
    : createServer({ noDelay: true }, serve)
server.listen(Number(port), '127.0.0.1')
