/** A run, read once: what was sent, by whom, and how far it was said to be safe. */
import type { Entry, Level, Run } from './history.ts'

/** One process of a client, from its start to its end or to the end of the run. */
export interface Life {
  readonly client: string
  readonly startMs: number
  /** When it was ready, by both clocks; Infinity: never. */
  readyMs: number
  readyWallMs: number
  endMs: number
  readonly entries: Entry[]
}

/** One text that somebody asked to send. */
export interface Sending {
  readonly text: string
  readonly room: string
  readonly author: string
  readonly invokedMs: number
  id: string | undefined
  /** It was certainly not sent. */
  failed: boolean
  /** Sent while the author's disk took nothing. */
  memoryOnly: boolean
  readonly levels: Map<Level, { readonly copies: number; readonly alone: boolean }>
}

export interface Facts {
  readonly run: Run
  readonly lives: readonly Life[]
  readonly byText: ReadonlyMap<string, Sending>
  readonly byId: ReadonlyMap<string, Sending>
  /** Devices lost for good, in order of time. */
  readonly losses: readonly { readonly client: string; readonly atMs: number }[]
}

export function factsOf(run: Run): Facts {
  const lives: Life[] = []
  const byText = new Map<string, Sending>()
  const byId = new Map<string, Sending>()
  const losses: { client: string; atMs: number }[] = []
  for (const { client, entries } of run.histories) {
    let life: Life | undefined
    let memoryOnly = false
    for (const entry of entries) {
      if (entry.what === 'start') {
        const [startMs, never] = [entry.atMs, Number.POSITIVE_INFINITY]
        life = { client, startMs, readyMs: never, readyWallMs: never, endMs: never, entries: [] }
        lives.push(life)
        memoryOnly = false
      }
      life?.entries.push(entry)
      switch (entry.what) {
        case 'ready':
          if (life) [life.readyMs, life.readyWallMs] = [entry.atMs, entry.wallMs]
          break
        case 'end':
          if (life) life.endMs = entry.atMs
          life = undefined
          break
        case 'lost':
          losses.push({ client, atMs: entry.atMs })
          break
        case 'memory':
          memoryOnly = entry.only
          break
        case 'invoke': {
          const { text, room, atMs: invokedMs } = entry
          if (byText.has(text)) throw new TypeError(`a text must be unique in a run: ${text}`)
          const outcome = { id: undefined, failed: false, memoryOnly, levels: new Map() }
          byText.set(text, { text, room, author: client, invokedMs, ...outcome })
          break
        }
        case 'sent': {
          const sending = byText.get(entry.text)
          if (!sending || byId.has(entry.id)) break
          sending.id = entry.id
          sending.memoryOnly ||= memoryOnly
          byId.set(entry.id, sending)
          break
        }
        case 'ok':
          byId.get(entry.id)?.levels.set(entry.level, entry)
          break
        case 'fail': {
          const sending = byText.get(entry.text)
          if (sending) sending.failed = true
          break
        }
        default:
      }
    }
  }
  losses.sort((a, b) => a.atMs - b.atMs)
  return { run, lives, byText, byId, losses }
}
