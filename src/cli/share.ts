/** `lanchat share`: gives this lanchat to neighbours over http, until a signal. */
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { signalCode } from './exit.ts'
import { ownFolder, packOffline } from './offline/package.ts'
import { type Share, startShare } from './offline/share-server.ts'
import { OneShotError } from './one-shot.ts'
import type { Settings } from './options.ts'
import { report } from './report.ts'
import { sizeText } from './size-text.ts'
import { listenForSignals, type World } from './world.ts'

const DEFAULT_PORT = 27490

/**
 * --json prints { type: 'share', urls, file, bytes, sha256 }, then { type: 'download', address } for each. --port: that
 * one (0: any); without it 27490 or the next free. --interface: only there.
 */
export function share(world: World, settings: Settings): Promise<number> {
  const signals = listenForSignals(world)
  return report(world, settings, async ({ say, hint }) => {
    const offered = packOffline(ownFolder())
    const hosts = addressesOf(settings.node.interfaces)
    const onDownload = (address: string) => {
      const from = address.replace(/^::ffff:/, '')
      say({ type: 'download', address: from }, `${from} has it.`)
    }
    const only = settings.node.interfaces !== undefined && hosts.length === 1 ? hosts[0] : allOf(hosts)
    const server = await started(settings.node.port, (port) =>
      startShare({ offered, port, onDownload, ...(only !== undefined && { host: only }) }),
    )
    const urls = hosts.map((host) => `http://${isIP(host) === 6 ? `[${host}]` : host}:${server.port}/`)
    const { file, sha256, bytes } = offered
    say(
      { type: 'share', urls, file, bytes: bytes.length, sha256 },
      [
        `On the other machine, in a browser: ${urls.join(' or ')}`,
        `or in a terminal there (Node 20.19 or later):`,
        `  curl -O ${urls[0]}${file}`,
        `  npm install --global --offline --ignore-scripts ./${file}`,
        `${file}, ${sizeText(bytes.length)}, SHA-256 to compare:`,
        `  ${sha256}`,
      ].join('\n'),
    )
    hint('Ctrl-C ends it.')
    const signal = await signals.first
    await server.close()
    return signalCode(signal)
  }).finally(() => signals.stop())
}

/** The address that stands for all of these. Of IPv6 one neighbour has as many as it likes: not without need. */
const allOf = (hosts: readonly string[]) => (hosts.some((host) => isIP(host) === 6) ? undefined : '0.0.0.0')

/** Addresses that neighbours can type: of the interfaces asked for, else all but loopback and IPv6. */
function addressesOf(asked: readonly string[] | undefined): string[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map((own) => ({ name, ...own })),
  )
  const wanted = asked
    ? all.filter(
        ({ name, address, family }) => asked.includes(address) || (asked.includes(name) && family === 'IPv4'),
      )
    : all.filter(({ internal, family }) => !internal && family === 'IPv4')
  const found = wanted.map(({ address }) => address)
  if (found.length === 0)
    throw new OneShotError('NO_INTERFACE', 'This machine is on no network that lanchat could be shared on.')
  return found
}

async function started(asked: number | undefined, start: (port: number) => Promise<Share>): Promise<Share> {
  for (let port = asked ?? DEFAULT_PORT; ; port++) {
    try {
      return await start(port)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && asked === undefined && port < DEFAULT_PORT + 20) continue
      throw new OneShotError('PORT_UNUSABLE', `Port ${port} cannot be used (${code}). Try another --port.`)
    }
  }
}
