/** In a process of its own: what is set counts for all of it. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const MODULE = fileURLToPath(new URL('../../dist/cli/young-generation.js', import.meta.url))

/** Keeps much of what it makes, for which V8 would take 32 MiB (Node 20) to 128 (Node 24). Prints the most that it took. */
const SCRIPT = `
  import { boundYoungGeneration } from ${JSON.stringify(MODULE)}
  import { getHeapSpaceStatistics } from 'node:v8'
  boundYoungGeneration()
  let kept = []
  let most = 0
  for (let round = 0; round < 200; round++) {
    for (let k = 0; k < 20000; k++) kept.push({ round, of: [k] })
    if (kept.length > 200000) kept = kept.slice(100000)
    const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    most = Math.max(most, space_size)
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.stdout.write(String(most))
`

/** MiB. */
const most = (): number =>
  Number(execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT])) / 1024 / 1024

it('V8 takes no more memory for new objects than it is told, whatever its version would', () => {
  // It may be collected twice before it is looked at: not each time.
  expect(Math.min(most(), most(), most())).toBeLessThan(28)
})
