/** Pictures of people: which files pass for one, by how they begin. Nothing is decoded here. */

const STARTS: readonly (readonly [type: string, at: number, bytes: readonly number[]])[] = [
  ['image/png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/jpeg', 0, [0xff, 0xd8, 0xff]],
  ['image/gif', 0, [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', 8, [0x57, 0x45, 0x42, 0x50]],
]

/** The media type of a picture file; undefined: it is none of ours. The first 16 bytes are enough. */
export const pictureType = (file: Uint8Array): string | undefined =>
  STARTS.find(([, at, bytes]) => bytes.every((byte, i) => file[at + i] === byte))?.[0]
