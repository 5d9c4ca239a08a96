/** A chat server as tutorials write it: parse, look up the room, stringify and send to each member. naive <port> [<certificate> <key>] */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type WebSocket, WebSocketServer } from 'ws'

interface Said {
  readonly type: string
  readonly rooms?: readonly number[]
  readonly room?: number
  readonly text?: string
}

const rooms = new Map<number, Set<WebSocket>>()
const [, , port, cert, key] = process.argv
const http =
  cert !== undefined && key !== undefined
    ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) })
    : createServer()
const server = new WebSocketServer({ server: http, perMessageDeflate: false })
http.listen(Number(port), '127.0.0.1')
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
