/** How to talk to each peer, by its name. */
import { floorSpeech } from '../peers/floor.ts'
import { ircSpeech } from '../peers/irc.ts'
import { lanchatSpeech } from '../peers/lanchat.ts'
import { mqttAckSpeech, mqttSpeech } from '../peers/mosquitto.ts'
import { jetStreamSpeech, natsSpeech } from '../peers/nats.ts'
import type { Speech } from '../peers/peer.ts'
import { redisAofSpeech, redisSpeech } from '../peers/redis.ts'
import { naiveSpeech, socketIoSpeech } from '../peers/websockets.ts'

export const speeches: Readonly<Record<string, Speech>> = {
  lanchat: lanchatSpeech,
  nats: natsSpeech,
  jetstream: jetStreamSpeech,
  redis: redisSpeech,
  'redis-aof': redisAofSpeech,
  ngircd: ircSpeech,
  inspircd: ircSpeech,
  'mosquitto-0': mqttSpeech,
  'mosquitto-1': mqttAckSpeech,
  'ws-naive': naiveSpeech,
  'socket.io': socketIoSpeech,
  'floor-node': floorSpeech,
  'floor-c': floorSpeech,
  'floor-signed': lanchatSpeech,
}
