/** Errors that handlers leave behind, in a process of their own: a test runner has its own ways with them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const fixture = fileURLToPath(new URL('fixtures/stray.js', import.meta.url))

const run = (how: string) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [fixture, how], { timeout: 20_000 }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out: out.trim(), err }),
    )
  })

describe('an error that a handler leaves behind', () => {
  it.each([
    ['promise', 'left behind'],
    ['reply', 'TEXT_EMPTY'],
    ['timer', 'left behind'],
  ])('in a %s goes to catch, and the process goes on', async (how, told) => {
    expect(await run(how)).toEqual({ code: 0, out: JSON.stringify([`${told} at !fail`]), err: '' })
  })

  it('of an answer that comes after the bot has stopped is none, and the process goes on', async () => {
    expect(await run('late')).toEqual({ code: 0, out: '[]', err: '' })
  })

  it('but one of somebody else ends the process as ever', async () => {
    const { code, out, err } = await run('outside')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('Error: from outside')
  })
})
