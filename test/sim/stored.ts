/** What a node's disk really holds of an event, read past the node's own code for it. */
import { nodeCrypto } from '../../src/node/crypto.ts'
import { bodyKey, eventKey, parseLaneKey } from '../../src/node/keys.ts'
import type { LaneName } from '../../src/node/lanes.ts'
import { readStored } from '../../src/node/run-record.ts'
import type { Store, StoreOp } from '../../src/node/store.ts'
import { equal } from '../../src/wire/bytes.ts'
import type { Event } from '../../src/wire/event.ts'
import { RUN_EVENTS_MAX } from '../../src/wire/limits.ts'

/** The header at n with the key under which it lies, alone or in a run. */
export function storedAt(
  store: Pick<Store, 'get'>,
  { room, author, lane }: LaneName,
  n: number,
):
  | { readonly key: string; readonly header: Uint8Array; readonly body: Uint8Array | null | undefined }
  | undefined {
  for (let last = n; last < n + RUN_EVENTS_MAX; last++) {
    const key = eventKey(room, author, lane, last)
    const value = store.get(key)
    const run = value && readStored(nodeCrypto, value)
    const i = run ? run.headers.length - 1 - (last - n) : -1
    if (run && i >= 0) return { key, header: run.headers[i]!, body: run.bodies?.[i] }
  }
  return undefined
}

export const hasBody = (store: Pick<Store, 'get'>, event: Event): boolean =>
  Boolean(storedAt(store, event, event.n)?.body) || store.get(bodyKey(event.id)) !== undefined

/** Does this operation take the body of something away, alone or out of a run? */
export const takesBody = ([kind, key, value]: StoreOp): boolean =>
  kind === 'del'
    ? key.startsWith('b')
    : key.startsWith('e') && readStored(nodeCrypto, value!)?.bodies?.includes(null) === true

/** The key under which the event that this writes lies already; undefined: it is new here. */
export function keyBefore(store: Pick<Store, 'get'>, [, key, value]: StoreOp): string | undefined {
  const header = key.startsWith('e') && value ? readStored(nodeCrypto, value)?.headers.at(-1) : undefined
  if (!header) return undefined
  const { n, ...lane } = parseLaneKey(key)
  const before = storedAt(store, lane, n)
  return before && equal(before.header, header) ? before.key : undefined
}
