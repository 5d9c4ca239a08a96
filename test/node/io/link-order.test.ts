/** What a link is sent alone and what many get come in the order in which they were sent, whatever is written when. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type Link, sendShared } from '../../../src/node/io/link.ts'
import { wsMessages } from '../../../src/node/io/ws-frame.ts'
import { readUint, uint } from '../../../src/wire/bytes.ts'
import { seeded } from '../../seeded.ts'
import { Acceptor, connected, type End, signer } from './lan.ts'

const LINKS = 80
const STEPS = 5000

const numbered = (n: number, size: number) => {
  const frame = new Uint8Array(4 + size)
  frame.set(uint(n, 4))
  return frame
}

it('a link gets all that it was sent until it closed, once and in order', async () => {
  const acceptor = await new Acceptor().open({ plain: true })
  const far: End[] = []
  for (let n = 0; n < LINKS; n++)
    far.push(await connected(acceptor.port, { plain: true, signer: signer(10 + n) }))
  await acceptor.end(LINKS - 1)
  const links = acceptor.ends.map(({ link }) => link)
  const byId = new Map(links.map((link) => [link.id, link]))
  const sent = new Map<Link, number[]>(links.map((link) => [link, []]))
  const random = seeded(1)
  const below = (n: number) => Math.floor(random() * n)
  for (let n = 0; n < STEPS; n++) {
    const link = links[below(LINKS)]!
    const frame = numbered(n, below(30) === 0 ? 6000 : below(200))
    const kind = random()
    if (kind < 0.35) {
      if (link.send(frame)) sent.get(link)!.push(n)
    } else if (kind < 0.4) {
      if (link.sendFramed(wsMessages([frame], false))) sent.get(link)!.push(n)
    } else if (kind < 0.6) {
      const to = links.filter(() => random() < 0.9)
      for (const each of to) if (each.isOpen) sent.get(each)!.push(n)
      sendShared(
        to.map(({ id }) => id),
        byId,
        [frame],
      )
    } else if (kind < 0.605) link.close()
    else if (kind < 0.9) await turn()
  }
  for (const [i, link] of links.entries()) {
    const numbers = sent.get(link)!
    await far[i]!.count(numbers.length)
    expect(far[i]!.frames.map((frame) => readUint(frame, 0, 4))).toEqual(numbers)
  }
  await acceptor.close()
})
