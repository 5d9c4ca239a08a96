/**
 * All checks at once. What several of them need is found out once: who is heard, who takes a connection, what the disk
 * says. Each check then judges what was found; a check that takes too long says so.
 *
 *   listen 1.6 to 2.3 s --> connect at most 1.5 s      isolation, local-network
 *          \--> link to the hub at most 2.4 s          hub, clock
 */

import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { nameHint, networkId, pskOf } from '../../../wire/ids.ts'
import { RETENTION_DAYS } from '../../../wire/limits.ts'
import { checkNetworkName } from '../../../wire/name.ts'
import { nodeCrypto } from '../../crypto.ts'
import { codeKeyOf } from '../code-file.ts'
import { dataDirPath, storeFolder } from '../data-dir.ts'
import { splitAddress, withPort } from '../dial-address.ts'
import { knownNeighbours } from './arp.ts'
import {
  CHECK_NAMES,
  type Check,
  type CheckName,
  type CheckOptions,
  type Finding,
  pass,
  skip,
  warn,
} from './check.ts'
import { askDataDir, judgeDataDir, judgeSpace } from './data-dir.ts'
import { judgeFirewall } from './firewall.ts'
import { judgeClock, judgeMet, type Met, meet, nobodyToMeet, type Secret } from './hub.ts'
import { checkIdentity } from './identity.ts'
import { judgeInterfaces, ownInterfaces } from './interfaces.ts'
import { askPort, judgePort } from './mdns-port.ts'
import { judgeMulticast, judgePeers, listenAround, type Neighbourhood } from './multicast.ts'
import { judgeIsolation, judgeLocalNetwork, reachAll } from './reach.ts'
import { defaultRoute, judgeRoute } from './route.ts'
import { askStore, judgeStore } from './store.ts'
import { judgeVersions } from './versions.ts'
import { judgeProfiles, networkProfiles } from './windows-firewall.ts'

/** Everything together stays below 5 s, the start of the process included. */
const CHECK_MS_MAX = 4500
/** The lanchat running here answers at once, or it is stopped. */
const RUNNING_MS_MAX = 1000

/** What of an announcement tells which network it is of. */
interface Told {
  readonly address: string
  readonly port: number
  readonly service: 'node' | 'hub'
  readonly txt: { readonly nn: string; readonly net8: string }
}

const UNDISCOVERED = 'Discovery is switched off by --no-discovery.'

/** See runChecks. */
export async function* checkAll(options: CheckOptions): AsyncGenerator<Check> {
  const checks = checksOf(options)
  const wanted = CHECK_NAMES.filter((name) => !options.only || options.only.includes(name))
  const running = new Map(wanted.map((name) => [name, inTime(name, checks[name]())] as const))
  while (running.size > 0) {
    const check = await Promise.race(running.values())
    running.delete(check.name)
    yield check
  }
}

async function inTime(name: CheckName, made: Promise<Finding>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(resolve, CHECK_MS_MAX, skip('There was no answer in time.'))
  })
  const finding = await Promise.race([made.catch(broken), late])
  clearTimeout(timer)
  return { name, ...finding }
}

const broken = (error: unknown): Finding =>
  warn(`This could not be checked: ${error instanceof Error ? error.message : String(error)}`)

