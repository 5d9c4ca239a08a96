/** The identity sealed in a file, and brought back from it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exportIdentity, importIdentity } from '../../../src/node/io/identity-backup.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-backup-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

/** A data dir of somebody, and the file in which they sealed their identity. */
async function sealed() {
  const dir = join(root, `${count++}`)
  const file = `${dir}.identity`
  const { id } = await exportIdentity(file, 'six random words', dir)
  const identity = join(dir, 'identity')
  return { dir, file, id, identity, bytes: await readFile(identity) }
}

describe('a damaged identity', () => {
  it.each([
    ['empty', (identity: string) => truncate(identity)],
    ['changed', (identity: string) => writeFile(identity, new Uint8Array(64))],
  ])('that is %s is restored from its copy, and stays beside it', async (_, damage) => {
    const { dir, file, id, identity, bytes } = await sealed()
    await damage(identity)
    const damaged = await readFile(identity)
    const { kept, ...imported } = await importIdentity(file, 'six random words', { dataDir: dir })
    expect(imported).toEqual({ id })
    expect(await readFile(identity)).toEqual(bytes)
    expect(await readFile(kept!)).toEqual(damaged)
    expect((await readdir(dir)).sort()).toHaveLength(2)
    expect(await importIdentity(file, 'six random words', { dataDir: dir })).toEqual({ id, isSame: true })
  })
})

describe('somebody else’s identity', () => {
  it('stays where it is unless it is to be replaced, and beside the new one then', async () => {
    const [ada, bob] = [await sealed(), await sealed()]
    const into = { dataDir: bob.dir }
    await expect(importIdentity(ada.file, 'six random words', into)).rejects.toMatchObject({
      code: 'IDENTITY_EXISTS',
    })
    expect(await readFile(bob.identity)).toEqual(bob.bytes)
    const { kept } = await importIdentity(ada.file, 'six random words', { ...into, replace: true })
    expect(await readFile(bob.identity)).toEqual(ada.bytes)
    expect(await readFile(kept!)).toEqual(bob.bytes)
  })
})
