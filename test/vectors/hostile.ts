/** Msgpack meant to hurt its reader, and what each is refused for (rule FR-2). Large ones as a part that repeats. */
import { concat, fromHex, hex, utf8 } from '../../src/wire/bytes.ts'

export interface HostileVector {
  readonly name: string
  /** What decodeFrame answers. */
  readonly fault: string
  /** first || count times part || last */
  readonly first: Uint8Array
  readonly part: Uint8Array
  readonly count: number
  readonly last: Uint8Array
}

const NONE = new Uint8Array(0)

export function bytesOf({ first, part, count, last }: HostileVector): Uint8Array {
  const out = new Uint8Array(first.length + part.length * count + last.length)
  out.set(first)
  for (let i = 0; i < count; i++) out.set(part, first.length + i * part.length)
  out.set(last, out.length - last.length)
  return out
}

export function hostileMsgpack(): HostileVector[] {
  const one = (name: string, fault: string, bytes: string): HostileVector => ({
    name,
    fault,
    first: fromHex(bytes.replaceAll(' ', '')),
    part: NONE,
    count: 0,
    last: NONE,
  })
  const many = (name: string, fault: string, first: string, part: string, count: number, last = ''): HostileVector => ({
    name,
    fault,
    first: fromHex(first),
    part: fromHex(part),
    count,
    last: fromHex(last),
  })
  const text = (value: string) => hex(concat(Uint8Array.of(0xa0 | value.length), utf8(value)))
  /** Pairs of references, each to the pair before: small to send, endless to print. */
  const references = (levels: number) => {
    let bytes = `d669${'00000001'}92c0c0`
    for (let i = 2; i <= levels; i++) {
      const id = (n: number) => n.toString(16).padStart(8, '0')
      bytes = `d669${id(i)}92${i === 2 ? bytes : `d670${id(i - 1)}`}d670${id(i - 1)}`
    }
    return bytes
  }
  return [
    one('nothing', 'truncated', ''),
    one('an array of 2^32 - 1', 'type', 'dd ffffffff'),
    one('a map of 2^32 - 1', 'type', 'df ffffffff'),
    one('a text of 2^32 - 1 bytes', 'truncated', 'db ffffffff'),
    one('bytes of 2^32 - 1', 'truncated', 'c6 ffffffff'),
    one('an extension of 2^32 - 1 bytes', 'type', 'c9 ffffffff 01'),
    one('an array of 65,535', 'truncated', 'dc ffff'),
    one('a map of 65,535', 'truncated', 'de ffff'),
    one('a text without its length', 'truncated', 'd9'),
    one('bytes without half their length', 'truncated', 'c5 00'),
    one('a float without its end', 'truncated', 'cb 00000000'),
    one('an integer without its end', 'truncated', 'ce 000000'),
    many('24,000 arrays of 65,535', 'size', '', 'dcffff', 24_000),
    many('20,000 arrays of 65,535', 'depth', '', 'dcffff', 20_000),
    many('nested 8 deep', 'schema', '', '91', 7, '90'),
    many('nested 9 deep', 'depth', '', '91', 8, '90'),
    many('nested 60,000 deep', 'depth', '', '91', 60_000, 'c0'),
    many('4,095 values in one array', 'schema', 'dc0fff', 'c0', 4095),
    many('4,096 values in one array', 'items', 'dc1000', 'c0', 4096),
    many('60,000 empty maps', 'items', 'dcea60', '80', 60_000),
    many('60,000 empty arrays', 'items', 'dcea60', '90', 60_000),
    many('above 64 KiB', 'size', 'c600010000', '00', 65_536),
    one('shared references', 'type', references(20)),
    one('shared references and a byte more', 'type', `${references(20)}00`),
    one('a definition of records', 'type', `d4 72 40 92 ${text('a')}${text('b')} 01 02`),
    one('a RegExp', 'type', `c7 04 78 92 ${text('a')}a0`),
    one('a Set', 'type', 'c7 03 73 92 01 02'),
    one('an Error', 'type', `c7 06 65 92 ${text('x')}${text('y')}`),
    one('a date of 32 bits', 'type', 'd6 ff 00000000'),
    one('a date of 96 bits', 'type', 'c7 0c ff 000000000000000000000000'),
    one('a typed array', 'type', 'c7 05 74 0400000000'),
    one('a large integer as an extension', 'type', 'c7 01 42 01'),
    one('undefined as an extension', 'type', 'd4 00 00'),
    one('the type that never is', 'type', 'c1'),
    one('an unsigned integer of 64 bits', 'type', 'cf 0000000000000001'),
    one('a signed integer of 64 bits', 'type', 'd3 0000000000000001'),
    one('infinity', 'number', 'cb 7ff0000000000000'),
    one('minus infinity', 'number', 'ca ff800000'),
    one('no number', 'number', 'cb 7ff8000000000000'),
    one('minus zero', 'unknown', '91 cb 8000000000000000'),
    one('a number as key', 'key', '81 01 02'),
    one('nil as key', 'key', '81 c0 02'),
    one('an array as key', 'key', '81 90 02'),
    one('__proto__ as key', 'schema', `81 ${text('__proto__')} 80`),
    one('constructor as key', 'schema', `91 81 ${text('constructor')} 80`),
    one('one key twice', 'schema', `82 ${text('a')} 01 ${text('a')} 02`),
    one('a value and a byte', 'trailing', '90 00'),
    one('two values', 'trailing', '90 90'),
    one('a text that is no UTF-8, as type', 'schema', '91 a2 c328'),
    one('a text that is half a surrogate, as type', 'schema', '91 a3 eda080'),
  ]
}
