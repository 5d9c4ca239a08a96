/** Store keys as bytes on disk: the letter, then the hex as bytes; names of 'm' keys stay text. */
import { fromHex, hex, utf8 } from '../wire/bytes.ts'

const decoder = new TextDecoder()
const DIGITS = '0123456789abcdef'

/** The bytes of a key. Throws TypeError for what is no key (a programmer's mistake). */
export function keyBytes(key: string): Uint8Array {
  const letter = key.charCodeAt(0)
  if (!(letter >= 0x61 && letter <= 0x7a)) throw new TypeError(`not a store key: ${key}`)
  if (key[0] === 'm') return utf8(key)
  if (key.length % 2 === 0) throw new TypeError(`not a store key: ${key}`)
  // Out of Buffer's pool: every event that is stored makes some of these, and an array for each would cost more.
  const out = Buffer.allocUnsafe((key.length + 1) / 2)
  out[0] = letter
  if (out.write(key.slice(1), 1, 'hex') < out.length - 1) throw new TypeError(`not a store key: ${key}`)
  return out
}

/** The key of bytes that keyBytes made. */
export function keyText(bytes: Uint8Array): string {
  const letter = String.fromCharCode(bytes[0]!)
  return letter === 'm' ? decoder.decode(bytes) : letter + hex(bytes, 1)
}

/**
 * The least bytes b with: key >= bound as strings exactly where keyBytes(key) >= b as bytes, for any string as bound (also
 * half a byte of hex, or a sign above all hex as 'e00~').
 */
export function boundBytes(bound: string): Uint8Array {
  if (bound === '') return new Uint8Array(0)
  if (bound[0]! > '\x7f') return Uint8Array.of(0xff)
  if (bound[0] === 'm') return utf8(bound)
  const digits: number[] = []
  for (const sign of bound.slice(1)) {
    const digit = DIGITS.indexOf(sign)
    if (digit >= 0) digits.push(digit)
    else {
      if (sign > 'f') return after(bound[0]!, digits)
      // Between the digits and the letters: as an a; below the digits: any longer key is above.
      digits.push(sign > '9' ? 10 : 0)
      break
    }
  }
  return fromDigits(bound[0]!, digits)
}

/** The first bytes after everything that begins with these digits. */
function after(letter: string, digits: readonly number[]): Uint8Array {
  const next = digits.slice()
  while (next.at(-1) === 15) next.pop()
  if (next.length === 0) return Uint8Array.of(Math.min(letter.charCodeAt(0) + 1, 0xff))
  next[next.length - 1]!++
  return fromDigits(letter, next)
}

function fromDigits(letter: string, digits: readonly number[]): Uint8Array {
  const text = digits.map((digit) => DIGITS[digit]).join('')
  return prefixed(letter, fromHex(text.length % 2 === 0 ? text : `${text}0`))
}

function prefixed(key: string, rest: Uint8Array): Uint8Array {
  const out = new Uint8Array(1 + rest.length)
  out[0] = key.charCodeAt(0)
  out.set(rest, 1)
  return out
}
