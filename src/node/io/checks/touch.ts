/** Does a machine take a TCP connection? A refusal is an answer too: the machine is there and lets us through. */
import { connect } from 'node:net'

/** silent: nothing came back in time; the error's code: the system itself knows no way. */
export type Touched = 'answers' | 'refuses' | 'silent' | 'unreachable' | 'not-permitted'

export function touch(host: string, port: number, ms: number): Promise<Touched> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (touched: Touched) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(touched)
    }
    const timer = setTimeout(settle, ms, 'silent')
    socket.on('connect', () => settle('answers'))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') settle('refuses')
      else if (error.code === 'ETIMEDOUT') settle('silent')
      else settle(error.code === 'EPERM' || error.code === 'EACCES' ? 'not-permitted' : 'unreachable')
    })
  })
}
