/** What strangers write, as it reaches a reader: verbatim in --json, harmless on a terminal, and under a name that cannot lie. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { madeRoom, NETWORK_ROOM } from '../../src/wire/ids.ts'
import type { Chat } from '../e2e/loopback.ts'
import type { LabProcess } from '../lab/process.ts'
import { type Attacker, randomKey, Scene } from './attack.ts'

const scene = new Scene()
let anna: Chat
let lines: LabProcess

beforeAll(async () => {
  await scene.open()
  anna = await scene.talker('anna')
  lines = scene.loopback.start('liner', '--never-hub', '--peer', `127.0.0.1:${scene.port}`)
  lines.send('liner is here')
  await anna.event('message', ({ text }) => text === 'liner is here')
})
afterAll(() => scene.close())

const NASTY = [
  '\u001b[2J\u001b[H\u001b]0;pwned\u0007cleared',
  '\u009b31mC1\u009c',
  'a\u0000b\u0007c\u0008d\u007fe',
  'user\u202egnp.exe\u2066x\u2069',
  'two\nlines\r\n[general] hub: a line of its own\rover',
  'tags\u{e0041}\u{e007f} and \ufff9marks\ufffb and \u2028ends\u2029',
  'z'.repeat(7990),
  '\u0301'.repeat(3000),
  '{"type":"ready"}',
  '/quit',
]
/** What moves a cursor, hides or turns text round: nothing of it may reach a terminal. Newlines end lines. */
const HARMFUL =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\u{e0000}-\u{e007f}]/u

async function profile(attacker: Attacker, nick: string): Promise<void> {
  const acked = attacker.frame('ack')
  const value = { kind: 'profile', nick, boxKey: randomKey(), about: '' } as const
  attacker.send({ type: 'post', run: attacker.run(NETWORK_ROOM, [value]) })
  await acked
}

describe('texts of strangers', () => {
  it('come verbatim in --json and harmless as lines', async () => {
    const attacker = await scene.joined()
    for (const text of NASTY) attacker.send({ type: 'post', run: attacker.message(text) })
    for (const text of NASTY) await anna.event('message', (event) => event.text === text)
    attacker.send({ type: 'post', run: attacker.message('the end') })
    await lines.find((line) => line.endsWith('the end'))
    // The next test counts what comes from then on.
    await anna.event('message', (event) => event.text === 'the end')
    const printed = lines.lines.filter((line) => HARMFUL.test(line))
    expect(printed).toEqual([])
    expect(lines.lines.some((line) => line.startsWith('[general] hub: a line of its own'))).toBe(false)
    expect(lines.lines.filter((line) => line.includes('zzz'))).toHaveLength(1)
    expect(scene.bugs(lines)).toEqual([])
  })

  it('in values that do not fit are kept out of sight', async () => {
    const attacker = await scene.joined()
    const shown = anna.events.length
    const kind = 1
    const post = (value: object) =>
      attacker.send({ type: 'post', run: attacker.run(scene.general, [value as never], { kind }) })
    post({ kind: 'leave' })
    post({ kind: 'profile', nick: 'x', boxKey: randomKey(), about: '' })
    attacker.send({ type: 'post', run: attacker.message('after them') })
    await anna.event('message', ({ text }) => text === 'after them')
    expect(anna.events.slice(shown).filter(({ type }) => type === 'message')).toHaveLength(1)
  })
})

describe('names of strangers', () => {
  it.each(['anna', 'аnna', 'ANNA', 'anna\u200b', 'liner'])(
    'cannot be taken from who has it: %s',
    async (nick) => {
      const attacker = await scene.joined()
      await profile(attacker, nick)
      const text = `I am ${nick} ${attacker.key.slice(0, 6)}`
      attacker.send({ type: 'post', run: attacker.message(text) })
      const { from } = await anna.event('message', (event) => event.text === text)
      const shown = from.label ?? from.name
      expect(shown).not.toBe('anna')
      expect(shown).not.toBe('liner')
      if (from.label === undefined) expect(shown).toBe(attacker.key.slice(0, 8))
      const index = await lines.find((line) => line.endsWith(text))
      expect(lines.lines[index]).not.toContain(`${nick}: `)
      expect(HARMFUL.test(lines.lines[index]!)).toBe(false)
    },
  )

  it('that break the rules for nicks are not shown', async () => {
    for (const nick of ['\u001b[31mred', 'a b', 'me/l', 'x~k3f9', '\u202eanna', '']) {
      const attacker = await scene.joined()
      await profile(attacker, nick)
      const text = `nick ${JSON.stringify(nick)}`
      attacker.send({ type: 'post', run: attacker.message(text) })
      const { from } = await anna.event('message', (event) => event.text === text)
      expect(from.label ?? from.name).toBe(attacker.key.slice(0, 8))
    }
  })

  it('of rooms that look like another are told apart', async () => {
    expect(await anna.ask({ command: '/create lab' })).toMatchObject({ type: 'system', event: 'create' })
    anna.type({ command: '/join general' })
    for (const name of ['lab', 'Iab', 'lаb', 'general', '\u001b[2J']) {
      const attacker = await scene.joined()
      const salt = randomKey().subarray(0, 16)
      const room = madeRoom(nodeCrypto, scene.net, attacker.key, salt)
      const value = {
        kind: 'create',
        type: 0,
        name,
        topic: '\u001b[2Jtopic',
        max: 0,
        persons: new Uint8Array(0),
      } as const
      const acked = attacker.frame('ack')
      attacker.send({ type: 'post', run: attacker.run(room, [value], { salt }) })
      await acked
    }
    await scene.talk(scene.hub, anna)
    const answer = await anna.ask({ command: '/rooms' })
    const names = (answer as unknown as { data: { name: string }[] }).data.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => name === 'lab' || name === 'general')).toHaveLength(2)
    const from = lines.lines.length
    lines.send('/rooms')
    lines.send('still here')
    await anna.event('message', ({ text }) => text === 'still here')
    expect(lines.lines.slice(from).filter((line) => HARMFUL.test(line.replaceAll('\t', '')))).toEqual([])
  })
})
