/** Can others open a connection to this machine? The lanchat running here knows: others have tried. */
import type { NodeReport } from '../../report.ts'
import { type Finding, fail, pass, skip } from './check.ts'
import { firewallFix } from './reach.ts'

/** Members are dialled back within some seconds of their arrival. */
const TRIED_AFTER_S = 10

export function judgeFirewall(
  running: Pick<NodeReport, 'reachable' | 'hub' | 'members' | 'uptimeS' | 'port'> | undefined,
  platform: NodeJS.Platform = process.platform,
): Finding {
  if (!running)
    return skip(
      'Whether others get through to this machine is seen while lanchat runs: start it and ask again.',
    )
  const { reachable, hub, members, uptimeS, port } = running
  if (reachable) return pass(`Another machine has opened a connection to TCP port ${port} here.`)
  if (!hub || members < 2) return skip('Nobody else is here who could try to get through to this machine.')
  if (uptimeS < TRIED_AFTER_S) return skip(`Others have not tried yet: ask again in ${TRIED_AFTER_S} s.`)
  return fail(
    `No other machine gets through to TCP port ${port} here: a firewall on this machine drops them.`,
    firewallFix(port, 'here', platform),
  )
}
