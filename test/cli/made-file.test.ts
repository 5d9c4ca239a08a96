/** Files that calls make, on a disk that is full, and beside what others left. */
import { randomUUID } from 'node:crypto'
import {
  type fsyncSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  type writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { replaceFile } from '../../src/cli/made-file.ts'
import { FakeWorld } from './fake-world.ts'

const disk = vi.hoisted(() => ({ isFull: false }))
vi.mock('node:fs', async (original) => {
  const fs = await original<Record<string, unknown>>()
  const full = (): never => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  const unlessFull =
    (write: unknown) =>
    (to: unknown, ...rest: unknown[]) =>
      disk.isFull && typeof to === 'number' ? full() : (write as (...all: unknown[]) => unknown)(to, ...rest)
  const patched = {
    writeFileSync: unlessFull(fs.writeFileSync) as typeof writeFileSync,
    writeSync: unlessFull(fs.writeSync),
    fsyncSync: unlessFull(fs.fsyncSync) as typeof fsyncSync,
  }
  return { ...fs, ...patched, default: { ...(fs.default as object), ...patched } }
})

const root = mkdtempSync(join(tmpdir(), 'lanchat-made-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let dir = ''
beforeEach(() => {
  disk.isFull = false
  dir = join(root, randomUUID())
  mkdirSync(dir)
})

const told = (world: FakeWorld) => JSON.parse(world.rest()) as { code: string; message: string }

describe('a file for which there is no room', () => {
  it('is refused with a code and not left behind empty, so that the next try finds nothing', async () => {
    const file = join(dir, 'class.code')
    disk.isFull = true
    const world = new FakeWorld()
    expect(await world.run('network', 'new', file, '--json')).toBe(1)
    expect(told(world)).toMatchObject({ code: 'FILE_UNWRITABLE', message: expect.stringContaining('ENOSPC') })
    expect(readdirSync(dir)).toEqual([])
    disk.isFull = false
    expect(await new FakeWorld().run('network', 'new', file)).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(/^([a-z]+-){5}[a-z]+\n$/)
  })

  it('is told after a new code was made, which is in force and can be shown', async () => {
    const world = new FakeWorld()
    world.node.execute = async ({ do: what }) => {
      disk.isFull = true
      return what === 'invitation'
        ? {
            type: 'result',
            command: '/invitation',
            data: { network: 'lan', owner: '', text: 'x', words: [] },
          }
        : { type: 'result', command: '/newcode', data: null }
    }
    expect(await world.run('network', 'newcode', join(dir, 'fresh'), '--json')).toBe(1)
    const { code, message } = told(world)
    expect(code).toBe('FILE_UNWRITABLE')
    expect(message).toMatch(/has a new code.*ENOSPC.*lanchat network show/)
    expect(readdirSync(dir)).toEqual([])
  })

  it('leaves the one it would have replaced', () => {
    const file = join(dir, 'package')
    replaceFile(file, new Uint8Array([1]))
    disk.isFull = true
    expect(() => replaceFile(file, new Uint8Array([2]))).toThrow(
      expect.objectContaining({ code: 'FILE_UNWRITABLE' }),
    )
    expect(readdirSync(dir)).toEqual(['package'])
    expect([...readFileSync(file)]).toEqual([1])
  })
})

it('a package is never written through what somebody else put beside it', () => {
  const file = join(dir, 'package')
  const theirs = join(dir, 'victim')
  symlinkSync(theirs, `${file}.part`)
  replaceFile(file, new Uint8Array([1]))
  expect([...readFileSync(file)]).toEqual([1])
  expect(() => readFileSync(theirs)).toThrow('ENOENT')
})
