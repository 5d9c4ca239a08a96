import { scryptSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nacl from 'tweetnacl'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../../src/node/crypto.ts'
import { codeKeyOf } from '../../../src/node/io/code-file.ts'
import { dataDirPath, openDataDir, storeFolder } from '../../../src/node/io/data-dir.ts'
import { loadIdentity } from '../../../src/node/io/identity-file.ts'
import { probeWritable, writeFileSafely } from '../../../src/node/io/safe-file.ts'
import { equal, hex, utf8 } from '../../../src/wire/bytes.ts'
import { tagged } from '../../../src/wire/ids.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-files-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const freshDir = async () => {
  const dir = join(root, `${count++}`)
  await mkdir(dir)
  return dir
}
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('a safe file', () => {
  it('replaces what was there whole, for its owner alone, and leaves nothing else behind', async () => {
    const dir = await freshDir()
    const file = join(dir, 'f')
    await writeFileSafely(file, utf8('one'))
    await writeFileSafely(file, utf8('two'))
    expect(await readFile(file, 'utf8')).toBe('two')
    expect(await modeOf(file)).toBe(0o600)
    expect(await readdir(dir)).toEqual(['f'])
  })

  it('is never replaced where it must be fresh', async () => {
    const dir = await freshDir()
    const file = join(dir, 'f')
    await writeFileSafely(file, utf8('one'), true)
    await expect(writeFileSafely(file, utf8('two'), true)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(file, 'utf8')).toBe('one')
    expect(await readdir(dir)).toEqual(['f'])
  })

  it('is written whatever a process of the same number left that was killed over it', async () => {
    const dir = await freshDir()
    const left = Array.from({ length: 100 }, (_, i) => [
      `f.${process.pid}-${i}.tmp`,
      `probe-${process.pid}-${i}.tmp`,
    ])
    for (const name of left.flat()) await writeFile(join(dir, name), '')
    await probeWritable(dir)
    await writeFileSafely(join(dir, 'f'), utf8('one'), true)
    expect(await readFile(join(dir, 'f'), 'utf8')).toBe('one')
    expect(await readdir(dir)).toHaveLength(left.flat().length + 1)
  })

  it('leaves nothing behind where it cannot be written', async () => {
    await expect(probeWritable(join(root, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
    const dir = await freshDir()
    await probeWritable(dir, 10_000)
    expect(await readdir(dir)).toEqual([])
  })
})

describe('the data dir', () => {
  it('is the one asked for, else that of the environment, else that of the system', () => {
    expect(dataDirPath('/a/b', { LANCHAT_DATA_DIR: '/c' })).toBe('/a/b')
    expect(dataDirPath(undefined, { LANCHAT_DATA_DIR: '/c' })).toBe('/c')
    expect(dataDirPath(undefined, {})).toMatch(/lanchat$/)
  })

  it('is made for its owner alone', async () => {
    const dir = join(await freshDir(), 'deep', 'dir')
    await openDataDir(dir)
    expect(await modeOf(dir)).toBe(0o700)
    expect(await readdir(dir)).toEqual([])
    expect(await storeFolder(dir)).toMatch(/\/store(-[0-9a-f]{12})?$/)
  })

  it('is rid of what killed processes tried it with, and of nothing else', async () => {
    const dir = await freshDir()
    const names = ['probe-0123456789ab.tmp', 'probe-ba9876543210.tmp', 'mine-0123456789ab.tmp']
    for (const name of names) {
      await writeFile(join(dir, name), '')
      if (name !== names[1]) await utimes(join(dir, name), 1, 1)
    }
    await openDataDir(dir)
    expect((await readdir(dir)).sort()).toEqual([names[2], names[1]])
  })

  it('has a store for each machine that uses it, and one of all where machines have no id', async () => {
    const dir = await freshDir()
    const [one, two, none] = ['one', 'two', 'none'].map((name) => join(dir, name))
    await writeFile(one!, `${'1'.repeat(32)}\n`)
    await writeFile(two!, `${'2'.repeat(32)}\n`)
    const folders = await Promise.all([one, two, none].map((file) => storeFolder(dir, file)))
    expect(folders[0]).toMatch(/\/store-[0-9a-f]{12}$/)
    expect(new Set(folders).size).toBe(3)
    expect(folders[2]).toBe(join(dir, 'store'))
  })

  it('is refused where it is a file or cannot be made', async () => {
    const file = join(await freshDir(), 'file')
    await writeFile(file, '')
    await expect(openDataDir(file)).rejects.toMatchObject({ code: 'DATA_DIR_UNWRITABLE' })
    await expect(openDataDir(join(file, 'dir'))).rejects.toMatchObject({
      code: 'DATA_DIR_UNWRITABLE',
      message: expect.stringContaining('ENOTDIR'),
    })
  })
})

describe('the identity', () => {
  it('is made once and then always the same, for its owner alone', async () => {
    const dir = await freshDir()
    const first = await loadIdentity(dir)
    const second = await loadIdentity(dir)
    expect([first.isNew, second.isNew]).toEqual([true, false])
    expect(second.seed).toEqual(first.seed)
    expect(first.seed).toHaveLength(32)
    expect(await modeOf(join(dir, 'identity'))).toBe(0o600)
    expect(nacl.sign.keyPair.fromSeed(first.seed).publicKey).toEqual(signerOf(first.seed).key)
  })

  it('is one even when two ask at once', async () => {
    const dir = await freshDir()
    const all = await Promise.all(Array.from({ length: 8 }, () => loadIdentity(dir)))
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1)
    for (const { seed } of all) expect(equal(seed, all[0]!.seed)).toBe(true)
  })

  it.each([
    ['empty', (file: string) => truncate(file)],
    ['cut', (file: string) => truncate(file, 32)],
    ['longer', (file: string) => writeFile(file, 'x', { flag: 'a' })],
    [
      'changed in one bit',
      async (file: string) => {
        const bytes = await readFile(file)
        bytes[5]! ^= 1
        await writeFile(file, bytes)
      },
    ],
  ])('is refused when its file is %s, and the file is left as it is', async (_, damage) => {
    const dir = await freshDir()
    await loadIdentity(dir)
    const file = join(dir, 'identity')
    await damage(file)
    const bytes = await readFile(file)
    await expect(loadIdentity(dir)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' })
    expect(await readFile(file)).toEqual(bytes)
  })

  it('is refused when its file is missing beside a store', async () => {
    const dir = await freshDir()
    await writeFile(join(dir, 'store.made'), '')
    await expect(loadIdentity(dir)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' })
    expect(await readdir(dir)).toEqual(['store.made'])
  })
})

describe('the key of a code', () => {
  const slowly = (name: string, code: string) =>
    new Uint8Array(
      scryptSync(code, tagged(nodeCrypto, 'lanchat/code/1', utf8(name)), 32, {
        N: 2 ** 17,
        r: 8,
        p: 1,
        maxmem: 2 ** 28,
      }),
    )

  it('is zeros without a code', async () => {
    expect(await codeKeyOf(await freshDir(), 'lan', undefined)).toEqual(new Uint8Array(32))
  })

  it('is scrypt of the code under the name, and the same from the cache', async () => {
    const dir = await freshDir()
    const key = await codeKeyOf(dir, 'class', 'six random words')
    expect(key).toEqual(slowly('class', 'six random words'))
    const file = join(dir, 'codes')
    expect(await modeOf(file)).toBe(0o600)
    const written = await readFile(file, 'utf8')
    expect(written).not.toContain('six')
    expect(await codeKeyOf(dir, 'class', 'six random words')).toEqual(key)
    expect(await readFile(file, 'utf8')).toBe(written)
  })

  it('is another for another name or code, and the cache keeps each', async () => {
    const dir = await freshDir()
    const keys = [
      await codeKeyOf(dir, 'a', 'bc'),
      await codeKeyOf(dir, 'ab', 'c'),
      await codeKeyOf(dir, 'a', 'bd'),
      await codeKeyOf(dir, 'a', 'bc'),
    ].map((key) => hex(key))
    expect(new Set(keys).size).toBe(3)
    expect(keys[3]).toBe(keys[0])
    expect(JSON.parse(await readFile(join(dir, 'codes'), 'utf8')).entries).toHaveLength(3)
  })

  it('is derived again where the cache is damaged or the folder is gone', async () => {
    const dir = await freshDir()
    await writeFile(join(dir, 'codes'), '{"salt":"zz"')
    const key = await codeKeyOf(dir, 'lan', 'code')
    expect(key).toEqual(slowly('lan', 'code'))
    expect(await codeKeyOf(join(dir, 'gone'), 'lan', 'code')).toEqual(key)
    expect(JSON.parse(await readFile(join(dir, 'codes'), 'utf8')).entries).toHaveLength(1)
  })
})
