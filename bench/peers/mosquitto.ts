/** mosquitto (MQTT 3.1.1). QoS 1 is asked of publishers; receivers subscribe at QoS 0, so that none of them must answer. */
import { writeFileSync } from 'node:fs'
import { DEBIAN_ENV, programOf } from './debian.ts'
import type { Peer, Speech } from './peer.ts'
import { freePort, serve } from './process.ts'

function mosquitto(name: string, qos: 0 | 1): Peer | undefined {
  const program = programOf('mosquitto')
  if (program === undefined) return undefined
  return {
    name,
    about: `mosquitto, publishers at QoS ${qos}`,
    speaksTls: true,
    async start({ directory, pin, tls }) {
      const port = await freePort()
      const lines = [
        `listener ${port} 127.0.0.1`,
        ...(tls ? [`certfile ${tls.cert}`, `keyfile ${tls.key}`] : []),
        'allow_anonymous true',
        'max_queued_messages 0',
        'max_inflight_messages 0',
        'set_tcp_nodelay true',
        'user root',
        `persistence ${qos === 1}`,
        `persistence_location ${directory}/`,
        'log_type none',
        '',
      ]
      writeFileSync(`${directory}/mosquitto.conf`, lines.join('\n'))
      return await serve([...pin, program, '-c', `${directory}/mosquitto.conf`], port, DEBIAN_ENV)
    },
  }
}
export const mosquittoQos0 = () => mosquitto('mosquitto-0', 0)
export const mosquittoQos1 = () => mosquitto('mosquitto-1', 1)

const string = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}
function packet(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = body.length; ; ) {
    length.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>= 7
    if (rest === 0) break
  }
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

/** Reads packets of the control kind until `count` of this type have come; the rest of the stream is left to others. */
function packets(socket: NodeJS.ReadableStream, type: number, count: number): Promise<void> {
  let left = count
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('mosquitto ended the connection'))
    const hear = (chunk: Buffer) => {
      // Before anybody publishes, answers are the only packets, and all of them are short.
      for (let at = 0; at + 1 < chunk.length; at += 2 + chunk[at + 1]!) if (chunk[at]! >> 4 === type) left--
      if (left > 0) return
      socket.off('data', hear)
      socket.off('close', gone)
      resolve()
    }
    socket.on('data', hear)
    socket.on('close', gone)
  })
}

const speech = (qos: 0 | 1): Speech => ({
  isConfirming: qos === 1,
  tls: () => ({}),
  async join(socket, { number, rooms, role }) {
    const connected = packets(socket, 2, 1)
    socket.write(packet(0x10, string('MQTT'), Buffer.from([4, 2, 0, 0]), string(`m${number}`)))
    await connected
    if (role === 'sender') return
    const joined = packets(socket, 9, rooms.length)
    for (const room of rooms)
      socket.write(packet(0x82, Buffer.from([0, room + 1]), string(`room/${room}`), Buffer.from([0])))
    await joined
  },
  sender(socket, { rooms: [room] }) {
    const topic = string(`room/${room}`)
    let id = 0
    let rest = 0
    return {
      publish(texts) {
        const parts = texts.map((text) => {
          id = (id % 65_535) + 1
          const head = qos === 1 ? [topic, Buffer.from([id >> 8, id & 255])] : [topic]
          return packet(0x30 | (qos << 1), ...head, text)
        })
        socket.write(Buffer.concat(parts))
      },
      ...(qos === 1 && {
        // A sender hears nothing but PUBACKs of four bytes each.
        confirmed: (chunk: Buffer) => {
          rest += chunk.length
          const whole = Math.floor(rest / 4)
          rest -= whole * 4
          return whole
        },
      }),
    }
  },
})
export const mqttSpeech = speech(0)
export const mqttAckSpeech = speech(1)
