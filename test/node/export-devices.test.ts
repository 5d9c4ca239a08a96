/** Exports of what several devices of one person said, edited and deleted. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkExport, exportDigest, exportLine } from '../../src/node/exports.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { meet, type Person } from './people.ts'

type Fields = Record<string, unknown>

let lan: Lan
let anna: Person
let phone: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, phone, ben] = (await meet(lan, 'anna', 'phone', 'ben')) as [Person, Person, Person]
  await phone.does({ do: 'linkAsk', who: 'anna' })
  await anna.hears({ event: 'link' })
  await anna.does({ do: 'linkAccept', who: 'phone' })
  for (const person of [anna, phone, ben])
    await person.until({ do: 'who' }, (all: unknown[]) => all.length === 2)
})
afterEach(() => lan.close())

/** What `lanchat export` writes, after a change to its lines, under a seal of ben. */
async function exported(change: (lines: Fields[]) => Fields[] = (lines) => lines): Promise<string[]> {
  const command = { do: 'export', room: 'general', count: 100 } as const
  const lines = change(await ben.knows<Fields[]>(command)).map(exportLine)
  const seal = await ben.knows<object>({ do: 'seal', digest: exportDigest(lines) })
  return [...lines.slice(0, -1), exportLine({ ...JSON.parse(lines.at(-1)!), seal })]
}

async function said(by: Person, text: string): Promise<string> {
  const id = await by.says(text, 'general')
  for (const person of [anna, phone, ben]) await person.hears({ text })
  return id
}

it('an export proves that several devices speak for one person, whichever wrote and edited', async () => {
  const first = await said(anna, 'frist')
  const second = await said(phone, 'secnod')
  await phone.does({ do: 'edit', room: 'general', message: first, text: 'first' })
  await anna.does({ do: 'edit', room: 'general', message: second, text: 'second' })
  await ben.hears({ type: 'edit', id: first })
  await ben.hears({ type: 'edit', id: second })
  await said(ben, 'third')
  const lines = await exported()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { from: { name: 'anna', id: anna.node.self.id }, text: 'first', edited: true },
    { from: { name: 'anna', id: anna.node.self.id }, text: 'second', edited: true },
    { from: { name: 'ben' }, text: 'third' },
  ])
  expect(checkExport(lines)).toMatchObject({ messages: 3, faults: [] })

  const faults = async (change: (lines: Fields[]) => Fields[]) =>
    checkExport(await exported(change)).faults.map(({ line, why }) => [line, why])
  // Nobody signed that the phone is hers.
  expect(await faults((all) => all.map(({ links: _, ...line }) => line))).toEqual([
    [1, 'its edit is none of its author'],
    [2, 'its author is another one'],
  ])
  // Her link makes nobody else's words hers.
  expect(
    await faults((all) => all.map((line) => ({ ...line, from: all[0]!.from, links: all[0]!.links }))),
  ).toEqual([[3, 'its author is another one']])
  // Nor an edit of somebody else's.
  const bens = (all: Fields[]) => (all[2]!.signed as unknown[])[0]
  expect(
    (
      await faults((all) => [{ ...all[0], signed: [(all[0]!.signed as unknown[])[0], bens(all)] }, all[1]!])
    ).map(([line]) => line),
  ).toEqual([1])
})

it('an export tells what was deleted from another device as deleted by its author, and proves it', async () => {
  const id = await said(anna, 'take this back')
  lan.cut(anna.node, phone.node)
  lan.cut(anna.node, ben.node)
  await phone.patiently({ do: 'erase', room: 'general', message: id })
  await ben.hears({ type: 'delete', id })
  const lines = await exported()
  expect(JSON.parse(lines[0]!)).toMatchObject({ id, deleted: true, text: '' })
  expect(checkExport(lines)).toMatchObject({ messages: 1, deleted: 1, hidden: 0, faults: [] })
  const without = await exported((all) =>
    all.map((line) => ({ ...line, signed: (line.signed as unknown[]).slice(0, 1) })),
  )
  expect(checkExport(without).faults).toEqual([{ line: 1, why: 'nobody has signed that it is deleted' }])
  expect(checkExport(await exported((all) => all.map(({ links: _, ...line }) => line))).faults).toEqual([
    { line: 1, why: 'its deletion is none of its author' },
  ])
})
