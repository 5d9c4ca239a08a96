/** What a process holds in memory: what stays of it once its garbage is collected, which every Node does at times of its own. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { LabProcess } from './process.ts'

/** For Node itself: it can be asked to collect garbage, by whoever is on this machine. */
export const INSPECTED = ['--inspect=127.0.0.1:0'] as const

const LISTENING = /Debugger listening on (\S+)\n/

/** Asked over the inspector of Node (Chrome DevTools Protocol, HeapProfiler.collectGarbage). */
export class Held {
  readonly #process: LabProcess
  readonly #inspector: WebSocket
  #id = 0

  private constructor(process: LabProcess, inspector: WebSocket) {
    this.#process = process
    this.#inspector = inspector
  }

  /** process: started with INSPECTED. The link to it ends with it. */
  static async of(process: LabProcess): Promise<Held> {
    const [, url] = await process.said(LISTENING)
    const inspector = new WebSocket(url!)
    await once(inspector, 'open')
    inspector.on('error', () => {})
    return new Held(process, inspector)
  }

  /** Resident memory of its own once all garbage is collected, MiB. */
  async mib(): Promise<number> {
    const inspector = this.#inspector
    const id = ++this.#id
    const collected = new Promise<void>((resolve, reject) => {
      const take = (data: Buffer) => {
        const answer = JSON.parse(data.toString('utf8'))
        if (answer.id !== id) return
        inspector.off('message', take)
        if (answer.error) reject(new Error(JSON.stringify(answer.error)))
        else resolve()
      }
      inspector.on('message', take)
      void this.#process.exited.then(() => reject(new Error('the process ended')))
    })
    inspector.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }))
    await collected
    return this.#process.ownMiB()
  }
}
