/** Invitations into a network with an owner: all that its id is made of, in one line of text (rule IN-1). */
import { fromHex, hex, utf8 } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { type NetId, type PersonKey, tagged } from './ids.ts'
import { checkNetworkName } from './name.ts'

export interface Invitation {
  /** As NM-3 writes it. */
  readonly network: string
  readonly code: string
  readonly owner: PersonKey
  readonly retentionDays: number
  /** The network's id, where the code is not the one that it was founded with: else the code says it. */
  readonly net?: NetId
}

const MARK = 'lanchat:'
const CHECK_BYTES = 4
/** Letters, digits and what joins words: nothing that a form of the text would need for itself. */
const CODE = /^[a-z0-9-]{1,128}$/

/** Does this text mean to be an invitation? Codes of networks without an owner do not begin so. */
export const isInvitation = (text: string): boolean => /^lanchat:[12]:/.test(text.trim())

/** lanchat:1:network:code:owner:days:check, or lanchat:2:network:code:owner:days:net:check */
export function formatInvitation(crypto: Crypto, invitation: Invitation): string {
  const { net } = invitation
  const text = `${MARK}${net ? 2 : 1}:${fieldsOf(invitation)}`
  return `${text}:${checkOf(crypto, text)}`
}

const fieldsOf = ({ network, code, owner, retentionDays, net }: Invitation) =>
  `${network}:${code}:${owner}:${retentionDays}${net ? `:${net}` : ''}`

/** undefined where it is none, or was changed on the way. */
export function parseInvitation(crypto: Crypto, text: string): Invitation | undefined {
  const line = text.trim()
  if (!isInvitation(line)) return undefined
  const end = line.lastIndexOf(':')
  const [, form, network = '', code = '', owner = '', days = '', ...more] = line.slice(0, end).split(':')
  const checked = checkNetworkName(network)
  if (!('ok' in checked) || checked.ok !== network || more.length !== Number(form) - 1) return undefined
  if (!CODE.test(code) || !/^[0-9a-f]{64}$/.test(owner) || !/^[1-9]\d{0,4}$/.test(days)) return undefined
  if (more.some((net) => !/^[0-9a-f]{16}$/.test(net))) return undefined
  if (Number(days) > 65_535 || line.slice(end + 1) !== checkOf(crypto, line.slice(0, end))) return undefined
  const [net] = more as NetId[]
  return { network, code, owner: owner as PersonKey, retentionDays: Number(days), ...(net && { net }) }
}

const checkOf = (crypto: Crypto, text: string) =>
  hex(tagged(crypto, 'lanchat/invitation/1', utf8(text)), 0, CHECK_BYTES)

/**
 * Bits of an invitation without name and code, for words: owner32 || days2 || the network's id, where it is told || check,
 * as many of them as are asked for.
 */
export function invitationBits(crypto: Crypto, invitation: Invitation, bits: number): boolean[] {
  const { owner, retentionDays, net } = invitation
  const days = [retentionDays >> 8, retentionDays & 255]
  const check = tagged(crypto, 'lanchat/invitation/1', utf8(fieldsOf(invitation)))
  return [...fromHex(owner), ...days, ...(net ? fromHex(net) : []), ...check]
    .flatMap((byte) => Array.from({ length: 8 }, (_, i) => ((byte >> (7 - i)) & 1) === 1))
    .slice(0, bits)
}
