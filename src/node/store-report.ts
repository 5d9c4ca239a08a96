/** What `lanchat doctor --store` says of the stored messages: the answer of a running node, or of what looks at the files. */

/** What of a room is stored. */
export interface RoomStored {
  /** 32 hex digits. */
  readonly room: string
  /** Absent where it is sealed, or its create is not here. */
  readonly name?: string
  readonly events: number
  /** Headers, signatures and bodies as their headers say; deleted bodies are counted too. */
  readonly bytes: number
}

/** What the disk did to a running node. */
export interface DiskReport {
  /** Since when the disk fails, ms since 1970, and why. */
  readonly failure?: { readonly since: number; readonly why: string }
  /** What happened in this run, in a sentence. */
  readonly note?: string
  readonly rooms: readonly RoomStored[]
}

export interface StoreReport {
  readonly dir: string
  /** Where the store of this network lies. */
  readonly folder: string
  /**
   * disk: it can be read and, where a lanchat runs, written. memory: the lanchat running here cannot write it. damaged: it
   * does not open. newer: a newer lanchat has written it. none: nothing is stored yet. busy: somebody has it who does not
   * answer.
   */
  readonly state: 'disk' | 'memory' | 'damaged' | 'newer' | 'none' | 'busy'
  /** Of a damaged one: LevelDB's code, `missing`, or `checksum`; of a newer one what to do, in a sentence. */
  readonly why?: string
  /** The process that has it. */
  readonly pid?: number
  readonly failure?: DiskReport['failure']
  readonly note?: string
  /** Of its files. */
  readonly bytes: number
  readonly events: number
  readonly rooms: readonly RoomStored[]
  readonly freeBytes?: number
  readonly isFull?: true
  readonly isReadOnly?: true
  /** Copies that were moved aside, the oldest first. */
  readonly damaged: readonly DamagedReport[]
}

export interface DamagedReport {
  readonly folder: string
  /** When it was found and moved aside, ms since 1970; 0: not known. */
  readonly since: number
  readonly why: string
  /** waiting: nothing was brought back yet. left: it was tried too often, or nothing in it can be read. */
  readonly state: 'waiting' | 'salvaged' | 'left'
  /** Events and deletions that came from it and from nowhere else. */
  readonly events: number
  readonly tombstones: number
  readonly bytes: number
}
