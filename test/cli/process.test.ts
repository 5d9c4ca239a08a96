/** The built command as a process: what needs no network. */
import { execFile, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'lanchat-process-'))
afterAll(() => rmSync(home, { recursive: true }))

function lanchat(args: readonly string[], env: Record<string, string> = {}) {
  const clean = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, ...env }
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: clean }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err })
    })
  })
}

describe('the lanchat command', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await lanchat(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it('prints help on stdout, in English whatever the locale', async () => {
    const { code, out, err } = await lanchat(['--help'], { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Commands:')
    expect(out).toContain('lanchat send <to> [text..]')
    expect(out).toContain('Exit codes: 0 ok')
  })

  it.each([
    [['--nope']],
    [['sned', 'general', 'x']],
    [['--port', 'abc']],
    [['--timeout', '-1']],
    [['--never-hub', '--prefer-hub']],
    [['hub', '--never-hub']],
    [['tail', 'a', 'b']],
    [['--code', 'secret']],
    [['--code-file', '/nonexistent']],
    [['--json', '--log-level', 'loud']],
  ])('answers %j with one line, advice and exit 2', async (args) => {
    const { code, out, err } = await lanchat(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^lanchat: .+\nTry: lanchat --help\n$/)
  })

  it('names the variable or file that a wrong value came from', async () => {
    expect(await lanchat([], { LANCHAT_PORT: 'x' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('LANCHAT_PORT must be'),
    })
  })

  it('reads config.json where settings belong', async () => {
    mkdirSync(join(home, 'lanchat'))
    writeFileSync(join(home, 'lanchat', 'config.json'), '{"prot":1}')
    const { code, err } = await lanchat(['rooms'])
    rmSync(join(home, 'lanchat'), { recursive: true })
    expect(code).toBe(2)
    expect(err).toContain('unknown option "prot"')
  })

  it.runIf(existsSync('/dev/full'))(
    'ends with 1 and says why where the disk does not take what it prints',
    async () => {
      const full = openSync('/dev/full', 'w')
      const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', full, 'pipe'] })
      closeSync(full)
      let err = ''
      child.stderr!.on('data', (chunk) => {
        err += chunk
      })
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect({ code, err }).toEqual({
        code: 1,
        err: 'lanchat: stdout could not be written to its end (ENOSPC). Free some space, or print elsewhere.\n',
      })
    },
  )

  /** The command as a user whom the system does not know; a process that really is one could not read what lies in a folder of somebody else. */
  const nameless = (args: readonly string[], withHome: boolean) => {
    // As Node answers there.
    const answers = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'
      const unknown = () => { throw Object.assign(new Error('uv_os_get_passwd'), { code: 'ERR_SYSTEM_ERROR' }) }
      os.userInfo = unknown; ${withHome ? '' : 'os.homedir = unknown'}
      syncBuiltinESMExports()`
    const preload = ['--import', `data:text/javascript,${encodeURIComponent(answers)}`]
    const env = { PATH: process.env.PATH, ...(withHome && { HOME: home }) }
    return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [...preload, MAIN, ...args], { env })
      let [out, err] = ['', '']
      child.stdout.on('data', (chunk) => {
        out += chunk
      })
      child.stderr.on('data', (chunk) => {
        err += chunk
      })
      child.on('close', (code) => resolve({ code, out, err }))
    })
  }

  it.each([true, false])(
    'runs as a user that the system has no name for (with a home: %s)',
    async (withHome) => {
      const dir = mkdtempSync(join(tmpdir(), 'lanchat-nameless-'))
      const { code, out } = await nameless(['id', '--json', '--data-dir', dir], withHome)
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ type: 'id', name: 'guest' })
      rmSync(dir, { recursive: true })
    },
  )

  it.each([
    [[]],
    [['rooms']],
    [['id']],
    [['hub']],
    [['doctor']],
    [['doctor', '--store']],
    [['network', 'new', 'x']],
  ])('says what to do where there is no folder for its files: %j', async (args) => {
    const { code, out, err } = await nameless(args, false)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toBe(
      'lanchat: This user has no home directory to keep identity and messages in. Set HOME, or name a directory with --data-dir.\n',
    )
  })
})
