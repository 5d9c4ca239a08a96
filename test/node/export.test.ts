import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exportPage, readExport } from '../../src/cli/export-page.ts'
import { checkExport, exportDigest, exportLine } from '../../src/node/exports.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica } from '../../src/node/replica.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
})
afterEach(() => {
  vi.restoreAllMocks()
  return lan.close()
})

async function said(text: string): Promise<string> {
  const id = await anna.says(text)
  await ben.hears({ type: 'message', id })
  return id
}

/** What `lanchat export` writes of a room, as ben has it. */
async function exported(room = 'lab'): Promise<string[]> {
  const messages = await ben.knows<object[]>({ do: 'export', room, count: 1000 })
  const lines = messages.map(exportLine)
  const seal = await ben.knows<object>({ do: 'seal', digest: exportDigest(lines) })
  return [...lines.slice(0, -1), exportLine({ ...JSON.parse(lines.at(-1)!), seal })]
}

/** The lines with one field of one line changed, under a new seal of ben where that is asked for. */
async function changed(lines: readonly string[], at: number, fields: object, sealAnew: boolean) {
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  objects[at] = { ...objects[at], ...fields }
  if (!sealAnew) return objects.map(exportLine)
  const bare = objects.map(({ seal: _, ...rest }) => exportLine(rest))
  const seal = await ben.knows<object>({ do: 'seal', digest: exportDigest(bare) })
  return [...bare.slice(0, -1), exportLine({ ...JSON.parse(bare.at(-1)!), seal })]
}

