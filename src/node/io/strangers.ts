/** Sockets that have not proved a key yet: how many there may be, and how long each may take for a step. */
import type { Socket } from 'node:net'
import { plainAddress } from './channel.ts'

export interface StrangerLimits {
  readonly unauthenticatedMax: number
  readonly unauthenticatedPerAddressMax: number
  readonly handshakeMs: number
}

export interface Stranger {
  readonly socket: Socket
  readonly address: string
  readonly port: number
  /** Of its two ends, where the handshake's socket is another one than this. */
  readonly name: string | undefined
  timer?: NodeJS.Timeout
  /** Not counted any more. */
  isForgotten?: boolean
  /** It became no link, and that was told. */
  isRefused?: boolean
}

export class Strangers {
  readonly #limits: StrangerLimits
  readonly #onTimeout: (stranger: Stranger) => void
  /** One for all sockets: one of its own would stay with each for as long as it is a link. */
  readonly #onClose: (this: Socket) => void
  #count = 0
  readonly #bySocket = new Map<Socket, Stranger>()
  /** Those beneath TLS by both ends: of one listening port no two open sockets have the same. */
  readonly #byName = new Map<string, Stranger>()
  readonly #perAddress = new Map<string, number>()

  constructor(limits: StrangerLimits, onTimeout: (stranger: Stranger) => void) {
    this.#limits = limits
    this.#onTimeout = onTimeout
    const strangers = this
    this.#onClose = function () {
      const stranger = strangers.#bySocket.get(this)
      if (stranger) strangers.forget(stranger)
    }
  }

  get count(): number {
    return this.#count
  }

  hasRoomFor(address: string): boolean {
    return (
      this.#count < this.#limits.unauthenticatedMax &&
      (this.#perAddress.get(address) ?? 0) < this.#limits.unauthenticatedPerAddressMax
    )
  }

  /** Counts this socket until it is known or closed. The first step's time begins. isBeneath: TLS goes over it. */
  add(socket: Socket, isBeneath: boolean): void {
    const address = plainAddress(socket.remoteAddress)
    const name = isBeneath ? nameOf(socket) : undefined
    const stranger = { socket, address, port: socket.remotePort ?? 0, name }
    this.#count++
    if (name !== undefined) this.#byName.set(name, stranger)
    this.#bySocket.set(socket, stranger)
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1)
    this.step(stranger)
    socket.on('close', this.#onClose)
  }

  /** The stranger at the far end of this socket, which may be the TLS one over the socket that was added. */
  at(socket: Socket): Stranger | undefined {
    return (
      this.#bySocket.get(socket) ?? (this.#byName.size > 0 ? this.#byName.get(nameOf(socket)) : undefined)
    )
  }

  /** A new step begins: it must be over within handshakeMs, or the socket is closed. */
  step(stranger: Stranger): void {
    if (stranger.timer) stranger.timer.refresh()
    else stranger.timer = setTimeout(this.#late, this.#limits.handshakeMs, stranger)
  }

  readonly #late = (stranger: Stranger): void => {
    this.#onTimeout(stranger)
    stranger.socket.destroy()
  }

  /** It has proved its key, or is gone. Twice is safe. */
  forget(stranger: Stranger): void {
    clearTimeout(stranger.timer)
    if (stranger.isForgotten) return
    stranger.isForgotten = true
    this.#count--
    this.#bySocket.delete(stranger.socket)
    stranger.socket.off('close', this.#onClose)
    // The same ends may have connected anew before the old socket's close was told.
    const { name } = stranger
    if (name !== undefined && this.#byName.get(name) === stranger) this.#byName.delete(name)
    const left = this.#perAddress.get(stranger.address)! - 1
    if (left > 0) this.#perAddress.set(stranger.address, left)
    else this.#perAddress.delete(stranger.address)
  }

  dropAll(): void {
    for (const socket of this.#bySocket.keys()) socket.destroy()
  }
}

const nameOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`
