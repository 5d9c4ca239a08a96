/** The TXT record of an announcement: text <-> checked fields. It only says "dial here"; nothing in it is believed (rules DI-*). */

const ROLES = ['node', 'hub', 'visitor'] as const

export interface Txt {
  /** Highest wire version spoken. */
  readonly v: number
  /** Hint of the network's name, 8 hex digits: two networks may share it. */
  readonly nn: string
  /** Network id, 16 hex digits. */
  readonly net8: string
  /** Least id of the place, 16 hex digits; '' where the network has none. */
  readonly place8: string
  /** Epoch of the hub that is followed; 0: none yet. */
  readonly e: number
  readonly role: (typeof ROLES)[number]
  /** Pinned or preferred as hub. */
  readonly p: boolean
  /** Another machine has opened a link to this node. */
  readonly r: boolean
}

/** Items of one packet that are looked at: ours has 8, the rest is somebody's padding. */
const ITEMS_MAX = 32
/** DNS holds a TXT item's length in one byte; 255 itself is lost by some responders. */
const ITEM_BYTES_MAX = 254

/** What to publish: keys and values, ASCII, each item far below 254 bytes. */
export function formatTxt(txt: Txt): Record<string, string> {
  return {
    v: String(txt.v),
    nn: txt.nn,
    net8: txt.net8,
    place8: txt.place8,
    e: String(txt.e),
    role: txt.role,
    p: txt.p ? '1' : '0',
    r: txt.r ? '1' : '0',
  }
}

/**
 * Reads the items of a TXT record as they came from the net. Unknown keys are ignored, a key that comes twice counts
 * once (RFC 6763 section 6.4), a missing place8, e, role, p or r takes its weakest value, and a role that is not known yet is a
 * plain node. Returns undefined where v, nn or net8 is missing or another known value is malformed. Never throws.
 */
export function parseTxt(items: readonly Uint8Array[]): Txt | undefined {
  const fields = new Map<string, string>()
  for (const item of items.slice(0, ITEMS_MAX)) {
    if (item.length > ITEM_BYTES_MAX) continue
    const text = latin1(item)
    const equals = text.indexOf('=')
    if (equals < 1) continue
    const key = text.slice(0, equals).toLowerCase()
    if (!fields.has(key)) fields.set(key, text.slice(equals + 1))
  }
  const v = natural(fields.get('v'), 255)
  const nn = hex(fields.get('nn'), 8)
  const net8 = hex(fields.get('net8'), 16)
  const place8 = fields.get('place8') || ''
  const e = natural(fields.get('e') ?? '0', 0xffffffff)
  const role = ROLES.find((known) => known === fields.get('role')) ?? 'node'
  const p = flag(fields.get('p'))
  const r = flag(fields.get('r'))
  if (v === undefined || v === 0 || nn === undefined || net8 === undefined || e === undefined)
    return undefined
  if (place8 !== '' && hex(place8, 16) === undefined) return undefined
  if (p === undefined || r === undefined) return undefined
  return { v, nn, net8, place8, e, role, p, r }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function natural(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value <= max ? value : undefined
}

function hex(text: string | undefined, digits: number): string | undefined {
  return text !== undefined && text.length === digits && /^[0-9a-f]+$/.test(text) ? text : undefined
}

function flag(text: string | undefined): boolean | undefined {
  if (text === undefined || text === '0') return false
  return text === '1' ? true : undefined
}
