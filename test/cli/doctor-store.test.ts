import { describe, expect, it } from 'vitest'
import { verdictOf } from '../../src/cli/doctor/store.ts'
import type { StoreReport } from '../../src/node/index.ts'
import { FakeWorld } from './fake-world.ts'

const fine: StoreReport = {
  dir: '/home/ada/lanchat',
  folder: '/home/ada/lanchat/store/0011',
  state: 'disk',
  bytes: 2_000_000,
  events: 1201,
  rooms: [
    { room: 'a'.repeat(32), name: 'general', events: 1200, bytes: 1_500_000 },
    { room: 'b'.repeat(32), events: 1, bytes: 300 },
  ],
  freeBytes: 5_000_000_000,
  damaged: [],
}
const copy = {
  folder: '/home/ada/lanchat/store/0011.damaged-1',
  since: Date.UTC(2026, 0, 2, 3, 4),
  why: 'LEVEL_CORRUPTION',
  state: 'salvaged',
  events: 40,
  tombstones: 1,
  bytes: 90_000,
} as const

const ask = async (stored: StoreReport, ...args: string[]) => {
  const world = new FakeWorld({ stored })
  const code = await world.run('doctor', '--store', ...args)
  world.stdout.end()
  return { code, text: (await world.stdout.toArray()).join('') }
}

describe('lanchat doctor --store', () => {
  it('says what is stored, and what came back from what was damaged', async () => {
    expect(await ask({ ...fine, damaged: [copy] })).toEqual({
      code: 0,
      text: `The stored messages can be read: 1201 events in 2 rooms. It was damaged before; what could be read of that is back.

folder  /home/ada/lanchat/store/0011
size    2.0 MB
free    5.0 GB

room      events  size
general   1200    1.5 MB
bbbbbbbb  1       300 B

Damaged (LEVEL_CORRUPTION) and moved aside on 2026-01-02 03:04: /home/ada/lanchat/store/0011.damaged-1, 90.0 kB. 40 events and 1 deletion that nobody else had sent came from it. Delete it when nothing is missed.
`,
    })
  })

  it('prints all of it as one object with --json', async () => {
    const { code, text } = await ask(fine, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(text)).toEqual({
      type: 'doctor',
      ok: true,
      verdict: 'The stored messages can be read: 1201 events in 2 rooms.',
      store: fine,
    })
  })

  it.each([
    [{ state: 'memory', isFull: true, failure: { since: 0, why: 'ENOSPC' } }, 'because the disk is full'],
    [{ state: 'memory', failure: { since: 0, why: 'IO error' } }, 'because the disk refused them (IO error)'],
    [{ state: 'memory', isReadOnly: true, failure: { since: 0, why: 'EROFS' } }, 'cannot be written'],
    [{ state: 'damaged', why: 'missing' }, 'are damaged (missing). Start lanchat'],
    [{ isFull: true, freeBytes: 1000 }, 'The disk is full: 1.0 kB are free.'],
    [{ isReadOnly: true }, '/home/ada/lanchat cannot be written'],
    [{ state: 'busy', pid: 7 }, 'Process 7 has the stored messages open and does not answer'],
  ] satisfies [Partial<StoreReport>, string][])('fails for %j', async (change, sentence) => {
    const store = { ...fine, ...change }
    expect(verdictOf(store)).toMatchObject({ ok: false, verdict: expect.stringContaining(sentence) })
    expect((await ask(store)).code).toBe(1)
  })

  it('is no failure where nothing is stored yet', () => {
    const store: StoreReport = { ...fine, state: 'none', rooms: [], events: 0 }
    expect(verdictOf(store)).toEqual({ ok: true, verdict: 'Nothing is stored yet.' })
  })
})
