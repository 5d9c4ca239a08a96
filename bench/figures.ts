/** What a work measured: samples, their quantiles, and the target they are held against. */

/** A quantile of a figure, in its unit. */
export interface Target {
  readonly of: 'p50' | 'p95' | 'p99' | 'max'
  readonly atMost: number
}

export interface Figure {
  readonly name: string
  readonly unit: 'ms' | 's' | 'MiB' | 'KiB' | 'bytes' | 'times' | '1/s'
  /** In the order they were taken; at least one. */
  readonly samples: readonly number[]
  /** None: for information. */
  readonly targets?: readonly Target[]
}

/** What one run of a work gave. */
export interface Report {
  readonly work: string
  readonly figures: readonly Figure[]
  /** What a reader must know to repeat or to judge it. */
  readonly notes: readonly string[]
}

/** The smallest sample that at least the share q (0 to 1) of all samples do not exceed (nearest rank). */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

const SHARES = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 } as const

export function reached({ samples }: Figure, { of, atMost }: Target): boolean {
  return quantile(samples, SHARES[of]) <= atMost
}

/** A figure as JSON: quantiles first, so that a reader needs no arithmetic. */
export function figureJson(figure: Figure): object {
  const { name, unit, samples, targets = [] } = figure
  return {
    name,
    unit,
    count: samples.length,
    min: quantile(samples, 0),
    p50: quantile(samples, 0.5),
    p95: quantile(samples, 0.95),
    p99: quantile(samples, 0.99),
    max: quantile(samples, 1),
    targets: targets.map((target) => ({ ...target, reached: reached(figure, target) })),
    samples,
  }
}

const COLUMNS = ['figure', 'n', 'min', 'p50', 'p95', 'p99', 'max', 'unit', 'target'] as const

/** The report as a Markdown table. */
export function reportTable({ figures }: Report): string {
  const rows = figures.map((figure) => {
    const { name, unit, samples, targets = [] } = figure
    const cells = [0, 0.5, 0.95, 0.99, 1].map((q) => rounded(quantile(samples, q)))
    const held = targets.map(
      (target) => `${target.of} <= ${target.atMost}: ${reached(figure, target) ? 'reached' : 'MISSED'}`,
    )
    return [name, String(samples.length), ...cells, unit, held.join(', ')]
  })
  const widths = COLUMNS.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => pad(cell, widths[k]!, k)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(COLUMNS), rule, ...rows.map(line)].join('\n')
}

const rounded = (value: number): string =>
  value < 1
    ? value.toFixed(3)
    : value < 10
      ? value.toFixed(2)
      : value < 100
        ? value.toFixed(1)
        : value.toFixed(0)

/** Numbers to the right, words to the left. */
const pad = (cell: string, width: number, column: number): string =>
  column >= 1 && column <= 6 ? cell.padStart(width) : cell.padEnd(width)
