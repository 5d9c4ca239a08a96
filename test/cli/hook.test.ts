import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Hook } from '../../src/cli/hook.ts'
import type { MessageEvent } from '../../src/node/index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lanchat-hook-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A program of the user's. */
function program(script: string): string {
  const file = join(dir, 'hook')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o700)
  return file
}

const message = (text: string): MessageEvent => ({
  type: 'message',
  id: 'ab'.repeat(32),
  room: 'lab',
  from: { id: 'cd'.repeat(32), name: 'bob' },
  text,
  ts: 5,
  order: '5',
  mention: true,
  notify: true,
})
const written = (name: string) => readFileSync(join(dir, name), 'utf8')
const eventually = (look: () => void) => vi.waitFor(look, { timeout: 60_000 })

describe('the hook', () => {
  it('gets the message on stdin and in its environment, never as an argument', async () => {
    const evil = '$(touch evil); `touch evil` "; touch evil #\0\n-rf \ud83d'
    const script = `cat > "${dir}/in"; printf '%s' "$#|$LANCHAT_ROOM|$LANCHAT_FROM|$LANCHAT_WHY|$LANCHAT_CODE|$LANCHAT_TEXT" > "${dir}/env"; mv "${dir}/env" "${dir}/done"`
    const hook = new Hook({
      program: program(script),
      env: { PATH: process.env.PATH, LANCHAT_CODE: 'secret' },
      onFailure: () => {},
    })
    hook.run(message(evil))
    await eventually(() => expect(existsSync(join(dir, 'done'))).toBe(true))
    expect(JSON.parse(written('in'))).toMatchObject({ text: evil, from: { name: 'bob' } })
    expect(written('done')).toBe(`0|lab|bob|mention||${evil.replace('\0', '').replace('\ud83d', '')}`)
    expect(existsSync(join(dir, 'evil'))).toBe(false)
    hook.close()
  })

  it('runs one at a time, and of a burst only for the latest', async () => {
    const script = `read line; printf '%s\\n' "$LANCHAT_TEXT" >> "${dir}/said"`
    const hook = new Hook({ program: program(script), env: process.env, onFailure: () => {} })
    for (let n = 0; n < 100; n++) hook.run(message(`${n}`))
    await eventually(() => expect(written('said').trim().split('\n').at(-1)).toBe('99'))
    expect(written('said').trim().split('\n')).toEqual([
      '0',
      ...Array.from({ length: 16 }, (_, n) => `${n + 84}`),
    ])
    hook.close()
  })

  it.each([
    ['is not there', 'nothing'],
    ['lies in what is no folder', 'file/hook'],
  ])('that %s is said once, and harms nothing', async (_, name) => {
    writeFileSync(join(dir, 'file'), '')
    const failures: string[] = []
    const onFailure = (why: string) => failures.push(why)
    const hook = new Hook({ program: join(dir, name), env: process.env, onFailure })
    hook.run(message('one'))
    await eventually(() => expect(failures).toHaveLength(1))
    hook.run(message('two'))
    hook.close()
    hook.run(message('three'))
    expect(failures).toHaveLength(1)
  })
})
