/**
 * A host's cable with a delay. The kernel here has no netem, so the two ends of the cable are joined by a process that holds
 * each frame back for a while: test/lab/fixtures/slow-cable.py, python3, without modules.
 *
 *   eth0 === port   [process]   inner === outer   switch
 */

import { ip } from '../net.ts'
import type { Host, Lab } from '../network.ts'
import { fixture } from '../root.ts'

/** From now on frames to and from this host take delayMs plus or minus jitterMs, each way, in order. Returns the undo. */
export async function slowCable(
  lab: Lab,
  host: Host,
  delayMs: number,
  jitterMs: number,
): Promise<() => Promise<void>> {
  const [inner, outer] = [lab.nextPort(), lab.nextPort()]
  const sw = ['-n', lab.switches, 'link']
  ip(...sw, 'add', 'name', inner, 'type', 'veth', 'peer', 'name', outer)
  ip(...sw, 'set', inner, 'up', 'promisc', 'on')
  ip(...sw, 'set', outer, 'up')
  const port = host.nics[0]!.port
  ip(...sw, 'set', port, 'promisc', 'on')
  const cable = lab.spawnAmongSwitches(['python3', fixture('slow-cable.py'), port, inner])
  await cable.next((line) => line === 'plugged')
  cable.send(`${delayMs} ${jitterMs}`)
  await cable.next((line) => line === 'set')
  host.replug(outer)
  return async () => {
    host.replug(port)
    await cable.kill()
    ip(...sw, 'del', inner)
    ip(...sw, 'set', port, 'promisc', 'off')
  }
}
