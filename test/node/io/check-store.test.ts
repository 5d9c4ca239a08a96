import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { askStore, judgeStore } from '../../../src/node/io/checks/store.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'
import { factKey } from '../../../src/node/keys.ts'
import { damage } from './damage.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-check-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

/** A data dir with a store that remembers one node. */
async function filled(): Promise<{ dir: string; folder: string }> {
  const dir = join(root, `${count++}`)
  const folder = join(dir, 'store')
  const { store } = await openLevelStore(folder)
  await store.write([['put', factKey('peers'), Buffer.from('["10.0.0.1:27470"]')]], true)
  await store.close()
  return { dir, folder }
}

const fingerprint = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(join(folder, name))
      return [
        name,
        mtimeMs,
        size,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]
    })

it('says that a store opens, and who is remembered in it, and leaves every file as it is', async () => {
  const { dir, folder } = await filled()
  const before = fingerprint(folder)
  const state = await askStore(dir, folder, false)
  expect(state).toMatchObject({ opens: 'yes', remembered: ['10.0.0.1:27470'], damaged: [] })
  expect(judgeStore(state, undefined).status).toBe('pass')
  expect(fingerprint(folder)).toEqual(before)
})

it.each([
  ['CURRENT', 'emptied'],
  ['MANIFEST', 'emptied'],
  ['CURRENT', 'deleted'],
] as const)('says that a store is damaged, and leaves it alone: %s %s', async (part, how) => {
  const { dir, folder } = await filled()
  await damage(folder, part, how)
  const before = fingerprint(folder)
  const state = await askStore(dir, folder, false)
  expect(judgeStore(state, undefined)).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('damaged'),
  })
  expect(fingerprint(folder)).toEqual(before)
  expect(readdirSync(dir).filter((name) => name.includes('damaged'))).toEqual([])
})

it('blames no store for what keeps it from being looked at', () => {
  const finding = judgeStore(
    { folder: 'f', opens: { unseen: 'ENOSPC' }, damaged: [], remembered: [] },
    undefined,
  )
  expect(finding).toMatchObject({ status: 'skip', message: expect.stringContaining('ENOSPC') })
})
