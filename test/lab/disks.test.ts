/**
 * What disks do: they fill up, turn read-only, lose files and bits, lose power, are restored and cloned. After each the
 * sets of all nodes are equal, nothing acknowledged is lost, nobody is somebody else, and no lane is forked (INV-5, 6, 15,
 * 17, 20).
 */
import { randomBytes } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { ErrorEvent, NodeEvent, SystemEvent } from '../../src/node/events.ts'
import type { DiskReport, StoreReport } from '../../src/node/index.ts'
import { damage, type How, type Part } from '../node/io/damage.ts'
import { Disk } from './chaos/disk.ts'
import { fill } from './fill.ts'
import { createLab, describeInLab, type Host, type Lab } from './hosts.ts'
import { Lanchat, MAIN, misdated } from './lanchat.ts'
import { run } from './net.ts'
import { databaseHolds, filesHold } from './stored-bytes.ts'
import { storedEvents, storeOf } from './stored-events.ts'
import { talkUntilWarned } from './twins.ts'

let lab: Lab
const hosts = new Map<string, Host>()
let running: Lanchat[] = []
let series = 0

beforeAll(() => {
  lab = createLab('dsk')
  for (const name of ['ann', 'bob', 'cid']) hosts.set(name, lab.host(name))
})
afterAll(() => lab.close())
afterEach(async () => {
  await Promise.all(running.map((node) => node.stop('SIGKILL')))
  running = []
  series++
})

interface Start {
  /** Default: a folder of this test and name. */
  readonly dataDir?: string
  /** A file system of its own over the data dir, seen by this process alone. */
  readonly mount?: string
  /** The data dir is this file system, which outlives the process. */
  readonly on?: Disk
  /** Says how far off its wall clock is. */
  readonly clockFile?: string
  readonly name?: string
  readonly args?: readonly string[]
}

function start(name: string, disk: Start = {}): Lanchat {
  const host = hosts.get(name)!
  const dataDir = disk.on?.path ?? disk.dataDir ?? lab.directory(`${series}-${name}`)
  const home = lab.directory('home')
  mkdirSync(dataDir, { recursive: true })
  mkdirSync(home, { recursive: true })
  const mount = disk.mount === undefined ? 'true' : `mount ${disk.mount} ${dataDir}`
  const argv = [
    ...(disk.on?.prefix ?? []),
    'sh',
    '-c',
    `${mount} && exec "$@"`,
    'sh',
    'node',
    MAIN,
    '--json',
    '--network',
    `net${series}`,
  ]
  const named = ['--name', disk.name ?? name, '--data-dir', dataDir, ...(disk.args ?? [])]
  const started = lab.spawn(host, [...argv, ...named], {
    env: {
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      XDG_RUNTIME_DIR: home,
      ...(disk.clockFile !== undefined && misdated(disk.clockFile)),
    },
  })
  const node = new Lanchat(host, started, disk.on?.outside ?? dataDir)
  running.push(node)
  return node
}

async function stop(node: Lanchat, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  await node.stop(signal)
  running = running.filter((other) => other !== node)
}

/** The first becomes hub. */
async function startAll(...names: readonly string[]): Promise<Lanchat[]> {
  const nodes: Lanchat[] = []
  for (const name of names) {
    nodes.push(start(name))
    await nodes.at(-1)!.ready()
  }
  return nodes
}

async function says(node: Lanchat, text: string): Promise<string> {
  await node.stored(await node.say(text))
  return text
}

/** All have these texts, once and in one order; then they end, and their stores hold the same and no fork. */
async function agree(nodes: readonly Lanchat[], texts: readonly string[]): Promise<void> {
  for (const node of nodes) for (const text of texts) await node.message(text)
  const views = await Promise.all(nodes.map((node) => historyOf(node, texts.length)))
  for (const view of views) expect(view).toEqual(views[0])
  expect([...views[0]!].sort()).toEqual([...texts].sort())
}

