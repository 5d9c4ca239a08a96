import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { closure } from '../../../src/cli/offline/closure.ts'
import { packOffline } from '../../../src/cli/offline/package.ts'

const root = mkdtempSync(join(tmpdir(), 'lanchat-offline-'))
afterAll(() => rmSync(root, { recursive: true }))

function put(folder: string, manifest: object, files: Record<string, string> = {}): void {
  mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify(manifest))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, folder, name), text)
}
put('', {
  name: 'demo',
  version: '1.0.0',
  files: ['main.js', 'docs/*.md'],
  scripts: { install: 'x' },
  devDependencies: { z: '1' },
  dependencies: { a: '1', b: '1' },
  optionalDependencies: { d: '1', absent: '1' },
})
writeFileSync(join(root, 'main.js'), 'main')
mkdirSync(join(root, 'docs'))
writeFileSync(join(root, 'docs/read.md'), 'read')
writeFileSync(join(root, 'docs/other.txt'), 'other')
writeFileSync(join(root, 'secret.txt'), 'not in files')
put(
  'node_modules/a',
  { name: 'a', version: '1.0.0', dependencies: { c: '1' }, scripts: { install: 'node-gyp rebuild' } },
  { 'a.js': 'a', 'a.cc': 'source', LICENSE: 'free', 'binding.gyp': '{}' },
)
put('node_modules/b', {
  name: 'b',
  version: '1.0.0',
  dependencies: { c: '2' },
  optionalDependencies: { missing: '1' },
})
put('node_modules/b/node_modules/c', { name: 'c', version: '2.0.0', dependencies: { a: '1' } })
put('node_modules/c', { name: 'c', version: '1.0.0' })
put('node_modules/d', { name: 'd', version: '1.0.0' })

describe('the packages of a bundle', () => {
  it('are found as Node finds them: two versions of one lie apart', () => {
    expect(closure(root).map(({ path, manifest }) => [path, manifest.version])).toEqual([
      ['node_modules/a', '1.0.0'],
      ['node_modules/b', '1.0.0'],
      ['node_modules/b/node_modules/c', '2.0.0'],
      ['node_modules/c', '1.0.0'],
      ['node_modules/d', '1.0.0'],
    ])
  })

  it('are with it where they are optional for it and installed', () => {
    const paths = closure(root).map(({ path }) => path)
    expect(paths).toContain('node_modules/d')
    expect(paths.join()).not.toMatch(/absent|missing/)
  })

  it('are without those that are optional for it and only half installed', () => {
    put('half', { name: 'half', version: '1.0.0', optionalDependencies: { lacking: '1', torn: '1', d: '1' } })
    put('half/node_modules/lacking', { name: 'lacking', version: '1.0.0', dependencies: { nowhere: '1' } })
    put('half/node_modules/torn', {})
    writeFileSync(join(root, 'half/node_modules/torn/package.json'), '{"name":')
    expect(closure(join(root, 'half')).map(({ path }) => path)).toEqual(['node_modules/d'])
  })

  it('that are missing are named', () => {
    put('broken', { name: 'broken', version: '1.0.0', dependencies: { nowhere: '1' } })
    expect(() => closure(join(root, 'broken'))).toThrow('the package nowhere is not installed')
  })
})

describe('the archive', () => {
  const packed = packOffline(root)
  const file = join(root, packed.file)
  writeFileSync(file, packed.bytes)
  const read = (path: string) => execFileSync('tar', ['xzOf', file, path], { encoding: 'utf8' })

  it('can be read by tar, and holds what is to be there', () => {
    expect(packed.file).toBe('demo-1.0.0-offline.tgz')
    const names = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n').sort()
    expect(names).toEqual([
      'package/docs/read.md',
      'package/main.js',
      'package/node_modules/a/LICENSE',
      'package/node_modules/a/a.js',
      'package/node_modules/a/package.json',
      'package/node_modules/b/node_modules/c/package.json',
      'package/node_modules/b/package.json',
      'package/node_modules/c/package.json',
      'package/node_modules/d/package.json',
      'package/package.json',
    ])
    expect(read('package/node_modules/a/LICENSE')).toBe('free')
  })

  it('wants no script to run and names all that it bundles', () => {
    expect(JSON.parse(read('package/package.json'))).toEqual({
      name: 'demo',
      version: '1.0.0',
      files: ['main.js', 'docs/*.md'],
      dependencies: { a: '1', b: '1' },
      optionalDependencies: { d: '1' },
      bundleDependencies: ['a', 'b', 'c', 'd'],
    })
    expect(JSON.parse(read('package/node_modules/a/package.json'))).not.toHaveProperty('scripts')
    expect(JSON.parse(read('package/node_modules/b/package.json'))).not.toHaveProperty('optionalDependencies')
  })

  it('is the same each time', () => {
    expect(packOffline(root).sha256).toBe(packed.sha256)
  })
})
