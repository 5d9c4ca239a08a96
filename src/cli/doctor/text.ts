/** All checks as people read them: a verdict, then a line each, what to do below. */
import type { Check } from '../../node/index.ts'
import { safeName } from '../safe-text.ts'

const MARKS = { pass: 'ok', warn: 'look', fail: 'FAIL', skip: '-' } as const

/** tabs: one line a check, columns separated by tabs: status, name, message, detail, fix. */
export function doctorText(verdict: string, checks: readonly Check[], tabs: boolean): string {
  const rows = checks.map((check) => (tabs ? tabbed(check) : spaced(check, widestOf(checks))))
  return [safeName(verdict), ...(tabs || checks.length === 0 ? [] : ['']), ...rows].join('\n')
}

const tabbed = ({ status, name, message, detail, fix }: Check) =>
  [status, name, message, detail ?? '', fix ?? ''].map(safeName).join('\t')

function spaced({ status, name, message, detail, fix }: Check, widest: number): string {
  const margin = ' '.repeat(6 + widest + 2)
  return [
    `${MARKS[status].padEnd(6)}${name.padEnd(widest)}  ${safeName(message)}`,
    ...(detail !== undefined && detail !== '' && status !== 'pass' ? [`${margin}${safeName(detail)}`] : []),
    ...(fix === undefined ? [] : [`${margin}-> ${safeName(fix)}`]),
  ].join('\n')
}

const widestOf = (checks: readonly Check[]) => Math.max(...checks.map(({ name }) => name.length))