/** Asks again while fewer are here: what was told before it was lost is pulled again without a word. */
async function historyOf(node: Lanchat, count: number): Promise<string[]> {
  const by = performance.now() + 60_000
  for (;;) {
    const texts = await node.history()
    if (texts.length >= count || performance.now() > by) return texts
  }
}

async function endEqual(nodes: readonly Lanchat[]): Promise<void> {
  for (const node of nodes) await stop(node)
  const stored = await Promise.all(nodes.map(({ dataDir }) => storedEvents(dataDir)))
  for (const { events, forks } of stored) {
    expect(forks).toBe(0)
    expect(events).toEqual(stored[0]!.events)
  }
}

const isFailure = (event: NodeEvent): event is ErrorEvent =>
  event.type === 'error' && event.code === 'STORE_FAILED'
const isUnwritable = (event: NodeEvent): event is ErrorEvent =>
  event.type === 'error' && event.code === 'DATA_DIR_UNWRITABLE'
const warns =
  (part: string) =>
  (event: NodeEvent): event is SystemEvent =>
    event.type === 'system' && event.event === 'warning' && (event.text?.includes(part) ?? false)
const WORKS = 'The disk works again'
const DAMAGED = 'was damaged and could not be opened'
const BROUGHT = 'came back from what was damaged here'
/** What is left of the last block of the log would take a short text. */
const long = () => randomBytes(3500).toString('hex')
const seen = (node: Lanchat) => `/proc/${node.process.pid}/root${node.dataDir}`

describeInLab('a disk that is full', () => {
  it('ends hubship at once, loses nothing, and is used again when there is room', async () => {
    const ann = start('ann', { mount: '-t tmpfs -o size=24m none' })
    await ann.ready()
    const bob = start('bob')
    const cid = start('cid')
    for (const node of [bob, cid]) await node.follows((hub) => hub.name === 'ann')
    const texts = [await says(bob, 'before')]
    fill(join(seen(ann), 'movie'))
    const from = bob.mark()
    const sent = [long(), 'while it is full']
    const ids = [await bob.say(sent[0]!), await bob.say(sent[1]!)]
    await ann.event(isFailure)
    const failedAt = performance.now()
    await Promise.all([bob, cid].map((node) => node.follows((hub) => hub.name !== 'ann')))
    expect(performance.now() - failedAt).toBeLessThan(10_000)
    // What was on its way is stored by the new hub, or by whoever else has it, for ann's disk does not.
    for (const id of ids) await bob.stored(id, { from })
    texts.push(...sent, await says(cid, 'after'))
    // What the disk holds can be read all the time.
    for (const text of texts) await ann.message(text)
    expect(await ann.history()).toEqual(texts)
    rmSync(join(seen(ann), 'movie'))
    await ann.event(warns(WORKS))
    texts.push(await says(ann, 'room again'))
    await agree([ann, bob, cid], texts)
    const { id } = ann
    expect(bob.events.filter((event) => event.type === 'hub' && event.hub.id === id)).toHaveLength(0)
  })

  it('of a client harms nobody else', async () => {
    const [ann, cid] = await startAll('ann', 'cid')
    const bob = start('bob', { mount: '-t tmpfs -o size=24m none' })
    await bob.follows((hub) => hub.name === 'ann')
    fill(join(seen(bob), 'movie'))
    const texts = [await says(ann!, long()), await says(bob, long()), await says(bob, 'in memory')]
    await bob.event(isFailure)
    expect((await bob.ask('/status')) as object).toMatchObject({
      disk: expect.stringContaining('Messages are in memory only since'),
    })
    const failing = (await bob.ask('/doctor store')) as DiskReport
    expect(failing.failure!.why).toContain('space')
    expect(failing.rooms.find(({ name }) => name === 'general')!.events).toBeGreaterThanOrEqual(2)
    rmSync(join(seen(bob), 'movie'))
    await bob.event(warns(WORKS))
    await agree([ann!, bob, cid!], texts)
    expect(ann!.events.filter((event) => event.type === 'hub' || event.type === 'offline')).toEqual([])
  })
})

