import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Check, CheckName } from '../../src/node/index.ts'
import { fakeTimeLibrary } from './fake-time.ts'
import { createLab, describeInLab, type Host, type Lab } from './hosts.ts'
import { type Lanchat, lanchat, MAIN } from './lanchat.ts'
import { ip, run } from './net.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('doc')
})
afterEach(() => lab.close())

interface Diagnosis {
  readonly code: number | null
  readonly verdict: string
  readonly tookMs: number
  readonly of: (name: CheckName) => Check
}

/** The whole diagnosis of a host; dataDir: of the lanchat running there, or one of its own. */
async function doctor(host: Host, args: readonly string[] = [], prefix: readonly string[] = []) {
  const home = lab.directory('home')
  const from = performance.now()
  const asked = lab.spawn(
    host,
    [
      ...prefix,
      'node',
      MAIN,
      'doctor',
      '--json',
      '--data-dir',
      lab.directory(`${host.name}-doctor`),
      ...args,
    ],
    { env: { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home } },
  )
  const { code } = await asked.exited
  const { verdict, checks } = JSON.parse(asked.lines[0] ?? '{}') as { verdict: string; checks: Check[] }
  const of = (name: CheckName) => checks.find((check) => check.name === name)!
  return { code, verdict, tookMs: performance.now() - from, of } satisfies Diagnosis
}

/** Of the lanchat running there. */
const doctorOf = ({ host, dataDir }: Lanchat, ...args: string[]) =>
  doctor(host, ['--data-dir', dataDir, ...args])

/** Two nodes that have met; the first is hub. */
async function pair(): Promise<[ann: Lanchat, bob: Lanchat]> {
  const ann = lanchat(lab, lab.host('ann'))
  await ann.ready()
  const bob = lanchat(lab, lab.host('bob'))
  await bob.follows((hub) => !hub.self)
  return [ann, bob]
}

