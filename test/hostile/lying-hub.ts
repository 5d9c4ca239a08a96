/** A hub that lies: a listener that claims to be hub above all others, and what it sends to the one who comes. */
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { type Listener, listen } from '../../src/node/io/listen.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { nameHint, pskOf } from '../../src/wire/ids.ts'
import { Attacker, beat, type Scene } from './attack.ts'

export const EPOCH = 2 ** 32 - 1

export class LyingHub {
  readonly signer = signerOf(nodeCrypto.random(32))
  /** The first link that comes. */
  readonly arrival: Promise<Attacker>
  readonly #scene: Scene
  #arrived!: (attacker: Attacker) => void
  #listener!: Listener
  #beating: NodeJS.Timeout | undefined
  #counter = 0

  constructor(scene: Scene) {
    this.#scene = scene
    this.arrival = new Promise((resolve) => {
      this.#arrived = resolve
    })
  }

  /** Whoever dials the scene's port from now on finds it. */
  async open(): Promise<this> {
    const scene = this.#scene
    const { signer } = this
    scene.place = nodeCrypto.random(8)
    this.#listener = await listen({
      psk: pskOf(nodeCrypto, new Uint8Array(32)),
      nn: nameHint(nodeCrypto, scene.loopback.network),
      port: 0,
      host: '127.0.0.1',
      signer,
      hello: () => ({ ...scene.hello(), role: 1, port: this.#listener.port }),
      onLink: (opened) => {
        const attacker = new Attacker(scene, opened, signer)
        scene.attackers.push(attacker)
        attacker.onFrame = (frame) => {
          if (frame.type === 'join')
            attacker.send({ type: 'joined', at: frame.at, epoch: EPOCH }, this.claim())
          if (frame.type === 'who') attacker.send({ type: 'whoIs', hub: signer.key, address: '' })
        }
        attacker.send(this.claim(), { type: 'have', entries: new Uint8Array(0), last: true })
        this.#arrived(attacker)
      },
    })
    this.#beating = setInterval(() => {
      for (const attacker of scene.attackers) attacker.send(this.claim())
    }, 300)
    scene.port = this.#listener.port
    return this
  }

  async close(): Promise<void> {
    clearInterval(this.#beating)
    await this.#listener.close()
  }

  /** The heartbeat of a hub. */
  claim(): Frame {
    return beat({ counter: ++this.#counter, state: 3, upstream: this.signer.key, epoch: EPOCH, flags: 1 })
  }

  /** All that was sent has been taken. */
  async taken(link: Attacker): Promise<void> {
    const heard = link.frame('hears')
    link.send({ type: 'hear', hub: this.signer.key })
    await heard
  }
}
