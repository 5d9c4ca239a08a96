/** What goes wrong on machines of their own: disks, clocks, cables, sleep. */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ErrorEvent, MessageEvent, NodeEvent, SystemEvent } from '../../src/node/events.ts'
import type { NodeReport } from '../../src/node/index.ts'
import { fakeTimeLibrary } from './fake-time.ts'
import { fill } from './fill.ts'
import { createLab, describeInLab, type Host, type Lab } from './hosts.ts'
import { Lanchat, lanchat, MAIN } from './lanchat.ts'
import { talkUntilWarned } from './twins.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('odd')
})
afterEach(() => lab.close())

interface Odd {
  /** Mounted over the data dir, for this process alone. */
  readonly tmpfs?: string
  readonly readOnly?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** A lanchat whose data dir is a disk of its own, or cannot be written. */
function oddLanchat(host: Host, odd: Odd): Lanchat {
  const dataDir = lab.directory(`${host.name}-odd`)
  const home = lab.directory('home')
  mkdirSync(dataDir, { recursive: true })
  mkdirSync(home, { recursive: true })
  const mount = odd.readOnly
    ? `mount --bind ${dataDir} ${dataDir} && mount -o remount,bind,ro ${dataDir}`
    : odd.tmpfs
      ? `mount -t tmpfs -o ${odd.tmpfs} none ${dataDir}`
      : 'true'
  const started = lab.spawn(
    host,
    [
      'sh',
      '-c',
      `${mount} && exec "$@"`,
      'sh',
      'node',
      MAIN,
      '--json',
      '--name',
      host.name,
      '--data-dir',
      dataDir,
    ],
    { env: { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home, ...odd.env } },
  )
  return new Lanchat(host, started, dataDir)
}

const isError =
  (code: string) =>
  (event: NodeEvent): event is ErrorEvent =>
    event.type === 'error' && event.code === code
const isWarning = (event: NodeEvent): event is SystemEvent =>
  event.type === 'system' && event.event === 'warning'
const online = (who: Lanchat, online: boolean) => (event: NodeEvent) =>
  event.type === 'presence' && event.user.id === who.id && event.online === online
const report = async (node: Lanchat) => (await node.ask('/doctor')) as NodeReport

describeInLab('a data dir that cannot be written', () => {
  it('is said so; as no identity lies there, the node is somebody new for this run', async () => {
    const ann = oddLanchat(lab.host('ann'), { readOnly: true })
    const { message } = await ann.event(isError('DATA_DIR_UNWRITABLE'))
    expect(message).toBe(
      `Nothing can be kept in the data directory ${ann.dataDir}: the disk is read-only (EROFS). Messages stay in memory and are forgotten at the end, and as no identity lies there you are somebody new for this run. Make it writable, or choose another with --data-dir, and start again.`,
    )
    const first = await ann.ready()
    expect(first.hub.self).toBe(true)
    expect((await report(ann)).store).toBe('memory')
    expect(readdirSync(ann.dataDir)).toEqual([])
    await ann.stop()
    const again = oddLanchat(ann.host, { readOnly: true })
    expect((await again.ready()).self.id).not.toBe(first.self.id)
  })

  it('keeps the person that lies there, and who starts with a disk becomes hub', async () => {
    const host = lab.host('ann')
    const before = oddLanchat(host, {})
    const { self } = await before.ready()
    await before.stop()
    const ann = oddLanchat(host, { readOnly: true })
    const { message } = await ann.event(isError('DATA_DIR_UNWRITABLE'))
    expect(message).not.toContain('somebody new')
    expect((await ann.ready()).self.id).toBe(self.id)
    const second = oddLanchat(host, { readOnly: true })
    expect((await second.process.exited).code).toBe(1)
    expect(second.events[0]).toMatchObject({ type: 'error', code: 'DATA_DIR_IN_USE' })
    expect((second.events[0] as ErrorEvent).message).toContain(`It is process ${ann.process.pid} (kill`)

    const bob = lanchat(lab, lab.host('bob'))
    await ann.follows((hub) => hub.name === 'bob')
    const id = await ann.say('kept by bob')
    await ann.stored(id)
    await bob.message('kept by bob')
    await ann.stop()
    const again = oddLanchat(host, { readOnly: true })
    await again.message('kept by bob')
  })
})

describeInLab('a disk that gets full', () => {
  it('is said so, ends hubship, loses nothing, and is used again once there is space', async () => {
    const ann = oddLanchat(lab.host('ann'), { tmpfs: 'size=24m' })
    await ann.ready()
    const bob = lanchat(lab, lab.host('bob'))
    await bob.follows((hub) => hub.name === 'ann')
    const disk = `/proc/${ann.process.pid}/root${ann.dataDir}`
    fill(join(disk, 'movie'))
    // What is left of the last block of the log would take a short text.
    const long = randomBytes(3500).toString('hex')
    await ann.say(long)
    await ann.say('while it is full')
    const { message } = await ann.event(isError('STORE_FAILED'))
    expect(message).toMatch(/^The disk refused to store messages \(.*\)\. Chat goes on in memory/)
    await ann.follows((hub) => hub.name === 'bob')
    expect((await report(ann)).store).toBe('memory')
    await ann.say('in memory')
    await bob.message('in memory')
    rmSync(join(disk, 'movie'))
    const back = await ann.event(isWarning)
    expect(back.text).toBe('The disk works again; everything is stored.')
    expect((await report(ann)).store).toBe('disk')
    const id = await ann.say('on disk again')
    await ann.stored(id)
    expect(await ann.history()).toEqual([long, 'while it is full', 'in memory', 'on disk again'])
  })

  it.each([
    ['an identity has no room', 'size=4k'],
    ['a store has no room', 'size=8k'],
  ])('at the start already: where %s the node lives in memory and says so', async (_, tmpfs) => {
    const host = lab.host('ann')
    const ann = oddLanchat(host, { tmpfs })
    expect((await ann.event(isError('DATA_DIR_UNWRITABLE'))).message).toContain('the disk is full (ENOSPC)')
    expect((await ann.ready()).hub.self).toBe(true)
  })
})

describeInLab('a clock that is a day ahead', () => {
  it('is told once to whom it belongs, and everybody sees one order', async () => {
    const library = fakeTimeLibrary()
    const ann = lanchat(lab, lab.host('ann'))
    await ann.ready()
    const cid = lanchat(lab, lab.host('cid'))
    await cid.follows((hub) => hub.name === 'ann')
    const bob = oddLanchat(lab.host('bob'), {
      env: { LD_PRELOAD: library, FAKETIME: '+1d', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    })
    const warning = await bob.event(isWarning)
    expect(warning.text).toMatch(/^This machine's clock is 1 day ahead of the network's\. /)
    expect(warning.text).toContain('lanchat doctor')
    const nodes = [ann, bob, cid]
    const said = ['one', 'two', 'three', 'four']
    for (const [i, text] of said.entries()) {
      await nodes[i % 3]!.say(text)
      for (const node of nodes) await node.message(text)
    }
    for (const node of nodes) expect(await node.history()).toEqual(said)
    const at = (node: Lanchat, text: string) => node.message(text).then(({ ts }: MessageEvent) => ts)
    expect(Math.abs((await at(ann, 'two')) - Date.now())).toBeLessThan(60_000)
    expect(bob.events.filter(isWarning)).toHaveLength(1)
    expect([...ann.events, ...cid.events].filter(isWarning)).toEqual([])
  })
})

describeInLab('one identity on two machines', () => {
  it('is told to both, and loses nothing', async () => {
    const host = lab.host('ann')
    const first = lanchat(lab, host)
    const { self } = await first.ready()
    await first.say('before')
    await first.stop()
    const copy = lab.directory('copy')
    cpSync(first.dataDir, copy, { recursive: true })
    const hub = lanchat(lab, lab.host('cid'), { args: ['--prefer-hub'] })
    await hub.ready()
    const ann = lanchat(lab, host)
    const twin = lanchat(lab, lab.host('dan'), { name: 'ann', dataDir: copy })
    for (const node of [ann, twin]) expect((await node.ready()).self.id).toBe(self.id)
    await ann.say('from the first')
    await twin.say('from the second')
    const texts = ['before', 'from the first', 'from the second', ...(await talkUntilWarned([ann, twin]))]
    for (const node of [ann, twin, hub]) for (const text of texts) await node.message(text)
    for (const node of [ann, twin]) {
      const { text } = await node.event(isWarning)
      expect(text).toContain('Another lanchat writes under your identity')
      expect(text).toContain('--data-dir')
    }
    expect((await hub.history()).sort()).toEqual(texts.sort())
  })
})

describeInLab('one identity on two machines, one of which is hub', () => {
  it('leaves being hub to somebody else, and loses nothing', async () => {
    const host = lab.host('ann')
    let ann = lanchat(lab, host)
    const { self } = await ann.ready()
    await ann.say('before')
    await ann.stop()
    const copy = lab.directory('copy')
    cpSync(ann.dataDir, copy, { recursive: true })
    ann = lanchat(lab, host)
    await ann.ready()
    const others = [lanchat(lab, lab.host('bob')), lanchat(lab, lab.host('cid'))]
    for (const node of others) await node.follows((hub) => hub.id === self.id)
    const twin = lanchat(lab, lab.host('dan'), { name: 'ann', dataDir: copy })
    await twin.ready()
    const all = [ann, twin, ...others]
    for (const [i, node] of all.entries()) await node.say(`${i}`)
    const spoken = await talkUntilWarned([ann, twin])
    for (const node of [ann, twin]) {
      await node.event(isWarning)
      await node.follows((hub) => hub.id !== self.id)
    }
    for (const node of others) await node.follows((hub) => hub.id !== self.id)
    await ann.say('from the first')
    await twin.say('from the second')
    const texts = ['0', '1', '2', '3', 'before', 'from the first', 'from the second', ...spoken].sort()
    for (const node of all) {
      for (const text of texts) await node.message(text)
      expect((await node.history()).sort()).toEqual(texts)
    }
  })
})

describeInLab('a machine that sleeps', () => {
  it('rejoins when it wakes and reads what it missed as new', async () => {
    const ann = lanchat(lab, lab.host('ann'))
    await ann.ready()
    const bob = lanchat(lab, lab.host('bob'))
    await bob.follows((hub) => hub.name === 'ann')
    await ann.event(online(bob, true))
    bob.process.signal('SIGSTOP')
    await ann.event(online(bob, false))
    await ann.say('while you slept')
    bob.process.signal('SIGCONT')
    const missed = await bob.message('while you slept')
    expect(missed.history).toBeUndefined()
    const id = await bob.say('awake again')
    await bob.stored(id)
    expect((await ann.message('awake again')).from.name).toBe('bob')
  })

  it('follows the new hub when it was the hub itself', async () => {
    const ann = lanchat(lab, lab.host('ann'))
    await ann.ready()
    const bob = lanchat(lab, lab.host('bob'))
    await bob.follows((hub) => hub.name === 'ann')
    ann.process.signal('SIGSTOP')
    await bob.follows((hub) => hub.self)
    await bob.say('while you slept')
    const mark = ann.mark()
    ann.process.signal('SIGCONT')
    expect((await ann.message('while you slept', { from: mark })).history).toBeUndefined()
    await ann.follows((hub) => hub.name === 'bob')
  })
})

describeInLab('a cable that is pulled', () => {
  it('is said so, and what was missed is there after it is back', async () => {
    const ann = lanchat(lab, lab.host('ann'))
    await ann.ready()
    const bob = lanchat(lab, lab.host('bob'))
    await bob.follows((hub) => hub.name === 'ann')
    const { mac } = bob.host.unplug()
    await ann.event(online(bob, false))
    const said = await ann.say('while it was out')
    await bob.say('written offline')
    bob.host.plug('lan', { mac })
    expect((await bob.message('while it was out')).id).toBe(said)
    await ann.message('written offline')
    await bob.process.said(/No network: no interface with an IPv4 address is up\./)
  })
})
