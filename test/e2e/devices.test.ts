/** Two devices of one person, with the real program: `id link` on one, `id accept` on the other. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'

let lan: Loopback
beforeEach(() => {
  lan = new Loopback()
})
afterEach(() => lan.close())

describe('lanchat id', () => {
  it('links a second device where both agree, and unlinks it for good with exit 4', async () => {
    const anna = lan.chat('anna')
    const peer = await anna.address()
    const phone = lan.chat('phone', '--peer', peer)
    await phone.event('ready')
    await anna.event('presence', ({ user }) => user.name === 'phone')
    const asked = JSON.parse((await lan.run('phone', 'id', 'link', 'anna', '--json')).out[0]!)
    const told = await anna.event('system', ({ event }) => event === 'link')
    expect(told).toMatchObject({ code: asked.code, user: { name: 'phone' } })
    expect((await lan.run('anna', 'id', 'accept', 'phone')).out.join()).toContain(
      'phone is a device of yours now',
    )
    await phone.event('system', ({ text }) => text === 'This is a device of anna now.')
    await phone.ask({ text: 'one person' })
    const message = await anna.event('message', ({ text }) => text === 'one person')
    expect(message).toMatchObject({ self: true, from: { name: 'anna' } })
    const [, line] = JSON.parse((await lan.run('anna', 'id', 'devices', '--json')).out[0]!).data
    expect(line).toMatchObject({ state: 'linked', online: true })
    expect((await lan.run('anna', 'id', 'unlink', line.id)).code).toBe(0)
    await phone.event('error', ({ code }) => code === 'DEVICE_REMOVED')
    expect((await phone.process.exited).code).toBe(4)
  })
})
