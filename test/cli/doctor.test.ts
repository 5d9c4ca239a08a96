import { describe, expect, it } from 'vitest'
import { verdictOf } from '../../src/cli/doctor/verdict.ts'
import type { Check } from '../../src/node/index.ts'
import { FakeWorld } from './fake-world.ts'

const good: Check = { name: 'peers', status: 'pass', message: '2 other machines heard.', detail: 'eth0: 2' }
const bad: Check = {
  name: 'multicast',
  status: 'fail',
  message: 'Multicast is blocked.',
  detail: 'eth0: EPERM',
  fix: 'Open port 5353.',
}
const odd: Check = { name: 'clock', status: 'warn', message: 'The clock is wrong.', fix: 'Set it.' }
const left: Check = { name: 'hub', status: 'skip', message: 'No hub is known here.' }

const ask = async (checks: readonly Check[], ...args: string[]) => {
  const world = new FakeWorld({ checks })
  const code = await world.run('doctor', ...args)
  world.stdout.end()
  const text = (await world.stdout.toArray()).join('')
  return { code, text }
}

describe('lanchat doctor', () => {
  it('says the verdict first, then each check in the order of causes, with what to do', async () => {
    expect(await ask([odd, left, good, bad])).toEqual({
      code: 1,
      text: `Multicast is blocked.

FAIL  multicast  Multicast is blocked.
                 eth0: EPERM
                 -> Open port 5353.
-     hub        No hub is known here.
ok    peers      2 other machines heard.
look  clock      The clock is wrong.
                 -> Set it.
`,
    })
  })

  it('prints one object with --json', async () => {
    const { code, text } = await ask([good, odd], '--json')
    expect(code).toBe(0)
    expect(JSON.parse(text)).toEqual({
      type: 'doctor',
      ok: true,
      verdict: 'Nothing is broken here, but: The clock is wrong.',
      checks: [good, odd],
    })
  })

  it('prints a line of columns for each check with --plain', async () => {
    expect((await ask([bad], '--plain')).text).toBe(
      'Multicast is blocked.\nfail\tmulticast\tMulticast is blocked.\teth0: EPERM\tOpen port 5353.\n',
    )
  })

  it('limits itself to the checks that are named', async () => {
    expect((await ask([good, bad], '--check', 'peers')).text).toBe(
      'All is well. 2 other machines heard.\n\nok    peers  2 other machines heard.\n',
    )
  })

  it('refuses a check that there is not, with the nearest one', async () => {
    const world = new FakeWorld()
    expect(await world.run('doctor', '--check', 'multicst')).toBe(2)
    expect(world.errors()).toContain('There is no check multicst. Did you mean multicast?')
  })

  it('lets no sign of a stranger through to the terminal', async () => {
    const { text } = await ask([{ ...good, message: 'heard \u001b[31mred' }])
    expect(text).not.toContain('\u001b')
  })
})

describe('the verdict', () => {
  it.each([
    [[bad, { ...bad, name: 'hub', message: 'No hub.' }], 'Multicast is blocked. (1 more below.)'],
    [[good, odd, { ...odd, name: 'space' }], 'Nothing is broken here, but look at clock, space.'],
    [[left], 'All is well.'],
  ] as [Check[], string][])('%#', (checks, verdict) => {
    expect(verdictOf(checks)).toBe(verdict)
  })
})
