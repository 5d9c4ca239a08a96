import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readAnnouncements } from '../../../src/node/announcement.ts'
import { usableInterfaces } from '../../../src/node/interfaces.ts'
import { MulticastLink } from '../../../src/node/io/multicast-link.ts'
import { freePort, txt as grown } from './mdns.ts'

/** Of a place that has not grown yet. */
const txt = { ...grown, place8: '' }
const A = 'aaaaaaaaaaaaaaaa'
const B = 'bbbbbbbbbbbbbbbb'

let mdnsPort = 0
const open: MulticastLink[] = []

/** On the loopback interface, on a port of its own. */
function link() {
  const heard: { service: string; instance: string; r: boolean; isAnswer: boolean }[] = []
  let onHeard = () => {}
  const [own] = usableInterfaces(networkInterfaces(), ['127.0.0.1'])
  const made = new MulticastLink(own!, mdnsPort, {
    onResponse: (packet) => {
      // What is announced unasked, and again after seconds, has all its records for answers.
      const isAnswer = (packet.additionals?.length ?? 0) > 0
      for (const { service, instance, txt } of readAnnouncements(packet))
        heard.push({ service, instance, r: txt.r, isAnswer })
      onHeard()
    },
    onBroken: () => {},
    onHeard: () => {},
    onWarning: () => {},
    isNear: () => true,
  })
  open.push(made)
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      onHeard = () => {
        if (condition()) resolve()
      }
      onHeard()
    })
  return { link: made, heard, until }
}

beforeEach(async () => {
  mdnsPort = await freePort()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close({ goodbye: false })))
})

describe('questions for hubs only', () => {
  test('are answered by hubs, and by nobody else', async () => {
    const [asker, node, hub] = [link(), link(), link()]
    node.link.publish({ service: 'node', name: A, port: 4000, txt })
    await asker.until(() => asker.heard.some(({ instance }) => instance === A))
    hub.link.publish({ service: 'hub', name: `${B}-1`, port: 4001, txt: { ...txt, role: 'hub' } })
    await asker.until(() => asker.heard.some(({ service }) => service === 'hub'))
    const answers = (of: string) => asker.heard.filter((each) => each.isAnswer && each.service === of)
    asker.link.ask('hubs')
    await asker.until(() => answers('hub').length > 0)
    // The node has heard the question before the hub's answer could arrive twice: it would have answered by now.
    asker.link.ask('hubs')
    await asker.until(() => answers('hub').length > 1)
    expect(answers('node')).toEqual([])
  })

  test('are not what others need not ask themselves', async () => {
    const [asker, other] = [link(), link()]
    other.link.publish({ service: 'hub', name: `${B}-1`, port: 4001, txt: { ...txt, role: 'hub' } })
    await asker.until(() => asker.heard.length > 0)
    asker.link.ask('hubs')
    await asker.until(() => asker.heard.some(({ isAnswer }) => isAnswer))
    expect(other.link.othersAskedAt).toBe(Number.NEGATIVE_INFINITY)
  })
})

test('a question for all is noticed by the others, and not by who asked', async () => {
  const [asker, other] = [link(), link()]
  other.link.publish({ service: 'node', name: A, port: 4000, txt })
  await asker.until(() => asker.heard.length > 0)
  asker.link.ask()
  await asker.until(() => asker.heard.some(({ isAnswer }) => isAnswer))
  expect(other.link.othersAskedAt).toBeGreaterThan(0)
  expect(asker.link.othersAskedAt).toBe(Number.NEGATIVE_INFINITY)
})

test('what was replaced before it was sent is not announced again', async () => {
  const [hub, other] = [link(), link()]
  const announced = (r: boolean) => other.heard.filter((each) => each.r === r).length
  hub.link.publish({ service: 'hub', name: `${A}-1`, port: 4000, txt: { ...txt, role: 'hub' } })
  hub.link.publish({ service: 'hub', name: `${A}-1`, port: 4000, txt: { ...txt, role: 'hub', r: true } })
  await other.until(() => announced(true) > 0)
  const before = announced(false)
  // Each is announced again three seconds later, what was published first before what came then.
  await other.until(() => announced(true) > 1)
  expect(announced(false)).toBe(before)
})
