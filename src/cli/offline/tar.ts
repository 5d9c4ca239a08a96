/** A tar archive in the ustar format (POSIX.1-1988): the same files give the same bytes, whatever machine writes them. */

export interface TarFile {
  /** With slashes; at most 255 bytes, split where ustar wants it. */
  readonly path: string
  readonly data: Uint8Array
}

const BLOCK = 512
/** The time that npm gives to what it packs: 26 October 1985. */
const MTIME_S = 499_162_500

/** Throws RangeError for a path that ustar cannot hold. */
export function tar(files: readonly TarFile[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const file of files) {
    const padding = (BLOCK - (file.data.length % BLOCK)) % BLOCK
    parts.push(head(file), file.data, new Uint8Array(padding))
  }
  parts.push(new Uint8Array(2 * BLOCK))
  return Buffer.concat(parts)
}

function head({ path, data }: TarFile): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const [prefix, name] = split(path)
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  block.write(name, 0, 'utf8')
  // npm makes programs executable where it links them; Windows could not tell which they are.
  octal(0o644, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(data.length, 124, 11)
  octal(MTIME_S, 136, 11)
  block.write('        ', 148, 'latin1')
  block.write('0', 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  block.write(prefix, 345, 'utf8')
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function split(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return [prefix, name]
  }
  throw new RangeError(`this path is too long for an archive: ${path}`)
}