describeInLab('a disk that is full when lanchat starts', () => {
  it('is read all the same, what is said stands behind it, and all is stored when there is room', async () => {
    const disk = await Disk.of(lab, hosts.get('ann')!, 'tmpfs')
    const clockFile = lab.directory(`${series}-clock`)
    writeFileSync(clockFile, '+2h\n')
    let ann = start('ann', { on: disk, clockFile })
    const { self } = await ann.ready()
    const texts = [await says(ann, 'one'), await says(ann, 'of a clock that was two hours ahead')]
    const { order } = await ann.message(texts[1]!)
    await stop(ann)
    disk.fill()
    writeFileSync(clockFile, '+0\n')
    ann = start('ann', { on: disk, clockFile })
    const { message } = await ann.event(isUnwritable)
    expect(message).toContain('What was stored before is shown')
    expect(await ann.ready()).toMatchObject({ self: { id: self.id }, hub: { self: true } })
    expect(await ann.history()).toEqual(texts)
    expect((await ann.ask('/doctor store')) as DiskReport).toMatchObject({
      failure: { why: 'the disk is full (ENOSPC)' },
    })
    texts.push('in memory')
    await ann.say('in memory')
    expect((await ann.message('in memory')).order > order).toBe(true)
    const bob = start('bob')
    await agree([ann, bob], texts)
    await ann.follows((hub) => hub.name === 'bob')
    disk.free()
    await ann.event(warns(WORKS))
    texts.push(await says(ann, 'room again'), await says(bob, 'so it is'))
    await agree([ann, bob], texts)
    await endEqual([ann, bob])
    ann = start('ann', { on: disk })
    expect((await ann.ready()).self.id).toBe(self.id)
    await agree([ann], texts)
  })
})

describeInLab('a disk that turns read-only while lanchat runs', () => {
  it('is as a full one', async () => {
    const image = ext4Image('ann.img')
    const ann = start('ann', { mount: `-o loop,errors=remount-ro ${image}` })
    await ann.ready()
    const bob = start('bob')
    const cid = start('cid')
    for (const node of [bob, cid]) await node.follows((hub) => hub.name === 'ann')
    const texts = [await says(bob, 'before')]
    const device = run('losetup', ['-j', image]).split(':')[0]!.replace('/dev/', '')
    run('sh', ['-c', `echo 1 > /sys/fs/ext4/${device}/trigger_fs_error`])
    const sent = long()
    const during = await bob.say(sent)
    await ann.event(isFailure)
    await bob.follows((hub) => hub.name !== 'ann')
    const { id } = ann
    texts.push(await says(bob, 'after'))
    await ann.message('after')
    await bob.stored(during)
    texts.push(sent)
    await stop(ann)
    // On a disk that works it is the same person.
    const again = start('ann', { dataDir: copyOut(image, 'ann-again') })
    expect((await again.ready()).self.id).toBe(id)
    for (const text of texts) await again.message(text)
  })
})

