/**
 * What lanchat's promises cost by themselves: the least Node server that keeps them, spoken to as lanchat is. What it misses, no
 * server with ws, a signature checked for each run, and a sync before "stored" can reach.
 */
import { PROJECT } from '../program.ts'
import { lanchatSpeech, net } from './lanchat.ts'
import type { Peer } from './peer.ts'
import { freePort, serve } from './process.ts'

export const floorSigned = (): Peer => ({
  name: 'floor-signed',
  about: 'the least: ws, handshake, each run checked, synced and handed on',
  speaksTls: true,
  async start({ directory, pin, tls }) {
    const port = await freePort()
    const script = `${PROJECT}.bench/bench/peers/servers/floor-signed.js`
    const { psk } = tls ? await lanchatSpeech.tls!() : {}
    const secret = psk ? [psk.identity.replace(/^.*:/, ''), Buffer.from(psk.key).toString('hex')] : []
    const words = [`${port}`, `${directory}/journal`, net, ...secret]
    return await serve([...pin, process.execPath, script, ...words], port)
  },
})
