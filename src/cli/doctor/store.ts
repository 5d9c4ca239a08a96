/** `lanchat doctor --store`: what is stored here, what the disk did to it, and what was done about that. */
import type { DamagedReport, DiskReport, StoreReport } from '../../node/index.ts'
import { askRunning } from '../doctor.ts'
import { EXIT } from '../exit.ts'
import type { Settings } from '../options.ts'
import { type Report, report } from '../report.ts'
import { safeName } from '../safe-text.ts'
import { sizeText } from '../size-text.ts'
import { storedRooms } from '../stored-rooms.ts'
import { table } from '../tables.ts'
import type { World } from '../world.ts'

/** The lanchat running here answers within this, or its files are looked at. It may have much to count. */
const ANSWER_MS_MAX = 10_000

/** --json prints { type: 'doctor', ok, verdict, store }. Exit code 1 where messages cannot be stored or read now, else 0. */
export function doctorStore(world: World, settings: Settings): Promise<number> {
  return report(world, settings, ({ say }) => looked(world, settings, say))
}

async function looked(world: World, settings: Settings, say: Report['say']): Promise<number> {
  const node = await world.load()
  const asked = askRunning<DiskReport>(node, settings, '/doctor store')
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS_MAX, undefined)
  })
  const { dataDir, network, code } = settings.node
  const store = await node.checkStore({
    ...(dataDir !== undefined && { dataDir }),
    ...(network !== undefined && { network }),
    ...(code !== undefined && { code }),
    running: Promise.race([asked.report, late]),
  })
  clearTimeout(timer)
  asked.close()
  const { ok, verdict } = verdictOf(store)
  say({ type: 'doctor', ok, verdict, store }, textOf(verdict, store, settings.plain))
  return ok ? EXIT.ok : EXIT.failure
}

/** The one sentence in front. */
export function verdictOf(store: StoreReport): { readonly ok: boolean; readonly verdict: string } {
  const bad = (verdict: string) => ({ ok: false, verdict })
  const { state, folder, failure } = store
  if (state === 'memory')
    return bad(
      `Messages are in memory only since ${timeOf(failure?.since ?? 0)}, because the disk ${store.isFull ? 'is full' : store.isReadOnly ? 'cannot be written' : `refused them (${failure?.why})`}. It is tried again every few seconds.`,
    )
  if (state === 'damaged')
    return bad(
      `The stored messages in ${folder} are damaged (${store.why}). Start lanchat: it moves them aside, fetches what others have and brings back what only this machine held.`,
    )
  if (state === 'newer') return bad(store.why ?? '')
  if (store.isFull)
    return bad(
      `The disk is full: ${sizeText(store.freeBytes ?? 0)} are free. Soon messages are kept in memory only.`,
    )
  if (store.isReadOnly) return bad(`${store.dir} cannot be written: messages are kept in memory only.`)
  if (state === 'busy')
    return bad(
      `Process ${store.pid} has the stored messages open and does not answer: it is stopped, or busy.`,
    )
  if (state === 'none' && store.damaged.length === 0) return { ok: true, verdict: 'Nothing is stored yet.' }
  const count = `${counted(store.events, 'event')} in ${counted(store.rooms.length, 'room')}`
  const waiting = store.damaged.filter((copy) => copy.state === 'waiting').length
  const damaged =
    store.damaged.length === 0
      ? ''
      : waiting > 0
        ? ' What was damaged before waits to be brought back while lanchat runs.'
        : ' It was damaged before; what could be read of that is back.'
  return { ok: true, verdict: `The stored messages can be read: ${count}.${damaged}` }
}

function textOf(verdict: string, store: StoreReport, tabs: boolean): string {
  const size = (bytes: number) => (tabs ? bytes : sizeText(bytes))
  const about = {
    folder: store.folder,
    size: size(store.bytes),
    ...(store.freeBytes !== undefined && { free: size(store.freeBytes) }),
    ...(store.pid !== undefined && { process: store.pid }),
    ...(store.note !== undefined && { note: store.note }),
  }
  const rooms = storedRooms(store.rooms, size)
  return [
    safeName(verdict),
    table(about, { tabs }),
    ...(rooms.length === 0 ? [] : [table(rooms, { tabs })]),
    ...store.damaged.map((copy) => damageText(copy)),
  ].join(tabs ? '\n' : '\n\n')
}

function damageText({ folder, since, why, state, events, tombstones, bytes }: DamagedReport): string {
  const when = since === 0 ? '' : ` on ${dayOf(since)}`
  const moved = `Damaged (${why}) and moved aside${when}: ${folder}, ${sizeText(bytes)}.`
  if (state === 'waiting') return safeName(`${moved} Nothing was brought back from it yet.`)
  if (state === 'left')
    return safeName(`${moved} It cannot be read to its end; ${counted(events, 'event')} came from it.`)
  return safeName(
    `${moved} ${counted(events, 'event')} and ${counted(tombstones, 'deletion')} that nobody else had sent came from it. Delete it when nothing is missed.`,
  )
}

const counted = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
const timeOf = (ms: number) => new Date(ms).toTimeString().slice(0, 5)
