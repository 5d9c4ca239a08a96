import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { frameTable } from '../../src/wire/frames.ts'
import { kindTable } from '../../src/wire/kinds.ts'
import { toJson, vectorFile } from '../vectors/json.ts'
import { makeVectors } from '../vectors/make.ts'

const folder = fileURLToPath(new URL('../vectors/', import.meta.url))
const made = makeVectors()

describe('the vectors', () => {
  it.each(Object.keys(made))('%s is what the generator makes', (name) => {
    const text = toJson(made[name])
    // To change them on purpose: LANCHAT_WRITE_VECTORS=1 npx vitest run test/wire/vectors.test.ts
    if (process.env.LANCHAT_WRITE_VECTORS) writeFileSync(folder + name, text)
    expect(readFileSync(folder + name, 'utf8')).toBe(text)
  })

  it('are all made', () => {
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort(),
    ).toEqual(Object.keys(made).sort())
  })

  it('show every frame and every kind', () => {
    const frames = vectorFile<{ good: { type: string }[] }>('frames.json').good.map(({ type }) => type)
    const kinds = vectorFile<{ good: { kind: string }[] }>('kinds.json').good.map(({ kind }) => kind)
    expect(new Set(frames)).toEqual(new Set(frameTable.map(({ name }) => name)))
    expect(new Set(kinds)).toEqual(new Set(kindTable.map(({ name }) => name)))
  })
})
