/**
 * One owner of a folder among processes, without locks that outlive them.
 *
 * Each starter puts a listening local socket of its own into the folder, under a name used once, and only then looks for
 * others. Who sees nobody alive owns the folder; who sees an owner gives up; of starters that see each other the one with the
 * lowest name stays and looks again, the rest withdraw and try later. Two owners cannot be: the later of two sockets was there
 * before its process looked, and the earlier one lay there then. A socket is put there by rename once it listens, so one that
 * refuses a connection belongs to a dead process for good, and anybody may remove it.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readdir, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from './system-error.ts'

const CLAIM = /^claim-([0-9a-z]+)-(\d+)-[0-9a-f]{8}$/
/** The longest name that this file puts into the folder. */
export const CLAIM_NAME_BYTES_MAX = 'claim-000000000000-4194304-00000000.new'.length
/** One byte is the whole answer of a claim. */
const OWNER = 'o'
const STARTER = 's'
/** A living process that does not answer this fast is stopped or overloaded: it counts as owner. */
const ANSWER_MS_MAX = 1000
const RETRY_MS_MIN = 5
const RETRY_MS_MAX = 40

export interface Claim {
  /** Frees the folder. Twice is safe. */
  release(): Promise<void>
}

/** machine: letters and digits. isBrief: others are not refused, but wait for the release. Resolves with the claim, or with the process id of the owner. Rejects where the folder cannot be written. */
export async function claimFolder(
  folder: string,
  machine: string,
  isBrief = false,
): Promise<Claim | { readonly inUse: number }> {
  for (;;) {
    const own = await putSocket(folder, machine)
    const verdict = await contend(folder, machine, own)
    if (verdict === 'mine') own.isOwner = !isBrief
    if (verdict === 'mine') return { release: () => withdraw(own) }
    await withdraw(own)
    if (verdict !== 'later') return verdict
    await pause()
  }
}

/** The process that has this folder; undefined: nobody. Takes away what dead processes left, where it may. */
export async function ownerIn(folder: string, machine: string): Promise<number | undefined> {
  const entries = await claimsIn(folder, machine)
  const answers = await Promise.all(
    entries.map((entry) => ask(join(folder, entry)).catch(() => 'dead' as const)),
  )
  const owner = entries.find((_, i) => answers[i] === 'owner')
  return owner === undefined ? undefined : Number(CLAIM.exec(owner)![2])
}

/** A network home holds other machines' sockets too: here they look dead, and are not ours to take away. */
async function claimsIn(folder: string, machine: string): Promise<string[]> {
  return (await readdir(folder)).filter((entry) => CLAIM.exec(entry)?.[1] === machine)
}

interface Own {
  readonly path: string
  readonly server: Server
  isOwner: boolean
}

async function contend(
  folder: string,
  machine: string,
  own: Own,
): Promise<'mine' | 'later' | { readonly inUse: number }> {
  const name = basename(own.path)
  for (;;) {
    const others = (await claimsIn(folder, machine)).filter((entry) => entry !== name)
    const answers = await Promise.all(
      others.map(async (entry) => ({ entry, answer: await ask(join(folder, entry)) })),
    )
    const living = answers.filter(({ answer }) => answer !== 'dead')
    const owner = living.find(({ answer }) => answer === 'owner')
    if (owner) return { inUse: Number(CLAIM.exec(owner.entry)![2]) }
    if (living.length === 0) return 'mine'
    if (living.some(({ entry }) => entry < name)) return 'later'
    await pause()
  }
}

async function putSocket(folder: string, machine: string): Promise<Own> {
  const path = join(folder, `claim-${machine}-${process.pid}-${randomBytes(4).toString('hex')}`)
  const own: Own = {
    path,
    isOwner: false,
    server: createServer((socket) => {
      socket.on('error', () => {})
      socket.end(own.isOwner ? OWNER : STARTER)
    }),
  }
  await listenAt(own.server, path, `${path}.new`)
  return own
}

/** Listens on a socket that appears at `path` whole, in place of whatever lay there; for its owner alone. */
export async function listenAt(server: Server, path: string, temporary: string): Promise<void> {
  server.listen(temporary)
  await once(server, 'listening')
  // Without it a failed accept would end the process.
  server.on('error', () => {})
  await chmod(temporary, 0o600)
  await rename(temporary, path)
}

async function withdraw({ path, server }: Own): Promise<void> {
  server.close()
  await rm(path, { force: true })
}

async function ask(path: string): Promise<'owner' | 'starter' | 'dead'> {
  let socket: Socket | undefined
  try {
    socket = await connectLocal(path)
  } catch {
    // Alive, but its queue of connections is full: looked at again.
    return 'starter'
  }
  if (!socket) {
    await rm(path, { force: true })
    return 'dead'
  }
  const answer = await answerOf(socket)
  socket.destroy()
  return answer
}

function answerOf(socket: Socket): Promise<'owner' | 'starter'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('owner'), ANSWER_MS_MAX)
    socket.on('error', () => {})
    socket.once('data', (data) => resolve(data.toString() === OWNER ? 'owner' : 'starter'))
    socket.once('close', () => {
      clearTimeout(timer)
      // Without an answer: it withdrew after our connection.
      resolve('starter')
    })
  })
}

/** A connection to a local socket; undefined where nobody listens at it any more. Rejects for what else may be wrong. */
export async function connectLocal(path: string): Promise<Socket | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ENOTSOCK') return undefined
    throw error
  }
}

const pause = () => sleep(randomInt(RETRY_MS_MIN, RETRY_MS_MAX))
