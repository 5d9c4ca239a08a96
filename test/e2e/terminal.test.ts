/** lanchat in a pseudo-terminal: what a person meets, and that the terminal is theirs again after every end. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { PseudoTerminal } from './pseudo-terminal.ts'

const hasPty = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const MODES = ['2004', '1004'] as const

// Where CI runs, a missing pseudo-terminal is a failure and no reason to test less.
describe.skipIf(!hasPty && process.env.CI === undefined)('lanchat in a terminal', () => {
  let lan: Loopback
  const terminals: PseudoTerminal[] = []
  beforeEach(() => {
    lan = new Loopback()
  })
  afterEach(async () => {
    for (const terminal of terminals.splice(0)) terminal.kill()
    await lan.close()
  })

  /** stty's settings are printed before and after; `pid` is the program's own. */
  function start(
    name: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
    nodeArgs = '',
  ) {
    const words = lan.argv(name, ...args).map((word) => `'${word}'`)
    const run = `sh -c 'echo pid=$$; exec "$0" "$@"' ${process.execPath} ${nodeArgs} ${words.join(' ')}`
    const terminal = new PseudoTerminal(`echo was=$(stty -g); ${run}; echo code=$?; echo is=$(stty -g)`, {
      ...lan.env,
      ...env,
    })
    terminals.push(terminal)
    return terminal
  }

  /** The exit code; the settings and modes of the terminal are as they were. */
  async function ended(terminal: PseudoTerminal): Promise<number> {
    const [, code] = await terminal.shows(/code=(\d+)\r/)
    const [, is] = await terminal.shows(/is=(\S+)\r/)
    expect(is).toBe((await terminal.shows(/was=(\S+)\r/))[1])
    for (const mode of MODES) {
      expect(terminal.written.lastIndexOf(`\u001b[?${mode}l`)).toBeGreaterThan(
        terminal.written.lastIndexOf(`\u001b[?${mode}h`),
      )
    }
    expect(terminal.written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      terminal.written.lastIndexOf('\u001b[?25l'),
    )
    return Number(code)
  }

  const pidOf = async (terminal: PseudoTerminal) => Number((await terminal.shows(/pid=(\d+)\r/))[1])

  it.each([
    ['as lines', ['--plain']],
    ['full', []],
  ])(
    'that hangs, drawn %s, stops nobody: it is hub all the while, and ends when it is told to',
    async (_, flags) => {
      const ada = start('ada', [...flags, '--prefer-hub', '--rate', '0'])
      await ada.shows(/You are ada on network/)
      const { out } = await lan.run('ada', 'status', '--json')
      const peer = new URL(JSON.parse(out[0]!).data.hub.url).host
      const ben = lan.chat('ben', '--peer', peer, '--never-hub')
      await ben.event('ready')
      ada.freeze()
      // More than pipe, pseudo-terminal and `script` hold between them.
      for (let n = 1; n <= 150; n++) ben.type(`${n} ${'x'.repeat(4000)}`)
      const last = await ben.event('sent', ({ text }) => text.startsWith('150 '))
      await ben.event('ack', ({ id }) => id === last.id)
      process.kill(await pidOf(ada), 'SIGTERM')
      await ben.event('offline')
      ada.thaw()
      expect((await ada.shows(/code=(\d+)/))[1]).toBe('143')
    },
  )

  it('greets, says what is typed, and ends at /quit with 0', async () => {
    const ada = start('ada')
    await ada.shows(/\[general\] ada: $/)
    await ada.shows(/You are ada on network/)
    ada.type('hello\r')
    await ada.shows(/\d\d:\d\d ada: hello\r+\n/)
    ada.type('/quit\r')
    expect(await ended(ada)).toBe(0)
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('gives the terminal back at %s', async (signal, code) => {
    const ada = start('ada')
    await ada.shows(/\[general\] ada: $/)
    process.kill(await pidOf(ada), signal)
    expect(await ended(ada)).toBe(code)
  })

  it('gives the terminal back at Ctrl-C, twice', async () => {
    const ada = start('ada')
    await ada.shows(/\[general\] ada: $/)
    ada.type('\u0003')
    await ada.shows(/Ctrl-C again leaves/)
    ada.type('\u0003')
    expect(await ended(ada)).toBe(130)
  })

  it('gives the terminal back when it crashes, before it says why', async () => {
    const crash = `process.on('SIGUSR2', () => { throw new Error('boom') })`
    const ada = start('ada', [], {}, `--import "data:text/javascript,${encodeURIComponent(crash)}"`)
    await ada.shows(/\[general\] ada: $/)
    process.kill(await pidOf(ada), 'SIGUSR2')
    expect(await ended(ada)).toBe(1)
    expect(ada.text()).toContain('boom')
    expect(ada.written.indexOf('boom')).toBeGreaterThan(ada.written.lastIndexOf('\u001b[?2004l'))
  })

  it.each([[[]], [['--plain']]])(
    'ends by a hang-up, and does not crash, where the terminal goes away: %j',
    async (args) => {
      const file = join(lan.home, 'code')
      const words = lan.argv('ada', ...args).map((word) => `'${word}'`)
      const run = `${process.execPath} ${words.join(' ')}`
      const ada = new PseudoTerminal(
        `trap '' HUP; ${run}; echo $? > '${file}.new'; mv '${file}.new' '${file}'`,
        lan.env,
      )
      terminals.push(ada)
      await ada.shows(/You are ada on network/)
      const changes = watch(lan.home)[Symbol.asyncIterator]()
      // Nothing is watched before the first is asked for.
      let change = changes.next()
      ada.kill()
      while ((await change).value?.filename !== 'code') change = changes.next()
      await changes.return?.()
      // What a shell makes of SIGHUP; of an abort it would make 134.
      expect(readFileSync(file, 'utf8')).toBe('129\n')
    },
  )

  it('stops at Ctrl-Z with the terminal given back, and goes on with fg', async () => {
    const words = lan.argv('ada').map((word) => `'${word}'`)
    const shell = new PseudoTerminal('bash --norc --noprofile -i', lan.env)
    terminals.push(shell)
    await shell.shows(/[$#] $/)
    shell.type(`${process.execPath} ${words.join(' ')}\n`)
    await shell.shows(/\[general\] ada: $/)
    await shell.shows(/You are ada/)
    shell.type('half')
    await shell.shows(/ada: half$/)
    shell.type('\u001a')
    await shell.shows(/Stopped[\s\S]*[$#] $/)
    let from = shell.written.length
    shell.type('stty -a\n')
    await shell.shows(/\sicanon[\s\S]*[$#] $/, from)
    from = shell.written.length
    shell.type('fg\n')
    await shell.shows(/\[general\] ada: half$/, from)
    shell.type('\u0015/quit\r')
    await shell.shows(/[$#] $/, from)
    shell.type('exit\n')
    expect(await shell.exited).toBe(0)
  })

  it.each<[string, readonly string[], Record<string, string>]>([
    ['--plain', ['--plain'], {}],
    ['TERM=dumb', [], { TERM: 'dumb' }],
    ['a locale without UTF-8', ['--no-color'], { LC_ALL: 'C' }],
  ])('writes lines and nothing else for %s', async (_, args, env) => {
    const ada = start('ada', args, env)
    await ada.shows(/You are ada/)
    ada.type('hällo\n')
    await ada.shows(env.LC_ALL === 'C' ? /\[general\] ada: h\?llo/ : /\[general\] ada: hällo/)
    expect(ada.written).not.toContain('\u001b')
    expect(ada.written.replaceAll('\r\n', '\n')).not.toContain('\r')
    // In words, and no id in full.
    ada.type('/who\n')
    await ada.shows(/name +online +self +id\r\nada +yes/)
    ada.type('/quit\n')
    expect((await ada.shows(/code=(\d+)\r/))[1]).toBe('0')
  })

  it('paints nothing where NO_COLOR is set', async () => {
    const ada = start('ada', [], { NO_COLOR: '1' })
    await ada.shows(/You are ada/)
    ada.type('/quit\r')
    expect(await ended(ada)).toBe(0)
    expect(ada.written).not.toMatch(/\u001b\[[\d;]*m/)
  })

  it('tells who is alone how others get here, and that alone is fine', async () => {
    const ada = start('ada')
    await ada.shows(/You are the first one here\. That is fine/)
    await ada.shows(/This machine is 127\.0\.0\.1 \(lo, this machine only\), port \d+/)
    await ada.shows(/lanchat --network \S+ --peer 127\.0\.0\.1:\d+/)
    ada.type('/quit\r')
    expect(await ended(ada)).toBe(0)
  })
})
