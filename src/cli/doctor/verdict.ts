/** The one sentence in front: what is wrong first of all, or that all is well. */
import type { Check } from '../../node/index.ts'

/** checks: in the order in which a cause is looked for, so the first that fails explains the others. */
export function verdictOf(checks: readonly Check[]): string {
  const failed = checks.filter(({ status }) => status === 'fail')
  const [first, ...more] = failed
  if (first) return `${first.message}${more.length > 0 ? ` (${more.length} more below.)` : ''}`
  const warned = checks.filter(({ status }) => status === 'warn')
  const [only] = warned
  if (warned.length === 1 && only) return `Nothing is broken here, but: ${only.message}`
  if (warned.length > 1)
    return `Nothing is broken here, but look at ${warned.map(({ name }) => name).join(', ')}.`
  const told = checks.filter(({ name, status }) => status === 'pass' && TELLING.includes(name))
  if (told.length === 0) return 'All is well.'
  return `All is well. ${told.map(({ message }) => message).join(' ')}`
}

/** What somebody who asks wants to hear where nothing is wrong. */
const TELLING: readonly Check['name'][] = ['peers', 'hub']
