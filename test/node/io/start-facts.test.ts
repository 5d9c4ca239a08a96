import { describe, expect, it } from 'vitest'
import { StartFacts } from '../../../src/node/io/start-facts.ts'
import { factKey } from '../../../src/node/keys.ts'
import { MemoryStore } from '../../../src/node/memory-store.ts'
import { placeId } from '../../../src/wire/ids.ts'

/** The next start over the same store. */
function next(store: MemoryStore, hasCode = false): StartFacts {
  const facts = new StartFacts(store, hasCode)
  facts.readAddresses()
  return facts
}

describe('what a node keeps for its next start', () => {
  it('the last 32 addresses by which it had links', () => {
    const store = new MemoryStore()
    const facts = next(store)
    for (let n = 0; n < 40; n++) facts.remember(`10.0.0.${n}:27470`)
    facts.remember('10.0.0.39:27470')
    expect(next(store).addresses).toEqual(Array.from({ length: 32 }, (_, n) => `10.0.0.${n + 8}:27470`))
  })

  it('none, where the disk has damaged them', () => {
    const store = new MemoryStore()
    void store.write([['put', factKey('peers'), Buffer.from('{"a')]], false)
    expect(next(store).addresses).toEqual([])
  })

  it('that the code is right, from the first link on', () => {
    const store = new MemoryStore()
    const facts = next(store, true)
    expect(facts.isAccepted).toBe(false)
    facts.accept()
    expect(next(store, true).isAccepted).toBe(true)
  })

  it('of an open network, nothing about a code', () => {
    const store = new MemoryStore()
    next(store).accept()
    expect(next(store).isAccepted).toBe(false)
  })

  it('its place', () => {
    const store = new MemoryStore()
    const first = next(store).startPlace({})
    expect(next(store).startPlace({})).toEqual(first)
    next(store).keepPlace({ ...first, age: 7 })
    expect(next(store).startPlace({})).toEqual({ ...first, age: 7 })
  })

  it('its place as it is written beside a store whose disk has lost it', () => {
    const ids = [placeId(new Uint8Array(8).fill(3))]
    expect(next(new MemoryStore()).startPlace({ ids, isGrown: true })).toMatchObject({ ids, isGrown: true })
  })
})
