/**
 * PROTOCOL.md says what the code does: its tables are made from the code, its hex from the vectors.
 * To write the tables anew: LANCHAT_WRITE_VECTORS=1 npx vitest run test/protocol.test.ts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { beaconFieldNames, seatFieldNames } from '../src/wire/beacon.ts'
import { hex } from '../src/wire/bytes.ts'
import { frameTable } from '../src/wire/frames.ts'
import { kindTable } from '../src/wire/kinds.ts'
import * as limits from '../src/wire/limits.ts'
import { refusalCodes, refusals } from '../src/wire/refusal.ts'
import { WIRE_VERSION } from '../src/wire/version.ts'
import { vectorFile } from './vectors/json.ts'

const file = new URL('../PROTOCOL.md', import.meta.url)

const fieldsOf = ({ fields, types }: { fields: string[]; types: string[] }) =>
  fields.map((field, i) => `${field} *${types[i]}*`).join(', ') || '(none)'

function frameRows(): string[] {
  return [
    '| number | frame | fields |',
    '|---|---|---|',
    ...frameTable.map((frame) => `| ${frame.number} | \`${frame.name}\` | ${fieldsOf(frame)} |`),
  ]
}

function kindRows(): string[] {
  return [
    '| number | kind | fields of the value |',
    '|---|---|---|',
    ...kindTable.map(
      (kind) => `| 0x${hex(Uint8Array.of(kind.number))} | \`${kind.name}\` | ${fieldsOf(kind)} |`,
    ),
  ]
}

function limitRows(): string[] {
  const source = readFileSync(new URL('../src/wire/limits.ts', import.meta.url), 'utf8')
  const values: Record<string, number> = limits
  let why = ''
  const rows: string[] = []
  for (const line of source.split('\n').slice(1)) {
    const comment = /^\/\*\* (.*) \*\/$/.exec(line)
    const constant = /^export const (\w+)/.exec(line)
    if (comment) why = comment[1]!
    if (constant) rows.push(`| ${constant[1]} | ${values[constant[1]!]!.toLocaleString('en')} | ${why} |`)
  }
  return ['| limit | value | why |', '|---|---|---|', ...rows]
}

function refusalRows(): string[] {
  const rows = refusalCodes.map((code) => {
    const { them, us, fatal, retryAfterMs, closeCode } = refusals[code]
    const again = retryAfterMs !== undefined ? `after ${retryAfterMs} ms` : fatal ? 'no' : 'yes'
    return `| \`${code}\` | ${closeCode ?? ''} | ${again} | ${them ?? ''} | ${us} |`
  })
  return ['| code | close | try again | to the peer | to the person here |', '|---|---|---|---|---|', ...rows]
}

const tables: Record<string, string[]> = {
  frames: frameRows(),
  kinds: kindRows(),
  limits: limitRows(),
  refusals: refusalRows(),
}

if (process.env.LANCHAT_WRITE_VECTORS) {
  let text = readFileSync(file, 'utf8')
  for (const [name, rows] of Object.entries(tables))
    text = text.replace(
      new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`),
      (_, start: string, end: string) => `${start}${rows.join('\n')}\n${end}`,
    )
  writeFileSync(file, text)
}

const document = readFileSync(file, 'utf8')

describe('PROTOCOL.md', () => {
  it.each(Object.keys(tables))('has the table of %s as the code has it', (name) => {
    const table = new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)\n<!-- /${name} -->`).exec(document)?.[1]
    expect(table?.split('\n')).toEqual(tables[name])
  })

  it.each(frameTable.map(({ name }) => name))('says what frame %s is for', (name) => {
    // Once in the table, and at least once where it is explained.
    expect(document.split(`\`${name}\``).length).toBeGreaterThan(2)
  })

  it.each(kindTable.map(({ name }) => name))('says what kind %s is for', (name) => {
    expect(document.split(`\`${name}\``).length).toBeGreaterThan(2)
  })

  it('names every field of a beacon', () => {
    for (const name of [...beaconFieldNames, ...seatFieldNames]) expect(document).toContain(name)
  })

  it('is about the version that is spoken', () => {
    expect(document).toContain(`# lanchat protocol, version ${WIRE_VERSION}`)
  })

  it('gives no rule two meanings, and cites only rules that it has', () => {
    const defined = [...document.matchAll(/^\*\*([A-Z]{2}-\d+)\*\*/gm)].map((match) => match[1]!)
    expect(new Set(defined).size).toBe(defined.length)
    for (const [rule] of document.matchAll(/\b[A-Z]{2}-\d+\b/g))
      if (!['UTF-8', 'SHA-512'].includes(rule) && !/^(INV|UTS|RFC|SHA|UTF)/.test(rule))
        expect(defined, rule).toContain(rule)
  })

  it('has every rule that the code cites', () => {
    const src = fileURLToPath(new URL('../src/', import.meta.url))
    const missing: string[] = []
    for (const source of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
      if (!source.endsWith('.ts')) continue
      for (const [, rules] of readFileSync(src + source, 'utf8').matchAll(
        /\brules? ((?:[A-Z]{1,2}-(?:\d+|\*)(?:,? (?:to|and)? ?)?)+)/g,
      ))
        for (const [rule, group, number] of rules!.matchAll(/([A-Z]{1,2})-(\d+|\*)/g)) {
          const isHere =
            number === '*' ? document.includes(`\n**${group}-1**`) : document.includes(`\n**${rule}**`)
          if (!isHere) missing.push(`${source}: ${rule}`)
        }
    }
    expect(missing).toEqual([])
  })

  const examples = [...document.matchAll(/```hex ([\w.-]+) (\S+)\n([\s\S]*?)```/g)].map(
    ([, name, path, text]) => ({ name: name!, path: path!, text: text! }),
  )

  it('has worked examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(12)
  })

  it.each(examples)('shows $name $path as the vectors have it', ({ name, path, text }) => {
    let value: unknown = vectorFile(name)
    for (const step of path.split('.')) value = (value as Record<string, unknown>)[step]
    const shown = text.replaceAll(/#.*$/gm, '').replaceAll(/\s/g, '')
    expect(shown).toBe(value instanceof Uint8Array ? hex(value) : value)
  })
})
