import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { syncLeftLogs } from '../../../src/node/io/left-logs.ts'
import { openLevelStore } from '../../../src/node/io/level-store.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-logs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('every log of a database but the last is synced, in the order of their numbers (INV-6)', async () => {
  const files = ['1000000.log', '000012.log', '000007.log', '000011.ldb', 'CURRENT', 'LOG', 'x.log']
  for (const name of files) await writeFile(join(root, name), 'x')
  expect(await syncLeftLogs(root)).toEqual(['000007.log', '000012.log'])
  await rm(join(root, '1000000.log'))
  // One that is gone by the time it is opened.
  await rm(join(root, '000007.log'))
  await symlink(join(root, 'nowhere'), join(root, '000007.log'))
  expect(await syncLeftLogs(root)).toEqual([])
})

test('a folder that cannot be read is told as an error', async () => {
  await expect(syncLeftLogs(join(root, 'nowhere'))).rejects.toThrow('ENOENT')
})

test('a write with sync behind many without it is done, whatever logs LevelDB has begun meanwhile', async () => {
  const folder = join(root, 'store')
  const { store } = await openLevelStore(folder)
  const before = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  for (let n = 0; n < 12; n++)
    await store.write([['put', `e${n.toString(16)}0`, new Uint8Array(1 << 20).fill(n)]], false)
  const after = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  expect(after).not.toEqual(before)
  await store.write([['put', 'eff', Uint8Array.of(1)]], true)
  expect(store.get('eff')).toEqual(Uint8Array.of(1))
  await store.close()
})
