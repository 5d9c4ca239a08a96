/**
 * How much memory V8 takes for objects that were just made. It doubles that room whenever much of what lies there is still in
 * use, up to 32 MiB in Node 20 and 128 in Node 24, and mostly keeps it. After V8 has begun it takes no other limit, but it
 * asks anew each time by how much the room may grow.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { heapSpace } from './heap-space.ts'

/** Both halves of it. It may double once more before that is known. */
const YOUNG_BYTES_MAX = 8 * 1024 * 1024

/** From now on, for this process. */
export function boundYoungGeneration(): void {
  let grows = true
  // It only grows when it has been collected.
  const observer = new PerformanceObserver(() => {
    const mayGrow = youngBytes() < YOUNG_BYTES_MAX
    if (mayGrow !== grows) setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`)
    grows = mayGrow
  })
  observer.observe({ entryTypes: ['gc'] })
}

const youngBytes = (): number => heapSpace('new_space')?.space_size ?? 0
