/** Every server that lanchat is compared with, by name. A row that gives nothing cannot be had here and has said why. */
import { floorC, floorNode } from './floor.ts'
import { floorSigned } from './floor-signed.ts'
import { inspircd, ngircd } from './irc.ts'
import { lanchat } from './lanchat.ts'
import { mosquittoQos0, mosquittoQos1 } from './mosquitto.ts'
import { natsCore, natsJetStream } from './nats.ts'
import type { Peer } from './peer.ts'
import { redisAof, redisPubSub } from './redis.ts'
import { naive, socketIo } from './websockets.ts'

export const PEERS: Readonly<Record<string, () => Peer | undefined>> = {
  lanchat,
  nats: natsCore,
  jetstream: natsJetStream,
  redis: redisPubSub,
  'redis-aof': redisAof,
  ngircd,
  inspircd,
  'mosquitto-0': mosquittoQos0,
  'mosquitto-1': mosquittoQos1,
  'ws-naive': naive,
  'socket.io': socketIo,
  'floor-node': floorNode,
  'floor-c': floorC,
  'floor-signed': floorSigned,
}

/** Those asked for that can be had, in that order. */
export function peersOf(names: readonly string[], tls: boolean): Peer[] {
  return names.flatMap((name) => {
    if (!Object.hasOwn(PEERS, name)) {
      process.stderr.write(`LEFT OUT: ${name} is none of ${Object.keys(PEERS).join(' ')}\n`)
      return []
    }
    const peer = PEERS[name]!()
    if (!peer) return []
    if (!tls || peer.speaksTls) return [peer]
    process.stderr.write(`LEFT OUT: ${name} speaks no TLS\n`)
    return []
  })
}
