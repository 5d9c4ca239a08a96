import { describe, expect, it } from 'vitest'
import { Audience } from '../../src/node/audience.ts'
import type { NodeEvent, ReadyEvent } from '../../src/node/events.ts'
import { LanchatError } from '../../src/node/lanchat-error.ts'

const EVENT: NodeEvent = { type: 'error', code: 'STORE_FAILED', message: 'full' }
const ended = new LanchatError('OFFLINE', 'ended')

function quiet() {
  const readers: boolean[] = []
  const errors: string[] = []
  const audience = new Audience({
    onReaders: (isThere) => void readers.push(isThere),
    log: (_, text) => void errors.push(text),
  })
  return { audience, readers, errors }
}

describe('who waits for what a node says', () => {
  it('a listener that throws costs the others nothing', () => {
    const { audience, errors } = quiet()
    const heard: NodeEvent[] = []
    audience.on(() => {
      throw new Error('mine')
    }, 'own')
    const off = audience.on((event) => void heard.push(event), 'own')
    audience.tell(EVENT)
    off()
    audience.tell(EVENT)
    expect(heard).toEqual([EVENT])
    expect(errors).toHaveLength(2)
    expect(errors[0]).toContain('a listener threw: Error: mine')
  })

  it('the first reader and the last are told of; who hears only what is its own is none', () => {
    const { audience, readers } = quiet()
    audience.on(() => {}, 'own')
    const offs = [audience.on(() => {}, 'all'), audience.on(() => {}, 'all')]
    expect([readers, audience.hasReaders]).toEqual([[true], true])
    for (const off of [...offs, ...offs]) off()
    expect([readers, audience.hasReaders]).toEqual([[true, false], false])
  })

  it('an answer goes to whom it is for, once', async () => {
    const { audience } = quiet()
    const answers: unknown[] = []
    const slots: number[] = []
    const take = (slot: number) => void slots.push(slot)
    const ann = audience.ask(undefined, take).then((a) => answers.push(['ann', a]))
    audience.ask(undefined, take)
    const [ofAnn, ofBob] = slots
    expect(ofAnn).not.toBe(ofBob)
    const answer = { type: 'result', command: '/hub', data: null } as const
    audience.answer(ofAnn!, answer)
    audience.answer(ofAnn!, answer)
    await ann
    expect(answers).toEqual([['ann', answer]])
  })

  it('who still waits as the node ends is answered that it is closed', async () => {
    const { audience } = quiet()
    const answer = audience.ask(undefined, () => {})
    audience.close(ended)
    audience.close(ended)
    expect(await answer).toMatchObject({ type: 'error', code: 'OFFLINE' })
    await expect(audience.ready).rejects.toBe(ended)
  })

  it('who is ready stays so', async () => {
    const { audience } = quiet()
    const ready = { type: 'ready' } as ReadyEvent
    audience.tell(ready)
    audience.close(ended)
    expect(await audience.ready).toBe(ready)
  })

  it('whoever waits for the node to settle is told, or stops waiting by a signal', async () => {
    const { audience } = quiet()
    const stop = new AbortController()
    const [waits, stops] = [audience.settle(undefined), audience.settle(stop.signal)]
    stop.abort(new Error('enough'))
    await expect(stops).rejects.toThrow('enough')
    audience.settled()
    await waits
  })
})
