/** A network with an owner, with the real program: founding it, entering by invitation, being refused. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Chat, Loopback } from './loopback.ts'

let lan: Loopback
let file: string
beforeEach(() => {
  lan = new Loopback()
  file = join(lan.home, 'class.invitation')
})
afterEach(() => lan.close())

const found = (name: string) => lan.run(name, 'network', 'new', lan.network, file, '--json')
const enter = (name: string, ...args: string[]) => lan.chat(name, '--code-file', file, ...args)

/** Somebody's node, and a second one that follows it. */
async function two(): Promise<{ olga: Chat; ben: Chat; peer: string }> {
  await found('olga')
  const olga = enter('olga')
  const peer = await olga.address()
  const ben = enter('ben', '--peer', peer)
  await ben.event('ready')
  await olga.event('presence', ({ user }) => user.name === 'ben')
  return { olga, ben, peer }
}

describe('a network with an owner', () => {
  it('belongs to who made it, and is entered by the invitation alone', async () => {
    const made = await found('olga')
    expect(made).toMatchObject({ code: 0, err: '' })
    const told = JSON.parse(made.out[0]!)
    expect(told).toMatchObject({ type: 'network', network: lan.network, file, words: 6 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(made.out.join()).not.toContain(readFileSync(file, 'utf8').trim())
    expect((await found('olga')).code).toBe(1)
    const olga = enter('olga')
    const { self } = await olga.event('ready')
    expect(self.id).toBe(told.owner)
    expect(await olga.ask({ command: '/members' })).toMatchObject({ data: [{ name: 'olga', role: 'owner' }] })
    const shown = JSON.parse((await lan.run('olga', 'network', 'show', file, '--json')).out[0]!)
    const words = join(lan.home, 'words')
    writeFileSync(words, shown.words.join(' '))
    const ben = lan.chat('ben', '--code-file', words, '--peer', await olga.address())
    expect((await ben.event('ready')).hub.name).toBe('olga')
    const onScreen = await lan.run('olga', 'network', 'show', file)
    expect(onScreen.out.join('\n')).toContain('█')
    expect(onScreen.out.join(' ')).toContain(shown.words.slice(0, 8).join(' '))
  })

  it('refuses a stranger, one who waits and one who was expelled with exit 4', async () => {
    const { olga, ben, peer } = await two()
    const wrong = join(lan.home, 'wrong.code')
    writeFileSync(wrong, 'not-the-code-of-this-network\n')
    const stranger = await lan.run(
      'eve',
      'send',
      'general',
      'hi',
      '--json',
      '--code-file',
      wrong,
      '--peer',
      peer,
    )
    expect(stranger.code).toBe(4)
    expect(JSON.parse(stranger.out[0]!)).toMatchObject({ type: 'error', code: 'CODE_WRONG' })
    writeFileSync(wrong, readFileSync(file, 'utf8').replace(/.{8}$/m, '00000000'))
    expect((await lan.run('eve', 'send', 'general', 'hi', '--code-file', wrong, '--peer', peer)).code).toBe(4)

    await olga.ask({ command: '/membersonly on' })
    const waits = await lan.run('eve', 'send', 'general', 'hi', '--json', '--code-file', file, '--peer', peer)
    expect(waits.code).toBe(4)
    expect(JSON.parse(waits.out.at(-1)!)).toMatchObject({ type: 'error', code: 'NOT_ADMITTED' })

    await olga.ask({ command: '/expel ben spam' })
    expect(await ben.event('error', ({ code }) => code === 'EXPELLED')).toMatchObject({ type: 'error' })
    expect((await ben.process.exited).code).toBe(4)
    const again = await lan.run('ben', 'send', 'general', 'hi', '--code-file', file, '--peer', peer)
    expect(again.code).toBe(4)
  })

  it('ends the session of who never was let in with exit 4, and says why', async () => {
    const { olga, peer } = await two()
    await olga.ask({ command: '/membersonly on' })
    const eve = enter('eve', '--peer', peer)
    await eve.event('system', ({ event, user }) => event === 'waiting' && user.name === 'eve')
    await olga.event('system', ({ event, user }) => event === 'waiting' && user.name === 'eve')
    eve.process.end()
    expect((await eve.process.exited).code).toBe(4)
    await olga.ask({ command: '/admit eve' })
    const anew = enter('eve', '--peer', peer)
    await anew.event('ready')
    expect(await anew.ask({ text: 'hello' })).toMatchObject({ type: 'sent' })
    await olga.event('message', ({ text }) => text === 'hello')
  })

  it('changes its code: members go on, also one who was away; an old invitation lets nobody in, a new one does', async () => {
    const { olga, ben, peer } = await two()
    await ben.ask({ text: 'before' })
    ben.process.end()
    expect((await ben.process.exited).code).toBe(0)
    const fresh = join(lan.home, 'fresh.invitation')
    const made = await lan.run('olga', 'network', 'newcode', fresh, '--reason', 'it got about', '--json')
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(made.out[0]!)).toMatchObject({
      type: 'system',
      event: 'newcode',
      reason: 'it got about',
      file: fresh,
    })
    expect(statSync(fresh).mode & 0o777).toBe(0o600)
    await olga.ask({ text: 'behind a new code' })

    const stranger = ['send', 'general', 'hi', '--json', '--code-file', file, '--peer', peer]
    const refused = await lan.run('eve', ...stranger)
    expect(refused.code).toBe(4)
    expect(JSON.parse(refused.out.at(-1)!)).toMatchObject({ type: 'error', code: 'CODE_OLD' })

    const back = enter('ben', '--peer', peer)
    expect((await back.event('ready')).hub.name).toBe('olga')
    await back.event('message', ({ text }) => text === 'behind a new code')
    const shown = await lan.run('ben', 'network', 'show', '--json')
    const invitation = readFileSync(fresh, 'utf8').trim()
    expect(JSON.parse(shown.out[0]!)).toMatchObject({ type: 'invitation', text: invitation })

    const words = join(lan.home, 'fresh.words')
    writeFileSync(words, JSON.parse(shown.out[0]!).words.join(' '))
    const eve = lan.chat('eve', '--code-file', words, '--peer', peer)
    await eve.event('ready')
    // Who comes in by a new code is given what there is once the others have seen that she has it.
    for (const said of ['before', 'behind a new code'])
      await eve.event('message', ({ text }) => text === said)
    expect(await eve.ask({ command: '/history 9' })).toMatchObject({
      data: [{ text: 'before' }, { text: 'behind a new code' }],
    })
    await eve.ask({ text: 'here' })
    await olga.event('message', ({ text }) => text === 'here')

    // All of them start again, each with what it was started with before.
    for (const chat of [eve, back, olga]) {
      chat.process.end()
      await chat.process.exited
    }
    const owner = enter('olga')
    const again = lan.chat('eve', '--code-file', words, '--peer', await owner.address())
    expect((await again.event('ready')).hub.name).toBe('olga')
  })
})
