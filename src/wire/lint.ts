/** Byte lint (rule FR-2): looks through msgpack bytes before any decoder touches them. One pass, no recursion, no allocation per value. */
import { MSGPACK_DEPTH_MAX, MSGPACK_ITEMS_MAX } from './limits.ts'

export type LintFault = 'depth' | 'items' | 'type' | 'number' | 'key' | 'truncated' | 'trailing'

/**
 * Only nil, bool, integers of at most 32 bits, finite floats, str, bin, array and map (with string keys) pass; no
 * extension, no array32 or map32, depth 8, 4096 values, and the bytes end where the value ends.
 * Returns the first fault, or undefined. Never throws.
 */
export function lint(bytes: Uint8Array): LintFault | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // open[d]: values still to come at depth d; keyed[d]: 1 where depth d is a map (its even remainders are keys).
  const open = [1]
  const keyed = [0]
  let at = 0
  let items = 0
  while (open.length > 0) {
    const depth = open.length - 1
    if (open[depth] === 0) {
      open.pop()
      keyed.pop()
      continue
    }
    if (at >= bytes.length) return 'truncated'
    if (++items > MSGPACK_ITEMS_MAX) return 'items'
    const isKey = keyed[depth] === 1 && open[depth]! % 2 === 0
    open[depth]!--
    const type = bytes[at++]!
    let skip = 0
    let children = -1
    let isMap = false
    let isText = false
    if (type <= 0x7f || type >= 0xe0) skip = 0
    else if (type <= 0x8f) {
      children = 2 * (type & 15)
      isMap = true
    } else if (type <= 0x9f) children = type & 15
    else if (type <= 0xbf) {
      skip = type & 31
      isText = true
    } else {
      switch (type) {
        case 0xc0:
        case 0xc2:
        case 0xc3:
          break
        case 0xc4:
        case 0xd9:
          if (at + 1 > bytes.length) return 'truncated'
          skip = 1 + bytes[at]!
          isText = type === 0xd9
          break
        case 0xc5:
        case 0xda:
          if (at + 2 > bytes.length) return 'truncated'
          skip = 2 + view.getUint16(at)
          isText = type === 0xda
          break
        case 0xc6:
        case 0xdb:
          if (at + 4 > bytes.length) return 'truncated'
          skip = 4 + view.getUint32(at)
          isText = type === 0xdb
          break
        case 0xca:
          if (at + 4 > bytes.length) return 'truncated'
          if (!Number.isFinite(view.getFloat32(at))) return 'number'
          skip = 4
          break
        case 0xcb:
          if (at + 8 > bytes.length) return 'truncated'
          if (!Number.isFinite(view.getFloat64(at))) return 'number'
          skip = 8
          break
        case 0xcc:
        case 0xd0:
          skip = 1
          break
        case 0xcd:
        case 0xd1:
          skip = 2
          break
        case 0xce:
        case 0xd2:
          skip = 4
          break
        case 0xdc:
        case 0xde:
          if (at + 2 > bytes.length) return 'truncated'
          isMap = type === 0xde
          children = view.getUint16(at) * (isMap ? 2 : 1)
          at += 2
          break
        default:
          return 'type'
      }
    }
    if (isKey && !isText) return 'key'
    if (at + skip > bytes.length) return 'truncated'
    at += skip
    if (children >= 0) {
      if (open.length > MSGPACK_DEPTH_MAX) return 'depth'
      open.push(children)
      keyed.push(isMap ? 1 : 0)
    }
  }
  return at === bytes.length ? undefined : 'trailing'
}
