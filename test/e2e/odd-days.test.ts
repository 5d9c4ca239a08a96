/** Starts that go wrong: each says what happened, why, and what to type. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'

let lan: Loopback
beforeEach(() => {
  lan = new Loopback()
})
afterEach(() => lan.close())

describe('a start that goes wrong', () => {
  it('on a data dir in use names the process and what ends it, exit 1', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    const dir = join(lan.home, 'ada')
    const { code, err } = await lan.run('ada')
    expect(code).toBe(1)
    expect(err).toBe(
      `lanchat: Another lanchat uses the data directory ${dir}. Quit that one, or give this one its own with --data-dir. It is process ${ada.process.pid} (kill ${ada.process.pid} ends it).\n`,
    )
  })

  it('with a name that cannot be one says why and proposes another, exit 2', async () => {
    const { code, err, out } = await lan.run('two words')
    expect([code, out]).toEqual([2, []])
    expect(err).toMatch(/^lanchat: The nick two words cannot be used: .+\. For example, \S+ can\.\n$/)
  })

  it('with a data dir that is a file says so, exit 1', async () => {
    writeFileSync(join(lan.home, 'ada'), 'a file')
    const { code, err } = await lan.run('ada')
    expect(code).toBe(1)
    expect(err).toContain(`${join(lan.home, 'ada')} cannot be written (EEXIST)`)
    expect(err).toContain('--data-dir')
  })

  it('with a damaged identity changes nothing and says what to do, exit 4', async () => {
    mkdirSync(join(lan.home, 'ada'))
    writeFileSync(join(lan.home, 'ada', 'identity'), 'garbage')
    const { code, err } = await lan.run('ada')
    expect(code).toBe(4)
    expect(err).toContain(
      'is damaged (7 bytes instead of 64). Restore it from a copy (lanchat id import FILE), or move it away',
    )
  })

  it('goes on in memory where the folder belongs to somebody else', async () => {
    // Root may write everywhere; without this capability it is bound by the mode of the folder like anybody.
    if (process.getuid?.() === 0) lan.prefix = ['setpriv', '--bounding-set=-dac_override']
    mkdirSync(join(lan.home, 'ada'))
    chmodSync(join(lan.home, 'ada'), 0o500)
    const ada = lan.chat('ada')
    const { message } = await ada.event('error')
    expect(message).toContain('it belongs to somebody else (EACCES)')
    await ada.event('ready')
  })
})

describe('lanchat doctor', () => {
  it('exits with 0 where nothing fails, and says which checks were left out', async () => {
    const { code, out } = await lan.run('ada', 'doctor', '--json')
    const { type, ok, checks } = JSON.parse(out[0]!)
    expect({ code, type, ok }).toEqual({ code: 0, type: 'doctor', ok: true })
    expect(checks.find(({ name }: { name: string }) => name === 'multicast')).toEqual({
      name: 'multicast',
      status: 'skip',
      message: 'Discovery is switched off by --no-discovery.',
    })
  })

  it('asks the lanchat running here', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    const { code, out } = await lan.run('ada', 'doctor')
    expect(out[0]).toBe('All is well. The lanchat running here is the hub.')
    expect(out.join('\n')).toContain(`is used by the lanchat running here (process ${ada.process.pid}).`)
    expect(code).toBe(0)
  })
})
