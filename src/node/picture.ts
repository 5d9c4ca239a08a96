/** Pictures of people: which files pass for one, by how they begin. Nothing is decoded here. */

/** Bytes at a place; of a WebP four between them are its length. */
type Start = readonly [at: number, bytes: string]

const STARTS: readonly (readonly [type: string, ...starts: readonly Start[]])[] = [
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/gif', [0, 'GIF8']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
]

/** The media type of a picture file; undefined: it is none of ours. The first 16 bytes are enough. */
export const pictureType = (file: Uint8Array): string | undefined =>
  STARTS.find(([, ...starts]) => starts.every((start) => hasStart(file, start)))?.[0]

const hasStart = (file: Uint8Array, [at, bytes]: Start): boolean =>
  [...bytes].every((byte, i) => file[at + i] === byte.charCodeAt(0))
