/** A store that a newer lanchat has written is refused, whoever looks at it, and left as it is. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { verdictOf } from '../../../src/cli/doctor/store.ts'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { askStore, judgeStore } from '../../../src/node/io/checks/store.ts'
import { unwritable } from '../../../src/node/io/data-dir.ts'
import { diskOf, type Keeping, storeOf } from '../../../src/node/io/keeping.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { markOf, STORE_FORMAT } from '../../../src/node/io/store-format.ts'
import { storeReport } from '../../../src/node/io/store-report.ts'
import { networkId } from '../../../src/wire/ids.ts'
import { RETENTION_DAYS } from '../../../src/wire/limits.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-format-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

const net = networkId(nodeCrypto, {
  name: 'lan',
  retentionDays: RETENTION_DAYS,
  codeKey: new Uint8Array(32),
  hasCode: false,
})

/** A data dir with a store in it, whose mark says this. */
async function marked(mark?: string): Promise<{ dir: string; folder: string }> {
  const dir = join(root, `${count++}`)
  const folder = await storeOf(dir, net)
  const { store } = await openLevelStore(folder)
  await store.write([['put', 'e01', Uint8Array.of(1)]], true)
  await store.close()
  if (mark !== undefined) writeFileSync(markOf(folder), mark)
  return { dir, folder }
}

const newer = () => marked(`${STORE_FORMAT + 1}\n`)
const REFUSED = {
  code: 'STORE_NEWER',
  message: expect.stringContaining(`format ${STORE_FORMAT + 1}; this one reads up to ${STORE_FORMAT}`),
}
const files = (folder: string) =>
  readdirSync(dirname(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1')])

describe('a store of a newer format', () => {
  it('is not opened, and every file stays as it is', async () => {
    const { folder } = await newer()
    const before = files(folder)
    await expect(openLevelStore(folder)).rejects.toMatchObject(REFUSED)
    expect(files(folder)).toEqual(before)
  })

  it('is not gone past in memory either where the disk is full', async () => {
    const { dir } = await newer()
    const full = unwritable(dir, Object.assign(new Error('full'), { code: 'ENOSPC' }))
    const keeping: Keeping = { dir, fault: full, isNobody: false }
    await expect(diskOf(keeping, net)).rejects.toMatchObject(REFUSED)
  })

  it('is told by doctor as what it is, and not as damaged', async () => {
    const { dir, folder } = await newer()
    const before = files(folder)
    const finding = judgeStore(await askStore(dir, folder, false), undefined)
    expect(finding).toMatchObject({ status: 'fail', message: REFUSED.message })
    const report = await storeReport({ dataDir: dir })
    expect(report).toMatchObject({ state: 'newer', rooms: [] })
    expect(verdictOf(report)).toEqual({ ok: false, verdict: REFUSED.message })
    expect(files(folder)).toEqual(before)
  })
})

describe('the mark of a store', () => {
  it('says the format from the first start', async () => {
    const { folder } = await marked()
    expect(readFileSync(markOf(folder), 'latin1')).toBe(`${STORE_FORMAT}\n`)
  })

  it.each(['', 'words\n'])('that says none (%j) keeps nobody out, and says it from then on', async (mark) => {
    const { folder } = await marked(mark)
    const { store } = await openLevelStore(folder)
    expect(store.get('e01')).toEqual(Uint8Array.of(1))
    await store.close()
    expect(readFileSync(markOf(folder), 'latin1')).toBe(`${STORE_FORMAT}\n`)
  })

  it('outlives the database in its place', async () => {
    const { folder } = await newer()
    rmSync(folder, { recursive: true })
    mkdirSync(folder)
    await expect(openLevelStore(folder)).rejects.toMatchObject(REFUSED)
  })
})
