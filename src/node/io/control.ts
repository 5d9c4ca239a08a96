/**
 * The control socket of a data dir: the proof that one process at most uses it, and the way in for one-shot commands.
 *
 * The server's first line to whoever connects is {"pid", "version"}; what follows is between the two.
 */
import { createHash } from 'node:crypto'
import { mkdir, realpath, rm, stat } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import { CLAIM_NAME_BYTES_MAX, type Claim, claimFolder, connectLocal, listenAt, ownerIn } from './claim.ts'
import { dataDirPath, machineTag, unwritable } from './data-dir.ts'
import { codeOf } from './system-error.ts'

/** Systems keep about 104 bytes for the path of a local socket. */
const SOCKET_PATH_BYTES_MAX = 100
/** A hello line has about 40 bytes. */
const HELLO_BYTES_MAX = 1024
const HELLO_MS_MAX = 2000

export interface ControlOptions {
  /** The version that the hello line tells. */
  readonly version: string
  /** A connection whose hello line is written. It has an error listener; its reader and its end are the caller's. */
  readonly onConnection: (stream: Duplex) => void
}

export interface Control {
  readonly path: string
  /** Ends all connections and frees the data dir. Twice is safe. */
  close(): Promise<void>
}

export interface ControlHello {
  readonly pid: number
  readonly version: string
}

/**
 * Takes this data dir for this process, or tells the process id of the one that has it. Where it cannot be written, the
 * sockets lie in the runtime folder. Rejects with LanchatError DATA_DIR_UNWRITABLE where neither can.
 */
export async function openControl(
  dir: string,
  options: ControlOptions,
): Promise<{ readonly control: Control } | { readonly inUse: number }> {
  try {
    const claimed = await claimDataDir(dir)
    return 'inUse' in claimed ? claimed : { control: await serve(claimed.folder, claimed.claim, options) }
  } catch (cause) {
    throw unwritable(dir, cause)
  }
}

/** As openControl, without serving anybody. isBrief: whoever starts meanwhile waits for the release, instead of being refused. */
export async function claimDataDir(
  dir: string,
  isBrief = false,
): Promise<{ readonly folder: string; readonly claim: Claim } | { readonly inUse: number }> {
  const [own, runtime] = await socketFolders(dir)
  if (own !== undefined) {
    // Somebody who started while the data dir could not be written.
    const elsewhere = (await isOurs(runtime)) ? await ownerIn(runtime, await machine()) : undefined
    if (elsewhere !== undefined) return { inUse: elsewhere }
    const claim = await claimFolder(own, await machine(), isBrief).catch((error: unknown) => {
      if (!isReadOnly(error)) throw error
    })
    if (claim) return 'inUse' in claim ? claim : { folder: own, claim }
    const owner = await ownerIn(own, await machine())
    if (owner !== undefined) return { inUse: owner }
  }
  await mkdir(runtime, { mode: 0o700 }).catch(() => {})
  if (!(await isOurs(runtime)))
    throw Object.assign(new Error(`${runtime} belongs to somebody else`), { code: 'EACCES' })
  const claim = await claimFolder(runtime, await machine(), isBrief)
  return 'inUse' in claim ? claim : { folder: runtime, claim }
}

/** The process that has this data dir; undefined: nobody. */
export async function ownerOf(dir: string): Promise<number | undefined> {
  for (const folder of await lookupFolders(dir)) {
    const owner = await ownerIn(folder, await machine()).catch(() => undefined)
    if (owner !== undefined) return owner
  }
  return undefined
}

/** A connection to the lanchat that runs on this data dir, behind its hello line; undefined where none does. */
export async function connectControl(dataDir?: string): Promise<Duplex | undefined> {
  return (await callControl(dataDir))?.stream
}

/** As connectControl, with what the hello line said. */
export async function callControl(
  dataDir?: string,
): Promise<{ readonly stream: Duplex; readonly hello: ControlHello } | undefined> {
  for (const folder of await lookupFolders(dataDirPath(dataDir))) {
    const socket = await connectLocal(join(folder, await socketName())).catch(() => undefined)
    if (!socket) continue
    const hello = await readHello(socket)
    if (hello) return { stream: socket, hello }
    socket.destroy()
  }
  return undefined
}

async function serve(folder: string, claim: Claim, options: ControlOptions): Promise<Control> {
  const path = join(folder, await socketName())
  const open = new Set<Socket>()
  const hello: ControlHello = { pid: process.pid, version: options.version }
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.write(`${JSON.stringify(hello)}\n`)
    options.onConnection(socket)
  })
  try {
    await listenAt(server, path, `${path}.new`)
  } catch (error) {
    server.close()
    await claim.release()
    throw error
  }
  let closing: Promise<void> | undefined
  const close = async () => {
    server.close()
    for (const socket of open) socket.destroy()
    // While the folder is still claimed: the next owner's socket would lie under the same name.
    await rm(path, { force: true })
    await claim.release()
  }
  return {
    path,
    close() {
      closing ??= close()
      return closing
    },
  }
}

/**
 * Where the sockets of a data dir may lie: in itself, unless paths there would be too long or it is not there; else in a
 * folder of the runtime folder, named by a hash.
 */
async function socketFolders(dir: string): Promise<[own: string | undefined, runtime: string]> {
  const real = await realpath(dir).catch(() => undefined)
  const hash = createHash('sha256')
    .update(real ?? resolve(dir))
    .digest('hex')
    .slice(0, 16)
  const isShort = real && Buffer.byteLength(real) + 1 + CLAIM_NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX
  return [isShort ? real : undefined, join(process.env.XDG_RUNTIME_DIR || tmpdir(), `lanchat-${hash}`)]
}

/** Each machine has its own sockets, where several use one home on the network. */
let known: Promise<string> | undefined
const machine = () => {
  known ??= machineTag().then((tag) => tag ?? 'here')
  return known
}
const socketName = async () => `control-${await machine()}.sock`

/** Those that are there and nobody else's. */
async function lookupFolders(dir: string): Promise<string[]> {
  const [own, runtime] = await socketFolders(dir)
  return [...(own === undefined ? [] : [own]), ...((await isOurs(runtime)) ? [runtime] : [])]
}

/** The runtime folder may be one that everybody writes to. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  if (!found || process.platform === 'win32') return found !== undefined
  return found.uid === process.getuid?.() && (found.mode & 0o077) === 0
}

const isReadOnly = (error: unknown) =>
  ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')

/** Reads exactly the first line; what came behind it stays in the stream. */
function readHello(socket: Socket): Promise<ControlHello | undefined> {
  return new Promise((resolve) => {
    let text = Buffer.alloc(0)
    const settle = (hello: ControlHello | undefined) => {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('close', onClose)
      resolve(hello)
    }
    const onReadable = () => {
      // Node 26 gives each chunk by itself, earlier ones all at once.
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        text = Buffer.concat([text, chunk as Buffer])
        const end = text.indexOf('\n')
        if (end < 0) {
          if (text.length > HELLO_BYTES_MAX) return settle(undefined)
          continue
        }
        settle(parseHello(text.subarray(0, end).toString()))
        if (end + 1 < text.length) socket.unshift(text.subarray(end + 1))
        return
      }
    }
    const onClose = () => settle(undefined)
    const timer = setTimeout(() => settle(undefined), HELLO_MS_MAX)
    socket.on('error', () => {})
    socket.on('readable', onReadable).on('close', onClose)
  })
}

function parseHello(line: string): ControlHello | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('version' in value))
      return undefined
    const { pid, version } = value
    return typeof pid === 'number' && typeof version === 'string' ? { pid, version } : undefined
  } catch {
    return undefined
  }
}