function checksOf(options: CheckOptions): Record<CheckName, () => Promise<Finding>> {
  const discovers = options.discovery !== false
  const interfaces = ownInterfaces(options.interfaces)
  const dir = dataDirPath(options.dataDir)

  const report = once(async () => within(options.running, RUNNING_MS_MAX))
  const secret = once(() => secretOf(options, dir))
  const route = once(defaultRoute)
  const dataDir = once(() => askDataDir(dir))
  const store = once(async () => {
    const folder = join(await storeFolder(dir), (await secret()).net8)
    return askStore(dir, folder, (await report()) !== undefined || (await dataDir()).owner !== undefined)
  })
  // Before the listening below: it takes the port too.
  const port = once(async () => askPort((await report())?.pid))
  const around = once(async (): Promise<Neighbourhood> => {
    if (discovers) await port()
    return discovers ? listenAround(interfaces) : { loops: new Map(), heard: [] }
  })
  /** Heard now, or lately by the lanchat running here. */
  const heard = once(async (): Promise<Told[]> => {
    const [{ heard }, running] = await Promise.all([around(), report()])
    const told = (running?.neighbours ?? []).map(({ addresses, nn, net8, role, port }): Told => {
      return {
        address: addresses[0] ?? '',
        port,
        service: role === 'hub' ? 'hub' : 'node',
        txt: { nn, net8 },
      }
    })
    return [...heard, ...told]
  })
  const reach = once(async () => {
    const [list, running, { net8 }] = await Promise.all([heard(), report(), secret()])
    const remembered = running?.remembered ?? (await store()).remembered
    const targets = [
      ...(options.peers ?? []).map((peer) => splitAddress(withPort(peer))),
      ...list.filter(({ txt }) => txt.net8 === net8).map(({ address, port }) => ({ host: address, port })),
      ...remembered.map(splitAddress),
    ]
    return reachAll(targets, (await route())?.gateway, interfaces, knownNeighbours)
  })
  const hub = once(async (): Promise<Met | undefined> => {
    const running = await report()
    const own = running?.hub && !running.hub.self ? splitAddress(new URL(running.hub.url).host) : undefined
    const at = own ?? (running?.hub?.self ? undefined : await heardHub())
    return at && meet(at.host, at.port, await secret())
  })
  const heardHub = async () => {
    const { net8 } = await secret()
    const found = (await heard()).find(({ service, txt }) => service === 'hub' && txt.net8 === net8)
    return found && { host: found.address, port: found.port }
  }
  const peers = once(async () => {
    const known = await secret()
    return Promise.all(
      (options.peers ?? []).map((peer) => {
        const { host, port } = splitAddress(withPort(peer))
        return meet(host, port, known)
      }),
    )
  })

  return {
    interfaces: async () => judgeInterfaces(interfaces, options.interfaces, Object.keys(networkInterfaces())),
    route: async () => judgeRoute(await route()),
    'mdns-port': async () =>
      discovers ? judgePort(await port(), (await report())?.pid) : skip(UNDISCOVERED),
    multicast: async () => (discovers ? judgeMulticast(await around(), interfaces) : skip(UNDISCOVERED)),
    'windows-firewall': async () =>
      judgeProfiles(process.platform === 'win32' ? await networkProfiles() : undefined),
    'local-network': async () => judgeLocalNetwork(await reach()),
    isolation: async () => judgeIsolation(await reach()),
    firewall: async () => judgeFirewall(await report()),
    peer: async () => worst((await peers()).map((met) => judgeMet('The node', met))),
    hub: async () => {
      if ((await report())?.hub?.self) return pass('The lanchat running here is the hub.')
      const met = await hub()
      return met ? judgeMet('The hub', met) : nobodyToMeet()
    },
    peers: async () => {
      if (!discovers) return skip(UNDISCOVERED)
      if (interfaces.length === 0) return skip('There is no interface to listen on.')
      return judgePeers(await heard(), interfaces, await secret())
    },
    clock: async () => {
      const running = await report()
      const met = (await hub()) ?? (await peers()).find(({ clockMs }) => clockMs !== undefined)
      return judgeClock(met?.clockMs ?? (running && running.members > 1 ? running.clockMs : undefined))
    },
    'data-dir': async () => judgeDataDir(await dataDir(), (await report()) !== undefined),
    space: async () => judgeSpace(await dataDir()),
    store: async () => {
      const running = await report()
      return judgeStore(await store(), running && running.store === 'memory')
    },
    identity: () => checkIdentity(dir),
    versions: async () => judgeVersions((await report())?.version),
  }
}

async function secretOf(options: CheckOptions, dir: string): Promise<Secret> {
  const asked = options.network ?? 'lan'
  const checked = checkNetworkName(asked)
  const name = 'ok' in checked ? checked.ok : asked
  const codeKey = await codeKeyOf(dir, asked, options.code)
  const hasCode = options.code !== undefined
  const net8 = networkId(nodeCrypto, { name, retentionDays: RETENTION_DAYS, codeKey, hasCode })
  return { psk: pskOf(nodeCrypto, codeKey), nn: nameHint(nodeCrypto, name), net8 }
}

/** One finding of several: the worst one's, or a pass that names all. */
function worst(findings: readonly Finding[]): Finding {
  if (findings.length === 0) return skip('No --peer was named.')
  const bad =
    findings.find(({ status }) => status === 'fail') ?? findings.find(({ status }) => status !== 'pass')
  const detail = findings.map(({ message }) => message).join(' ')
  return bad ? { ...bad, ...(findings.length > 1 && { detail }) } : pass(detail)
}

/** Finds out at the first call; later calls get the same. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined
  return () => {
    found ??= find()
    return found
  }
}

async function within<T>(promise: Promise<T | undefined> | undefined, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined)
  })
  return Promise.race([promise?.catch(() => undefined), late]).finally(() => clearTimeout(timer))
}
