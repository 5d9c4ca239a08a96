import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readArguments } from '../../src/cli/arguments.ts'
import { type RawOptions, readConfig, settingsOf, UsageError } from '../../src/cli/options.ts'
import { passphraseFor } from '../../src/cli/passphrase.ts'
import { importIdentity } from '../../src/node/index.ts'
import { FakeWorld } from './fake-world.ts'

const dir = mkdtempSync(join(tmpdir(), 'lanchat-options-'))
afterAll(() => rmSync(dir, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const flags = async (...argv: string[]): Promise<RawOptions> => {
  const asked = await readArguments(argv, '1.2.3')
  return 'flags' in asked ? asked.flags : {}
}

describe('options', () => {
  it('have defaults', () => {
    expect(settingsOf({}, {}, {})).toEqual({
      node: { timeoutMs: 5000 },
      timeoutMs: 5000,
      json: false,
      plain: false,
      noColor: false,
    })
  })

  it('take several values behind commas, or given again', async () => {
    for (const given of [
      ['--alert', 'bell,osc9,title'],
      ['--alert', 'bell', '--alert=osc9,title'],
    ])
      expect(settingsOf(await flags(...given), {}, {}).alerts).toEqual(['bell', 'osc9', 'title'])
    expect(settingsOf(await flags('--alert', 'none'), {}, {}).alerts).toEqual([])
    expect(() => settingsOf({ alert: ['bell,shout'] }, {}, {})).toThrow(UsageError)
  })

  it('reach the node', async () => {
    const given = await flags(
      ...[
        '--name',
        'ada',
        '--network',
        'n',
        '--data-dir',
        '/d',
        '--port',
        '0',
        '--rate',
        '0',
        '--timeout',
        '0.5',
      ],
      ...['--interface', 'eth0', '--interface', '10.0.0.1', '--peer', 'a:1', '--no-discovery', '--never-hub'],
      ...['--log-level', 'debug', '--json', '--plain', '--no-color'],
    )
    expect(settingsOf(given, {}, {})).toEqual({
      node: {
        name: 'ada',
        network: 'n',
        dataDir: '/d',
        port: 0,
        rate: 0,
        timeoutMs: 500,
        interfaces: ['eth0', '10.0.0.1'],
        peers: ['a:1'],
        discovery: false,
        neverHub: true,
      },
      timeoutMs: 500,
      logLevel: 'debug',
      json: true,
      plain: true,
      noColor: true,
    })
  })

  it('are taken from flags before environment before config file', () => {
    const config = { name: 'config', network: 'config', port: '3', peer: ['c:1'], json: true }
    const env = { LANCHAT_NAME: 'env', LANCHAT_NETWORK: 'env', LANCHAT_PEER: 'e:1, e:2', LANCHAT_JSON: '0' }
    expect(settingsOf({ name: 'flag' }, env, config)).toMatchObject({
      node: { name: 'flag', network: 'env', port: 3, peers: ['e:1', 'e:2'] },
      json: false,
    })
  })

  it('take LANCHAT_DATA_DIR, and nothing from an empty variable', () => {
    expect(settingsOf({}, { LANCHAT_DATA_DIR: '/e', LANCHAT_NAME: '' }, {}).node).toEqual({
      dataDir: '/e',
      timeoutMs: 5000,
    })
  })

  it('take the code from a file or LANCHAT_CODE, the flag first', () => {
    const path = file('code', 'from the file\n')
    expect(settingsOf({ 'code-file': path }, {}, {}).node.code).toBe('from the file')
    expect(settingsOf({}, { LANCHAT_CODE: 'from env' }, { 'code-file': path }).node.code).toBe('from env')
    expect(settingsOf({ 'code-file': path }, { LANCHAT_CODE: 'from env' }, {}).node.code).toBe(
      'from the file',
    )
  })

  it.each<[RawOptions, RegExp]>([
    [{ port: '70000' }, /--port must be a port/],
    [{ port: 'x' }, /--port/],
    [{ rate: '-1' }, /--rate/],
    [{ timeout: '0' }, /--timeout/],
    [{ 'log-level': 'loud' }, /--log-level must be one of/],
    [{ name: ' ' }, /--name/],
    [{ peer: ['a b'] }, /--peer/],
    [{ peer: ['10.0.0.5', 'ada:http'] }, /--peer must be host or host:port/],
    [{ peer: ['ada:70000'] }, /--peer must be host or host:port/],
    [{ 'code-file': '/nonexistent/code' }, /cannot be read \(ENOENT\)/],
    [{ 'never-hub': true, 'prefer-hub': true }, /exclude each other/],
  ])('that cannot be used are named: %j', (given, message) => {
    expect(() => settingsOf(given, {}, {})).toThrow(message)
    expect(() => settingsOf(given, {}, {})).toThrow(UsageError)
  })

  it('from the environment are named by their variable', () => {
    expect(() => settingsOf({}, { LANCHAT_PORT: 'x' }, {})).toThrow(/^LANCHAT_PORT must be a port/)
  })

  it('with an empty code file are refused', () => {
    expect(() => settingsOf({ 'code-file': file('empty', '\n') }, {}, {})).toThrow(/is empty/)
  })
})

describe.runIf(existsSync('/dev/zero'))('a file of few words', () => {
  it('may be a pipe', () => {
    const path = join(dir, 'pipe')
    execFileSync('mkfifo', [path])
    spawn('sh', ['-c', `printf 'from a pipe\\n' > ${path}`])
    expect(settingsOf({ 'code-file': path }, {}, {}).node.code).toBe('from a pipe')
  })

  it('is read no further than it can be one, though a device in its place never ends', async () => {
    expect(() => settingsOf({ 'code-file': '/dev/zero' }, {}, {})).toThrow(/cannot be read \(EFBIG\)/)
    expect(() => readConfig('/dev/zero')).toThrow(/cannot be read \(EFBIG\)/)
    const world = new FakeWorld()
    await expect(passphraseFor(world.world, { 'passphrase-file': '/dev/zero' }, 'known')).rejects.toThrow(
      /cannot be read \(EFBIG\)/,
    )
    await expect(importIdentity('/dev/zero', 'pass', { dataDir: dir })).rejects.toMatchObject({
      code: 'FILE_INVALID',
    })
  })
})

describe('the config file', () => {
  it('may be missing', () => {
    expect(readConfig(join(dir, 'none.json'))).toEqual({})
  })

  it('holds options by name', () => {
    const path = file('good.json', '{"name":"ada","port":5,"peer":["a:1"],"no-discovery":true}')
    expect(settingsOf({}, {}, readConfig(path)).node).toMatchObject({
      name: 'ada',
      port: 5,
      peers: ['a:1'],
      discovery: false,
    })
  })

  it.each(['{"nmae":"ada"}', '[1]', 'null', '{', '{"code":"secret"}'])(
    'is refused as a whole: %s',
    (text) => {
      expect(() => readConfig(file('bad.json', text))).toThrow(UsageError)
    },
  )
})

describe('arguments', () => {
  it.each([
    [[], 'chat', []],
    [['--json'], 'chat', []],
    [['hub', '--port', '0'], 'hub', []],
    [['send', 'general', 'hello', 'there'], 'send', ['general', 'hello', 'there']],
    [['send', '@bob', '-'], 'send', ['@bob', '-']],
    [['send', 'general', '--', '--not', '-an', 'option'], 'send', ['general', '--not', '-an', 'option']],
    [['history', 'lab', '5', '--json'], 'history', ['lab', '5']],
  ])('%j call %s', async (argv, call, words) => {
    expect(await readArguments(argv, '1')).toMatchObject({ call, words })
  })

  it.each([
    [['--nope'], /Unknown argument: nope/],
    [['sned', 'x'], /There is no command sned. Did you mean send\?/],
    [['--port'], /port/],
    [['send'], /Something is missing: lanchat send <to>/],
    [['tail', 'a', 'b'], /Unknown argument: b/],
    [['--json=3'], /json/],
    [['--code', 'secret'], /Unknown argument/],
  ])('%j are refused in one line', async (argv, message) => {
    await expect(readArguments(argv, '1')).rejects.toThrow(message)
    await expect(readArguments(argv, '1')).rejects.toThrow(UsageError)
    await expect(readArguments(argv, '1')).rejects.not.toThrow(/\n/)
  })

  it('ask for help in English whatever the locale', async () => {
    const asked = await readArguments(['--help'], '1')
    expect(asked).toHaveProperty(
      'print',
      expect.stringMatching(/Commands:[\s\S]*--data-dir[\s\S]*Exit codes:/),
    )
  })
})
