import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { installCommand } from '../../src/cli/pack.ts'
import { shellWord } from '../../src/cli/shell-word.ts'

describe('a file in a command to type', () => {
  it.each(['lanchat.tgz', './a', '/media/ada/übung/x', 'C:x'])('is %s as it stands', (path) => {
    expect(shellWord(path, 'linux')).toBe(path)
  })

  it
    .skipIf(process.platform === 'win32')
    .each(['/media/ada/USB DISK/x.tgz', "it's", '$(touch evil)', '~ada', 'a\nb', '-rf'])(
    'is one word for a shell: %j',
    (path) => {
      const heard = execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(path, 'linux')}`]).toString()
      expect(heard).toBe(path.startsWith('-') ? `./${path}` : path)
    },
  )

  it('is in double quotes on Windows where there is a space', () => {
    expect(shellWord('E:\\my stick\\x.tgz', 'win32')).toBe('"E:\\my stick\\x.tgz"')
    expect(shellWord('E:\\x.tgz', 'win32')).toBe('E:\\x.tgz')
  })

  it('is what npm installs from a stick', () => {
    expect(installCommand('/media/USB DISK/l.tgz')).toMatch(
      /--ignore-scripts (['"])\/media\/USB DISK\/l.tgz\1$/,
    )
    expect(installCommand('l.tgz')).toMatch(/--ignore-scripts \.\/l\.tgz$/)
  })
})
