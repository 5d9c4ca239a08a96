/** One-shot commands on a real pseudo-terminal: a passphrase typed unseen, the picture of the network drawn over itself. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { PseudoTerminal } from './pseudo-terminal.ts'

let lan: Loopback
let terminal: PseudoTerminal | undefined
beforeEach(() => {
  lan = new Loopback()
})
afterEach(async () => {
  terminal?.kill()
  await lan.close()
})

function run(name: string, ...args: string[]): PseudoTerminal {
  const words = [process.execPath, ...lan.argv(name, ...args)].map((word) => `'${word}'`)
  terminal = new PseudoTerminal(words.join(' '), lan.env)
  return terminal
}

describe('a passphrase', () => {
  it('is typed twice, corrected, and shown nowhere', async () => {
    const file = join(lan.home, 'ada.identity')
    const typed = run('ada', 'id', 'export', file)
    await typed.shows(/New passphrase: /)
    typed.type('unseen wordz\u007fs here\r')
    await typed.shows(/Once more: /)
    typed.type('unseen words here\r')
    expect(await typed.exited).toBe(0)
    expect(typed.text()).not.toContain('unseen')
    expect(readFileSync(file, 'utf8')).toContain('"box"')
    const back = run('bob', 'id', 'import', file)
    await back.shows(/Passphrase: /)
    back.type('unseen words here\r')
    await back.shows(/This data directory is [0-9a-f]{8} now\./)
    expect(await back.exited).toBe(0)
  })

  it('typed differently, or given up, seals nothing', async () => {
    const file = join(lan.home, 'ada.identity')
    const typed = run('ada', 'id', 'export', file)
    await typed.shows(/New passphrase: /)
    typed.type('one\r')
    await typed.shows(/Once more: /)
    typed.type('other\r')
    await typed.shows(/The two passphrases differ/)
    expect(await typed.exited).toBe(2)
    const given = run('ada', 'id', 'export', file)
    await given.shows(/New passphrase: /)
    given.type('\u0003')
    expect(await given.exited).toBe(130)
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })
})

describe('top', () => {
  it('draws the hub and who hangs on it over the picture before, and leaves the terminal as it was', async () => {
    const ada = lan.chat('ada')
    const address = await ada.address()
    const bob = lan.chat('bob', '--peer', address)
    await bob.event('ready')
    const top = run('ada', 'top')
    await top.shows(/ada\s+hub\s+this machine\s+└── bob\s+(line 1)?.*in \d/)
    const drawn = top.written.length
    await top.shows(/stored here: \d+ events in \d+ rooms/, drawn)
    expect(top.written).toContain('\u001b[8A\u001b[J')
    top.type('\u0003')
    expect(await top.exited).toBe(130)
    expect(top.written).not.toContain('\u001b[?1049h')
  })
})
