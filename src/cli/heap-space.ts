import { getHeapSpaceStatistics, type HeapSpaceInfo } from 'node:v8'

/** A part of V8's heap by V8's name for it; undefined: it has none of that name. */
export const heapSpace = (name: 'new_space' | 'old_space'): HeapSpaceInfo | undefined =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === name)
