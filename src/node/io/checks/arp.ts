/** Whose hardware addresses this machine knows: they answered on the link itself, whatever their firewalls say. */
import { readFile } from 'node:fs/promises'
import { output } from './output.ts'

/** IPv4 addresses with a known hardware address; undefined where the system does not tell. */
export async function knownNeighbours(): Promise<ReadonlySet<string> | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile('/proc/net/arp', 'utf8').catch(() => undefined)
    return text === undefined ? undefined : readLinuxArp(text)
  }
  const text = await output('arp', ['-a'])
  return text === undefined ? undefined : readArp(text)
}

/** The table of /proc/net/arp; flag 2: complete. */
export function readLinuxArp(text: string): Set<string> {
  const known = new Set<string>()
  for (const line of text.split('\n').slice(1)) {
    const [address, , flags] = line.trim().split(/\s+/)
    if (address && Number(flags) & 2) known.add(address)
  }
  return known
}

/** What `arp -a` prints on macOS and Windows: an address, and a hardware address where it is known. */
export function readArp(text: string): Set<string> {
  const known = new Set<string>()
  for (const line of text.split('\n')) {
    const address = /\b\d{1,3}(?:\.\d{1,3}){3}\b/.exec(line)?.[0]
    if (address && /\b[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}\b/i.test(line)) known.add(address)
  }
  return known
}
