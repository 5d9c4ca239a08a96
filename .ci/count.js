// Reads vitest's JSON reports. <report>: fails where a test failed, was skipped, or none ran. --sum <reports>: prints the sum as the
// last line of a run, and fails where nothing ran.
import { existsSync, readFileSync } from 'node:fs'

const isSum = process.argv[2] === '--sum'
const counts = { passed: 0, failed: 0, skipped: 0 }

for (const path of process.argv.slice(isSum ? 3 : 2)) {
  if (!existsSync(path)) continue
  const report = JSON.parse(readFileSync(path, 'utf8'))
  counts.passed += report.numPassedTests
  counts.failed += report.numFailedTests
  counts.skipped += report.numPendingTests + report.numTodoTests
  // A file that could not be loaded has no tests of its own.
  for (const file of report.testResults)
    if (file.status === 'failed' && file.assertionResults.length === 0) counts.failed += 1
  if (isSum) continue
  for (const file of report.testResults)
    for (const test of file.assertionResults)
      if (test.status !== 'passed') console.log(`${test.status}: ${file.name}: ${test.fullName}`)
}

if (!isSum) console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
else console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.passed === 0 || counts.failed > 0 || counts.skipped > 0 ? 1 : 0
