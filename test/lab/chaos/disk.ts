/**
 * Disks of a client: a directory, a small file system in memory that can be filled, or an ext4 image whose power can be cut.
 *
 * The last two are mounted in the mount namespace of a process of ours that waits for nothing, and the client runs in that
 * namespace: a restart finds the same disk, and nothing stays mounted when we end.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../net.ts'
import type { Host, Lab } from '../network.ts'
import type { LabProcess } from '../process.ts'

export type DiskKind = 'directory' | 'tmpfs' | 'image'

const TMPFS_MIB = 64
const IMAGE_MIB = 128

export class Disk {
  readonly path: string
  readonly #keeper: LabProcess | undefined
  readonly #image: string
  #images = 0

  private constructor(
    lab: Lab,
    host: Host,
    readonly kind: DiskKind,
  ) {
    this.path = lab.directory(`${host.name}-disk`)
    this.#image = lab.directory(`${host.name}-image`)
    mkdirSync(this.path, { recursive: true })
    if (kind === 'directory') return
    if (kind === 'image') {
      run('truncate', ['-s', `${IMAGE_MIB}M`, this.#newest])
      run('mkfs.ext4', ['-q', this.#newest])
    }
    const mount =
      kind === 'tmpfs' ? `mount -t tmpfs -o size=${TMPFS_MIB}m none ${this.path}` : this.#mount(this.#newest)
    this.#keeper = lab.spawn(host, ['sh', '-c', `${mount} && echo mounted && exec cat`])
  }

  static async of(lab: Lab, host: Host, kind: DiskKind): Promise<Disk> {
    const disk = new Disk(lab, host, kind)
    await disk.#keeper?.next((line) => line === 'mounted')
    return disk
  }

  /** What stands before a command that is to see this disk. */
  get prefix(): string[] {
    return this.#keeper === undefined ? [] : ['nsenter', '-t', String(this.#keeper.pid), '-m', '--']
  }

  /** The same directory, as seen from here. */
  get outside(): string {
    return this.#keeper === undefined ? this.path : `/proc/${this.#keeper.pid}/root${this.path}`
  }

  /** Writes until there is no space left. */
  fill(): void {
    const handle = openSync(join(this.outside, 'movie'), 'w')
    for (const size of [1 << 20, 4096, 1]) fillBy(handle, Buffer.alloc(size))
    closeSync(handle)
  }

  free(): void {
    rmSync(join(this.outside, 'movie'), { force: true })
  }

  /** What a power cut at this moment would leave. The processes that write to it must stand still. */
  freeze(): void {
    run('cp', ['--sparse=always', this.#newest, `${this.#image}.${this.#images + 1}`])
  }

  /** Goes on from what freeze() left. No process uses it. */
  thaw(): void {
    const [before, after] = [this.#newest, `${this.#image}.${this.#images + 1}`]
    run('nsenter', [...this.prefix.slice(1), 'sh', '-c', `umount ${this.path} && ${this.#mount(after)}`])
    this.#images += 1
    rmSync(before)
  }

  get #newest(): string {
    return `${this.#image}.${this.#images}`
  }

  #mount(image: string): string {
    return `mount -o loop ${image} ${this.path}`
  }
}

function fillBy(handle: number, block: Uint8Array): void {
  try {
    for (;;) writeSync(handle, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
