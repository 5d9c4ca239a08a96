/**
 * Device facts: what this device alone knows and tells nobody. Read from the store at the start, written with the turn in
 * which it has changed.
 */
import { Acquaintances, readAcquaintances } from './acquaintances.ts'
import { Blocks, readBlocks } from './blocks.ts'
import { factKey } from './keys.ts'
import { Namesakes, readNamesakes } from './namesakes.ts'
import { Notices, readNotices } from './notices.ts'
import { readLabels, type SavedLabels } from './people.ts'
import { ReadMarks, readReadMarks } from './read-marks.ts'
import type { StoreOp } from './store.ts'

const LABELS = factKey('labels')
const BLOCKED = factKey('blocked')
const READ = factKey('read')
const ACQUAINTANCES = factKey('acquaintances')
const NOTICES = factKey('notices')
const NAMESAKES = factKey('namesakes')

export interface DeviceFactsPorts {
  get(key: string): Uint8Array | undefined
  /** Goes to the disk with the turn. */
  put(op: StoreOp): void
}

export class DeviceFacts {
  /** As they were saved last. */
  readonly labels: SavedLabels | undefined
  readonly blocks: Blocks
  readonly readMarks: ReadMarks
  readonly acquaintances: Acquaintances
  readonly notices: Notices
  readonly namesakes: Namesakes
  readonly #ports: DeviceFactsPorts

  constructor(ports: DeviceFactsPorts) {
    this.#ports = ports
    this.labels = readLabels(ports.get(LABELS))
    this.blocks = new Blocks(readBlocks(ports.get(BLOCKED)))
    this.readMarks = new ReadMarks(readReadMarks(ports.get(READ)))
    this.acquaintances = new Acquaintances(readAcquaintances(ports.get(ACQUAINTANCES)))
    this.notices = new Notices(readNotices(ports.get(NOTICES)))
    this.namesakes = new Namesakes(readNamesakes(ports.get(NAMESAKES)))
  }

  /** What this person has decided and read. */
  saveChosen(): void {
    this.save(BLOCKED, this.blocks.takeSaved())
    this.save(READ, this.readMarks.takeSaved())
    this.save(ACQUAINTANCES, this.acquaintances.takeSaved())
    this.save(NOTICES, this.notices.takeSaved())
    this.save(NAMESAKES, this.namesakes.takeSaved())
  }

  saveLabels(labels: SavedLabels | undefined): void {
    this.save(LABELS, labels)
  }

  /** undefined: nothing has changed. */
  save(key: string, value: unknown): void {
    if (value !== undefined) this.#ports.put(['put', key, new TextEncoder().encode(JSON.stringify(value))])
  }
}
