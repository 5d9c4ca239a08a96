// Reads vitest's JSON reports. <report>: fails where a test failed, was skipped, or none ran. --sum <reports>: says once more at the
// end of a run, where it is always read, what failed and how, then the sum as the last line; fails where nothing ran.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Of one failure's message and stack. */
const LINES_MAX = 30

const isSum = process.argv[2] === '--sum'
const counts = { passed: 0, failed: 0, skipped: 0 }

for (const path of process.argv.slice(isSum ? 3 : 2)) {
  if (!existsSync(path)) continue
  const report = JSON.parse(readFileSync(path, 'utf8'))
  counts.passed += report.numPassedTests
  counts.failed += report.numFailedTests
  counts.skipped += report.numPendingTests + report.numTodoTests
  for (const file of report.testResults) {
    for (const test of file.assertionResults)
      if (test.status !== 'passed') say(file.name, test.status, test.fullName, test.failureMessages)
    // A file that could not be loaded, or whose hooks failed.
    if (file.status !== 'failed' || file.assertionResults.some((test) => test.status === 'failed')) continue
    counts.failed += 1
    say(file.name, 'failed', 'the file itself', [file.message])
  }
}

function say(file, status, name, messages) {
  console.log(`${status}: ${relative(process.cwd(), file)}: ${name}`)
  const lines = messages.join('\n').split('\n')
  if (isSum) for (const line of lines.slice(0, LINES_MAX)) console.log(`    ${line}`)
}

if (!isSum) console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
else console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.passed === 0 || counts.failed > 0 || counts.skipped > 0 ? 1 : 0
