/** The checks of `lanchat doctor`, behind a door that costs nothing until it is used. */
import type { Check, CheckOptions } from './io/checks/check.ts'
import type { StoreReportOptions } from './io/store-report.ts'
import type { StoreReport } from './store-report.ts'

export {
  CHECK_NAMES,
  type Check,
  type CheckName,
  type CheckOptions,
  type CheckStatus,
} from './io/checks/check.ts'

/**
 * Runs all checks at the same time and yields each as soon as it is made, the slowest after at most 5 s. Leaves nothing
 * behind on disk but a code's cached key, where there is one, and what LevelDB tidies when it opens. Never throws for what a machine or a network is like.
 */
export async function* runChecks(options: CheckOptions): AsyncGenerator<Check> {
  const { checkAll } = await import('./io/checks/all.ts')
  yield* checkAll(options)
}

/** What is stored in a data dir, and what the disk did to it. Changes nothing in the store. */
export async function checkStore(options: StoreReportOptions): Promise<StoreReport> {
  const { storeReport } = await import('./io/store-report.ts')
  return storeReport(options)
}
