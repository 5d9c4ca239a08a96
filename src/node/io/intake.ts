/**
 * Which links are read. Who brings more than can be checked or written is read more slowly: what is not read stays with its
 * sender, whose own queue is bounded (LK-5), so nothing piles up here however slow the disk or however fast the sender.
 *
 *   a link waits     while it brought CHECKS_OF_LINK_MAX signatures that are unchecked, until half of them are done
 *                    while CHECKS_MAX are unchecked in all and it brings more, until half of these are done
 *   all links wait   while WRITE_BYTES_MAX wait for the disk, until half of them are there
 *                    while the store cannot be read
 */

import type { StoreOp } from '../store.ts'

/** What is read: a link. */
export interface Read {
  pause(): void
  resume(): void
}

export interface IntakeLimits {
  readonly checksOfLinkMax: number
  readonly checksMax: number
  readonly writeBytesMax: number
}

export const INTAKE_LIMITS: IntakeLimits = {
  /** Some full frames; the pool goes on while the sender is told to wait. */
  checksOfLinkMax: 512,
  /** A third of a second of one core. */
  checksMax: 4096,
  /** A tenth of a second of a slow disk, and many times what a turn brings. */
  writeBytesMax: 8 * 1024 * 1024,
}

export class Intake {
  readonly #links: ReadonlyMap<number, Read>
  readonly #limits: IntakeLimits
  /** Signatures that are being checked, by the link that brought them, and in all. */
  readonly #checks = new Map<number, number>()
  #allChecks = 0
  #writeBytes = 0
  /** Links that wait for the checks. */
  readonly #slowed = new Set<number>()
  #waitsForDisk = false
  #isBlind = false

  /** links: those that are open, by their ids; looked at whenever it is decided who is read. */
  constructor(links: ReadonlyMap<number, Read>, limits = INTAKE_LIMITS) {
    this.#links = links
    this.#limits = limits
  }

  /** Is this link read? */
  reads(id: number): boolean {
    return !this.#waitsForDisk && !this.#isBlind && !this.#slowed.has(id)
  }

  /** Links that wait. */
  *unread(): Iterable<number> {
    for (const id of this.#links.keys()) if (!this.reads(id)) yield id
  }

  /** A link is read from now on, unless all wait. */
  began(id: number): void {
    if (!this.reads(id)) this.#links.get(id)?.pause()
  }

  /** So many signatures of this link are being checked from now on. */
  checking(id: number, count: number): void {
    const waiting = (this.#checks.get(id) ?? 0) + count
    this.#checks.set(id, waiting)
    this.#allChecks += count
    if (waiting < this.#limits.checksOfLinkMax && this.#allChecks < this.#limits.checksMax) return
    this.#slowed.add(id)
    this.#links.get(id)?.pause()
  }

  checked(id: number, count: number): void {
    const left = (this.#checks.get(id) ?? 0) - count
    if (left > 0) this.#checks.set(id, left)
    else this.#checks.delete(id)
    this.#allChecks -= count
    if (this.#allChecks > this.#limits.checksMax / 2) return
    for (const slowed of this.#slowed) {
      if ((this.#checks.get(slowed) ?? 0) > this.#limits.checksOfLinkMax / 2) continue
      this.#slowed.delete(slowed)
      if (this.reads(slowed)) this.#links.get(slowed)?.resume()
    }
  }

  /** So many bytes were given to the disk. */
  writing(bytes: number): void {
    this.#writeBytes += bytes
    if (this.#waitsForDisk || this.#writeBytes < this.#limits.writeBytesMax) return
    this.#waitsForDisk = true
    this.#pauseAll()
  }

  written(bytes: number): void {
    this.#writeBytes -= bytes
    if (!this.#waitsForDisk || this.#writeBytes > this.#limits.writeBytesMax / 2) return
    this.#waitsForDisk = false
    this.#resumeAll()
  }

  /** The store cannot be read for a moment: whatever would be decided now would rest on too little. */
  blind(isBlind: boolean): void {
    this.#isBlind = isBlind
    if (isBlind) this.#pauseAll()
    else this.#resumeAll()
  }

  #pauseAll(): void {
    for (const link of this.#links.values()) link.pause()
  }

  #resumeAll(): void {
    for (const [id, link] of this.#links) if (this.reads(id)) link.resume()
  }
}

/** What a batch weighs while it waits. */
export function bytesOf(ops: readonly StoreOp[]): number {
  let bytes = 0
  for (const op of ops) bytes += op[1].length + (op[0] === 'put' ? op[2].length : 0)
  return bytes
}