describeInLab('a store that was damaged while lanchat was not running', () => {
  const cases: [Part, How][] = [
    ['CURRENT', 'deleted'],
    ['CURRENT', 'emptied'],
    ['MANIFEST', 'truncated'],
    ['MANIFEST', 'flipped'],
    ['log', 'truncated'],
    ['log', 'flipped'],
    ['table', 'deleted'],
    ['table', 'emptied'],
    ['table', 'flipped'],
    ['LOCK', 'deleted'],
  ]
  it('heals whatever is damaged: same person, same messages, no fork', async () => {
    const [ann, bob] = await startAll('ann', 'bob')
    const texts: string[] = []
    let cid = start('cid')
    const { id } = (await cid.ready()).self
    for (const [part, how] of cases) {
      texts.push(await says(cid, `${part} ${how}`))
      await stop(cid)
      if (part === 'table' && !hasTable(cid)) await compact(cid)
      await damage(storeOf(cid.dataDir), part, how)
      texts.push(await says(bob!, `${part} ${how} while away`))
      cid = start('cid')
      expect((await cid.ready()).self.id).toBe(id)
      await agree([ann!, bob!, cid], texts)
    }
    await endEqual([cid, bob!, ann!])
  })

  it('of somebody who was alone comes back from the damaged copy itself', async () => {
    let ann = start('ann')
    const { self } = await ann.ready()
    const texts: string[] = []
    for (let i = 0; i < 20; i++) texts.push(await says(ann, `alone ${i}`))
    await stop(ann)
    await damage(storeOf(ann.dataDir), 'CURRENT', 'deleted')
    ann = start('ann')
    const damaged = await ann.event(warns(DAMAGED))
    expect(damaged.text).toContain('.damaged-1 now')
    expect((await ann.ready()).self.id).toBe(self.id)
    const back = await ann.event(warns(BROUGHT))
    expect(back.text).toMatch(/^\d+ messages and other entries/)
    texts.push(await says(ann, 'and on'))
    expect(await ann.history()).toEqual(texts)
    expect((await ann.ask('/status')) as object).toMatchObject({ disk: back.text })
    const bob = start('bob')
    await bob.ready()
    await agree([bob], texts)
    await stop(ann)
    // Once is enough: the next start finds nothing to mend.
    ann = start('ann')
    await ann.ready()
    expect(ann.events.filter(warns(DAMAGED))).toEqual([])
    await agree([ann], texts)
    const running = await doctorStore(ann)
    expect(running).toMatchObject({ code: 0, ok: true, store: { state: 'disk', pid: ann.process.pid } })
    await endEqual([ann, bob])
    const stopped = await doctorStore(ann)
    expect(stopped).toMatchObject({ code: 0, ok: true, store: { state: 'disk' } })
    expect(stopped.store.rooms).toEqual(running.store.rooms)
    expect(stopped.store.rooms.find(({ name }) => name === 'general')!.events).toBeGreaterThanOrEqual(
      texts.length,
    )
    expect(stopped.store.damaged).toHaveLength(1)
    expect(stopped.store.damaged[0]).toMatchObject({ state: 'salvaged', why: 'missing' })
    expect(stopped.store.damaged[0]!.events).toBeGreaterThanOrEqual(20)
  })
})

describeInLab('a data dir that is deleted while lanchat runs', () => {
  it('is made anew under the same identity', async () => {
    const [ann, bob] = await startAll('ann', 'bob')
    const texts = [await says(ann!, 'one'), await says(bob!, 'two')]
    const { id } = bob!
    rmSync(bob!.dataDir, { recursive: true })
    await bob!.event(warns('were deleted while lanchat ran'))
    texts.push(await says(bob!, 'three'))
    await agree([ann!, bob!], texts)
    await stop(bob!)
    const again = start('bob')
    expect((await again.ready()).self.id).toBe(id)
    await agree([ann!, again], texts)
    await endEqual([again, ann!])
  })
})

describeInLab('a power cut', () => {
  it('takes nothing that was acknowledged', async () => {
    const image = ext4Image('ann.img')
    const ann = start('ann', { mount: `-o loop ${image}` })
    await ann.ready()
    const bob = start('bob')
    await bob.follows((hub) => hub.name === 'ann')
    const texts: string[] = []
    for (let i = 0; i < 30; i++) texts.push(await says(i % 3 === 0 ? ann : bob, `acknowledged ${i}`))
    const { id } = ann
    // What lies in the image now is what the cut leaves: the writer stands still, and nothing flushes its caches.
    ann.process.signal('SIGSTOP')
    const cut = lab.directory('cut.img')
    copyFileSync(image, cut)
    await stop(ann, 'SIGKILL')
    await stop(bob, 'SIGKILL')
    const again = start('ann', { dataDir: copyOut(cut, 'ann-cut') })
    expect((await again.ready()).self.id).toBe(id)
    expect(await again.history()).toEqual(texts)
    const back = start('bob')
    await back.ready()
    texts.push(await says(again, 'goes on'), await says(back, 'so do I'))
    await agree([again, back], texts)
    await endEqual([again, back])
  })
})

