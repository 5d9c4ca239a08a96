/**
 * One .tgz with lanchat and all it needs to run, for `npm install --offline`: dependencies are bundled, native ones with the
 * binaries of all platforms they ship, and nothing in it wants to run a script. Made from an installed lanchat or a
 * checkout that was built; the same files give the same archive.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { closure, type Manifest, readManifest } from './closure.ts'
import { type TarFile, tar } from './tar.ts'

export interface OfflinePackage {
  /** lanchat-1.2.3-offline.tgz */
  readonly file: string
  readonly version: string
  readonly bytes: Uint8Array
  /** 64 hex digits. */
  readonly sha256: string
}

/** The folder of this very lanchat. */
export const ownFolder = (): string => fileURLToPath(new URL('../../../', import.meta.url))

/** What compilers need and programs do not. */
const SOURCES = /\.(?:cc|cpp|c|h|hpp|gyp|gypi|cmake|map|ts|mts|cts|flow|tsbuildinfo)$/i
const LICENCE = /^(?:licen[cs]e|copying|notice|authors)/i

/** Throws where a file or a dependency is missing. */
export function packOffline(folder: string): OfflinePackage {
  const root = realpathSync(folder)
  const manifest = readManifest(root)
  const bundled = closure(root)
  const files: TarFile[] = [
    jsonFile(
      'package/package.json',
      ownManifest(
        manifest,
        bundled.map(({ path }) => path),
      ),
    ),
    ...(manifest.files ?? [])
      .flatMap((name) => matching(root, name))
      .flatMap((name) => filesIn(join(root, name), `package/${name}`, /\.(?:map|tsbuildinfo)$/)),
  ]
  for (const { folder: from, path, manifest: its } of bundled) {
    const inside = filesIn(from, `package/${path}`, SOURCES).filter(
      (file) => file.path !== `package/${path}/package.json`,
    )
    files.push(jsonFile(`package/${path}/package.json`, quiet(its)), ...inside)
  }
  const bytes = gzipSync(tar(files), { level: 9 })
  // Byte 9 names the system that packed it.
  bytes[9] = 255
  return {
    file: `${manifest.name}-${manifest.version}-offline.tgz`,
    version: manifest.version,
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

/** The names that an entry of `files` means: itself, or with a * in its last part the files that fit. */
function matching(root: string, entry: string): string[] {
  const at = entry.lastIndexOf('/') + 1
  const [folder, last] = [entry.slice(0, at), entry.slice(at)]
  const [before, after] = last.split('*')
  if (after === undefined) return [entry]
  const fits = (name: string) => name.startsWith(before!) && name.endsWith(after) && !name.startsWith('.')
  return readdirSync(join(root, folder))
    .filter(fits)
    .sort()
    .map((name) => folder + name)
}

/** Packages at the top are named as bundled; npm then fetches none of them, nor asks for optional ones that are not here. */
function ownManifest(manifest: Manifest, paths: readonly string[]): object {
  const { scripts: _, devDependencies: __, overrides: ___, allowScripts: ____, ...kept } = manifest
  const { optionalDependencies: optional = {}, ...rest } = kept
  const top = paths
    .map((path) => path.slice('node_modules/'.length))
    .filter((path) => !path.includes('/node_modules/'))
  const here = Object.entries(optional).filter(([name]) => top.includes(name))
  return {
    ...rest,
    bundleDependencies: top,
    // npm writes them last where it installs this: what is packed there again is the same.
    ...(here.length > 0 && { optionalDependencies: Object.fromEntries(here) }),
  }
}

/** Without scripts, and without the optional packages that are not here. */
function quiet(manifest: Manifest): object {
  const { scripts: _, devDependencies: __, optionalDependencies: ___, ...rest } = manifest
  return { ...rest, gypfile: false }
}

const jsonFile = (path: string, value: object): TarFile => ({
  path,
  data: Buffer.from(`${JSON.stringify(value, null, 2)}\n`),
})

/** In order of names; folders named node_modules are left out, and files that `skips` fits unless they are licences. */
function filesIn(from: string, path: string, skips: RegExp): TarFile[] {
  const stat = statSync(from)
  if (stat.isFile()) return [{ path, data: readFileSync(from) }]
  return readdirSync(from)
    .sort()
    .filter((name) => name !== 'node_modules' && (LICENCE.test(name) || !skips.test(name)))
    .flatMap((name) => filesIn(join(from, name), `${path}/${name}`, skips))
}
