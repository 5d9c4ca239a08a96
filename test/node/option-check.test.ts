/** Options as a program without types may give them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Bot, type BotOptions, createNode, type NodeOptions } from '../../src/node/index.ts'
import { checkBotOptions, checkNodeOptions } from '../../src/node/option-check.ts'

describe('an option of another type', () => {
  it.each([
    [{ peers: '127.0.0.1:27470' }, 'peers must be a list of host or host:port, and is of type string'],
    [{ peers: [5] }, 'peers must be a list of host or host:port, and is a list with something else'],
    [{ peers: ['host:99999'] }, 'peers must be'],
    [{ peers: [''] }, 'peers must be'],
    [{ interfaces: 'eth0' }, 'interfaces must be a list of texts'],
    [{ port: '8080' }, 'port must be a whole number from 0 to 65535, and is of type string'],
    [{ port: 70_000 }, 'port must be a whole number from 0 to 65535, and is 70000'],
    [{ name: 5 }, 'name must be a text, and is 5'],
    // A secret, also where it is digits.
    [{ code: 271_828 }, 'code must be a text, and is of type number'],
    [{ rate: Number.NaN }, 'rate must be a number that is not negative, and is NaN'],
    [{ discovery: 'false' }, 'discovery must be true or false, and is of type string'],
    [{ log: 'debug' }, 'log must be a function, and is of type string'],
    [{ signal: 5 }, 'signal must be an AbortSignal'],
  ])('is refused before anything is opened: %j', async (given, said) => {
    const slip = createNode(given as unknown as NodeOptions)
    await expect(slip).rejects.toThrow(`The option ${said}`)
    await expect(slip).rejects.toBeInstanceOf(TypeError)
  })

  it('is refused by a bot when it is made', () => {
    for (const given of [{ rooms: 'games' }, { prefix: 5 }, { bots: 'no' }, { node: 5 }, { name: 5 }])
      expect(() => new Bot(given as unknown as BotOptions)).toThrow(TypeError)
  })
})

describe('an option', () => {
  it('may be undefined, and a peer any address', () => {
    const peers = ['127.0.0.1', '127.0.0.1:27470', 'ada.local:1', '[fe80::1]:27470', 'fe80::1', '[fe80::1]']
    const given = { name: undefined, peers, port: 0 } as unknown as NodeOptions
    expect(checkNodeOptions(given)).toEqual([])
  })

  it('that there is not is told of, with the one that may be meant', () => {
    const given = { datadir: '/tmp/x', room: ['games'], colour: 1 }
    expect(checkBotOptions(given as BotOptions)).toEqual([
      'There is no option datadir: it changes nothing. Is dataDir meant?',
      'There is no option room: it changes nothing. Is rooms meant?',
      'There is no option colour: it changes nothing.',
    ])
  })
})

describe.runIf(process.platform === 'linux')('a data dir in a file system that makes no folders', () => {
  it('is refused, or done without, and not tried for ever', async () => {
    const dataDir = '/proc/lanchat-nowhere'
    const told: string[] = []
    const node = await createNode({ dataDir, interfaces: ['127.0.0.1'], discovery: false, port: 0 })
    node.on((event) => event.type === 'error' && told.push(event.code))
    await node.ready
    await node.close()
    expect(told).toEqual(['DATA_DIR_UNWRITABLE'])
  })
})

it('a data dir is made with all folders above it', async () => {
  const base = await mkdtemp(join(tmpdir(), 'lanchat-deep-'))
  const options = { interfaces: ['127.0.0.1'], discovery: false, port: 0 }
  const nodes = await Promise.all(
    ['a/b/one', 'a/b/two'].map((dir) => createNode({ ...options, dataDir: join(base, dir) })),
  )
  await Promise.all(nodes.map((node) => node.close()))
  await rm(base, { recursive: true })
})
