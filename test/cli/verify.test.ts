import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportPage } from '../../src/cli/export-page.ts'
import { checkExport, exportDigest, exportLine } from '../../src/node/exports.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from '../node/people.ts'
import { FakeWorld } from './fake-world.ts'

let lan: Lan
let folder: string
beforeEach(() => {
  lan = createLan()
  folder = mkdtempSync(join(tmpdir(), 'lanchat-verify-'))
})
afterEach(async () => {
  await lan.close()
  rmSync(folder, { recursive: true })
})

/** What ben exports of a room, where he calls anna whatever he likes. */
async function exportedWith(from: object): Promise<{ lines: string[]; anna: Person }> {
  const [anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
  const id = await anna.says('I did it')
  await ben.hears({ type: 'message', id })
  const [message] = (await ben.knows<object[]>({ do: 'export', room: 'lab', count: 10 })) as [
    { from: object },
  ]
  const line = { ...message, from: { ...message.from, ...from } }
  const seal = await ben.knows<object>({ do: 'seal', digest: exportDigest([exportLine(line)]) })
  return { lines: [exportLine({ ...line, seal })], anna }
}

describe('the verdict on an export', () => {
  it.each([
    [{ label: 'carl' }, 'carl'],
    [{ label: 'carl\u001b[2J\n  0000000000000000  carl' }, 'carl\ufffd[2J\ufffd  0000000000000000  carl'],
    [{ label: 5 }, '5'],
  ])('tells whom it calls what, since no signature is over a name: %j', async (from, name) => {
    const { lines, anna } = await exportedWith(from)
    expect(checkExport(lines).faults).toEqual([])
    const file = join(folder, 'lab.jsonl')
    writeFileSync(file, exportPage('jsonl', lines))
    const world = new FakeWorld()
    expect(await world.run('verify', file)).toBe(0)
    const out = world.rest()
    expect(out).toContain(
      `word of whoever made it, for these keys:\n  ${anna.node.self.id.slice(0, 16)}  ${name}\n`,
    )
  })

  it('is not that it is good where nothing is in it', async () => {
    const file = join(folder, 'empty.jsonl')
    writeFileSync(file, exportPage('jsonl', []))
    const world = new FakeWorld()
    expect(await world.run('verify', file)).toBe(1)
    expect(world.rest()).toContain('it holds no message: nothing in it is signed')
  })

  it.runIf(existsSync('/dev/zero'))('reads no device, which may never end', async () => {
    const world = new FakeWorld()
    expect(await world.run('verify', '/dev/zero')).toBe(1)
    expect(world.errors()).toContain('/dev/zero cannot be read (it is no file)')
  })

  it('takes a page that fits a phone, or one from before they did, and no other', async () => {
    const { lines } = await exportedWith({})
    const page = exportPage('html', lines)
    const viewport = '<meta name="viewport" content="width=device-width">\n'
    expect(page).toContain(viewport)
    const file = join(folder, 'lab.html')
    for (const [text, code] of [
      [page, 0],
      [page.replace(viewport, ''), 0],
      [page.replace('I did it', 'I did not'), 1],
      [page.replace(viewport, `${viewport}${viewport}`), 1],
    ] as const) {
      writeFileSync(file, text)
      expect(await new FakeWorld().run('verify', file)).toBe(code)
    }
  })
})
