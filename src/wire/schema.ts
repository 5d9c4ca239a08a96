/** The pieces frames and bodies are described with: valibot schemas over what msgpack yields. */
import * as v from 'valibot'

const names = new WeakMap<object, string>()

/** Gives a schema its name in documents. */
export function named<S extends v.GenericSchema>(name: string, schema: S): S {
  names.set(schema, name)
  return schema
}
/** The name given with `named`: the type as PROTOCOL.md writes it. */
export const typeName = (schema: v.GenericSchema): string => names.get(schema) ?? 'unnamed'

const bytes = v.instance(Uint8Array) as v.GenericSchema<Uint8Array>

/** Exactly n bytes. */
export const bin = (n: number) =>
  named(
    `bin(${n})`,
    v.pipe(
      bytes,
      v.check((value) => value.length === n),
    ),
  )
/** Whole entries of n bytes, at most max of them. */
export const bins = (n: number, max: number) =>
  named(
    `bins(${n}, ${max})`,
    v.pipe(
      bytes,
      v.check((value) => value.length % n === 0 && value.length <= n * max),
    ),
  )
/** At most max bytes. */
export const blob = (max: number) =>
  named(
    `blob(${max})`,
    v.pipe(
      bytes,
      v.check((value) => value.length <= max),
    ),
  )
/** An unsigned number of at most `bits` bits (8, 16 or 32). */
export const uintOf = (bits: 8 | 16 | 32) =>
  named(`u${bits}`, v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(2 ** bits - 1)))
/** Milliseconds above 32 bits: 6 bytes, big-endian. */
export const time = named('time', bin(6))
export const bool = named('bool', v.boolean())
const encoder = new TextEncoder()
/** Text of at most max bytes of UTF-8. */
export const text = (max: number) =>
  named(
    `text(${max})`,
    v.pipe(
      v.string(),
      v.check((value) => encoder.encode(value).length <= max),
    ),
  )
export const nil = <S extends v.GenericSchema>(schema: S) =>
  named(`nil or ${typeName(schema)}`, v.nullable(schema))
export const list = <S extends v.GenericSchema>(schema: S, max: number) =>
  named(`list(${typeName(schema)}, ${max})`, v.pipe(v.array(schema), v.maxLength(max)))

/** Behind all others, and younger than they are: where an array ends before it, it is `value`. */
export const later = <S extends v.GenericSchema>(schema: S, value: v.InferInput<S>) =>
  named(`${typeName(schema)} or absent`, v.optional(schema, value as never))

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
  return {
    pack: (value) => names.map((name) => value[name as keyof F]),
    parse(array, from = 0) {
      if (!Array.isArray(array)) return null
      const value: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) {
        const field = v.safeParse(schemas[i]!, array[from + i])
        if (!field.success) return null
        value[names[i]!] = field.output
      }
      return value as ValueOf<F>
    },
  }
}
