/** What the machine itself costs: servers that only copy, in Node and in C. Nothing can be cheaper with a write for each text. */
import { execFileSync } from 'node:child_process'
import { until } from '../load/tokens.ts'
import { PROJECT } from '../program.ts'
import type { Peer, Speech } from './peer.ts'
import { certificateOf, freePort, serve } from './process.ts'

/** About what a signed event of lanchat has: the floor carries as much. */
const MESSAGE_BYTES = 250

export const floorNode = (): Peer => ({
  name: 'floor-node',
  about: 'copies bytes, Node',
  speaksTls: true,
  async start({ pin, tls }) {
    const port = await freePort()
    return await serve(
      [
        ...pin,
        process.execPath,
        `${PROJECT}.bench/bench/peers/servers/floor-node.js`,
        `${port}`,
        ...certificateOf(tls),
      ],
      port,
    )
  },
})

export const floorC = (): Peer => ({
  name: 'floor-c',
  about: 'copies bytes, C and epoll',
  speaksTls: false,
  async start({ pin }) {
    const program = `${PROJECT}.bench/floor`
    execFileSync('cc', ['-O2', '-o', program, `${PROJECT}bench/peers/servers/floor.c`])
    const port = await freePort()
    return await serve([...pin, program, `${port}`], port)
  },
})

export const floorSpeech: Speech = {
  isConfirming: false,
  tls: () => ({}),
  async join(socket, { rooms: [room], role }) {
    const joined = until(socket, 'joined\n')
    socket.write(`${role === 'receiver' ? 'R' : 'S'}${room}\n`)
    await joined
  },
  sender(socket) {
    return {
      publish(texts) {
        const fill = Buffer.alloc(MESSAGE_BYTES - texts[0]!.length, '.')
        socket.write(Buffer.concat(texts.flatMap((text) => [text, fill])))
      },
    }
  },
}