describeInLab('a store that is older than it should be, or there twice', () => {
  it('an old copy restored converges again without a fork', async () => {
    const [ann, first] = await startAll('ann', 'bob')
    const texts = [await says(first!, 'in the copy')]
    await stop(first!)
    const copy = lab.directory('old')
    cpSync(first!.dataDir, copy, { recursive: true })
    const second = start('bob')
    await second.ready()
    texts.push(await says(second, 'after the copy'), await says(ann!, 'meanwhile'))
    await stop(second)
    rmSync(second.dataDir, { recursive: true })
    cpSync(copy, second.dataDir, { recursive: true })
    const restored = start('bob')
    await restored.ready()
    texts.push(await says(restored, 'restored'))
    await agree([ann!, restored], texts)
    await endEqual([restored, ann!])
  })

  it('a clone live on a second host works on lanes of its own, and both are warned', async () => {
    const [ann, before] = await startAll('ann', 'bob')
    const texts = [await says(before!, 'before the clone')]
    await stop(before!)
    const copy = lab.directory('clone')
    cpSync(before!.dataDir, copy, { recursive: true })
    const bob = start('bob')
    const twin = start('cid', { name: 'bob', dataDir: copy })
    for (const node of [bob, twin]) await node.ready()
    expect(twin.id).toBe(bob.id)
    for (let i = 0; i < 5; i++) {
      texts.push(await says(bob, `original ${i}`))
      texts.push(await says(twin, `clone ${i}`))
    }
    texts.push(...(await talkUntilWarned([bob, twin])))
    await agree([ann!, bob, twin], texts)
    await endEqual([bob, twin, ann!])
  })
})

describeInLab('a message that its author deleted (INV-17)', () => {
  it('does not come back with an old copy that is restored', async () => {
    const [ann, first] = await startAll('ann', 'bob')
    const kept = await says(first!, 'kept')
    const secret = await says(ann!, `secret ${long()}`)
    await first!.message(secret)
    await stop(first!)
    const copy = lab.directory('with-secret')
    cpSync(first!.dataDir, copy, { recursive: true })
    expect(await databaseHolds(storeOf(first!.dataDir), secret)).toBe(true)
    await deleteLast(ann!)
    rmSync(first!.dataDir, { recursive: true })
    cpSync(copy, first!.dataDir, { recursive: true })
    const restored = start('bob')
    await restored.ready()
    await isGoneFrom(restored, secret)
    const texts = [kept, await says(restored, 'restored')]
    await agree([ann!, restored], texts)
    await endEqual([restored, ann!])
    await holdNowhere([restored, ann!], secret)
  })

  it('does not come back with what is salvaged where others know of the deletion', async () => {
    let [ann, bob] = await startAll('ann', 'bob')
    const secret = await says(ann!, `secret ${long()}`)
    await bob!.message(secret)
    await stop(ann!)
    const only = await says(bob!, 'nobody else has this')
    await stop(bob!)
    ann = start('ann')
    await ann.ready()
    await deleteLast(ann)
    await damage(storeOf(bob!.dataDir), 'CURRENT', 'deleted')
    bob = start('bob')
    await bob.event(warns(BROUGHT))
    await ann.message(only)
    await agree([ann, bob], [only])
    expect(bob.texts).not.toContain(secret)
    await endEqual([bob, ann])
    await holdNowhere([bob, ann], secret)
  })

  it('does not come back with what is salvaged where nobody else was there', async () => {
    let ann = start('ann')
    await ann.ready()
    const kept = await says(ann, 'kept')
    const secret = await says(ann, `secret ${long()}`)
    await deleteLast(ann)
    await stop(ann)
    await damage(storeOf(ann.dataDir), 'CURRENT', 'deleted')
    ann = start('ann')
    await ann.event(warns(BROUGHT))
    await agree([ann], [kept])
    expect(ann.texts).not.toContain(secret)
    await stop(ann)
    await holdNowhere([ann], secret)
  })
})

