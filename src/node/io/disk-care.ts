/**
 * The disk beneath a running node: notices when it fails, when its files are deleted and when it works again, has the
 * replica counted anew where an empty database took the place of the one that was read, brings back what damaged copies
 * hold and removes them later, has what was deleted erased from the files, and says each of these once in a sentence for people.
 */
import { uint } from '../../wire/bytes.ts'
import type { RoomId } from '../../wire/ids.ts'
import { refusalText } from '../../wire/refusal.ts'
import type { CoreInput } from '../core-io.ts'
import type { Replica } from '../replica.ts'
import { roomSizes } from '../room-sizes.ts'
import type { RoomView } from '../rooms.ts'
import type { Brought } from '../salvage.ts'
import type { DiskReport } from '../store-report.ts'
import { SYNCED } from '../writes.ts'
import { removeCopies, removeOldCopies } from './damaged-stores.ts'
import { Erasure } from './erasure.ts'
import { keepIdentity } from './identity-file.ts'
import type { Opened } from './level-store.ts'
import type { ResilientStore, StoreWatch } from './resilient-store.ts'
import { salvage, waitingCopies } from './salvage.ts'
import { whyOf } from './system-error.ts'

/** The files are looked for this often. */
const LOOK_EVERY_MS = 2000
/** Copies are read once others have sent what they have and for so long no more came; at the latest after the other. */
const QUIET_MS = 2000
const SALVAGE_WITHIN_MS = 15_000
/** A scan that the disk refused is tried again after this. */
const SCAN_AGAIN_MS = 1000
/** From so many lanes on, reading through all of a store takes seconds. */
const LARGE_LANES = 5000
const READY_MS_MAX = 5000
/** Between two looks for damaged copies that are old enough to go. */
const COPIES_EVERY_MS = 3_600_000

export interface DiskCarePorts {
  readonly dir: string
  readonly seed: Uint8Array
  /** The store's folder. */
  readonly folder: string
  readonly store: ResilientStore
  readonly replica: Replica
  view(room: RoomId): RoomView | undefined
  /** Has the hub given what it has? */
  isCaughtUp(): boolean
  give(input: CoreInput): void
  /** People are told. */
  warn(text: string): void
  fail(text: string): void
  log(level: 'info' | 'warn' | 'error', text: string): void
}

export class DiskCare implements StoreWatch {
  readonly #ports: DiskCarePorts
  #isSalvageDue = true
  #isSalvaging = false
  /** The store was found damaged or deleted, or copies of one that was still wait. */
  #isHurt = false
  #quietSince: number | undefined
  #startedAt: number | undefined
  #lookedAt = 0
  #isLooking = false
  #taken: ((brought: Brought) => void) | undefined
  #scanAgain: NodeJS.Timeout | undefined
  /** Scans are numbered: only the latest one tells. */
  #scan = 0
  #isClosed = false
  #copiesAt = -Infinity
  readonly #erasure: Erasure
  #failing: { readonly since: number; readonly why: string } | undefined
  #mended: string | undefined

  constructor(ports: DiskCarePorts) {
    this.#ports = ports
    const { store, folder, log } = ports
    this.#erasure = new Erasure({ store, log, removeCopies: () => removeCopies(folder) })
  }

