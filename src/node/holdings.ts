/** What a node holds, in figures that two nodes can compare: equal digests are equal vectors, of the rooms that both carry. */
import { concat, fromHex, hex, uint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { tagged } from '../wire/ids.ts'
import type { Replica } from './replica.ts'

export interface Holdings {
  /** Events that its vectors list. */
  readonly events: number
  /** 16 bytes of H("lanchat/digest/1" || room16 class1 digest16 of every room and class that is not empty, by room), hex. */
  readonly digest: string
}

export function holdingsOf(crypto: Crypto, replica: Replica): Holdings {
  let events = 0
  const entries: Uint8Array[] = []
  for (const room of [...replica.rooms()].sort())
    for (const cls of [0, 1] as const) {
      if (replica.vectors.isEmpty(room, cls)) continue
      for (const lane of replica.lanes(room, cls)) events += replica.vectors.listed(lane) ?? 0
      entries.push(concat(fromHex(room), uint(cls, 1), replica.vectors.digest(room, cls)))
    }
  return { events, digest: hex(tagged(crypto, 'lanchat/digest/1', ...entries), 0, 16) }
}
