/** createNode: a node on the real network, behind the Node API. */
import type { Node, NodeOptions } from './index.ts'
import { openNode } from './io/open-node.ts'
import { checkNodeOptions } from './option-check.ts'
import { publicNode } from './public-node.ts'

/**
 * Starts a node. Rejects with LanchatError: DATA_DIR_UNKNOWN, DATA_DIR_IN_USE, DATA_DIR_UNWRITABLE, STORE_NEWER,
 * IDENTITY_INVALID, NICK_INVALID, NETWORK_INVALID, INVITATION_INVALID; with the signal's reason where that aborts before; with
 * TypeError for an option of another type. Events begin after the turn in which it resolves.
 */
export async function createNode(options: NodeOptions = {}): Promise<Node> {
  for (const slip of checkNodeOptions(options)) process.emitWarning(slip, 'LanchatWarning')
  options.signal?.throwIfAborted()
  const node = publicNode(await openNode(options), options.signal)
  if (options.signal?.aborted) {
    await node.close()
    throw options.signal.reason
  }
  return node
}
