/** Founding a network: its owner is the identity of a data dir, and the invitation says so. */
import { personKey } from '../../wire/ids.ts'
import { formatInvitation, type Invitation, parseInvitation } from '../../wire/invitation.ts'
import { RETENTION_DAYS } from '../../wire/limits.ts'
import { nodeCrypto, signerOf } from '../crypto.ts'
import { entranceOf } from '../entrance.ts'
import { LanchatError } from '../lanchat-error.ts'
import { dataDirPath } from './data-dir.ts'
import { openKeeping, seedOf } from './keeping.ts'

export interface OwnedNetwork extends Invitation {
  /** The invitation as a text, for createNode's `code`. */
  readonly text: string
}

/**
 * An invitation into a new network of this name, which belongs to the identity of the data dir; one is made where none is.
 * code: of lower-case letters, digits and dashes. Rejects with LanchatError NETWORK_INVALID, IDENTITY_INVALID,
 * DATA_DIR_UNWRITABLE (what belongs to nobody is founded for nobody).
 */
export async function newInvitation(network: string, code: string, dataDir?: string): Promise<OwnedNetwork> {
  const { network: name } = entranceOf({ network })
  const keeping = await openKeeping(dataDirPath(dataDir))
  if (keeping.fault) throw keeping.fault
  const seed = await seedOf(keeping)
  if (keeping.fault) throw keeping.fault
  const owner = personKey(signerOf(seed).key)
  const invitation = { network: name, code, owner, retentionDays: RETENTION_DAYS }
  const text = formatInvitation(nodeCrypto, invitation)
  if (!parseInvitation(nodeCrypto, text)) throw new LanchatError('INTERNAL', 'This code fits no invitation.')
  return { ...invitation, text }
}
