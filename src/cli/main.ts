#!/usr/bin/env node
/** The lanchat command: looks at the version of Node before anything else is loaded, then hands over to run.ts. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `lanchat: Node ${process.versions.node} is too old for lanchat; please use 20.19 or later.\n`,
  )
}
// V8 lets rubbish grow to several times of what lives where a machine has much memory: lanchat is not alone on it.
const { boundOldGeneration } = await import('./old-generation.ts')
boundOldGeneration()
const { boundYoungGeneration } = await import('./young-generation.ts')
boundYoungGeneration()
const { collectInOwnThread } = await import('./one-core.ts')
collectInOwnThread()
const { runProcess } = await import('./process.ts')
await runProcess()

export {}
