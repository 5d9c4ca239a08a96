/** Addresses as they are dialled: host:port, IPv6 in brackets. */
import { isIP } from 'node:net'

export const DEFAULT_PORT = 27470

export const joinAddress = (host: string, port: number): string =>
  isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`

export function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}

/** What people write, with the default port where they name none. */
export function withPort(peer: string): string {
  if (isIP(peer) === 6) return joinAddress(peer, DEFAULT_PORT)
  return /:\d+$/.test(peer) ? peer : joinAddress(peer.replace(/^\[|\]$/g, ''), DEFAULT_PORT)
}
