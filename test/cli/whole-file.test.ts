import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readWholeFile, typedPath } from '../../src/cli/whole-file.ts'
import { FakeWorld } from './fake-world.ts'

const dir = mkdtempSync(join(tmpdir(), 'lanchat whole-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

it.each([
  ['me.png', 'me.png'],
  ['my face.png', 'my face.png'],
  ['"my face.png"', 'my face.png'],
  ["'/pictures/my face.png'", '/pictures/my face.png'],
  ['~/me.png', join('/home/ada', 'me.png')],
  ['~me.png', '~me.png'],
  ['"', '"'],
  [`"a'`, `"a'`],
])('a file that is typed as %s is %s', (typed, path) => {
  expect(typedPath(typed, () => '/home/ada')).toBe(path)
})

it('a picture is found by its name in quotes, as terminals write it where it is dropped', async () => {
  const file = join(dir, 'my face.png')
  writeFileSync(file, new Uint8Array(30))
  const world = new FakeWorld()
  const ended = world.run('--json')
  await world.next('ready')
  world.type(`/profile picture '${file}'`)
  await world.answer()
  expect(world.node.asked).toMatchObject([{ do: 'profile', picture: { length: 30 } }])
  world.stdin.end()
  await ended
})

it.each([
  [29, 30],
  [30, 30],
  [100, 30],
  [9000, 9000],
])('of a file no more than one byte too many is read: room for %i', async (max, length) => {
  const file = join(dir, `${length}`)
  writeFileSync(file, new Uint8Array(length))
  expect(await readWholeFile(file, max)).toHaveLength(Math.min(length, max + 1))
})