describeInLab('the files of a store', () => {
  it('hold nothing of a deleted message some time later, searched byte by byte', async () => {
    const nodes = await startAll('ann', 'bob')
    const [ann, bob] = nodes as [Lanchat, Lanchat]
    const kept = await says(ann, randomBytes(60).toString('base64'))
    const secret = await says(ann, randomBytes(60).toString('base64'))
    await bob.message(secret)
    for (const { dataDir } of nodes) expect(filesHold(dataDir, secret)).toBe(true)
    await deleteLast(ann)
    await isGoneFrom(bob, secret)
    // Done 10 s after the last deletion.
    const by = performance.now() + 60_000
    for (const { dataDir } of nodes)
      while (filesHold(dataDir, secret)) {
        expect(performance.now()).toBeLessThan(by)
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    await agree(nodes, [kept])
    await endEqual(nodes)
  })
})

/** Deletes the node's own last message; resolves once that is on its disk. */
async function deleteLast(node: Lanchat): Promise<void> {
  expect(await node.command('/delete-message')).toMatchObject({ type: 'delete' })
}

/** Resolves once the text is shown no more. */
async function isGoneFrom(node: Lanchat, text: string): Promise<void> {
  const by = performance.now() + 60_000
  while ((await node.history()).includes(text)) expect(performance.now()).toBeLessThan(by)
}

async function holdNowhere(nodes: readonly Lanchat[], text: string): Promise<void> {
  for (const { dataDir } of nodes) expect(await databaseHolds(storeOf(dataDir), text)).toBe(false)
}

/** What `lanchat doctor --store --json` prints about this node's data dir, on its host. */
async function doctorStore(node: Lanchat): Promise<{ code: number | null; ok: boolean; store: StoreReport }> {
  const where = ['--network', `net${series}`, '--data-dir', node.dataDir]
  const doctor = lab.spawn(node.host, ['node', MAIN, 'doctor', '--store', '--json', ...where], {
    env: { HOME: lab.directory('home'), XDG_RUNTIME_DIR: lab.directory('home') },
  })
  const { code } = await doctor.exited
  return { code, ...(JSON.parse(doctor.lines[0] ?? '{}') as { ok: boolean; store: StoreReport }) }
}

/** An ext4 file system in a file. */
function ext4Image(name: string): string {
  const image = lab.directory(`${series}-${name}`)
  mkdirSync(lab.directory('home'), { recursive: true })
  run('truncate', ['-s', '48M', image])
  run('mkfs.ext4', ['-q', '-F', image])
  return image
}

/** What lies in an image, read as the next start of that machine would. */
function copyOut(image: string, name: string): string {
  const dir = lab.directory(name)
  mkdirSync(dir, { recursive: true })
  run('unshare', ['-m', 'sh', '-c', `mount -o loop ${image} /mnt && cp -a /mnt/. ${dir} && umount /mnt`])
  return dir
}

const hasTable = ({ dataDir }: Lanchat) => run('find', [storeOf(dataDir), '-name', '*.ldb']).trim() !== ''

/** Opening moves what is in the log into a table. */
async function compact({ dataDir }: Lanchat): Promise<void> {
  await storedEvents(dataDir)
  expect(existsSync(storeOf(dataDir))).toBe(true)
}
