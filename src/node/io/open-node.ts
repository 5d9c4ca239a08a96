/** Opens a node: claims its data dir, reads identity and store, and hands them to the shell that runs it. */
import { userInfo } from 'node:os'
import type { Duplex } from 'node:stream'
import { rateOf } from '../../hub/index.ts'
import { fromHex } from '../../wire/bytes.ts'
import { gateKeyOf, instanceName, nameHint, networkId, personKey, pskOf } from '../../wire/ids.ts'
import { RETENTION_DAYS } from '../../wire/limits.ts'
import { proposeNick } from '../../wire/name.ts'
import { refusalText } from '../../wire/refusal.ts'
import { chosenNick } from '../chosen-nick.ts'
import { Core } from '../core.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import { entranceOf } from '../entrance.ts'
import type { NodeOptions } from '../index.ts'
import { LanchatError } from '../lanchat-error.ts'
import { logErrors } from '../log-errors.ts'
import { Penalties } from '../penalties.ts'
import { BOT_MARK } from '../people.ts'
import { PROGRAM_VERSION } from '../program-version.ts'
import { LAN } from '../timing.ts'
import { WaysIn } from '../ways-in.ts'
import { momentNow, systemClock } from './clock.ts'
import { codeKeyOf } from './code-file.ts'
import { openControl } from './control.ts'
import { dataDirPath } from './data-dir.ts'
import { diskOf, openKeeping, seedOf, storeOf } from './keeping.ts'
import type { Opened } from './level-store.ts'
import { Looking } from './looking.ts'
import { firstTxt } from './mdns.ts'
import { NodeShell } from './node.ts'
import { ResilientStore } from './resilient-store.ts'
import { StartFacts } from './start-facts.ts'
import { tellPoint } from './start-points.ts'
import { aboutOf } from './stores-here.ts'

/** Rejects with LanchatError, as createNode. The node begins behind the turn in which it resolves. */
export async function openNode(options: NodeOptions): Promise<NodeShell> {
  const log: NonNullable<NodeOptions['log']> = options.log ?? logErrors
  tellPoint(log, 'node booted', performance.nodeTiming.bootstrapComplete)
  tellPoint(log, 'modules loaded')
  const { network: name, code, owner, retentionDays, net: foundedAs } = entranceOf(options)
  const nick = options.name === undefined ? proposeNick(userName()) : chosenNick(options.name)
  const dir = dataDirPath(options.dataDir)
  const keeping = await openKeeping(dir)
  let onControl: (stream: Duplex) => void = (stream) => stream.destroy()
  const claimed = await openControl(dir, {
    version: PROGRAM_VERSION,
    onConnection: (stream) => onControl(stream),
  })
  if ('inUse' in claimed)
    throw new LanchatError(
      'DATA_DIR_IN_USE',
      `${refusalText('DATA_DIR_IN_USE', { dir })} ${whoUses(claimed.inUse)}`,
    )
  tellPoint(log, 'data dir claimed')
  let looking: Looking | undefined
  try {
    const seed = await seedOf(keeping)
    const codeKey = await codeKeyOf(dir, name, code)
    tellPoint(log, 'identity read')
    const hasCode = code !== undefined
    const net =
      foundedAs ??
      networkId(nodeCrypto, {
        name,
        codeKey,
        hasCode,
        retentionDays,
        ...(owner && { ownerKey: fromHex(owner) }),
      })
    const openNet8 = networkId(nodeCrypto, {
      name,
      codeKey: new Uint8Array(32),
      hasCode: false,
      retentionDays: RETENTION_DAYS,
    })
    const signer = signerOf(seed)
    const nn = nameHint(nodeCrypto, name)
    if (options.discovery !== false)
      looking = new Looking({
        instance: instanceName(nodeCrypto, personKey(signer.key)),
        txt: firstTxt(options, nn, net, ''),
        ...(options.interfaces && { interfaces: options.interfaces }),
        log,
        onTrouble: (trouble) => log('warn', trouble.text),
      })
    const disk = await diskOf(keeping, net)
    tellPoint(log, 'store open')
    let shell: NodeShell | undefined
    let opened: Opened = disk?.opened ?? {}
    const watch = {
      failing: (isFailing: boolean, error?: unknown) => shell?.storeFailing(isFailing, error),
      full: () => shell?.disk.memoryFull(),
      replaced: (anew: Opened) => {
        if (shell) shell.disk.replaced(anew)
        else opened = anew
      },
    }
    const store = new ResilientStore(disk?.store, watch, disk?.unopened)
    const folder = await storeOf(dir, net)
    const facts = new StartFacts(store, hasCode)
    const place = hasCode ? undefined : facts.startPlace(await aboutOf(folder))
    const penalties = new Penalties()
    const read = async () => {
      const core = makeCore()
      await core.load()
      return core
    }
    const makeCore = () =>
      new Core(
        {
          crypto: nodeCrypto,
          signer,
          seed,
          net,
          ...(owner && { owner }),
          network: name,
          nick,
          renames: options.name !== undefined,
          ...(options.bot && { about: BOT_MARK }),
          store,
          retentionMs: retentionDays * 24 * 3600 * 1000,
          place,
          rate: rateOf(options.rate),
          gateKey: gateKeyOf(nodeCrypto, codeKey),
          ...(owner && code !== undefined && { code: { text: code, key: codeKey } }),
          admits: (key) => !penalties.waits(key, systemClock.monotonic()),
          choice: {
            timing: LAN,
            instanceOf: (key) => instanceName(nodeCrypto, key),
            ...(options.neverHub && { neverHub: true }),
            ...(options.preferHub && { preferHub: true }),
            ...(options.visitor && { visitor: true }),
            ...(hasCode && !facts.isAccepted && { codeUntested: true }),
            timeoutMs: options.timeoutMs ?? 5000,
          },
          autoAwayMs: (options.autoAwayMin ?? 0) * 60_000,
          url: () => shell?.url() ?? '',
          traffic: (link) => shell?.traffic(link),
          breathe: () => new Promise((resolve) => setImmediate(resolve)),
          disk: () => shell?.disk.sentence,
          isMending: () => shell?.disk.isMending ?? opened.movedAside !== undefined,
        },
        momentNow(),
      )
    // Damage may be found in reading only: an empty store is in its place then, and reads.
    const core = await read().catch(async (error: unknown) => {
      await store.recovered()
      log('warn', `the store could not be read: ${String(error)}`)
      return read()
    })
    const waysIn = new WaysIn({
      ways: core.doors?.ways ?? [{ tag: '', psk: pskOf(nodeCrypto, codeKey) }],
      nn,
      net8: net,
      openNet8,
      hasCode,
    })
    shell = new NodeShell({
      options,
      core,
      store,
      keeping,
      control: claimed.control,
      net,
      hasCode,
      signer,
      waysIn,
      penalties,
      facts,
      log,
      seed,
      folder,
      opened,
      looking,
    })
    onControl = (stream) => (options.onControl ? options.onControl(stream) : stream.destroy())
    tellPoint(log, 'store read')
    await shell.start()
    return shell
  } catch (error) {
    await Promise.all([looking?.close(), claimed.control.close()])
    throw error
  }
}

/** '' for a user id that the system has no name for, as containers have. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

function whoUses(pid: number): string {
  if (pid === process.pid) return 'It is another node of this process: give each a dataDir of its own.'
  return `It is process ${pid} (${process.platform === 'win32' ? 'taskkill /PID' : 'kill'} ${pid} ends it).`
}
