/** Where a start spends its time: bench/ reads these lines. */

/** ms: since this process began. */
export function tellPoint(
  log: (level: 'debug', text: string) => void,
  point: string,
  ms = performance.now(),
): void {
  log('debug', `start: ${point} at ${ms.toFixed(1)} ms`)
}