describeInLab('lanchat doctor', () => {
  it('finds all well between two machines, with and without a lanchat running', async () => {
    const [ann, bob] = await pair()
    const [hub, client] = await Promise.all([doctorOf(ann), doctorOf(bob)])
    expect(hub.verdict).toMatch(
      /^All is well\. The lanchat running here is the hub\. 1 other machine of this network/,
    )
    expect(client.verdict).toMatch(/^All is well\. The hub at 10\.77\.0\.10:27470 answers in \d+ ms\./)
    expect([hub.code, client.code]).toEqual([0, 0])
    expect(client.of('peers')).toMatchObject({ status: 'pass', detail: 'eth0: 1' })
    expect(client.of('isolation').status).toBe('pass')
    expect(client.of('data-dir').message).toContain(`process ${bob.process.pid}`)
    const cid = await doctor(lab.host('cid'))
    expect(cid.verdict).toMatch(/^All is well\. The hub at .* 2 other machines of this network heard\./)
    expect(cid.of('firewall').status).toBe('skip')
    expect(cid.of('clock').status).toBe('pass')
    expect(Math.max(cid.tookMs, hub.tookMs, client.tookMs)).toBeLessThan(15_000)
  })

  it('says that there is no interface', async () => {
    const { verdict, code, of } = await doctor(lab.host('ann', { bridges: [] }))
    expect(verdict).toBe('No network: no interface but loopback has an IPv4 address.')
    expect(code).toBe(1)
    expect(of('multicast').status).toBe('skip')
  })

  it('names VPNs and containers, and does not miss a default route', async () => {
    const ann = lab.host('ann', { defaultRoute: false })
    for (const [name, address] of [
      ['docker0', '172.17.0.1/16'],
      ['tun0', '10.99.0.1/24'],
    ] as const) {
      ip('-n', ann.namespace, 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', `${name}-end`)
      ip('-n', ann.namespace, 'link', 'set', `${name}-end`, 'up')
      ip('-n', ann.namespace, 'addr', 'add', address, 'dev', name)
      ip('-n', ann.namespace, 'link', 'set', name, 'up')
    }
    const { of } = await doctor(ann)
    expect(of('interfaces')).toMatchObject({
      status: 'pass',
      message: 'eth0 is up. Also up: tun0 (vpn), docker0 (container).',
    })
    expect(of('route').message).toBe('There is no default route. That is fine: lanchat needs none.')
    expect(of('peers').fix).toContain('The VPN tun0 may keep the local network away')
    ip('-n', ann.namespace, 'link', 'set', 'eth0', 'down')
    const without = await doctor(ann, ['--check', 'interfaces'])
    expect(without.verdict).toContain('Only tun0 (vpn), docker0 (container) is up')
  })

  it('tells a firewall that stops multicast, and meets a node named by --peer all the same', async () => {
    const [ann, bob] = [lanchat(lab, lab.host('ann')), lab.host('bob')]
    await ann.ready()
    bob.firewall('multicast')
    const { verdict, code, of } = await doctor(bob, ['--peer', ann.host.address])
    expect(verdict).toMatch(/^Multicast is blocked on eth0, so nobody is found there by itself\./)
    expect(code).toBe(1)
    expect(of('multicast').fix).toContain('lanchat --peer')
    expect(of('peer')).toMatchObject({ status: 'pass' })
    expect(of('peer').message).toMatch(/^The node at 10\.77\.0\.10:27470 answers in \d+ ms\.$/)
  })

  it('tells that others do not get through to this machine, once they have tried', async () => {
    const host = lab.host('ann')
    host.firewall('tcp')
    const ann = lanchat(lab, host)
    const bob = lanchat(lab, lab.host('bob'))
    await Promise.all([ann.ready(), bob.ready()])
    await ann.follows((hub) => !hub.self)
    let { verdict, code, of } = await doctorOf(ann)
    while (of('firewall').message.startsWith('Others have not tried yet'))
      ({ verdict, code, of } = await doctorOf(ann))
    expect(verdict).toBe(
      'No other machine gets through to TCP port 27470 here: a firewall on this machine drops them.',
    )
    expect(of('firewall').fix).toContain('sudo ufw allow 27470/tcp')
    expect(code).toBe(1)
    const there = await doctorOf(bob)
    expect(there.of('isolation')).toMatchObject({ status: 'fail' })
    expect(there.of('isolation').message).toContain('is on this link but takes no connection: its firewall')
  })

  it('tells machines that a switch keeps apart from each other', async () => {
    const [ann, bob] = await pair()
    const router = lab.host('router')
    ip('-n', ann.host.namespace, 'route', 'replace', 'default', 'via', router.address)
    for (const { host } of [ann, bob])
      run('ip', [
        'netns',
        'exec',
        lab.switches,
        'bridge',
        'link',
        'set',
        'dev',
        host.nics[0]!.port,
        'isolated',
        'on',
      ])
    ip('-n', ann.host.namespace, 'neigh', 'flush', 'all')
    const { verdict, code, of } = await doctorOf(ann)
    expect(verdict).toContain('10.77.0.11:27470 does not answer at all, while the router does')
    expect(verdict).toContain('client isolation')
    expect(of('isolation').fix).toContain('guest network')
    expect(code).toBe(1)
  })

  it('tells a machine whose hardware address is known but takes no TCP', async () => {
    const [ann, bob] = [lanchat(lab, lab.host('ann')), lab.host('bob')]
    await ann.ready()
    ann.host.firewall('tcp')
    const { verdict, of } = await doctor(bob)
    expect(verdict).toContain(
      '10.77.0.10:27470 is on this link but takes no connection: its firewall drops it',
    )
    expect(of('hub')).toMatchObject({ status: 'fail' })
    expect(of('hub').message).toBe('The hub at 10.77.0.10:27470 does not answer (timeout).')
  })

  it.each([
    ['refused', 'does not listen there: the machine is on, the program is not'],
    ['not-lanchat', 'What listens at 10.77.0.10:27470 is not lanchat'],
    ['other-network', 'belongs to another network'],
    ['wrong-code', 'uses another code'],
  ] as const)('tells what a named node is: %s', async (which, sentence) => {
    const ann = lab.host('ann')
    if (which === 'not-lanchat') {
      const script = `require('net').createServer((s) => s.end('hello')).listen(27470, () => console.log('up'))`
      await lab.spawn(ann, ['node', '-e', script]).next((line) => line === 'up')
    }
    if (which === 'other-network') await lanchat(lab, ann, { network: 'elsewhere' }).ready()
    if (which === 'wrong-code') await lanchat(lab, ann, { code: 'apple tree' }).ready()
    const { of, code } = await doctor(lab.host('bob'), ['--peer', ann.address, '--check', 'peer'])
    expect(of('peer').message).toContain(sentence)
    expect(code).toBe(1)
  })

  it('tells others on this link that are on another network or use another code', async () => {
    const ann = lanchat(lab, lab.host('ann'), { network: 'elsewhere' })
    await ann.ready()
    const host = lab.host('bob')
    const strangers = await doctor(host, ['--check', 'peers'])
    expect(strangers.verdict).toContain(
      'Nobody else of this network is heard, but 1 machine of other networks',
    )
    const file = lab.directory('code')
    mkdirSync(lab.directory('.'), { recursive: true })
    writeFileSync(file, 'apple tree\n')
    const coded = await doctor(host, ['--check', 'peers', '--network', 'elsewhere', '--code-file', file])
    expect(coded.verdict).toContain('but 1 machine with another code')
    expect([strangers.code, coded.code]).toEqual([0, 0])
  })

  it('tells who else uses the port of mDNS, and who keeps it for himself', async () => {
    const ann = lab.host('ann')
    const holder = (reuseAddr: boolean) =>
      `require('dgram').createSocket({type:'udp4',reuseAddr:${reuseAddr}}).bind(5353, () => console.log('up'))`
    const sharing = lab.spawn(ann, ['node', '-e', holder(true)])
    await sharing.next((line) => line === 'up')
    const shared = await doctor(ann, ['--check', 'mdns-port'])
    expect(shared.of('mdns-port').message).toBe(
      `UDP port 5353 is shared with node (process ${sharing.pid}). That is fine.`,
    )
    await sharing.kill()
    const keeping = lab.spawn(ann, ['node', '-e', holder(false)])
    await keeping.next((line) => line === 'up')
    const kept = await doctor(ann, ['--check', 'mdns-port'])
    expect(kept.of('mdns-port')).toMatchObject({ status: 'fail', fix: expect.stringContaining('Stop node') })
    expect(kept.verdict).toContain(`node (process ${keeping.pid}) keeps it for itself`)
  })

  it('tells a clock that is a day ahead of the hub, and how to set it', async () => {
    const ann = lanchat(lab, lab.host('ann'))
    await ann.ready()
    const bob = lab.host('bob')
    const dayAhead = [`LD_PRELOAD=${fakeTimeLibrary()}`, 'FAKETIME=+1d', 'FAKETIME_DONT_FAKE_MONOTONIC=1']
    const ahead = await doctor(bob, ['--check', 'clock'], ['env', ...dayAhead])
    expect(ahead.verdict).toContain("This machine's clock is 1 day ahead of the others'.")
    expect(ahead.of('clock')).toMatchObject({ status: 'warn', fix: expect.stringContaining('sudo date -s') })
    expect(ahead.code).toBe(0)
  })

  it('tells a stopped lanchat that still has the data dir', async () => {
    const ann = lanchat(lab, lab.host('ann'))
    await ann.ready()
    ann.process.signal('SIGSTOP')
    const { of, tookMs } = await doctorOf(ann)
    expect(of('data-dir')).toMatchObject({ status: 'warn', fix: expect.stringContaining('kill -CONT') })
    expect(of('data-dir').message).toContain(`Process ${ann.process.pid} has`)
    expect(tookMs).toBeLessThan(15_000)
    ann.process.signal('SIGCONT')
  })

  it('tells a disk that is nearly full, and one that is read-only', async () => {
    const ann = lab.host('ann')
    const dir = lab.directory('small')
    mkdirSync(dir, { recursive: true })
    const onTmpfs = (options: string, then = '') => [
      'sh',
      '-c',
      `mount -t tmpfs -o ${options} none ${dir} && ${then} exec "$@"`,
      'sh',
    ]
    const checks = ['--data-dir', dir, '--check', 'space', '--check', 'data-dir']
    const small = await doctor(ann, checks, onTmpfs('size=24m', `head -c 18M /dev/zero > ${dir}/movie;`))
    expect(small.of('space')).toMatchObject({ status: 'fail' })
    expect(small.verdict).toMatch(/^Only 6 MiB are free for .*: soon messages are kept in memory only\.$/)
    const full = await doctor(ann, checks, onTmpfs('size=2m', `head -c 4M /dev/zero > ${dir}/movie;`))
    expect(full.verdict).toContain('is full: messages are kept in memory only.')
    const fixed = await doctor(ann, checks, onTmpfs('ro'))
    expect(fixed.of('data-dir')).toMatchObject({ status: 'fail' })
    expect(fixed.verdict).toContain('cannot be written (EROFS)')
  })

  it('tells a damaged store and that it was replaced, and a damaged identity', async () => {
    const host = lab.host('ann')
    const ann = lanchat(lab, host)
    await ann.ready()
    await ann.say('hello')
    await ann.stop()
    const folder = readdirSync(ann.dataDir).find((name) => name.startsWith('store'))!
    const net = readdirSync(join(ann.dataDir, folder)).find((name) => /^[0-9a-f]{16}$/.test(name))!
    const whole = await doctorOf(ann, '--check', 'store', '--check', 'identity')
    expect(whole.of('store').message).toBe('The stored messages open.')
    expect(whole.of('identity')).toMatchObject({
      status: 'pass',
      message: expect.stringContaining(ann.id.slice(0, 8)),
    })
    rmSync(join(ann.dataDir, folder, net, 'CURRENT'))
    const missing = await doctorOf(ann, '--check', 'store')
    expect(missing.verdict).toContain('are damaged (files are missing)')
    writeFileSync(join(ann.dataDir, folder, net, 'CURRENT'), 'garbage')
    const garbage = await doctorOf(ann, '--check', 'store')
    expect(garbage.verdict).toContain('are damaged (LEVEL_')
    expect(garbage.code).toBe(1)
    const again = lanchat(lab, host)
    await again.ready()
    const replaced = await doctorOf(again, '--check', 'store')
    expect(replaced.of('store')).toMatchObject({ status: 'warn' })
    expect(replaced.verdict).toContain(
      `what was there lies in ${join(ann.dataDir, folder, `${net}.damaged-1`)}`,
    )
    await again.stop()
    writeFileSync(join(ann.dataDir, 'identity'), 'short')
    const invalid = await doctorOf(ann, '--check', 'identity')
    expect(invalid.verdict).toContain('is damaged (5 bytes instead of 64)')
    expect(invalid.code).toBe(1)
  })
})
