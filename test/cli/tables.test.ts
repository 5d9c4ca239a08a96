import { describe, expect, it } from 'vitest'
import { table } from '../../src/cli/tables.ts'

const people = [
  { id: 'ab'.repeat(32), name: 'anna', online: true, self: true },
  { id: 'cd'.repeat(32), name: 'bob\n\u001b[2J', label: 'bob~k3f9', online: false },
]

describe('a table', () => {
  it('aligns columns, names first, ids short and last, and is safe', () => {
    expect(table(people, { tabs: false }).split('\n')).toEqual([
      'name      online  self  label     id',
      'anna      yes     yes             abababab',
      'bob\ufffd\ufffd[2J  no            bob~k3f9  cdcdcdcd',
    ])
  })

  it('is plain fields between tabs for other programs', () => {
    expect(table(people.slice(0, 1), { tabs: true })).toBe(`${'ab'.repeat(32)}\tanna\tyes\tyes`)
  })

  it('of one object has a line for each field', () => {
    expect(table({ hub: { id: 'x', name: 'anna' }, line: [], members: 2 }, { tabs: false })).toBe(
      'hub      anna\nline\nmembers  2',
    )
  })

  it('is straight where names are of wide characters', () => {
    const rooms = [
      { name: '会議室', members: 2 },
      { name: 'lab', members: 12 },
    ]
    expect(table(rooms, { tabs: false })).toBe('name    members\n会議室  2\nlab     12')
  })

  it('has as many rows as there are', () => {
    const rows = Array.from({ length: 200_000 }, (_, n) => ({ n }))
    expect(table(rows, { tabs: false }).split('\n')).toHaveLength(200_001)
  })

  it('of nothing says so', () => {
    expect(table([], { tabs: false })).toBe('None.')
    expect(table([], { tabs: true })).toBe('')
  })
})