describe('an export', () => {
  it('is refused where a page of it cannot be read, as is history', async () => {
    await said('first')
    vi.spyOn(MemoryStore.prototype, 'scan').mockImplementation(() => {
      throw new Error('a bad sector')
    })
    for (const command of [
      { do: 'export', room: 'lab', count: 1000 },
      { do: 'history', room: 'lab', count: 9 },
    ] as const)
      expect(await ben.ask(command)).toMatchObject({ type: 'error', code: 'STORE_UNREAD' })
    vi.restoreAllMocks()
    expect(await exported()).toHaveLength(1)
  })

  it('says how many messages are left out because they cannot be opened here', async () => {
    await said('first')
    const lost = await said('second')
    const body = Replica.prototype.body
    vi.spyOn(Replica.prototype, 'body').mockImplementation(function (this: Replica, event) {
      return event.id === lost ? undefined : body.call(this, event)
    })
    const answer = await ben.does({ do: 'export', room: 'lab', count: 1000 })
    expect(answer).toMatchObject({ data: [{ text: 'first' }], unopened: 1 })
    vi.restoreAllMocks()
    expect(await ben.does({ do: 'export', room: 'lab', count: 1000 })).not.toHaveProperty('unopened')
  })

  it('holds what was said with its signatures, and redactions as such', async () => {
    await said('first <script>')
    const gone = await said('take this back')
    const rude = await said('something rude')
    const wrong = await said('helo')
    await anna.does({ do: 'edit', room: 'lab', message: wrong, text: 'hello' })
    await anna.does({ do: 'erase', room: 'lab', message: gone })
    await anna.does({ do: 'hide', room: 'lab', message: rude, on: true })
    await ben.hears({ type: 'edit', id: wrong })
    await ben.hears({ type: 'delete', id: gone })
    await ben.hears({ type: 'system', event: 'hide' })
    const lines = await exported()
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { type: 'message', text: 'first <script>', from: { name: 'anna' } },
      { id: gone, text: '', deleted: true },
      { id: rude, text: '', hidden: true },
      { text: 'hello', edited: true },
    ])
    expect(lines.join('')).not.toContain('<')
    const verdict = checkExport(lines)
    expect(verdict).toMatchObject({ messages: 4, deleted: 1, hidden: 1, sealed: 0, authors: 1, faults: [] })
    expect(verdict.seal?.by).toBe(ben.node.self.id)
  })

  it('shows whatever was changed in it', async () => {
    for (const text of ['one', 'two', 'three']) await said(text)
    const lines = await exported()
    expect(checkExport(lines).faults).toEqual([])
    const faultsOf = (changedLines: readonly string[]) =>
      checkExport(changedLines).faults.map(({ line }) => line)
    const [one, two, three] = lines.map((line) => JSON.parse(line)) as Record<string, unknown>[]
    for (const fields of [
      { text: 'zwei' },
      { ts: 5 },
      { order: `${two!.order}0` },
      { from: { id: ben.node.self.id, name: 'anna' } },
      { id: one!.id },
      { signed: one!.signed },
      { signed: [] },
      { deleted: true, text: '' },
      { private: true, text: 'zwei' },
      { action: true },
      { edited: true },
    ])
      for (const isSealed of [true, false]) {
        const faults = faultsOf(await changed(lines, 1, fields, isSealed))
        expect(faults, JSON.stringify(fields)).toContain(2)
        expect(faults.includes(0), 'the whole').toBe(!isSealed)
      }
    // Only the seal tells what is left out, or of what nobody signs: the name.
    expect(faultsOf([lines[0]!, lines[2]!])).toEqual([0])
    expect(faultsOf(lines.slice(0, 2))).toEqual([0])
    expect(
      faultsOf(await changed(lines, 0, { from: { ...(one!.from as object), name: 'eve' } }, false)),
    ).toEqual([0])
    expect(faultsOf([lines[1]!, lines[0]!, lines[2]!])).toContain(2)
    expect(faultsOf([...lines, lines[0]!])).toContain(4)
    expect(faultsOf(['nonsense', '[]', '{}', ...lines])).toEqual(expect.arrayContaining([1, 2, 3]))
    expect(three!.seal).toBeDefined()
  })

  it('of a talk is signed as it was sealed', async () => {
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    await ben.hears({ type: 'message', text: 'psst' })
    const lines = await exported('@anna')
    expect(JSON.parse(lines[0]!)).toMatchObject({ text: 'psst', room: null, private: true })
    expect(checkExport(lines)).toMatchObject({ messages: 1, sealed: 1, faults: [] })
    expect(checkExport(await changed(lines, 0, { text: 'tsps' }, false)).faults).toHaveLength(1)
  })

  it('is a page to read, made from its lines alone', async () => {
    const awkward = [
      '<b>&amp; "quotes" \'n\' `code` *stars* _under_ [link](x) # | ~ \\ </script> --> <!--',
      'two\nlines\r\nand\ttab',
      'dir\u202eection \u0007 bell \u2028 sep',
      '👩‍👩‍👧 ÄÖ 会議 \u{10ffff}',
      '# not a title',
      'escape \u009b2J \u007f',
    ]
    for (const text of awkward) await said(text)
    const lines = await exported()
    for (const format of ['jsonl', 'markdown', 'html'] as const) {
      const page = exportPage(format, lines)
      expect(readExport(page)).toEqual({ format, lines })
      expect(checkExport(readExport(page)!.lines).faults).toEqual([])
      expect(page).not.toMatch(/[\u007f-\u009f]/)
      if (format === 'jsonl') continue
      const seen = page.slice(0, page.lastIndexOf(format === 'html' ? '<script' : '<!-- lanchat'))
      expect(seen).not.toMatch(/<b>&amp; |<\/script|\u202e|\u0007/)
      expect(seen).toContain('会議')
      // Texts in the data are as they were said.
      expect(readExport(page)!.lines.map((line) => JSON.parse(line).text)).toEqual(awkward)
    }
  })

  it('shows no more than its lines say, whatever stands in them (EX-1)', async () => {
    for (const text of ['one', 'two']) await said(text)
    const [first, last] = (await exported()) as [string, string]
    for (const [format, shown] of [
      ['html', '</script><li><b>anna</b><p>I did it</p></li><script>'],
      ['markdown', '--> anna: I did it <!--'],
    ] as const) {
      const bare = [`${first.slice(0, -1)},"x":${JSON.stringify(shown)}}`, withoutSeal(last)]
      const seal = await ben.knows<object>({ do: 'seal', digest: exportDigest(bare) })
      const lines = [bare[0]!, exportLine({ ...JSON.parse(last), seal })]
      const page = exportPage(format, lines)
      expect(readExport(page), 'it is one').toEqual({ format, lines })
      expect(checkExport(readExport(page)!.lines).faults).toMatchObject([{ line: 1 }])
    }
  })
})

const withoutSeal = (line: string): string => {
  const { seal: _, ...rest } = JSON.parse(line)
  return exportLine(rest)
}
