/** Points of edwards25519 (RFC 8032 5.1) in plain, slow arithmetic: to make signatures that honest code never makes. */

export const P = 2n ** 255n - 19n
export const L = 2n ** 252n + 27742317777372353535851937790883648493n

export interface Point {
  readonly x: bigint
  readonly y: bigint
}

const mod = (a: bigint, m = P) => ((a % m) + m) % m

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}

const inverse = (a: bigint) => power(a, P - 2n)
const D = mod(-121665n * inverse(121666n))
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n)

export const IDENTITY: Point = { x: 0n, y: 1n }

export function add(a: Point, b: Point): Point {
  const product = mod(D * a.x * b.x * a.y * b.y)
  return {
    x: mod((a.x * b.y + a.y * b.x) * inverse(1n + product)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - product)),
  }
}

export function multiply(scalar: bigint, point: Point): Point {
  let result = IDENTITY
  let double = point
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, double)
    double = add(double, double)
  }
  return result
}

/** The point with this y and sign of x; undefined where there is none. */
export function pointOf(y: bigint, sign: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n))
  let x = power(square, (P + 3n) / 8n)
  if (mod(x * x) !== square) x = mod(x * ROOT_OF_MINUS_1)
  if (mod(x * x) !== square) return undefined
  return { x: (x & 1n) === sign ? x : mod(-x), y }
}

export const BASE = pointOf(mod(4n * inverse(5n)), 0n)!

export function littleEndian(value: bigint, size = 32): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

export const encodePoint = ({ x, y }: Point) => littleEndian(y | ((x & 1n) << 255n))

/** A point of order 8. */
export function torsion(): Point {
  for (let y = 2n; ; y++) {
    const point = pointOf(y, 0n)
    if (!point) continue
    const small = multiply(L, point)
    const quarter = multiply(4n, small)
    if (quarter.x !== IDENTITY.x || quarter.y !== IDENTITY.y) return small
  }
}
