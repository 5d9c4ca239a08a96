/** Who may import what: wire <- hub <- node <- cli, each part by its one door, and the outside world only in io folders. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
const parts = [...new Set(files.map(partOf))].sort()

function partOf(file: string): string {
  return file.split('/')[0]!
}

interface Import {
  readonly from: string
  /** A file below src, a package or a node: module. */
  readonly to: string
  /** Types alone are gone at run time. */
  readonly isType: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(src + file, 'utf8')
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(import|export)\s([^'"`;]*?)from\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/(?:^|\n)\s*(import)(\s*)['"]([^'"]+)['"]/g),
    ...text.matchAll(/\b(import)(\()\s*['"]([^'"]+)['"]/g),
  ]
  return found.map(([, , what, specifier]) => ({
    from: file,
    to: specifier!.startsWith('.')
      ? normalize(join(dirname(file), specifier!)).replaceAll('\\', '/')
      : specifier!,
    isType: what!.startsWith('type '),
  }))
}

const all = files.flatMap(importsOf)
const isOurs = (to: string) => files.includes(to) || to.endsWith('.ts')
const told = ({ from, to }: Import) => `${from} imports ${to}`
const of = (part: string) => all.filter(({ from }) => partOf(from) === part)

/** What each part may import of the others: whole parts, or one file of them. */
const ARROWS: Record<string, readonly string[]> = {
  wire: [],
  hub: ['wire/'],
  node: ['wire/', 'hub/index.ts'],
  cli: ['wire/', 'node/index.ts'],
  web: ['wire/', 'node/'],
}
/** Packages of the wire: each runs in a browser too. */
const WIRE_PACKAGES = ['msgpackr/pack', 'tweetnacl', 'valibot']
/** Ways out of the process; pure files are told what they need. */
const OUTSIDE = /^node:(child_process|dgram|dns|fs|http|https|http2|net|os|tls|worker_threads)(\/|$)/

describe('imports', () => {
  it('are found at all', () => {
    expect(parts).toContain('wire')
    expect(of('wire').map(told)).toContain('wire/codec.ts imports msgpackr/pack')
  })

  it.each(parts)('of src/%s go only along the arrows', (part) => {
    const allowed = ARROWS[part]
    expect(allowed, `${part} is no part of the map`).toBeDefined()
    const wrong = of(part).filter(
      ({ to }) => isOurs(to) && partOf(to) !== part && !allowed!.some((prefix) => to.startsWith(prefix)),
    )
    expect(wrong.map(told)).toEqual([])
  })

  it('of src/wire bring in nothing that a browser lacks', () => {
    const wrong = of('wire').filter(({ to }) => !isOurs(to) && !WIRE_PACKAGES.includes(to))
    expect(wrong.map(told)).toEqual([])
  })

  it('of the world outside are made only in io folders of src/hub and src/node', () => {
    const wrong = [...of('hub'), ...of('node')].filter(
      ({ from, to, isType }) => !isType && OUTSIDE.test(to) && !from.includes('/io/'),
    )
    expect(wrong.map(told)).toEqual([])
  })

  it('lead to files that exist', () => {
    const wrong = all.filter(({ to }) => to.endsWith('.ts') && !files.includes(to) && !to.endsWith('.d.ts'))
    expect(wrong.map(told)).toEqual([])
  })
})

describe('src/wire', () => {
  it('asks for no time, chance or global of one platform', () => {
    const forbidden =
      /\b(Date\.now|new Date|Math\.random|performance\.now|setTimeout|setInterval|process\.|Buffer\.)/
    const wrong = files
      .filter((file) => partOf(file) === 'wire')
      .filter((file) =>
        forbidden.test(readFileSync(src + file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
      )
    expect(wrong).toEqual([])
  })
})