  /** What the disk did, for `status`; undefined: nothing that people need to know. */
  get sentence(): string | undefined {
    if (!this.#failing) return this.#mended
    return `Messages are in memory only since ${timeOf(this.#failing.since)}: ${this.#failing.why}`
  }

  /** Is what was damaged or deleted still to be brought back, by others or out of a copy? */
  get isMending(): boolean {
    return this.#isHurt && (this.#isSalvageDue || this.#isSalvaging)
  }

  /** Reads all headers, page by page. */
  async report(): Promise<DiskReport> {
    const rooms = await roomSizes(this.#ports.store, (room) => this.#ports.view(room)).catch(() => [])
    return {
      ...(this.#failing && { failure: this.#failing }),
      ...(this.sentence !== undefined && { note: this.sentence }),
      rooms,
    }
  }

  /**
   * The node begins: everything stored is read through. opened: how the store was opened. ready: people see their rooms,
   * which a large store lets go first.
   */
  begin(opened: Opened, ready: Promise<unknown>): void {
    if (opened.movedAside !== undefined) {
      this.#isHurt = true
      this.#tellDamage(opened.movedAside)
    } else
      void waitingCopies(this.#ports.folder).then((copies) => {
        this.#isHurt ||= copies.length > 0
      })
    if (this.#ports.replica.laneCount < LARGE_LANES) void this.#checkAndScan()
    else void this.#after(ready).then(() => this.#checkAndScan())
  }

  /** Resolves when people see their rooms, or should long have seen them. */
  async #after(ready: Promise<unknown>): Promise<void> {
    let late: NodeJS.Timeout | undefined
    const isLate = new Promise<void>((resolve) => {
      late = setTimeout(resolve, READY_MS_MAX).unref()
    })
    await Promise.race([ready.catch(() => {}), isLate])
    clearTimeout(late)
  }

  /** In tables that are damaged a scan shows what is not found when it is asked for: they are replaced first, and read then. */
  async #checkAndScan(): Promise<void> {
    const { store } = this.#ports
    if (this.#isClosed) return
    await store.checkTables()
    await store.recovered()
    // Where it was replaced the scan is under way.
    if (this.#scan === 0 && !this.#isClosed) this.#scanStore()
  }

  /** The node begins in memory, and has said why. */
  startsWithout(why: string): void {
    this.#failing = { since: Date.now(), why }
    this.#ports.give({ in: 'storeFailing', failing: true, sinceStart: true })
  }

  failing(isFailing: boolean, error?: unknown): void {
    const { warn, fail, log, give } = this.#ports
    if (isFailing) {
      const text = refusalText('STORE_FAILED', { why: whyOf(error) })
      this.#failing = { since: Date.now(), why: whyOf(error) }
      log('error', text)
      fail(text)
    } else {
      this.#failing = undefined
      this.#mended = `${DISK_WORKS} (${timeOf(Date.now())})`
      log('info', DISK_WORKS)
      warn(DISK_WORKS)
    }
    give({ in: 'storeFailing', failing: isFailing })
  }

  /** As much is in memory only as may be: nothing more is taken in until the disk works. */
  memoryFull(): void {
    const { fail, log } = this.#ports
    this.#failing = { since: this.#failing?.since ?? Date.now(), why: MEMORY_FULL }
    log('error', MEMORY_FULL)
    fail(MEMORY_FULL)
  }

  replaced({ movedAside }: Opened): void {
    const { dir, seed, give, warn, log } = this.#ports
    void keepIdentity(dir, seed)
    give({ in: 'storeReplaced' })
    if (movedAside === undefined) {
      log('warn', DELETED)
      this.#mended = DELETED
      warn(DELETED)
    } else this.#tellDamage(movedAside)
    this.#isHurt = true
    this.#isSalvageDue = true
    this.#quietSince = undefined
    this.#startedAt = undefined
    this.#scanStore()
  }

  /** Bodies are deleted, under these keys. */
  deleted(keys: readonly string[]): void {
    this.#erasure.deleted(keys)
  }

  #tellDamage(movedAside: string): void {
    const text = `What was stored here was damaged and could not be opened. It lies in ${movedAside} now; the others send what they have, and what only this machine held is brought back from it.`
    this.#mended = text
    this.#ports.log('warn', text)
    this.#ports.warn(text)
  }

  #scanStore(): void {
    const scan = ++this.#scan
    clearTimeout(this.#scanAgain)
    this.#ports.replica.scan().then(
      (found) => {
        if (scan === this.#scan && !this.#isClosed) this.#ports.give({ in: 'scanned', ...found })
      },
      (error: unknown) => {
        if (scan !== this.#scan || this.#isClosed) return
        this.#ports.log('warn', `the store could not be read through: ${String(error)}`)
        this.#scanAgain = setTimeout(() => this.#scanStore(), SCAN_AGAIN_MS)
      },
    )
  }

  /** Called several times a second; now: monotonic ms. */
  beat(now: number): void {
    const { store, dir, seed } = this.#ports
    if (now - this.#lookedAt >= LOOK_EVERY_MS && !this.#isLooking) {
      this.#lookedAt = now
      this.#isLooking = true
      void store
        .lookAfter(() => keepIdentity(dir, seed))
        .finally(() => {
          this.#isLooking = false
        })
    }
    if (now - this.#copiesAt >= COPIES_EVERY_MS) {
      this.#copiesAt = now
      void removeOldCopies(this.#ports.folder, Date.now())
    }
    this.#erasure.beat(now)
    this.#startedAt ??= now
    if (!this.#isSalvageDue || this.#isSalvaging) return
    if (this.#ports.isCaughtUp()) this.#quietSince ??= now
    else this.#quietSince = undefined
    const isQuiet = this.#quietSince !== undefined && now - this.#quietSince >= QUIET_MS
    if (isQuiet || now - this.#startedAt >= SALVAGE_WITHIN_MS) void this.#salvage()
  }

  async #salvage(): Promise<void> {
    const { folder, store, log, warn } = this.#ports
    // On a failing disk nothing can be repaired or noted: once it works.
    if (store.isFailing) return
    this.#isSalvaging = true
    this.#isSalvageDue = false
    if ((await waitingCopies(folder)).length > 0) {
      const { events } = await salvage(folder, {
        holds: ({ room, author, lane, n }) => (this.#ports.replica.lane(room, author, lane)?.n ?? 0) >= n,
        take: (part, isLast) => this.#take(part, isLast),
        isClosed: () => this.#isClosed || store.isFailing,
        log,
      })
      if (events > 0 && !this.#isClosed) {
        const text = `${events === 1 ? 'One message or other entry' : `${events} messages and other entries`} that nobody else had sent came back from what was damaged here.`
        this.#mended = text
        warn(text)
      }
    }
    this.#isSalvaging = false
    // What it brought is in memory alone: once more.
    if (store.isFailing) this.#isSalvageDue = true
  }

  async #take(part: Extract<CoreInput, { in: 'salvage' }>['part'], isLast: boolean): Promise<Brought> {
    const brought = await new Promise<Brought>((resolve) => {
      this.#taken = resolve
      if (this.#isClosed) resolve({ events: 0, tombstones: 0 })
      else this.#ports.give({ in: 'salvage', part, isLast })
    })
    // Behind what the part had written: no more than one waits for the disk, and the copy is needed until all is there.
    await this.#ports.store.write(isLast ? [['put', SYNCED, uint(0, 6)]] : [], isLast)
    return brought
  }

  /** The core has taken the part in. */
  salvaged(brought: Brought): void {
    this.#taken?.(brought)
    this.#taken = undefined
  }

  /** Twice is safe. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#scanAgain)
    this.#erasure.close()
    this.salvaged({ events: 0, tombstones: 0 })
  }
}

const DISK_WORKS = 'The disk works again; everything is stored.'
const MEMORY_FULL =
  'As many messages are in memory only as may be. Nothing more is taken in until the disk works: free some space.'
const DELETED =
  'The files in which messages are stored were deleted while lanchat ran. New ones are in their place, under the same identity; the others send what they have.'

const timeOf = (ms: number) => new Date(ms).toTimeString().slice(0, 5)
