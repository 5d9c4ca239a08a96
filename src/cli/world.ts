/** What the command line takes from outside, so that tests can bring their own. */
import type { Duplex, Readable, Writable } from 'node:stream'
import type {
  Check,
  CheckName,
  CheckOptions,
  checkStore,
  ExportVerdict,
  Imported,
  Node,
  NodeOptions,
  StoreHere,
  StoreReport,
} from '../node/index.ts'
import { type SignalName, signalCode } from './exit.ts'

/** The part of the public API that the command line starts from. */
export interface NodeModule {
  createNode(options: NodeOptions): Promise<Node>
  /** The lanchat already running on this data dir, behind its hello line; undefined where none is. */
  connectControl(dataDir?: string): Promise<Duplex | undefined>
  /** The checks of doctor. */
  runChecks(options: CheckOptions): AsyncIterable<Check>
  /** How an export is written and checked. */
  exportLine(line: object): string
  exportDigest(lines: Iterable<string>): string
  checkExport(lines: Iterable<string>): ExportVerdict
  /** What is stored, and what the disk did to it. */
  checkStore(options: Parameters<typeof checkStore>[0]): Promise<StoreReport>
  readonly CHECK_NAMES: readonly CheckName[]
  exportIdentity(file: string, passphrase: string, dataDir?: string): Promise<{ readonly id: string }>
  importIdentity(
    file: string,
    passphrase: string,
    options: { readonly dataDir?: string | undefined; readonly replace?: boolean },
  ): Promise<Imported>
  storesHere(dataDir?: string): Promise<StoreHere[]>
}

export interface World {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  /** Where the config file lies, asked for only when it is needed. */
  readonly configFile: () => Promise<string | undefined>
  /** Loads the node late, so that --help and mistakes do not wait for it. */
  readonly load: () => Promise<NodeModule>
  /** Calls the listener at each SIGHUP, SIGINT and SIGTERM; returns its undo. */
  readonly onSignal: (listener: (name: SignalName) => void) => () => void
  /** Ends the process at once. */
  readonly exitNow: (code: number) => void
}

/** The first signal asks for an orderly end; a second one ends at once. */
export function listenForSignals(world: World): {
  readonly first: Promise<SignalName>
  readonly stop: () => void
} {
  let stop = () => {}
  const first = new Promise<SignalName>((resolve) => {
    let wasAsked = false
    stop = world.onSignal((name) => {
      if (wasAsked) world.exitNow(signalCode(name))
      wasAsked = true
      resolve(name)
    })
  })
  return { first, stop }
}
