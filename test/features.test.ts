/** docs/features.md says nothing that is not there: commands, rules, codes and tests. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commandRow } from '../src/cli/commands.ts'
import { refusalCodes } from '../src/wire/refusal.ts'

const read = (file: string) => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')
const protocol = read('PROTOCOL.md')
const rows = read('docs/features.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what '))
  .map((line) => line.split('|').map((cell) => cell.trim()))

describe('the table of features', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(25)
  })

  it.each(rows)('%s%s', (_, what, typed, json, rules, test) => {
    expect(what).not.toBe('')
    for (const [, name] of typed!.matchAll(/`\/([\w-]+)`/g)) expect(commandRow(name!), name).toBeDefined()
    for (const [code] of json!.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)) expect(refusalCodes).toContain(code)
    for (const [id] of rules!.matchAll(/[A-Z]{2}-\d+/g)) expect(protocol).toContain(`**${id}**`)
    const [, file, title] = /^`([^`]+)`: (.+)$/.exec(test!)!
    expect(read(file!)).toContain(`'${title}'`)
  })
})
