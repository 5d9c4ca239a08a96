/** Addresses in figures, as peers name them: an IP address of one machine, and a port. Pure: no system is asked, so no name is looked up. */

/** A machine somewhere; this one, whoever reads it; a name, or an address of many or of none. */
export type Whereabouts = 'machine' | 'loopback' | 'nowhere'

/** [IPv6 with a zone, or without]:port or IPv4:port. */
const FORM = /^(?:\[([\da-f:.]+)(?:%[\w-]{1,32})?\]|([\d.]+)):([1-9]\d{0,4})$/i

export function whereabouts(address: string): Whereabouts {
  const [, v6, v4, port] = FORM.exec(address) ?? []
  if (port === undefined || Number(port) > 65_535) return 'nowhere'
  if (v4 !== undefined) return ofIpv4(readIpv4(v4))
  const groups = readIpv6(v6!)
  if (!groups) return 'nowhere'
  const isZero = (to: number) => groups.slice(0, to).every((group) => group === 0)
  // IPv4 in the clothes of IPv6.
  if (isZero(5) && groups[5] === 0xffff)
    return ofIpv4([groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255])
  if (isZero(7)) return groups[7] === 1 ? 'loopback' : 'nowhere'
  return groups[0]! >= 0xff00 ? 'nowhere' : 'machine'
}

function ofIpv4(bytes: readonly number[] | undefined): Whereabouts {
  if (!bytes) return 'nowhere'
  const [first] = bytes as [number]
  if (first === 127) return 'loopback'
  return first === 0 || first >= 224 ? 'nowhere' : 'machine'
}

function readIpv4(text: string): number[] | undefined {
  const parts = text.split('.')
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256)
  return isAddress ? parts.map(Number) : undefined
}

/** Its eight groups. */
function readIpv6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(readGroups)
  if (!head || (halves.length === 2 && !tail)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail ? missing < 1 : missing !== 0) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])]
}

/** The last may be an IPv4 address, of two groups. */
function readGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 ? readIpv4(part) : undefined
    if (v4) groups.push(v4[0]! * 256 + v4[1]!, v4[2]! * 256 + v4[3]!)
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
