/** Which packages a package needs to run, found as Node finds them, and where each goes in a bundle. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly [field: string]: unknown
}

export interface Bundled {
  /** Where it lies on this disk. */
  readonly folder: string
  /** Where it goes, below the bundle's root: node_modules/ws. */
  readonly path: string
  readonly manifest: Manifest
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/**
 * All packages that the one in `root` needs, and those that they need. Each lies at the top, or where another version
 * of it lies there already, inside the one that needs it. Of optional ones only those of the root itself, where installed
 * whole: what it does without, it does faster with them. Throws where another one is missing.
 */
export function closure(root: string): Bundled[] {
  const placed = new Map<string, Bundled>()
  const visit = (folder: string, path: string, manifest: Manifest) => {
    const optional = path === '' ? Object.keys(manifest.optionalDependencies ?? {}) : []
    const wanted = optional.filter((name) => isWhole(name, folder))
    for (const name of [...needed(manifest), ...wanted].sort()) {
      const found = find(name, folder)
      const seen = visible(placed, name, path)
      if (seen?.folder === found) continue
      const at = `${seen ? `${path}/` : ''}node_modules/${name}`
      const bundled = { folder: found, path: at, manifest: readManifest(found) }
      placed.set(at, bundled)
      visit(found, at, bundled.manifest)
    }
  }
  visit(realpathSync(root), '', readManifest(root))
  return [...placed.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** npm lists optional ones in both. */
const needed = ({ dependencies = {}, optionalDependencies = {} }: Manifest): string[] =>
  Object.keys(dependencies).filter((name) => !Object.hasOwn(optionalDependencies, name))

function find(name: string, from: string): string {
  const found = installed(name, from)
  if (found === undefined) throw new Error(`the package ${name} is not installed`)
  return found
}

/** Where Node finds a package that a file in `from` imports. */
function installed(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (statSync(join(candidate, 'package.json'), { throwIfNoEntry: false })) return realpathSync(candidate)
    if (folder === dirname(folder)) return undefined
  }
}

/** Is this package here, readable, and all that it needs too? An optional one that is not may not keep others from being packed. */
function isWhole(name: string, from: string, seen = new Set<string>()): boolean {
  const folder = installed(name, from)
  if (folder === undefined) return false
  if (seen.has(folder)) return true
  seen.add(folder)
  try {
    return needed(readManifest(folder)).every((each) => isWhole(each, folder, seen))
  } catch {
    return false
  }
}

/** What the package at `path` of the bundle would find under this name: in itself, or in what it lies in, up to the top. */
function visible(placed: ReadonlyMap<string, Bundled>, name: string, path: string): Bundled | undefined {
  const around = path.split(/(?:^|\/)node_modules\//).slice(1)
  for (let depth = around.length; depth >= 0; depth--) {
    const inside = around.slice(0, depth).map((each) => `node_modules/${each}/`)
    const found = placed.get(`${inside.join('')}node_modules/${name}`)
    if (found) return found
  }
  return undefined
}
