/** In a process of its own: what is set counts for all of it. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const MODULE = fileURLToPath(new URL('../../dist/cli/one-core.js', import.meta.url))

/** Makes much rubbish, and keeps some. */
const script = (cores: number) => `
  import { collectInOwnThread } from ${JSON.stringify(MODULE)}
  collectInOwnThread(${cores})
  let kept = []
  for (let k = 0; k < 2e6; k++) {
    kept.push({ of: [k] })
    if (kept.length > 200000) kept = kept.slice(100000)
  }
  process.stdout.write(String(kept.length > 0))
`

it.each([1, 2])('V8 collects rubbish where there are %d cores, and complains of no flag', (cores) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script(cores)])
  expect(stdout.toString()).toBe('true')
  expect(stderr.toString()).not.toContain('flag')
})
