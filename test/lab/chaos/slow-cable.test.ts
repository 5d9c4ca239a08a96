import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLab, describeInLab, type Host, type Lab } from '../hosts.ts'
import { slowCable } from './slow-cable.ts'

let lab: Lab
beforeEach(() => {
  lab = createLab('slc')
})
afterEach(() => lab.close())

/** Time to send bytes to an echo and have all of them back, after connecting. */
async function echoMs(from: Host, to: Host, bytes: number): Promise<number> {
  const listen = `require('net').createServer((s) => s.pipe(s)).listen(7000, () => console.log('up'))`
  const server = lab.spawn(to, ['node', '-e', listen])
  await server.next((line) => line === 'up')
  const dial = `const s = require('net').connect(7000, '${to.address}', () => { const at = performance.now(); let n = 0
    s.on('data', (d) => { n += d.length; if (n === ${bytes}) { console.log(performance.now() - at); process.exit() } })
    s.write(Buffer.alloc(${bytes})) })`
  const client = lab.spawn(from, ['node', '-e', dial])
  const ms = Number(await client.next(() => true))
  await server.kill()
  return ms
}

describeInLab('a slow cable', () => {
  it('delays both ways, carries whole segments, and is fast again once it is taken out', async () => {
    const [ann, bob] = [lab.host('ann'), lab.host('bob')]
    const undo = await slowCable(lab, ann, 200, 50)
    const slowMs = await echoMs(ann, bob, 1)
    expect(slowMs).toBeGreaterThan(290)
    await echoMs(ann, bob, 300_000)
    await undo()
    expect(await echoMs(ann, bob, 1)).toBeLessThan(slowMs)
  })
})
