/** Where the package is: tests run from the sources, the chaos run from what is compiled of them. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

function packageRoot(from: URL): URL {
  const parent = new URL('../', from)
  if (parent.href === from.href) throw new Error(`no package.json above ${import.meta.url}`)
  return existsSync(new URL('package.json', parent)) ? parent : packageRoot(parent)
}

const ROOT = packageRoot(new URL('./', import.meta.url))

/** The path of a file of the package. */
export const inPackage = (path: string): string => fileURLToPath(new URL(path, ROOT))
export const fixture = (name: string): string => inPackage(`test/lab/fixtures/${name}`)
