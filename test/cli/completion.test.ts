import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shownCalls } from '../../src/cli/calls.ts'
import { FakeWorld } from './fake-world.ts'

const dir = mkdtempSync(join(tmpdir(), 'lanchat-completion-'))
afterAll(() => rmSync(dir, { recursive: true }))

async function scriptFor(shell: string): Promise<string> {
  const world = new FakeWorld()
  expect(await world.run('completion', shell)).toBe(0)
  return world.rest()
}

describe('completion for bash', () => {
  beforeAll(async () => {
    writeFileSync(join(dir, 'lanchat.bash'), await scriptFor('bash'))
    // Stands for a lanchat that runs and knows these names.
    const names = { rooms: ['general', 'lab'], to: ['general', 'lab', '@bob'] }
    const cases = Object.entries(names).map(([what, list]) => `${what}) printf '%s\\n' ${list.join(' ')} ;;`)
    writeFileSync(join(dir, 'lanchat'), `#!/bin/sh\ncase $2 in ${cases.join(' ')} esac\n`)
    chmodSync(join(dir, 'lanchat'), 0o755)
    writeFileSync(join(dir, 'a-file'), '')
  })

  function complete(...words: string[]): string[] {
    const line = ['lanchat', ...words]
    const ask = `source lanchat.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lanchat; printf '%s\\n' "\${COMPREPLY[@]}"`
    const out = execFileSync('bash', ['--norc', '-c', ask, 'bash', ...line], {
      cwd: dir,
      env: { PATH: `${dir}:${process.env.PATH}` },
      encoding: 'utf8',
    })
    return out.split('\n').filter((word) => word !== '')
  }

  it('offers the commands', () => {
    expect(complete('se')).toEqual(['send', 'search'])
    const all = complete('')
    for (const { name } of shownCalls()) expect(all).toContain(name)
    expect(all).not.toContain('complete')
  })

  it('offers options, those of one command only behind it', () => {
    expect(complete('--pr')).toEqual(['--prefer-hub'])
    expect(complete('search', '--li')).toEqual(['--limit'])
    expect(complete('send', '--li')).toEqual([])
  })

  it('offers rooms and nicks of the lanchat that runs', () => {
    expect(complete('history', '')).toEqual(['general', 'lab'])
    expect(complete('--name', 'ada', 'send', 'l')).toEqual(['lab'])
    expect(complete('send', '@b')).toEqual(['@bob'])
    // Where bash has broken the word at its @.
    expect(complete('send', '@', 'b')).toEqual(['bob'])
    expect(complete('search', '--room', 'g')).toEqual(['general'])
  })

  it('offers files where files belong, and words where there are few', () => {
    expect(complete('id', 'e')).toEqual(['export'])
    expect(complete('id', 'import', 'a-')).toEqual(['a-file'])
    expect(complete('--code-file', 'a-')).toEqual(['a-file'])
    expect(complete('completion', 'f')).toEqual(['fish'])
  })
})

describe('completion for zsh and fish', () => {
  it.each(['zsh', 'fish'])('of %s names every command and asks for rooms', async (shell) => {
    const script = await scriptFor(shell)
    for (const { name } of shownCalls()) expect(script).toContain(name)
    expect(script).toContain('lanchat complete rooms')
    // Where the shell is here, it can read it.
    if (spawnSync(shell, ['--version']).error) return
    const file = join(dir, `lanchat.${shell}`)
    writeFileSync(file, script)
    expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  it('of a shell that there is none for names the nearest', async () => {
    const world = new FakeWorld()
    expect(await world.run('completion', 'fihs')).toBe(2)
    expect(world.errors()).toContain('Did you mean fish?')
  })
})
