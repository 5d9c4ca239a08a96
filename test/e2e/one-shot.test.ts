/** One-shot commands of the real program: beside a lanchat that runs, and alone on what is stored. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storesHere } from '../../src/node/io/stores-here.ts'
import { damage } from '../node/io/damage.ts'
import { Loopback } from './loopback.ts'

let lan: Loopback
beforeEach(() => {
  lan = new Loopback()
})
afterEach(() => lan.close())

const objects = (lines: readonly string[]) => lines.map((line) => JSON.parse(line))

describe('what was said', () => {
  it('is found in any case, newest first, in rooms one is in', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    await ada.ask({ text: 'Lunch on Monday' })
    await ada.ask({ command: '/create lab' })
    await ada.ask({ text: 'lunch, monday again', room: 'lab' })
    await ada.ask({ text: 'ÄPFEL' })
    const found = await lan.run('ada', 'search', 'MONDAY', 'lunch', '--json')
    expect(found).toMatchObject({ code: 0, err: '' })
    expect(objects(found.out)).toMatchObject([
      {
        type: 'result',
        command: '/search',
        data: [{ room: 'lab' }, { room: 'general', text: 'Lunch on Monday' }],
      },
    ])
    const [one] = objects((await lan.run('ada', 'search', 'monday', '--limit', '1', '--json')).out)
    expect(one.data).toMatchObject([{ room: 'lab' }])
    const inRoom = await lan.run('ada', 'search', 'monday', '--room', 'general')
    expect(inRoom.out).toEqual([expect.stringMatching(/general\] ada: Lunch on Monday$/)])
    expect((await lan.run('ada', 'search', 'äpfel')).out.length).toBe(1)
    expect((await lan.run('ada', 'search', 'nowhere to be found')).out).toEqual(['Nothing found.'])
    expect((await lan.run('ada', 'search', 'x', '--room', 'nowhere')).code).toBe(1)
    expect((await lan.run('ada', 'search', 'x', '--limit', '0')).code).toBe(2)
    expect((await lan.run('ada', 'rooms', '--limit', '1')).err).toContain('rooms has no option --limit')
  })

  it('is exported whole, beyond one page, each message once and in order', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    const count = 1200
    for (let n = 1; n <= count; n++) ada.type(`line ${n}`)
    await ada.event('ack', ({ id }) =>
      ada.events.some((event) => event.type === 'sent' && event.id === id && event.text === `line ${count}`),
    )
    const { code, out } = await lan.run('ada', 'export')
    expect(code).toBe(0)
    expect(objects(out).map(({ text }) => text)).toEqual(
      Array.from({ length: count }, (_, i) => `line ${i + 1}`),
    )
  })

  it('is exported whole where the store was found damaged, once what it held is back', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    await ada.ask({ text: 'kept in a damaged store' })
    ada.process.end()
    await ada.process.exited
    const [store] = await storesHere(join(lan.home, 'ada'))
    await damage(store!.folder, 'CURRENT', 'garbage')
    const exported = await lan.run('ada', 'export', 'general', '--timeout', '0.5')
    expect(exported.err).toContain('More is still coming in')
    expect(objects(exported.out)).toMatchObject([{ text: 'kept in a damaged store' }])
  })

  it('is found and exported also where nobody is there', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    await ada.ask({ text: 'kept for later' })
    ada.process.end()
    await ada.process.exited
    const found = await lan.run('ada', 'search', 'later', '--timeout', '0.5')
    expect(found).toMatchObject({ code: 0, out: [expect.stringContaining('kept for later')] })
    expect(found.err).toContain('Nobody was found; this is what is stored here.')
    const exported = await lan.run('ada', 'export', 'general', '--timeout', '0.5')
    expect(objects(exported.out)).toMatchObject([{ text: 'kept for later' }])
    const file = join(lan.home, 'general.jsonl')
    writeFileSync(file, `${exported.out.join('\n')}\n`)
    expect(await lan.run('ada', 'verify', file)).toMatchObject({
      code: 0,
      out: [
        expect.stringContaining('1 message of 1 key. All signatures are good.'),
        expect.stringContaining('Made by'),
        'The names are the word of whoever made it, for these keys:',
        expect.stringMatching(/^ {2}[0-9a-f]{16} {2}ada$/),
      ],
    })
    writeFileSync(file, `${exported.out.join('\n').replace('kept', 'lost')}\n`)
    const changed = await lan.run('ada', 'verify', file, '--json')
    expect(changed.code).toBe(1)
    expect(objects(changed.out)).toMatchObject([
      { type: 'verify', good: false, faults: [{ line: 1, why: 'its text is another one' }, { line: 0 }] },
    ])
  })
})

describe('places', () => {
  it('lists the stores of a data directory, whether or not a lanchat runs on it', async () => {
    const ada = lan.chat('ada')
    const { place } = await ada.event('ready')
    const running = await lan.run('ada', 'places', '--json')
    expect(objects(running.out)).toMatchObject([
      {
        type: 'places',
        stores: [{ network: lan.network, hasCode: false, place, bytes: expect.any(Number) }],
      },
    ])
    ada.process.end()
    await ada.process.exited
    expect((await lan.run('ada', 'places')).out[1]).toContain(lan.network)
    expect((await lan.run('nobody', 'places')).out).toEqual(['None.'])
  })
})

describe('an identity', () => {
  // Each sealing takes a second of CPU on purpose: slow where others use the machine.
  it('goes from one data directory to another by a sealed file', async () => {
    const [file, passphrase, wrong] = ['ada.identity', 'pass', 'wrong'].map((name) =>
      join(lan.home, name),
    ) as [string, string, string]
    writeFileSync(passphrase, 'correct horse battery staple\n')
    writeFileSync(wrong, 'tr0ub4dor\n')
    const [{ id }] = objects((await lan.run('ada', 'id', '--json')).out)
    const exported = await lan.run('ada', 'id', 'export', file, '--passphrase-file', passphrase)
    expect(exported).toMatchObject({ code: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const seed = readFileSync(join(lan.home, 'ada', 'identity'))
      .subarray(0, 32)
      .toString('hex')
    expect(readFileSync(file, 'utf8')).not.toContain(seed)

    const again = await lan.run('ada', 'id', 'export', file, '--passphrase-file', passphrase)
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('is left as it is') })
    const guessed = await lan.run('bob', 'id', 'import', file, '--passphrase-file', wrong)
    expect(guessed.code).toBe(4)
    const imported = await lan.run('bob', 'id', 'import', file, '--passphrase-file', passphrase, '--json')
    expect(objects(imported.out)).toEqual([{ type: 'id', id, file }])
    expect(objects((await lan.run('bob', 'id', '--json')).out)).toMatchObject([{ id }])
  })

  it('that is here already is replaced only when asked, and kept', async () => {
    const [file, passphrase] = ['ada.identity', 'pass'].map((name) => join(lan.home, name)) as [
      string,
      string,
    ]
    writeFileSync(passphrase, 'correct horse battery staple\n')
    const own = ['--passphrase-file', passphrase]
    await lan.run('ada', 'id', 'export', file, ...own)
    const [bob] = objects((await lan.run('bob', 'id', '--json')).out)
    const refused = await lan.run('bob', 'id', 'import', file, ...own)
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--replace') })
    const [{ kept }] = objects(
      (await lan.run('bob', 'id', 'import', file, ...own, '--replace', '--json')).out,
    )
    expect(readFileSync(kept).length).toBe(64)
    expect(kept).toContain(bob.id.slice(0, 8))
    const ada = lan.chat('ada')
    await ada.event('ready')
    expect(await lan.run('ada', 'id', 'import', file, ...own)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is running'),
    })
  })

  it('is not sealed without a passphrase to be had', async () => {
    const asked = await lan.run('ada', 'id', 'export', join(lan.home, 'x'))
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('--passphrase-file') })
  })
})

describe('network new', () => {
  it('writes a code that two people meet with, and shows it nowhere', async () => {
    const file = join(lan.home, 'class.code')
    const made = await lan.run('ada', 'network', 'new', file)
    const code = readFileSync(file, 'utf8').trim()
    expect(made.code).toBe(0)
    expect(code.split('-').length).toBe(6)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(made.out.join('\n') + made.err).not.toContain(code)
    expect((await lan.run('ada', 'network', 'new', file)).code).toBe(1)
    expect(readFileSync(file, 'utf8').trim()).toBe(code)
    const ada = lan.chat('ada', '--code-file', file)
    const bob = lan.chat('bob', '--code-file', file, '--peer', await ada.address())
    expect((await bob.event('ready')).hub.name).toBe('ada')
    expect(ada.process.stderr).toBe('')
  })

  it('is recommended to who uses a code that can be guessed', async () => {
    const file = join(lan.home, 'weak.code')
    writeFileSync(file, '1234\n')
    const ada = lan.chat('ada', '--code-file', file)
    await ada.event('ready')
    await ada.process.said(/easy to guess/)
  })
})

describe('completion', () => {
  it('asks the lanchat that runs, and nobody where none does', async () => {
    expect(await lan.run('ada', 'complete', 'rooms')).toEqual({ code: 0, out: [], err: '' })
    const ada = lan.chat('ada')
    await ada.event('ready')
    await ada.ask({ command: '/create lab' })
    expect((await lan.run('ada', 'complete', 'rooms')).out.sort()).toEqual(['general', 'lab'])
    const bob = lan.chat('bob', '--peer', await ada.address())
    await bob.event('ready')
    await ada.event('presence')
    expect((await lan.run('ada', 'complete', 'to')).out).toContain('@bob')
  })
})

describe('status --watch', () => {
  it('prints an object a second with rates, for programs', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    const watch = lan.start('ada', 'status', '--watch', '--json')
    await watch.find((line) => JSON.parse(line).stored.events > 0)
    await ada.ask({ text: 'one more' })
    const at = await watch.find((line) => JSON.parse(line).rates.events > 0)
    expect(JSON.parse(watch.lines[at]!)).toMatchObject({
      type: 'status',
      hub: { name: 'ada' },
      links: [],
      members: 1,
    })
    expect(await watch.kill('SIGINT')).toMatchObject({ code: 130 })
  })

  it('prints a line a second where there is no terminal; top is the same', async () => {
    const ada = lan.chat('ada')
    await ada.event('ready')
    const top = lan.start('ada', 'top')
    await top.find((line) => /^\d\d:\d\d:\d\d {2}hub ada {2}members 1/.test(line))
  })
})
