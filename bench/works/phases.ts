/** Where a start spends its time: the points that the program tells at --log-level debug. */
import type { Figure } from '../figures.ts'
import type { Program } from '../program.ts'

/** As src/node/io/start-points.ts writes it: `start: <point> at <ms since the process began>`. */
const POINT = /start: (.+) at ([0-9.]+) ms$/

export class Phases {
  /** By point, in the order in which the first start reached them. */
  readonly #points = new Map<string, number[]>()

  add(program: Program): void {
    const seen = new Set<string>()
    for (const line of program.log) {
      const [, point, ms] = POINT.exec(line) ?? []
      if (point === undefined || seen.has(point)) continue
      seen.add(point)
      const samples = this.#points.get(point) ?? []
      samples.push(Number(ms))
      this.#points.set(point, samples)
    }
  }

  figures(title: string): Figure[] {
    return [...this.#points].map(([point, samples]) => ({
      name: `${title}: at ${point}`,
      unit: 'ms',
      samples,
    }))
  }
}
