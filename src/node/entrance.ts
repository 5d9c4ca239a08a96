/** The network that a node enters: by its name and code, or by an invitation, which is given in the place of the code. */

import type { NetId, PersonKey } from '../wire/ids.ts'
import { type Invitation, isInvitation, parseInvitation } from '../wire/invitation.ts'
import { areInvitationWords, invitationOfWords, wordsOfInvitation } from '../wire/invitation-words.ts'
import { RETENTION_DAYS } from '../wire/limits.ts'
import { checkNetworkName, nameFaultText } from '../wire/name.ts'
import { refusalText } from '../wire/refusal.ts'
import { nodeCrypto } from './crypto.ts'
import { LanchatError } from './lanchat-error.ts'

export interface Entrance {
  /** As NM-3 writes it. */
  readonly network: string
  /** undefined: whoever is here may come in. */
  readonly code: string | undefined
  readonly owner: PersonKey | undefined
  readonly retentionDays: number
  /** The network's id, where the code is a later one than the first, which would say it. */
  readonly net?: NetId
}

/** Throws LanchatError NETWORK_INVALID, INVITATION_INVALID. */
export function entranceOf({
  network,
  code,
}: {
  network?: string | undefined
  code?: string | undefined
}): Entrance {
  const invitation = code === undefined ? undefined : invitationIn(code, network)
  if (code !== undefined && meansInvitation(code) && !invitation)
    throw new LanchatError('INVITATION_INVALID', refusalText('INVITATION_INVALID'))
  const name = network ?? invitation?.network ?? 'lan'
  const checked = checkNetworkName(name)
  if ('fault' in checked)
    throw new LanchatError(
      'NETWORK_INVALID',
      `The network cannot be named ${name}: ${nameFaultText(checked.fault)}.`,
    )
  if (!invitation) return { network: checked.ok, code, owner: undefined, retentionDays: RETENTION_DAYS }
  if (checked.ok !== invitation.network)
    throw new LanchatError(
      'NETWORK_INVALID',
      `The invitation is into the network ${invitation.network}, not ${checked.ok}. Leave out --network.`,
    )
  return invitation
}

/** Is this an invitation, as a text or in words, rather than a code? It may still be damaged. */
export const meansInvitation = (code: string): boolean => isInvitation(code) || areInvitationWords(code)

/** The invitation in a text; its words say no name, so that is said beside them. undefined where it is damaged. */
export function invitationIn(text: string, network = ''): Invitation | undefined {
  if (isInvitation(text)) return parseInvitation(nodeCrypto, text)
  const checked = checkNetworkName(network)
  return 'ok' in checked ? invitationOfWords(nodeCrypto, checked.ok, text) : undefined
}

/** The words of an invitation whose code is six words of the list. */
export const invitationWords = (invitation: Invitation): string[] => wordsOfInvitation(nodeCrypto, invitation)
