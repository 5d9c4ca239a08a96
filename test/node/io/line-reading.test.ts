import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { RoomLine } from '../../../src/node/core-io.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { readLines } from '../../../src/node/io/line-reading.ts'
import { ResilientStore } from '../../../src/node/io/resilient-store.ts'
import type { StoreOp } from '../../../src/node/store.ts'
import type { Which } from '../../../src/node/timeline.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-lines-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())
let count = 0
const put = (key: string): StoreOp => ['put', key, Uint8Array.of(1)]
const asked = (which: Which = {}) => ({ do: 'lines' as const, ticket: 1, rooms: [], count: 9, which })
const log = () => {}

async function started() {
  const { store: disk } = await openLevelStore(join(root, `${count++}`, 'store'))
  const store = new ResilientStore(disk, { failing: () => {}, replaced: () => {} })
  await store.write([put('e01'), put('e02')], true)
  /** A line for each entry, by scanning as the core does. */
  const core = {
    readLines: vi.fn(async () => {
      const lines: RoomLine[] = []
      for await (const [key] of store.scan({ from: 'e', to: 'f' }))
        lines.push({ room: key } as unknown as RoomLine)
      return lines
    }),
  }
  return { store, core, ports: { store, core, log } }
}

/** The store is opened anew, as after an error that was none of long; resolves between the two handles. */
async function openAnew(store: ResilientStore): Promise<void> {
  const spy = vi.spyOn(Level.prototype, 'batch').mockImplementation(() => {
    throw Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' })
  })
  void store.write([put('e03')], true)
  while (!store.isBlind) await new Promise((resolve) => setImmediate(resolve))
  spy.mockRestore()
}

describe('lines that are asked for while the database is opened anew', () => {
  it('are read again, and all are there', async () => {
    const { store, core, ports } = await started()
    await openAnew(store)
    const read = await readLines(ports, asked())
    expect(read.fault).toBeUndefined()
    expect(read.lines.map(({ room }) => room)).toEqual(['e01', 'e02', 'e03'])
    expect(core.readLines).toHaveBeenCalledTimes(2)
    await store.close()
  })

  it('are refused to an export, which would take an empty database for all there is', async () => {
    const { store, core, ports } = await started()
    await openAnew(store)
    expect(await readLines(ports, asked({ signed: true }))).toEqual({
      lines: [],
      fault: 'the store is closed',
    })
    expect(core.readLines).toHaveBeenCalledTimes(1)
    await store.close()
  })

  it('are not read for ever where it is opened anew each time', async () => {
    const store = { unread: 0, handles: 0, sees: async () => void store.handles++ }
    const core = { readLines: vi.fn(() => Promise.reject(new Error('it is away'))) }
    expect(await readLines({ store, core, log }, asked())).toEqual({ lines: [], fault: 'it is away' })
    expect(core.readLines).toHaveBeenCalledTimes(3)
  })
})

describe('lines of a disk that stays as it is', () => {
  it('are read once, and what it refused is said', async () => {
    const store = { unread: 0, handles: 1, sees: async () => {} }
    const line = { room: 'e01' } as unknown as RoomLine
    const readLine = async () => {
      store.unread++
      return [line]
    }
    const core = { readLines: vi.fn(readLine) }
    expect(await readLines({ store, core, log }, asked())).toEqual({ lines: [line], fault: 'it fails' })
    expect(core.readLines).toHaveBeenCalledTimes(1)
  })
})
