import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Control,
  callControl,
  claimDataDir,
  connectControl,
  openControl,
  ownerOf,
} from '../../../src/node/io/control.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-control-'))
const script = join(root, 'starter.mjs')
const controls: Control[] = []
const children: ChildProcess[] = []
let count = 0
const freshDir = async () => {
  const dir = join(root, `${count++}`)
  await mkdir(dir, { recursive: true })
  return dir
}
const open = async (dir: string, onConnection: (stream: Duplex) => void = () => {}) => {
  const opened = await openControl(dir, { version: '1.2.3', onConnection })
  if ('control' in opened) controls.push(opened.control)
  return opened
}

beforeAll(async () => {
  await writeFile(
    join(root, 'entry.ts'),
    `import { openControl } from ${JSON.stringify(join(import.meta.dirname, '../../../src/node/io/control.ts'))}
const opened = await openControl(process.argv[2], { version: '1', onConnection: (s) => s.end('mine\\n') })
console.log(JSON.stringify('control' in opened ? { won: process.pid } : opened))
if ('control' in opened) {
  process.stdin.resume().on('end', () => opened.control.close().then(() => process.exit()))
} else process.exit()`,
  )
  const built = await build({
    logLevel: 'silent',
    configFile: false,
    ssr: { noExternal: true },
    build: { ssr: join(root, 'entry.ts'), write: false, rollupOptions: { output: { codeSplitting: false } } },
  })
  if (!('output' in built)) throw new Error('no bundle')
  await writeFile(script, built.output[0].code)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(controls.map((control) => control.close()))
  rmSync(root, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  readonly said: { readonly won?: number; readonly inUse?: number }
}
async function startProcess(dir: string): Promise<Started> {
  const child = spawn(process.execPath, [script, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(createInterface({ input: child.stdout! }), 'line')
  return { child, said: JSON.parse(line) }
}
const exited = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined

describe('the control socket', () => {
  it('lets one have the data dir and tells the other who has it', async () => {
    const dir = await freshDir()
    const first = await open(dir)
    expect(first).toHaveProperty('control')
    expect(await open(dir)).toEqual({ inUse: process.pid })
  })

  it('carries a conversation behind its hello line', async () => {
    const dir = await freshDir()
    await open(dir, (stream) => {
      stream.write('early\n')
      stream.once('data', (data) => stream.end(`got ${data}`))
    })
    const call = (await callControl(dir))!
    expect(call.hello).toEqual({ pid: process.pid, version: '1.2.3' })
    call.stream.write('ping')
    expect(await text(call.stream)).toBe('early\ngot ping')
  })

  it('is for its owner alone', async () => {
    const dir = await freshDir()
    const opened = await open(dir)
    if (!('control' in opened)) throw new Error('in use')
    expect((await stat(opened.control.path)).mode & 0o777).toBe(0o600)
  })

  it('is found by nobody after the end, and leaves the data dir as it was', async () => {
    const dir = await freshDir()
    const opened = await open(dir)
    if (!('control' in opened)) throw new Error('in use')
    const stream = (await connectControl(dir))!
    const ended = once(stream.resume(), 'close')
    await opened.control.close()
    await opened.control.close()
    await ended
    expect(await connectControl(dir)).toBeUndefined()
    expect(await connectControl(join(dir, 'missing'))).toBeUndefined()
    expect(await readdir(dir)).toEqual([])
    expect(await open(dir)).toHaveProperty('control')
  })

  it('lies elsewhere where its path would be too long', async () => {
    const dir = join(await freshDir(), 'x'.repeat(120))
    await mkdir(dir)
    const opened = await open(dir)
    if (!('control' in opened)) throw new Error('in use')
    expect(Buffer.byteLength(opened.control.path)).toBeLessThanOrEqual(100)
    expect((await callControl(dir))!.hello.pid).toBe(process.pid)
    expect(await open(dir)).toEqual({ inUse: process.pid })
    await opened.control.close()
    rmSync(join(opened.control.path, '..'), { recursive: true })
  })

  it('survives a client that leaves without a word', async () => {
    const dir = await freshDir()
    const opened = await open(dir, (stream) => stream.write('x'.repeat(100_000)))
    if (!('control' in opened)) throw new Error('in use')
    const socket = connect(opened.control.path)
    await once(socket, 'connect')
    socket.destroy()
    expect((await callControl(dir))!.hello.version).toBe('1.2.3')
  })

  it('lets a start wait while the data dir is only looked at', async () => {
    const dir = await freshDir()
    const looking = await claimDataDir(dir, true)
    if ('inUse' in looking) throw new Error('in use')
    let isOpen = false
    const opening = open(dir).then((opened) => {
      isOpen = true
      return opened
    })
    expect(await ownerOf(dir)).toBeUndefined()
    expect(isOpen).toBe(false)
    await looking.claim.release()
    expect('control' in (await opening)).toBe(true)
  })

  it('leaves the sockets of another machine on the same home alone', async () => {
    const dir = await freshDir()
    const other = `claim-${'f'.repeat(12)}-123-00000000`
    await writeFile(join(dir, other), '')
    const opened = await open(dir)
    expect('control' in opened).toBe(true)
    expect(await ownerOf(dir)).toBe(process.pid)
    expect(await readdir(dir)).toContain(other)
  })

  it('lies in the runtime folder where the data dir cannot be written, and still keeps others out', async () => {
    const dir = join(root, 'missing')
    const opened = await open(dir, (stream) => stream.end('hello'))
    if (!('control' in opened)) throw new Error('in use')
    expect(opened.control.path.startsWith(dir)).toBe(false)
    expect(await open(dir)).toEqual({ inUse: process.pid })
    expect((await callControl(dir))!.hello.pid).toBe(process.pid)
    expect(await ownerOf(dir)).toBe(process.pid)
    await opened.control.close()
    expect(await ownerOf(dir)).toBeUndefined()
    rmSync(join(opened.control.path, '..'), { recursive: true })
  })
})

describe('of twenty processes that start at once', () => {
  it('exactly one has the data dir, and the others know its process id', async () => {
    const dir = await freshDir()
    const started = await Promise.all(Array.from({ length: 20 }, () => startProcess(dir)))
    const winners = started.filter(({ said }) => said.won !== undefined)
    expect(winners).toHaveLength(1)
    const { pid } = winners[0]!.child
    for (const { said } of started) expect(said).toEqual(said.won ? { won: pid } : { inUse: pid })
    expect((await callControl(dir))!.hello.pid).toBe(pid)
    winners[0]!.child.stdin!.end()
    await exited(winners[0]!.child)
    expect(await readdir(dir)).toEqual([])
  })

  it('exactly one has it, whatever killed processes left behind', async () => {
    const dir = await freshDir()
    for (let i = 0; i < 3; i++) {
      const started = await Promise.all(Array.from({ length: 8 }, () => startProcess(dir)))
      const winners = started.filter(({ said }) => said.won !== undefined)
      expect(winners).toHaveLength(1)
      expect((await readdir(dir)).length).toBeGreaterThan(0)
      winners[0]!.child.kill('SIGKILL')
      await exited(winners[0]!.child)
    }
    expect(await connectControl(dir)).toBeUndefined()
  })
})

describe('contention within one process', () => {
  it('has exactly one winner each time', async () => {
    for (let i = 0; i < 10; i++) {
      const dir = await freshDir()
      const opened = await Promise.all(Array.from({ length: 12 }, () => open(dir)))
      expect(opened.filter((one) => 'control' in one)).toHaveLength(1)
    }
  })
})
