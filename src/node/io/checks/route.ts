/** The default route: fine to lack, and its gateway tells whether the network itself answers. */
import { readFile } from 'node:fs/promises'
import { type Finding, pass, skip } from './check.ts'
import { output } from './output.ts'

export interface DefaultRoute {
  /** undefined: by an interface without a gateway. */
  readonly gateway: string | undefined
  readonly interface: string
}

/** null: there is none. undefined: this system is not asked, or does not tell. */
export async function defaultRoute(): Promise<DefaultRoute | null | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile('/proc/net/route', 'utf8').catch(() => undefined)
    return text === undefined ? undefined : readLinuxRoutes(text)
  }
  if (process.platform === 'darwin') {
    const text = await output('route', ['-n', 'get', 'default'])
    return text === undefined ? null : readMacRoute(text)
  }
  return undefined
}

/** The table of /proc/net/route: addresses are 8 hex digits in the byte order of the machine. */
export function readLinuxRoutes(text: string): DefaultRoute | null {
  for (const line of text.split('\n').slice(1)) {
    const [name, destination, gateway, , , , , mask] = line.trim().split(/\s+/)
    if (!name || destination !== '00000000' || mask !== '00000000') continue
    const bytes = (gateway ?? '').match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? []
    const address = bytes.reverse().join('.')
    return { interface: name, gateway: address === '0.0.0.0' ? undefined : address }
  }
  return null
}

/** What `route -n get default` prints. */
export function readMacRoute(text: string): DefaultRoute | null {
  const name = /^\s*interface:\s*(\S+)/m.exec(text)?.[1]
  if (!name) return null
  return { interface: name, gateway: /^\s*gateway:\s*([\d.]+)\s*$/m.exec(text)?.[1] }
}

export function judgeRoute(route: DefaultRoute | null | undefined): Finding {
  if (route === undefined) return skip('This system is not asked for its routes.')
  if (route === null) return pass('There is no default route. That is fine: lanchat needs none.')
  return pass(`The default route goes by ${route.interface}${route.gateway ? `, ${route.gateway}` : ''}.`)
}
