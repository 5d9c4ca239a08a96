/** Where the text of a message stands in its plain body, for who wants the bytes and no value. */
import { SALT_BYTES } from './codec.ts'
import { TEXT_BYTES_MAX } from './limits.ts'

const ARRAY_OF_3 = 0x93

/**
 * From and to of the text in the body of a `message`, where decodeBody gives a message with just these bytes as its text;
 * undefined where that is not plain to see: then decodeBody tells.
 */
export function textSpan(body: Uint8Array): { readonly from: number; readonly to: number } | undefined {
  if (body[SALT_BYTES] !== ARRAY_OF_3) return undefined
  const head = body[SALT_BYTES + 1]!
  let from = SALT_BYTES + 2
  let length: number
  if (head >= 0xa0 && head <= 0xbf) length = head & 31
  else if (head === 0xd9) length = body[from++]!
  else if (head === 0xda) {
    length = body[from]! * 256 + body[from + 1]!
    from += 2
  } else return undefined
  const to = from + length
  const isAction = body[to]
  if (!(length <= TEXT_BYTES_MAX) || (isAction !== 0xc2 && isAction !== 0xc3)) return undefined
  const reply = body[to + 1]
  const isNone = reply === 0xc0 && body.length === to + 2
  const isId = reply === 0xc4 && body[to + 2] === 32 && body.length === to + 3 + 32
  return isNone || isId ? { from, to } : undefined
}
