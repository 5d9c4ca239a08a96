/** UDP port 5353: can it be shared, and who else uses it? */
import { createSocket } from 'node:dgram'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Finding, fail, pass } from './check.ts'

const MDNS_PORT = 5353

export interface PortState {
  /** The system's code where it cannot be bound even shared. */
  readonly fault: string | undefined
  /** Somebody else has it bound; undefined: not known. */
  readonly isShared: boolean | undefined
  /** Processes that have it bound, as far as this user may see, without this one and `ours`. */
  readonly others: readonly { readonly pid: number; readonly name: string }[]
}

/** Call it before this process binds the port. ours: the lanchat running here. */
export async function askPort(ours: number | undefined): Promise<PortState> {
  const others = await holders(ours)
  const alone = await bind(false)
  const fault = alone === undefined ? undefined : await bind(true)
  return { fault, isShared: alone === 'EADDRINUSE', others }
}

export function judgePort({ fault, isShared, others }: PortState, ours: number | undefined): Finding {
  const names = others.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')
  if (fault !== undefined)
    return fail(
      `UDP port ${MDNS_PORT} cannot be used (${fault})${names ? `: ${names} keeps it for itself` : ''}, so nobody is found by itself.`,
      names
        ? `Stop ${others[0]!.name}, or set it to share the port.`
        : `See who has it: sudo ss -ulpn 'sport = :${MDNS_PORT}'`,
    )
  if (names) return pass(`UDP port ${MDNS_PORT} is shared with ${names}. That is fine.`)
  if (isShared && ours === undefined)
    return pass(`UDP port ${MDNS_PORT} is shared with another program. That is fine.`)
  return pass(`UDP port ${MDNS_PORT} is free for lanchat.`)
}

/** undefined: it works. */
function bind(reuseAddr: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr })
    const settle = (code: string | undefined) => {
      socket.close()
      resolve(code)
    }
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? 'unknown'))
    socket.bind(MDNS_PORT, () => settle(undefined))
  })
}

/** Linux: by the inodes of the sockets at that port. Elsewhere, and for other users' processes, nobody is named. */
async function holders(ours: number | undefined): Promise<{ pid: number; name: string }[]> {
  const tables = await Promise.all(
    ['/proc/net/udp', '/proc/net/udp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  )
  const inodes = new Set(tables.flatMap((text) => readInodes(text, MDNS_PORT)))
  if (inodes.size === 0) return []
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0)
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (pid === process.pid || pid === ours || !(await holdsOne(pid, inodes))) return []
      const name = await programOf(pid)
      return name === '' ? [] : [{ pid, name }]
    }),
  )
  return found.flat()
}

/** The name of its file; '': hidden from us. What it calls its main thread tells less: Node 24 says MainThread for all it runs. */
export async function programOf(pid: number): Promise<string> {
  const file = await readlink(`/proc/${pid}/exe`).catch(() => '')
  // Written behind it where it was replaced meanwhile.
  return basename(file.replace(/ \(deleted\)$/, ''))
}

async function holdsOne(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(files.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')))
  return links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))
}

/** Inodes of the sockets bound to this port, from the text of /proc/net/udp. */
export function readInodes(text: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(suffix))
    .flatMap((columns) => columns[9] ?? [])
}
