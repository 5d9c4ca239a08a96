import { createSocket } from 'node:dgram'
import type { Hint } from '../../../src/node/io/discovery.ts'
import type { Txt } from '../../../src/node/txt.ts'

/** What a node of a grown place says of itself. */
export const txt: Txt = {
  v: 1,
  nn: '0123abcd',
  net8: '0011223344556677',
  place8: '8899aabbccddeeff',
  e: 0,
  role: 'node',
  p: false,
  r: false,
}

/** A UDP port on which nobody on this machine listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

/** Hints in order, and the promise of the first one, past or to come, for which something holds. */
export class Heard {
  readonly hints: Hint[] = []
  #waiting: { readonly is: (hint: Hint) => boolean; readonly then: (hint: Hint) => void }[] = []
  readonly hear = (hint: Hint): void => {
    this.hints.push(hint)
    for (const { is, then } of this.#waiting) if (is(hint)) then(hint)
  }
  first(is: (hint: Hint) => boolean): Promise<Hint> {
    const past = this.hints.find(is)
    return past ? Promise.resolve(past) : new Promise((then) => this.#waiting.push({ is, then }))
  }
}
