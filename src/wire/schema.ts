/** The pieces frames and bodies are described with: valibot schemas over what msgpack yields. */
import * as v from 'valibot'

const names = new WeakMap<object, string>()

/**
 * What the schema takes as it is. Only what this does not know to be right is looked at by valibot, which makes some objects for
 * each value that it looks at.
 */
const plainly = new WeakMap<object, (value: unknown) => boolean>()
const known = <S extends v.GenericSchema>(schema: S, isRight: (value: unknown) => boolean): S => {
  plainly.set(schema, isRight)
  return schema
}
const never = () => false
const rightness = (schema: v.GenericSchema) => plainly.get(schema) ?? never

/** Gives a schema its name in documents. */
export function named<S extends v.GenericSchema>(name: string, schema: S): S {
  names.set(schema, name)
  return schema
}
/** The name given with `named`: the type as PROTOCOL.md writes it. */
export const typeName = (schema: v.GenericSchema): string => names.get(schema) ?? 'unnamed'

const bytes = v.instance(Uint8Array) as v.GenericSchema<Uint8Array>

const bytesWhere = (name: string, isLength: (length: number) => boolean) =>
  known(
    named(
      name,
      v.pipe(
        bytes,
        v.check((value) => isLength(value.length)),
      ),
    ),
    (value) => value instanceof Uint8Array && isLength(value.length),
  )

/** Exactly n bytes. */
export const bin = (n: number) => bytesWhere(`bin(${n})`, (length) => length === n)
/** Whole entries of n bytes, at most max of them. */
export const bins = (n: number, max: number) =>
  bytesWhere(`bins(${n}, ${max})`, (length) => length % n === 0 && length <= n * max)
/** At most max bytes. */
export const blob = (max: number) => bytesWhere(`blob(${max})`, (length) => length <= max)
/** An unsigned number of at most `bits` bits (8, 16 or 32). */
export const uintOf = (bits: 8 | 16 | 32) =>
  known(
    named(`u${bits}`, v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(2 ** bits - 1))),
    (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** bits,
  )
/** Milliseconds above 32 bits: 6 bytes, big-endian. */
export const time = named('time', bin(6))
export const bool = known(named('bool', v.boolean()), (value) => typeof value === 'boolean')
const encoder = new TextEncoder()
/** A character of UTF-16 is no more bytes of UTF-8. */
const CHARACTER_BYTES_MAX = 3
/** Text of at most max bytes of UTF-8. */
export const text = (max: number) =>
  known(
    named(
      `text(${max})`,
      v.pipe(
        v.string(),
        v.check((value) => encoder.encode(value).length <= max),
      ),
    ),
    (value) => typeof value === 'string' && CHARACTER_BYTES_MAX * value.length <= max,
  )
export const nil = <S extends v.GenericSchema>(schema: S) => {
  const isRight = rightness(schema)
  return known(
    named(`nil or ${typeName(schema)}`, v.nullable(schema)),
    (value) => value === null || isRight(value),
  )
}
export const list = <S extends v.GenericSchema>(schema: S, max: number) => {
  const isRight = rightness(schema)
  return known(
    named(`list(${typeName(schema)}, ${max})`, v.pipe(v.array(schema), v.maxLength(max))),
    (value) => Array.isArray(value) && value.length <= max && value.every(isRight),
  )
}

/** Behind all others, and younger than they are: where an array ends before it, it is `value`. */
export const later = <S extends v.GenericSchema>(schema: S, value: v.InferInput<S>) =>
  known(named(`${typeName(schema)} or absent`, v.optional(schema, value as never)), rightness(schema))

type Fields = Record<string, v.GenericSchema>
export type ValueOf<F extends Fields> = { -readonly [K in keyof F]: v.InferOutput<F[K]> }

/** A positional array with named fields. Fields that follow the known ones are ignored (rule FR-3). */
export interface Shape<F extends Fields> {
  /** The values in order. */
  pack(value: ValueOf<F>): unknown[]
  /** The named values, or null where the array does not fit. */
  parse(array: readonly unknown[], from?: number): ValueOf<F> | null
}

export function shape<F extends Fields>(fields: F): Shape<F> {
  const names = Object.keys(fields)
  const schemas = names.map((name) => fields[name]!)
  const areRight = schemas.map(rightness)
  return {
    pack: (value) => names.map((name) => value[name as keyof F]),
    parse(array, from = 0) {
      if (!Array.isArray(array)) return null
      const value: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) {
        const item = array[from + i]
        if (areRight[i]!(item)) {
          value[names[i]!] = item
          continue
        }
        const field = v.safeParse(schemas[i]!, item)
        if (!field.success) return null
        value[names[i]!] = field.output
      }
      return value as ValueOf<F>
    },
  }
}
