import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { shownCalls } from '../../src/cli/calls.ts'
import { helpText } from '../../src/cli/help.ts'
import { manPage } from '../../src/cli/man-page.ts'
import { OPTIONS } from '../../src/cli/options.ts'

const root = new URL('../../', import.meta.url)
const { version, man } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  version: string
  man: unknown
}

describe('the manual page', () => {
  it('is fresh: npm run man writes it anew', () => {
    expect(readFileSync(new URL('man/lanchat.1', root), 'utf8')).toBe(manPage(version))
  })

  it('is one of a list, since npm installs no other', () => {
    expect(man).toEqual(['./man/lanchat.1'])
  })

  it('holds every command and every option', () => {
    const page = manPage(version).replaceAll('\\-', '-')
    for (const { name } of shownCalls()) expect(page).toContain(`lanchat ${name}`)
    for (const name of Object.keys(OPTIONS)) expect(page).toContain(`--${name}`)
  })
})

describe('help', () => {
  it('shows examples first', () => {
    const help = helpText()
    expect(help.indexOf('Examples:')).toBeLessThan(help.indexOf('Commands:'))
    for (const row of shownCalls()) {
      expect(row.examples.length).toBeGreaterThan(0)
      expect(helpText(row)).toMatch(/Examples:\n {2}\S/)
    }
  })

  it('fits a terminal of 80 columns, and breaks no example', () => {
    for (const help of [helpText(), ...shownCalls().map(helpText)])
      expect(help.split('\n').filter((line) => line.length > 80)).toEqual([])
    for (const row of shownCalls())
      for (const [command] of row.examples) expect(helpText(row)).toContain(`  ${command}`)
  })

  it('leaves out what is only for programs', () => {
    expect(helpText()).not.toMatch(/lanchat complete |lanchat manual/)
  })
})
