// Types for 'msgpackr/pack' (tsconfig `paths` points here): the package's own do not resolve under NodeNext.
interface Options {
  useRecords?: boolean
  variableMapSize?: boolean
  structuredClone?: boolean
  int64AsType?: 'number'
  copyBuffers?: boolean
}
/** Packs and unpacks. What else the package exports here differs between Node and browsers. */
export declare class Packr {
  constructor(options?: Options)
  pack(value: unknown): Uint8Array
  unpack(bytes: Uint8Array): unknown
}
